"""Two numbers of one person are put together, or taken apart again (人员合并): one entry, in which
each leg stands under the person whose money or debt it moves, and the clearing comes to zero."""

from __future__ import annotations

from collections.abc import Mapping

from ledger.books.chart import PERSONAL_ACCOUNT_FUND
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


def carried_over(entry: Entry, aliases: Mapping[int, int]) -> Entry:
    """What an entry brings a merged number goes on, in the same entry, to the person that it is
    now.

    Args:
        aliases: merged number -> that person.
    """
    moves = [
        (person, kind, leg.fund_year, leg.amount_fen)
        for leg in entry.transfers
        if leg.person_id in aliases and leg.credit_account == PERSONAL_ACCOUNT_FUND
        for person, kind in (
            (leg.person_id, "merge_out"),
            (aliases[leg.person_id], "merge_in"),
        )
    ]
    more = tuple(
        Transfer(PersonId(person), leg, kind, year, fen)
        for leg, (person, kind, year, fen) in enumerate(moves, start=len(entry.transfers) + 1)
    )
    return entry._replace(transfers=entry.transfers + more) if more else entry
