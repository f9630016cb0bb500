"""The codes of the chart of accounts, handed on to exports, which never look into the books."""

from __future__ import annotations

from ledger.books.chart import (
    AWAITING_CREDIT,
    CASH_ACCOUNTS,
    CLEARING_PERSONS,
    DISBURSEMENT_ACCOUNT,
    FISCAL_ACCOUNT,
    OWED_BY_PERSONS,
    PAYABLE_ACCOUNT,
    PAYABLE_POOL,
    PERSONAL_ACCOUNT_FUND,
    TREASURY,
)

__all__ = [
    "AWAITING_CREDIT",
    "CASH_ACCOUNTS",
    "CLEARING_PERSONS",
    "DISBURSEMENT_ACCOUNT",
    "FISCAL_ACCOUNT",
    "OWED_BY_PERSONS",
    "PAYABLE_ACCOUNT",
    "PAYABLE_POOL",
    "PERSONAL_ACCOUNT_FUND",
    "TREASURY",
]
