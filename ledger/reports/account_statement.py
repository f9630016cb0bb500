"""A person's account, line by line (个人账户对账单)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from ledger.books.chart import PERSONAL_ACCOUNT_FUND
from ledger.books.kinds import TRANSFER_KINDS
from ledger.reports.head import ReportHead


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


class StatementLine(NamedTuple):
    """Exactly one of `in_fen` and `out_fen` is above zero; `balance_fen` is what it leaves."""

    happened_on: date
    kind: str
    benefit_month: int | None
    fund_year: int
    in_fen: int
    out_fen: int
    balance_fen: int
    note: str


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

    @property
    def in_fen(self) -> int:
        return sum(line.in_fen for line in self.lines)

    @property
    def out_fen(self) -> int:
        return sum(line.out_fen for line in self.lines)

    @property
    def closing_fen(self) -> int:
        return self.opening_fen + self.in_fen - self.out_fen


def moves_account(kind: str) -> int:
    """+1: into the personal account, -1: out of it, 0: the account is not touched."""
    accounts = TRANSFER_KINDS[kind]
    return (accounts.credit == PERSONAL_ACCOUNT_FUND) - (accounts.debit == PERSONAL_ACCOUNT_FUND)


def statement_lines(opening_fen: int, movements: Iterable[Movement]) -> list[StatementLine]:
    """The lines with a running balance, in the order given; what leaves the account alone
    (an amount owed, the pooled fund's share of a visit) is left out."""
    balance = opening_fen
    lines = []
    for movement in movements:
        way = moves_account(movement.kind)
        if way == 0:
            continue
        balance += way * movement.amount_fen
        lines.append(
            StatementLine(
                movement.happened_on,
                movement.kind,
                movement.benefit_month,
                movement.fund_year,
                movement.amount_fen if way > 0 else 0,
                movement.amount_fen if way < 0 else 0,
                balance,
                movement.note,
            )
        )
    return lines
