"""The fund's month (基金月报): income and payments on the cash basis, payables beside them.

The books accrue: a settlement makes a payable at once. The fund's statutory report counts money
when it moves (收付实现制). The bridge, per fund, with balances on their normal sides:

    pooled, cash   = 3101 + 4101 - 5101 - 5102 - 5103 - 5104 + 2101 + 2103
    personal, cash = 3201 + 3202 + 3203 + 4102 + 2102 + 2104 + 2201 + 2202 + 2203 - 1201
    both together  = 1101 + 1102 + 1103

The last line is the proof: what the two funds hold is what lies in the three cash accounts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ledger.books import chart
from ledger.books.kinds import TRANSFER_KINDS
from ledger.reports.head import ReportHead
from ledger.reports.trial_balance import FlowTotal, TrialBalanceLine

POOLED_CASH = tuple(a.code for a in chart.CHART if a.fund is chart.Fund.POOLED)
PERSONAL_CASH = tuple(a.code for a in chart.CHART if a.fund is chart.Fund.PERSONAL)
"""Accounts whose credit balances, added up, are what the fund holds in cash."""


class Pair(NamedTuple):
    """Transfers that debit one account and credit another."""

    debit: str
    credit: str


class FundLine(NamedTuple):
    """A line of income, payment or shift: per fund, the pairs that add and those that take off."""

    title: str
    pooled_in: tuple[Pair, ...] = ()
    pooled_out: tuple[Pair, ...] = ()
    personal_in: tuple[Pair, ...] = ()
    personal_out: tuple[Pair, ...] = ()


def _pairs(*kinds: str) -> tuple[Pair, ...]:
    """The accounts of kinds of transfer, each pair once."""
    schemes = (TRANSFER_KINDS[kind] for kind in kinds)
    return tuple(dict.fromkeys(Pair(scheme.debit, scheme.credit) for scheme in schemes))


def _back(pairs: tuple[Pair, ...]) -> tuple[Pair, ...]:
    return tuple(Pair(pair.credit, pair.debit) for pair in pairs)


def _both_ways(title: str, pooled: tuple[Pair, ...], personal: tuple[Pair, ...]) -> FundLine:
    """A line of what came in, less what went back the same way."""
    return FundLine(title, pooled, _back(pooled), personal, _back(personal))


def _shift(title: str, to_personal: tuple[Pair, ...], to_pooled: tuple[Pair, ...] = ()) -> FundLine:
    """What one fund gives the other: no cash moves."""
    to_personal, to_pooled = to_personal + _back(to_pooled), to_pooled + _back(to_personal)
    return FundLine(title, to_pooled, to_personal, to_personal, to_pooled)


INCOME = (
    _both_ways("社会保险费收入", _pairs("contribution_pool"), _pairs("contribution_personal")),
    _both_ways("利息收入", (), _pairs("interest_received")),
    _both_ways("转移收入与跨统筹区清算收款", (), _pairs("pools_received")),
    _both_ways("待追回款缴回", (), _pairs("owed_repaid")),
)
PAYMENTS = (
    _both_ways(
        "社会保险待遇支出（拨付定点机构）",
        _pairs("provider_pay_pool"),
        _pairs("provider_pay_account"),
    ),
    _both_ways(
        "社会保险待遇支出（支付个人）", _pairs("person_pay_pool"), _pairs("person_pay_account")
    ),
    _both_ways("代缴保费划出", (), _pairs("premiums_paid_over")),
    _both_ways("转移支出与跨统筹区清算付款", (), _pairs("pools_paid")),
)
RETIREE_SHIFT = _shift(
    "统筹基金划转退休人员个人账户", _pairs("credit_retiree"), _pairs("owed_retiree")
)
PLAN_SHIFT = _shift("参保方式更正划转", _pairs("plan_to_account"))
ONE_OFF_SHIFT = _shift("一次性注入个人账户", _pairs("one_off"))
OWED_SHIFT = _shift("统筹支付待追回（登记减核销）", _pairs("owed_written_off"), _pairs("owed_pool"))
NETTED_SHIFT = _shift("应付个人款抵扣待追回", _pairs("owed_netted"))
SHIFTS = (RETIREE_SHIFT, PLAN_SHIFT, ONE_OFF_SHIFT, OWED_SHIFT, NETTED_SHIFT)
DUE = _both_ways(
    "加：本期应付（结算减退费）",
    _pairs("pool_pay"),
    _pairs("account_pay", "family_pay", "aid_pay"),
)


@dataclass(frozen=True, slots=True)
class FundReport:
    """`flows` hold the year's kinds; a month without movement still has every account."""

    head: ReportHead
    trial: tuple[TrialBalanceLine, ...]
    flows: tuple[FlowTotal, ...]
