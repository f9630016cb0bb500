"""Interest on personal accounts: a posting of one day becomes legs and an entry.

`benefit_month` of a leg says up to which month a run counted; such interest earns from the next
1 January. Interest of a pay-out has none: it leaves with the money on the same day.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from ledger.books.entry import Entry, Transfer
from ledger.books.kinds import EntryKind
from ledger.core.ids import EntryId, PersonId
from ledger.core.months import Month

BACK = "interest_back"


def kind_of_run(through: date) -> str:
    """年度结息 (102) where the year is counted to its end, 日常结息 (103) before that."""
    return "interest_yearly" if (through.month, through.day) == (12, 31) else "interest_daily"


def interest_leg(
    person_id: int, kind: str, year: int, amount_fen: int, month: Month | None
) -> Transfer:
    """Interest paid in. `year`: whose money it is."""
    number = None if month is None else month.number
    return Transfer(PersonId(person_id), 1, kind, year, amount_fen, benefit_month=number)


def interest_back_legs(
    person_id: int, parts: Sequence[tuple[int, int]], month: Month | None
) -> list[Transfer]:
    """Interest taken back, by the year of the money that pays it."""
    number = None if month is None else month.number
    return [
        Transfer(PersonId(person_id), leg, BACK, year, fen, benefit_month=number)
        for leg, (year, fen) in enumerate(parts, start=1)
    ]


def interest_entry(
    person_id: int,
    entry_id: EntryId,
    happened_on: date,
    fiscal_month: Month,
    legs: Iterable[Transfer],
    policy_version: str,
    memo: str,
) -> Entry:
    """One posting: of one person at a pay-out, of everybody (person 0) by a run."""
    return Entry(
        PersonId(person_id),
        entry_id,
        EntryKind.INTEREST,
        happened_on,
        fiscal_month,
        tuple(legs),
        policy_version=policy_version,
        memo=memo,
    )
