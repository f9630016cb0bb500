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


_PREMIUM_POOL = Pair(chart.TREASURY, chart.POOL_CONTRIBUTIONS)
_PREMIUM_PERSONAL = Pair(chart.TREASURY, chart.AWAITING_CREDIT)
_PAY_POOL = Pair(chart.PAYABLE_POOL, chart.DISBURSEMENT_ACCOUNT)
_PAY_ACCOUNT = Pair(chart.PAYABLE_ACCOUNT, chart.DISBURSEMENT_ACCOUNT)
_PLAN_TO_ACCOUNT = Pair(chart.POOL_CONTRIBUTIONS, chart.AWAITING_CREDIT)
_OWN_DUE = Pair(chart.PERSONAL_ACCOUNT_FUND, chart.PAYABLE_ACCOUNT)
_FAMILY_DUE = Pair(chart.CLEARING_PERSONS, chart.PAYABLE_ACCOUNT)
_POOL_DUE = Pair(chart.POOL_BENEFITS, chart.PAYABLE_POOL)
_RETIREE = Pair(chart.RETIREE_CREDITS, chart.PERSONAL_ACCOUNT_FUND)
_RETIREE_OWED = Pair(chart.OWED_BY_PERSONS, chart.RETIREE_CREDITS)


def _back(*pairs: Pair) -> tuple[Pair, ...]:
    return tuple(Pair(pair.credit, pair.debit) for pair in pairs)


INCOME = (
    FundLine(
        "社会保险费收入",
        (_PREMIUM_POOL,),
        _back(_PREMIUM_POOL),
        (_PREMIUM_PERSONAL,),
        _back(_PREMIUM_PERSONAL),
    ),
)
PAYMENTS = (
    FundLine(
        "社会保险待遇支出（拨付定点机构）",
        (_PAY_POOL,),
        _back(_PAY_POOL),
        (_PAY_ACCOUNT,),
        _back(_PAY_ACCOUNT),
    ),
)
RETIREE_SHIFT = FundLine(
    "统筹基金划转退休人员个人账户",
    pooled_in=(*_back(_RETIREE), _RETIREE_OWED),
    pooled_out=(_RETIREE,),
    personal_in=(_RETIREE,),
    personal_out=(*_back(_RETIREE), _RETIREE_OWED),
)
PLAN_SHIFT = FundLine(
    "参保方式更正划转",
    pooled_in=_back(_PLAN_TO_ACCOUNT),
    pooled_out=(_PLAN_TO_ACCOUNT,),
    personal_in=(_PLAN_TO_ACCOUNT,),
    personal_out=_back(_PLAN_TO_ACCOUNT),
)
DUE = FundLine(
    "加：本期应付（结算减退费）",
    (_POOL_DUE,),
    _back(_POOL_DUE),
    (_OWN_DUE, _FAMILY_DUE),
    _back(_OWN_DUE, _FAMILY_DUE),
)


@dataclass(frozen=True, slots=True)
class FundReport:
    """`flows` hold the year's kinds; a month without movement still has every account."""

    head: ReportHead
    trial: tuple[TrialBalanceLine, ...]
    flows: tuple[FlowTotal, ...]
