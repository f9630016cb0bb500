"""Two numbers of one person are put together, or taken apart again (人员合并): one entry, in which
each leg stands under the person whose money or debt it moves, and the clearing comes to zero."""

from __future__ import annotations

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
