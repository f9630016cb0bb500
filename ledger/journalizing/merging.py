"""Two numbers of one person are put together, or taken apart again (人员合并): one entry, in which
each leg stands under the person whose money or debt it moves, and the clearing comes to zero."""

from __future__ import annotations

from collections.abc import Mapping

from ledger.books.chart import OWED_BY_PERSONS, PERSONAL_ACCOUNT_FUND
from ledger.books.entry import Entry, Transfer
from ledger.books.kinds import EntryKind
from ledger.core.ids import PersonId
from ledger.journalizing.accounts import Occasion, YearParts


def merge_entry(
    on: Occasion, leaving: int, arriving: int, parts: YearParts, debt_fen: int
) -> Entry:
    """What one number holds and owes goes to the other; the money keeps its years.

    Args:
        on: `person_id` is the number that is kept, also when the two are taken apart.
        leaving, arriving: persons; one of them is the number that is kept.
    """
    moves: list[tuple[int, str, int, int]] = []
    for year, fen in parts:
        moves.append((leaving, "merge_out", year, fen))
        moves.append((arriving, "merge_in", year, fen))
    if debt_fen:
        moves.append((leaving, "merge_debt_out", on.happened_on.year, debt_fen))
        moves.append((arriving, "merge_debt_in", on.happened_on.year, debt_fen))
    legs = tuple(
        Transfer(PersonId(person), leg, kind, year, fen)
        for leg, (person, kind, year, fen) in enumerate(moves, start=1)
    )
    return Entry(
        PersonId(on.person_id),
        on.entry_id,
        EntryKind.MERGE,
        on.happened_on,
        on.fiscal_month,
        legs,
        memo=on.memo,
    )


CARRYING = ("merge_out", "merge_in", "merge_debt_out", "merge_debt_in")
"""Legs that carry money or debt between two numbers of one person."""
# A debt stands on the other side of its account than money does on its own.
_CARRIED = (
    (PERSONAL_ACCOUNT_FUND, "merge_out", "merge_in"),
    (OWED_BY_PERSONS, "merge_debt_in", "merge_debt_out"),
)


def carried_over(entry: Entry, aliases: Mapping[int, int]) -> Entry:
    """What an entry brings a merged number, or takes from it, goes on in the same entry to the
    person that it is now, or comes from there: the merged number stays empty.

    Args:
        aliases: merged number -> that person.
    """
    moves: list[tuple[int, str, int, int]] = []
    for leg in entry.transfers:
        kept = aliases.get(leg.person_id)
        if kept is None:
            continue
        merged, year, fen = leg.person_id, leg.fund_year, leg.amount_fen
        for account, out, into in _CARRIED:
            if leg.credit_account == account:
                moves += [(merged, out, year, fen), (kept, into, year, fen)]
            elif leg.debit_account == account:
                moves += [(kept, out, year, fen), (merged, into, year, fen)]
    more = tuple(
        Transfer(PersonId(person), leg, kind, year, fen)
        for leg, (person, kind, year, fen) in enumerate(moves, start=len(entry.transfers) + 1)
    )
    return entry._replace(transfers=entry.transfers + more) if more else entry
