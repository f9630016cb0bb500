"""Kinds of entry and of transfer: which account each debits and credits, and its Chinese name.

One line a kind, so that a reader sees the whole book-keeping of the fund on one page. A mirror
kind (`…_refund`) swaps the two accounts of its original, leg by leg. `national` is the type of
account income and expense (账户收支类型) of the national core platform: 1xx money in, 2xx money
out; empty where the personal account does not move.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from ledger.books.chart import (
    ACCOUNT_INTEREST,
    ADJUSTMENTS,
    AWAITING_CREDIT,
    CLEARING_OTHER_FUNDS,
    CLEARING_OTHER_POOLS,
    CLEARING_PERSONS,
    DISBURSEMENT_ACCOUNT,
    FISCAL_ACCOUNT,
    ONE_OFF_CREDITS,
    OWED_BY_PERSONS,
    PAYABLE_ACCOUNT,
    PAYABLE_PERSONS_ACCOUNT,
    PAYABLE_PERSONS_POOL,
    PAYABLE_POOL,
    PERSONAL_ACCOUNT_FUND,
    POOL_BENEFITS,
    POOL_CONTRIBUTIONS,
    RETIREE_CREDITS,
    TREASURY,
    WRITTEN_OFF,
)


class EntryKind(StrEnum):
    """What happened (业务事件)."""

    CONTRIBUTION = "contribution"
    CREDIT = "credit"
    ADVANCE_CREDIT = "advance_credit"
    SUPPLEMENTARY_CREDIT = "supplementary_credit"
    ONE_OFF_CREDIT = "one_off_credit"
    SPECIAL_ADJUSTMENT = "special_adjustment"
    INTEREST = "interest"
    SETTLEMENT = "settlement"
    REFUND = "refund"
    MANUAL_CLAIM = "manual_claim"
    PREMIUM = "premium"
    PREMIUM_REFUND = "premium_refund"
    POOL_AID = "pool_aid"
    ACCOUNT_RETURN = "account_return"
    PAY_OUT = "pay_out"
    INHERITANCE = "inheritance"
    TRANSFER_IN = "transfer_in"
    TRANSFER_OUT = "transfer_out"
    MERGE = "merge"
    DEBT = "debt"
    RECOVERY = "recovery"
    WRITE_OFF = "write_off"
    PROVIDER_PAYMENT = "provider_payment"
    PROVIDER_PAYMENT_RETURN = "provider_payment_return"
    PERSON_PAYMENT = "person_payment"
    PERSON_PAYMENT_RETURN = "person_payment_return"
    POOL_CLEARING = "pool_clearing"
    FUND_FLOW = "fund_flow"


ENTRY_NAMES: dict[EntryKind, str] = {
    EntryKind.CONTRIBUTION: "缴费到账",
    EntryKind.CREDIT: "个人账户划账",
    EntryKind.ADVANCE_CREDIT: "个人账户预划",
    EntryKind.SUPPLEMENTARY_CREDIT: "补录个人账户",
    EntryKind.ONE_OFF_CREDIT: "一次性注入",
    EntryKind.SPECIAL_ADJUSTMENT: "特殊调整",
    EntryKind.INTEREST: "个人账户计息",
    EntryKind.SETTLEMENT: "门诊结算",
    EntryKind.REFUND: "退费",
    EntryKind.MANUAL_CLAIM: "手工报销",
    EntryKind.PREMIUM: "代缴保费",
    EntryKind.PREMIUM_REFUND: "代缴保费退回",
    EntryKind.POOL_AID: "跨统筹区共济",
    EntryKind.ACCOUNT_RETURN: "个人账户返还",
    EntryKind.PAY_OUT: "个人账户清退",
    EntryKind.INHERITANCE: "个人账户继承",
    EntryKind.TRANSFER_IN: "个人账户转入",
    EntryKind.TRANSFER_OUT: "个人账户转出",
    EntryKind.MERGE: "人员合并",
    EntryKind.DEBT: "登记待追回",
    EntryKind.RECOVERY: "追回",
    EntryKind.WRITE_OFF: "待追回核销",
    EntryKind.PROVIDER_PAYMENT: "拨付定点机构",
    EntryKind.PROVIDER_PAYMENT_RETURN: "拨付退回",
    EntryKind.PERSON_PAYMENT: "支付个人",
    EntryKind.PERSON_PAYMENT_RETURN: "付款退回",
    EntryKind.POOL_CLEARING: "跨统筹区清算收付",
    EntryKind.FUND_FLOW: "资金调拨",
}


class TransferKind(NamedTuple):
    kind: str
    name: str
    debit: str
    credit: str
    national: str = ""
    """ACCT_INCEXPD_TYPE, where the personal account moves."""


_FUND = PERSONAL_ACCOUNT_FUND

# fmt: off
_KINDS = tuple(TransferKind(*row) for row in (
    # Contributions that arrive, before they are credited.
    ("contribution_pool", "缴费计入统筹基金", TREASURY, POOL_CONTRIBUTIONS),
    ("contribution_personal", "缴费待划入个人账户", TREASURY, AWAITING_CREDIT),
    ("contribution_pool_return", "退收统筹基金缴费", POOL_CONTRIBUTIONS, TREASURY),
    ("contribution_personal_return", "退收个人账户缴费", AWAITING_CREDIT, TREASURY),
    ("plan_to_account", "参保方式更正：统筹转个人", POOL_CONTRIBUTIONS, AWAITING_CREDIT),
    ("plan_to_pool", "参保方式更正：个人转统筹", AWAITING_CREDIT, POOL_CONTRIBUTIONS),
    # Credits, and credits taken back.
    ("credit_employee", "个人账户划账", AWAITING_CREDIT, _FUND, "101"),
    ("credit_retiree", "退休定额划入", RETIREE_CREDITS, _FUND, "101"),
    ("clawback_employee", "划账退回", _FUND, AWAITING_CREDIT, "104"),
    ("clawback_retiree", "退休定额退回", _FUND, RETIREE_CREDITS, "104"),
    ("credit_advance", "预划收入", AWAITING_CREDIT, _FUND, "108"),
    ("adjust_up", "特殊调整（增加）", ADJUSTMENTS, _FUND, "110"),
    ("adjust_down", "特殊调整（减少）", _FUND, ADJUSTMENTS, "110"),
    ("supplementary", "补录个账", ADJUSTMENTS, _FUND, "111"),
    ("one_off", "一次性注入", ONE_OFF_CREDITS, _FUND, "112"),
    # Interest (国发〔1998〕44号).
    ("interest_yearly", "年度结息", ACCOUNT_INTEREST, _FUND, "102"),
    ("interest_daily", "日常结息", ACCOUNT_INTEREST, _FUND, "103"),
    ("interest_back", "结息更正（减少）", _FUND, ACCOUNT_INTEREST, "110"),
    # Use for care.
    ("pool_pay", "门诊统筹支付", POOL_BENEFITS, PAYABLE_POOL),
    ("account_pay", "个人账户支付", _FUND, PAYABLE_ACCOUNT, "201"),
    ("family_draw", "家庭共济支出", _FUND, CLEARING_PERSONS, "201"),
    ("family_pay", "家庭共济支付", CLEARING_PERSONS, PAYABLE_ACCOUNT),
    # Paid to the person instead of the provider: papers (article 21), resettlement.
    ("pool_pay_person", "门诊统筹支付个人", POOL_BENEFITS, PAYABLE_PERSONS_POOL),
    ("account_pay_person", "个人账户支付个人", _FUND, PAYABLE_PERSONS_ACCOUNT, "201"),
    # Use across pools: the holder is ours, or the patient is.
    ("aid_draw", "跨区共济支出", _FUND, CLEARING_OTHER_POOLS, "201"),
    ("aid_return", "跨区共济退回", CLEARING_OTHER_POOLS, _FUND, "109"),
    ("aid_pay", "跨区共济支付", CLEARING_OTHER_POOLS, PAYABLE_ACCOUNT),
    # The account leaves, arrives, or is paid out.
    ("account_return", "个人账户返还", _FUND, PAYABLE_PERSONS_ACCOUNT, "202"),
    ("paid_out", "个人账户清退", _FUND, PAYABLE_PERSONS_ACCOUNT, "203"),
    ("premium", "个人账户代缴费", _FUND, CLEARING_OTHER_FUNDS, "205"),
    ("transfer_in", "账户转入", CLEARING_OTHER_POOLS, _FUND, "107"),
    ("transfer_out", "账户转出", _FUND, CLEARING_OTHER_POOLS, "207"),
    ("inherit_out", "划拨继承人", _FUND, CLEARING_PERSONS, "208"),
    ("inherit_in", "继承他人账户", CLEARING_PERSONS, _FUND, "106"),
    ("merge_out", "合并转出", _FUND, CLEARING_PERSONS, "110"),
    ("merge_in", "合并转入", CLEARING_PERSONS, _FUND, "110"),
    # What a person owes the fund, and how it comes back.
    ("owed_employee", "划账待追回", OWED_BY_PERSONS, AWAITING_CREDIT),
    ("owed_retiree", "退休定额待追回", OWED_BY_PERSONS, RETIREE_CREDITS),
    ("owed_pool", "统筹支付待追回", OWED_BY_PERSONS, POOL_BENEFITS),
    ("owed_account", "个人账户支付待追回", OWED_BY_PERSONS, _FUND, "110"),
    ("owed_recovered", "以个人账户抵扣待追回", _FUND, OWED_BY_PERSONS, "110"),
    ("owed_netted", "应付个人款抵扣待追回", PAYABLE_PERSONS_POOL, OWED_BY_PERSONS),
    ("owed_netted_back", "应付个人款转为待追回", OWED_BY_PERSONS, PAYABLE_PERSONS_POOL),
    ("owed_repaid", "待追回款缴回", DISBURSEMENT_ACCOUNT, OWED_BY_PERSONS),
    ("owed_written_off", "待追回款核销", WRITTEN_OFF, OWED_BY_PERSONS),
    ("merge_debt_out", "合并转出待追回", CLEARING_PERSONS, OWED_BY_PERSONS),
    ("merge_debt_in", "合并转入待追回", OWED_BY_PERSONS, CLEARING_PERSONS),
    # Money of the fund itself.
    ("provider_pay_pool", "拨付统筹基金", PAYABLE_POOL, DISBURSEMENT_ACCOUNT),
    ("provider_pay_account", "拨付个人账户", PAYABLE_ACCOUNT, DISBURSEMENT_ACCOUNT),
    ("person_pay_pool", "支付个人：统筹基金", PAYABLE_PERSONS_POOL, DISBURSEMENT_ACCOUNT),
    ("person_pay_account", "支付个人：个人账户", PAYABLE_PERSONS_ACCOUNT, DISBURSEMENT_ACCOUNT),
    ("premiums_paid_over", "代缴保费划出", CLEARING_OTHER_FUNDS, DISBURSEMENT_ACCOUNT),
    ("pools_paid", "跨统筹区清算付款", CLEARING_OTHER_POOLS, DISBURSEMENT_ACCOUNT),
    ("pools_received", "跨统筹区清算收款", FISCAL_ACCOUNT, CLEARING_OTHER_POOLS),
    ("interest_received", "财政专户利息收入", FISCAL_ACCOUNT, ACCOUNT_INTEREST),
    ("fund_to_fiscal", "国库划转财政专户", FISCAL_ACCOUNT, TREASURY),
    ("fund_to_disbursement", "财政专户拨入支出户", DISBURSEMENT_ACCOUNT, FISCAL_ACCOUNT),
))
# fmt: on

REFUND_SUFFIX = "_refund"
_MIRRORED = (
    "pool_pay",
    "account_pay",
    "family_draw",
    "family_pay",
    "aid_pay",
    "pool_pay_person",
    "account_pay_person",
    "owed_pool",
)
_CAME_BACK = (
    "premium",
    "premiums_paid_over",
    "person_pay_pool",
    "person_pay_account",
    "provider_pay_pool",
    "provider_pay_account",
)
"""Money that comes back without a visit: a premium given back, a payment the bank returns."""
MEDICAL_REFUND = "109"
ADJUSTMENT = "110"
"""The platform has no type for a premium that comes back."""


def _mirror(kind: TransferKind, way: str, national: str) -> TransferKind:
    return TransferKind(
        kind.kind + REFUND_SUFFIX,
        f"{way}：{kind.name}",
        kind.credit,
        kind.debit,
        national if kind.national else "",
    )


TRANSFER_KINDS: dict[str, TransferKind] = {kind.kind: kind for kind in _KINDS}
TRANSFER_KINDS |= {
    mirror.kind: mirror
    for mirror in (
        *(_mirror(TRANSFER_KINDS[name], "退费", MEDICAL_REFUND) for name in _MIRRORED),
        *(_mirror(TRANSFER_KINDS[name], "退回", ADJUSTMENT) for name in _CAME_BACK),
    )
}


def kind_name(kind: str) -> str:
    """The Chinese name of a kind of transfer, as statements print it."""
    return TRANSFER_KINDS[kind].name
