"""What a month put into the accounts, person by person (个人账户划账明细)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from ledger.books.chart import OWED_BY_PERSONS
from ledger.books.kinds import TRANSFER_KINDS
from ledger.reports.account_statement import moves_account
from ledger.reports.head import ReportHead


class CreditLine(NamedTuple):
    """One transfer of a crediting run. `benefit_month` is the month it is for, as 202301.

    `account_fen` is signed: a claw-back is negative. What the balance did not cover stands in
    `owed_fen`, and the account is not touched by it.
    """

    psn_no: str
    name: str
    certno: str
    status: str
    employer_no: str
    employer_name: str
    benefit_month: int | None
    kind: str
    account_fen: int
    owed_fen: int
    base_fen: int | None = None
    reason: str = ""


def account_and_owed(kind: str, amount_fen: int) -> tuple[int, int]:
    """The signed movement of the account, and what is owed, of one transfer of a run."""
    owed = TRANSFER_KINDS[kind].debit == OWED_BY_PERSONS
    return moves_account(kind) * amount_fen, amount_fen if owed else 0


@dataclass(frozen=True, slots=True)
class CreditingList:
    """An employer's list of one month. `lines` may be read once only: they may stream."""

    head: ReportHead
    employer_no: str
    employer_name: str
    lines: Iterable[CreditLine]
