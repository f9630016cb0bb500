"""The chart of accounts (会计科目表): a small table, shipped with the code.

Names follow the social insurance fund accounting system (社会保险基金会计制度, 财会〔2017〕28号).
The official numbers were not obtained, so `official_code` is a nullable column of the table and
our codes are our own. Subledgers are dimensions, not accounts: person, provider,
county; at the clearing with other pools the county column holds the other pool's code.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class AccountType(StrEnum):
    ASSET = "asset"
    LIABILITY = "liability"
    FUND = "fund"
    INCOME = "income"
    EXPENSE = "expense"


class Side(StrEnum):
    DEBIT = "debit"
    CREDIT = "credit"


class Fund(StrEnum):
    """Which of the two funds of the insurance an account belongs to."""

    POOLED = "pooled"
    PERSONAL = "personal"
    COMMON = "common"


class Account(NamedTuple):
    code: str
    name: str
    english: str
    type: AccountType
    normal_side: Side
    fund: Fund


TREASURY = "1101"
FISCAL_ACCOUNT = "1102"
DISBURSEMENT_ACCOUNT = "1103"
OWED_BY_PERSONS = "1201"
PAYABLE_POOL = "2101"
PAYABLE_ACCOUNT = "2102"
PAYABLE_PERSONS_POOL = "2103"
PAYABLE_PERSONS_ACCOUNT = "2104"
CLEARING_PERSONS = "2201"
CLEARING_OTHER_FUNDS = "2202"
CLEARING_OTHER_POOLS = "2203"
POOLED_FUND = "3101"
PERSONAL_ACCOUNT_FUND = "3201"
AWAITING_CREDIT = "3202"
ADJUSTMENTS = "3203"
POOL_CONTRIBUTIONS = "4101"
ACCOUNT_INTEREST = "4102"
POOL_BENEFITS = "5101"
RETIREE_CREDITS = "5102"
ONE_OFF_CREDITS = "5103"
WRITTEN_OFF = "5104"

_A, _L, _F, _I, _E = AccountType
_DR, _CR = Side

CHART: tuple[Account, ...] = (
    Account(TREASURY, "国库存款", "treasury", _A, _DR, Fund.COMMON),
    Account(FISCAL_ACCOUNT, "财政专户存款", "fiscal account", _A, _DR, Fund.COMMON),
    Account(DISBURSEMENT_ACCOUNT, "支出户存款", "disbursement account", _A, _DR, Fund.COMMON),
    Account(OWED_BY_PERSONS, "待追回款", "owed by persons", _A, _DR, Fund.PERSONAL),
    Account(PAYABLE_POOL, "应付定点机构款—统筹基金", "payable, pool", _L, _CR, Fund.POOLED),
    Account(PAYABLE_ACCOUNT, "应付定点机构款—个人账户", "payable, account", _L, _CR, Fund.PERSONAL),
    Account(
        PAYABLE_PERSONS_POOL,
        "应付个人款—统筹基金",
        "payable to persons, pool",
        _L,
        _CR,
        Fund.POOLED,
    ),
    Account(
        PAYABLE_PERSONS_ACCOUNT,
        "应付个人款—个人账户",
        "payable to persons, account",
        _L,
        _CR,
        Fund.PERSONAL,
    ),
    Account(CLEARING_PERSONS, "个人间清算", "clearing between persons", _L, _CR, Fund.PERSONAL),
    Account(
        CLEARING_OTHER_FUNDS, "代缴保费清算", "clearing with other funds", _L, _CR, Fund.PERSONAL
    ),
    Account(
        CLEARING_OTHER_POOLS, "跨统筹区清算", "clearing with other pools", _L, _CR, Fund.PERSONAL
    ),
    Account(POOLED_FUND, "统筹基金结余", "pooled fund", _F, _CR, Fund.POOLED),
    Account(PERSONAL_ACCOUNT_FUND, "个人账户基金", "personal account fund", _F, _CR, Fund.PERSONAL),
    Account(AWAITING_CREDIT, "待划入个人账户缴费", "awaiting credit", _F, _CR, Fund.PERSONAL),
    Account(ADJUSTMENTS, "个人账户调整与补录", "account adjustments", _F, _CR, Fund.PERSONAL),
    Account(
        POOL_CONTRIBUTIONS, "社会保险费收入—统筹基金", "pool contributions", _I, _CR, Fund.POOLED
    ),
    Account(ACCOUNT_INTEREST, "利息收入—个人账户", "account interest", _I, _CR, Fund.PERSONAL),
    Account(POOL_BENEFITS, "社会保险待遇支出—统筹基金", "pool benefits", _E, _DR, Fund.POOLED),
    Account(
        RETIREE_CREDITS, "统筹基金划转退休人员个人账户", "retiree credits", _E, _DR, Fund.POOLED
    ),
    Account(ONE_OFF_CREDITS, "一次性注入个人账户", "one-off credits", _E, _DR, Fund.POOLED),
    Account(WRITTEN_OFF, "待追回款核销", "owed money written off", _E, _DR, Fund.POOLED),
)

BY_CODE: dict[str, Account] = {account.code: account for account in CHART}
CASH_ACCOUNTS = (TREASURY, FISCAL_ACCOUNT, DISBURSEMENT_ACCOUNT)
