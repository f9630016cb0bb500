"""A person's account, line by line (个人账户对账单), in its two buckets: this year's money (本年)
and that of earlier years (历年).

Lines stand by business day, so that statements chain: what one closes with, the next opens with.
The turn of a year moves no money: 206 and 113 are lines of the statement only. A line that was
booked after lines of later days carries the day of its booking; only such lines can make a
balance look overdrawn on a day on which the account did not know of them yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from ledger.books.chart import PERSONAL_ACCOUNT_FUND
from ledger.books.kinds import TRANSFER_KINDS
from ledger.core.ids import recorded_at
from ledger.core.months import FAR
from ledger.reports.head import CHINA, ReportHead

CARRIED_OUT, CARRIED_IN = "carried_out", "carried_in"
YEAR_TURN = {CARRIED_OUT: ("年度结转支出", "206"), CARRIED_IN: ("上年结转收入", "113")}
"""Lines that no entry stands behind: kind -> name and national type."""


_NAMES = {kind.kind: kind.name for kind in TRANSFER_KINDS.values()} | {
    kind: name for kind, (name, _national) in YEAR_TURN.items()
}
_NATIONAL = {kind.kind: kind.national for kind in TRANSFER_KINDS.values()} | {
    kind: national for kind, (_name, national) in YEAR_TURN.items()
}


def line_name(kind: str) -> str:
    """The Chinese name of a line."""
    return _NAMES[kind]


def line_national(kind: str) -> str:
    """The national type of a line (账户收支类型), 101 to 208."""
    return _NATIONAL[kind]


class Holder(NamedTuple):
    """Whose account it is. `status` and `employer` are as on the last day, in Chinese."""

    psn_no: str
    name: str
    certno: str
    status: str
    plan: str
    employer: str


class Movement(NamedTuple):
    """One transfer under the person. `benefit_month` 202301 or None; `note`: provider, relative."""

    happened_on: date
    kind: str
    fund_year: int
    benefit_month: int | None
    amount_fen: int
    note: str = ""
    entry_id: int = 0
    provider: str | None = None


class StatementLine(NamedTuple):
    """Exactly one of `in_fen` and `out_fen` is above zero; `balance_fen` is what it leaves, of
    which `this_year_fen` is this year's money."""

    happened_on: date
    kind: str
    benefit_month: int | None
    fund_year: int
    in_fen: int
    out_fen: int
    balance_fen: int
    this_year_fen: int
    note: str = ""
    entry_id: int = 0
    provider: str | None = None
    booked_on: date | None = None
    """The day of booking, where lines of later days had been booked before it (补记)."""

    @property
    def carried_fen(self) -> int:
        """What earlier years left (历年)."""
        return self.balance_fen - self.this_year_fen

    @property
    def turn(self) -> bool:
        """A line of the year's turn: no entry, and part of no total."""
        return self.kind in YEAR_TURN


class YearTotal(NamedTuple):
    """The account by the year of its money (本年、历年资金), over the account's whole life."""

    year: int
    credited_fen: int
    debited_fen: int

    @property
    def left_fen(self) -> int:
        return self.credited_fen - self.debited_fen


class OutpatientYear(NamedTuple):
    """How much of the year's deductible and cap is used; a limit of None is not set."""

    year: int
    visits: int
    in_scope_fen: int
    deductible_fen: int | None
    deductible_used_fen: int
    cap_fen: int | None
    cap_used_fen: int


class FamilyUse(NamedTuple):
    """What a holder's account paid of a relative's visit; negative on a refund."""

    happened_on: date
    holder_name: str
    user_name: str
    relation: str
    provider_name: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class AccountStatement:
    head: ReportHead
    holder: Holder
    first_day: date
    last_day: date
    opening_fen: int
    lines: tuple[StatementLine, ...]
    years: tuple[YearTotal, ...] = ()
    outpatient: OutpatientYear | None = None
    family: tuple[FamilyUse, ...] = ()
    owed_fen: int = 0
    """What the person owes (待追回) at the end: claw-backs that the balance did not cover."""
    opening_this_year_fen: int = 0
    """Of the opening balance, money of the year of the day before."""

    @property
    def in_fen(self) -> int:
        return sum(line.in_fen for line in self.lines if not line.turn)

    @property
    def out_fen(self) -> int:
        return sum(line.out_fen for line in self.lines if not line.turn)

    @property
    def closing_this_year_fen(self) -> int:
        return self.lines[-1].this_year_fen if self.lines else self.opening_this_year_fen

    @property
    def closing_fen(self) -> int:
        return self.opening_fen + self.in_fen - self.out_fen


