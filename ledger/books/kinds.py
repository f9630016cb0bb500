"""Kinds of entry and of transfer: which account each debits and credits, and its Chinese name.

One line a kind, so that a reader sees the whole book-keeping of the fund on one page. A mirror
kind (`…_refund`) swaps the two accounts of its original, leg by leg.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from ledger.books import chart


class EntryKind(StrEnum):
    """What happened (业务事件)."""

    CONTRIBUTION = "contribution"
    CREDIT = "credit"
    SETTLEMENT = "settlement"
    REFUND = "refund"
    PROVIDER_PAYMENT = "provider_payment"
    FUND_FLOW = "fund_flow"


ENTRY_NAMES: dict[EntryKind, str] = {
    EntryKind.CONTRIBUTION: "缴费到账",
    EntryKind.CREDIT: "个人账户划账",
    EntryKind.SETTLEMENT: "门诊结算",
    EntryKind.REFUND: "退费",
    EntryKind.PROVIDER_PAYMENT: "拨付定点机构",
    EntryKind.FUND_FLOW: "资金调拨",
}


class TransferKind(NamedTuple):
    kind: str
    name: str
    debit: str
    credit: str


_KINDS = (
    TransferKind("contribution_pool", "缴费计入统筹基金", chart.TREASURY, chart.POOL_CONTRIBUTIONS),
    TransferKind(
        "contribution_personal", "缴费待划入个人账户", chart.TREASURY, chart.AWAITING_CREDIT
    ),
    TransferKind(
        "contribution_pool_return", "退收统筹基金缴费", chart.POOL_CONTRIBUTIONS, chart.TREASURY
    ),
    TransferKind(
        "contribution_personal_return", "退收个人账户缴费", chart.AWAITING_CREDIT, chart.TREASURY
    ),
    TransferKind(
        "credit_employee", "个人账户划账", chart.AWAITING_CREDIT, chart.PERSONAL_ACCOUNT_FUND
    ),
    TransferKind(
        "credit_retiree", "退休定额划入", chart.RETIREE_CREDITS, chart.PERSONAL_ACCOUNT_FUND
    ),
    TransferKind(
        "clawback_employee", "划账退回", chart.PERSONAL_ACCOUNT_FUND, chart.AWAITING_CREDIT
    ),
    TransferKind(
        "clawback_retiree", "退休定额退回", chart.PERSONAL_ACCOUNT_FUND, chart.RETIREE_CREDITS
    ),
    TransferKind("owed_employee", "划账待追回", chart.OWED_BY_PERSONS, chart.AWAITING_CREDIT),
    TransferKind("owed_retiree", "退休定额待追回", chart.OWED_BY_PERSONS, chart.RETIREE_CREDITS),
    TransferKind(
        "plan_to_account",
        "参保方式更正：统筹转个人",
        chart.POOL_CONTRIBUTIONS,
        chart.AWAITING_CREDIT,
    ),
    TransferKind(
        "plan_to_pool", "参保方式更正：个人转统筹", chart.AWAITING_CREDIT, chart.POOL_CONTRIBUTIONS
    ),
    TransferKind("pool_pay", "门诊统筹支付", chart.POOL_BENEFITS, chart.PAYABLE_POOL),
    TransferKind("account_pay", "个人账户支付", chart.PERSONAL_ACCOUNT_FUND, chart.PAYABLE_ACCOUNT),
    TransferKind(
        "family_draw", "家庭共济支出", chart.PERSONAL_ACCOUNT_FUND, chart.CLEARING_PERSONS
    ),
    TransferKind("family_pay", "家庭共济支付", chart.CLEARING_PERSONS, chart.PAYABLE_ACCOUNT),
    TransferKind(
        "provider_pay_pool", "拨付统筹基金", chart.PAYABLE_POOL, chart.DISBURSEMENT_ACCOUNT
    ),
    TransferKind(
        "provider_pay_account", "拨付个人账户", chart.PAYABLE_ACCOUNT, chart.DISBURSEMENT_ACCOUNT
    ),
    TransferKind("fund_to_fiscal", "国库划转财政专户", chart.FISCAL_ACCOUNT, chart.TREASURY),
    TransferKind(
        "fund_to_disbursement",
        "财政专户拨入支出户",
        chart.DISBURSEMENT_ACCOUNT,
        chart.FISCAL_ACCOUNT,
    ),
)

REFUND_SUFFIX = "_refund"
_MIRRORED = ("pool_pay", "account_pay", "family_draw", "family_pay")


def _mirror(kind: TransferKind) -> TransferKind:
    return TransferKind(kind.kind + REFUND_SUFFIX, f"退费：{kind.name}", kind.credit, kind.debit)


TRANSFER_KINDS: dict[str, TransferKind] = {kind.kind: kind for kind in _KINDS}
TRANSFER_KINDS |= {
    mirror.kind: mirror for mirror in (_mirror(TRANSFER_KINDS[name]) for name in _MIRRORED)
}


def kind_name(kind: str) -> str:
    """The Chinese name of a kind of transfer, as statements print it."""
    return TRANSFER_KINDS[kind].name
