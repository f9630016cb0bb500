"""The agency's month against itself (月度对账表): details beside the ledger's figures.

The details come from what arrived and was settled (contributions, settlements, payments); the
figures beside them from the transfers alone. The workbook adds the details up with formulas of
its own, so that a reader proves the month without trusting this program.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from ledger.reports.crediting_list import CreditLine
from ledger.reports.head import ReportHead
from ledger.reports.provider_statement import SettlementLine
from ledger.reports.trial_balance import FlowTotal, TrialBalanceLine


class ContributionLine(NamedTuple):
    """One contribution booked in the month; `month` is the one it is paid for, as 202301.

    `pool_fen` is what of the employer's and the person's part goes to the pooled fund,
    `account_fen` what waits to be credited. A refund (退收) is negative.
    """

    arrived_on: date
    month: int
    employer_no: str
    employer_name: str
    psn_no: str
    name: str
    kind: str
    base_fen: int
    employer_fen: int
    personal_fen: int
    pool_fen: int
    account_fen: int


class PaymentLine(NamedTuple):
    """One payment to a provider, below zero where the bank returned it. `month` is the month of
    account that it pays, as 202301."""

    paid_on: date
    month: int
    provider_code: str
    provider_name: str
    pool_fen: int
    account_fen: int


class FundFlowLine(NamedTuple):
    """Money of the fund that moved between treasury, fiscal and disbursement account."""

    happened_on: date
    kind: str
    amount_fen: int
    memo: str


DETAILED_KINDS = (
    "contribution_pool",
    "contribution_personal",
    "contribution_pool_return",
    "contribution_personal_return",
    "plan_to_account",
    "plan_to_pool",
    "credit_employee",
    "credit_retiree",
    "clawback_employee",
    "clawback_retiree",
    "owed_employee",
    "owed_retiree",
    "pool_pay",
    "account_pay",
    "family_draw",
    "family_pay",
    "pool_pay_refund",
    "account_pay_refund",
    "family_draw_refund",
    "family_pay_refund",
    "provider_pay_pool",
    "provider_pay_account",
    "provider_pay_pool_refund",
    "provider_pay_account_refund",
    "fund_to_fiscal",
    "fund_to_disbursement",
)
"""Kinds of transfer that other details show; every other kind stands among the movements."""


class MovementLine(NamedTuple):
    """One transfer that is no contribution, credit, visit or payment of a provider: interest,
    premiums, pay-outs, heirs, other pools, debts and their recovery, adjustments.

    The amounts after the first say what it does to the personal account fund, to what waits to
    be credited, to what people owe, and to the cash accounts; fen, negative where it takes away.
    """

    kind: str
    happened_on: date
    psn_no: str
    name: str
    amount_fen: int
    account_fen: int
    awaiting_fen: int
    owed_fen: int
    cash_fen: int
    place: str
    memo: str


class ProviderBalanceLine(NamedTuple):
    """What the pooled and the personal account fund owe one provider, over the month."""

    provider_code: str
    provider_name: str
    county: str
    opening_pool_fen: int
    due_pool_fen: int
    paid_pool_fen: int
    opening_account_fen: int
    due_account_fen: int
    paid_account_fen: int

    @property
    def unpaid_pool_fen(self) -> int:
        return self.opening_pool_fen + self.due_pool_fen - self.paid_pool_fen

    @property
    def unpaid_account_fen(self) -> int:
        return self.opening_account_fen + self.due_account_fen - self.paid_account_fen


class NotCredited(NamedTuple):
    """On the roster in the month, with an account, and nothing credited (应划未划)."""

    psn_no: str
    name: str
    certno: str
    status: str
    employer_no: str
    employer_name: str
    month: int
    reason: str


class PaidNotRostered(NamedTuple):
    """A contribution for a month in which the person was not on the roster (已缴未在册)."""

    psn_no: str
    name: str
    certno: str
    employer_no: str
    employer_name: str
    month: int
    arrived_on: date
    employer_fen: int
    personal_fen: int
    account_fen: int
    reason: str


class OwedLine(NamedTuple):
    """A claw-back that the balance did not cover (待追回): what is still owed, per month."""

    psn_no: str
    name: str
    certno: str
    employer_name: str
    benefit_month: int | None
    booked_on: date
    kind: str
    owed_fen: int


class RetiredLine(NamedTuple):
    """Somebody who retired in the month (本月退休)."""

    psn_no: str
    name: str
    certno: str
    employer_name: str
    retired_on: date
    settled_up_on: date | None
    note: str = ""
    """Says so where it became known only after its month was credited."""


class CrossMonthRefund(NamedTuple):
    """A refund booked in the month for a visit that was booked in an earlier one (跨月退费)."""

    settlement_id: str
    refunded_at: datetime
    original_id: str
    original_month: int
    provider_code: str
    provider_name: str
    psn_no: str
    name: str
    total_fen: int
    pool_fen: int
    account_fen: int
    cash_fen: int


class EntryCounts(NamedTuple):
    """How many events the ledger has in the month."""

    settlements: int
    refunds: int


@dataclass(frozen=True, slots=True)
class MonthReconciliation:
    """Details may be read once only: they may stream from the database."""

    head: ReportHead
    trial: tuple[TrialBalanceLine, ...]
    flows: tuple[FlowTotal, ...]
    counts: EntryCounts
    settled_total_fen: int
    """The month's cost of all visits, less refunds, as one figure of the database."""
    contributions: Iterable[ContributionLine]
    credits: Iterable[CreditLine]
    settlements: Iterable[SettlementLine]
    payments: Iterable[PaymentLine]
    fund_flows: Iterable[FundFlowLine]
    movements: Iterable[MovementLine]
    providers: Iterable[ProviderBalanceLine]
    not_credited: Iterable[NotCredited] = ()
    not_rostered: Iterable[PaidNotRostered] = ()
    owed: Iterable[OwedLine] = ()
    retired: Iterable[RetiredLine] = ()
    cross_month_refunds: Iterable[CrossMonthRefund] = ()