_WAYS = {
    kind.kind: (kind.credit == PERSONAL_ACCOUNT_FUND) - (kind.debit == PERSONAL_ACCOUNT_FUND)
    for kind in TRANSFER_KINDS.values()
}


def moves_account(kind: str) -> int:
    """+1: into the personal account, -1: out of it, 0: the account is not touched."""
    return _WAYS[kind]


def this_years(left: Mapping[int, int], year: int) -> int:
    """Of what is left by year of the money, this year's: never an earlier one's."""
    return sum(fen for of, fen in left.items() if of >= year)


def year_before(day: date) -> int:
    """The year of the day before."""
    return day.year - ((day.month, day.day) == (1, 1))


def statement_lines(
    opening: Mapping[int, int],
    movements: Iterable[Movement],
    first_day: date,
    last_day: date,
    later_entry: int | None = None,
) -> list[StatementLine]:
    """The lines with running balances, in the order given, and the turn of each year between the
    first and the last day. What leaves the account alone (an amount owed, the pooled fund's
    share of a visit) is left out.

    Args:
        opening: year of the money -> fen left of it before `first_day`.
        later_entry: the smallest number of an entry of the account after `last_day`.
    """
    moving = [movement for movement in movements if _WAYS[movement.kind]]
    late = _booked_late(moving, later_entry)
    running = _Running(dict(opening), first_day)
    lines: list[StatementLine] = []
    for movement, booked_on in zip(moving, late, strict=True):
        if movement.happened_on.year > running.year:
            lines += running.turns(min(movement.happened_on, last_day))
        lines.append(running.line(movement, booked_on))
    if last_day < FAR:
        lines += running.turns(last_day)
    return lines


def _booked_late(moving: Sequence[Movement], later_entry: int | None) -> list[date | None]:
    """For each movement, the day of its booking where one of a later day was booked before it."""
    marks: list[date | None] = []
    # From the last day back: the smallest entry of later days, and that of the day in hand.
    later, of_day, day = later_entry, later_entry, None
    for movement in reversed(moving):
        if movement.happened_on != day:
            later, day = of_day, movement.happened_on
        late = later is not None and movement.entry_id > later
        marks.append(recorded_at(movement.entry_id).astimezone(CHINA).date() if late else None)
        of_day = movement.entry_id if of_day is None else min(of_day, movement.entry_id)
    return marks[::-1]


class _Running:
    """What is left by year of the money, line after line."""

    def __init__(self, left: dict[int, int], first_day: date) -> None:
        self.left = left
        self.balance = sum(left.values())
        self.year = year_before(first_day)
        self.this_year = this_years(left, self.year)

    def line(self, movement: Movement, booked_on: date | None) -> StatementLine:
        day, kind, fund_year, month, amount, note, entry_id, provider = movement
        paid_in, paid_out = (amount, 0) if _WAYS[kind] > 0 else (0, amount)
        fen = paid_in - paid_out
        self.left[fund_year] = self.left.get(fund_year, 0) + fen
        self.balance += fen
        if fund_year >= self.year:
            self.this_year += fen
        return StatementLine(
            day, kind, month, fund_year, paid_in, paid_out, self.balance, self.this_year,
            note, entry_id, provider, booked_on,
        )  # fmt: skip

    def turns(self, through: date) -> list[StatementLine]:
        """The lines of every 1 January up to a day: what is left of the year that ends leaves
        this year's money (206) and joins that of earlier years (113)."""
        lines: list[StatementLine] = []
        while self.year < through.year:
            ending, self.year = self.year, self.year + 1
            carried = self.this_year - this_years(self.left, self.year)
            self.this_year -= carried
            if carried:
                day = date(self.year, 1, 1)
                rest = self.balance - carried
                out, back = (carried, 0) if carried > 0 else (0, -carried)
                lines += (
                    StatementLine(day, CARRIED_OUT, None, ending, back, out, rest, self.this_year),
                    StatementLine(
                        day, CARRIED_IN, None, ending, out, back, self.balance, self.this_year
                    ),
                )
        return lines
