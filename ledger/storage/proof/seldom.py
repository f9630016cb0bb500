"""Transfers of which the books hold few: what is cleared between persons, pools and funds, owed by
persons or due to them, credits in advance, and whatever has not the shape of its kind.

A check that is about these alone selects from `seldom` in place of `transfer`. All of them are
asked in one statement (`checks`), so that the books are read once for them and not once for each.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ledger.books.chart import (
    CLEARING_OTHER_FUNDS,
    CLEARING_OTHER_POOLS,
    CLEARING_PERSONS,
    OWED_BY_PERSONS,
    PAYABLE_PERSONS_ACCOUNT,
    PAYABLE_PERSONS_POOL,
)
from ledger.books.kinds import TRANSFER_KINDS
from ledger.storage.proof.invariants import Check, with_accounts

ACCOUNTS = (
    OWED_BY_PERSONS,
    PAYABLE_PERSONS_ACCOUNT,
    PAYABLE_PERSONS_POOL,
    CLEARING_PERSONS,
    CLEARING_OTHER_FUNDS,
    CLEARING_OTHER_POOLS,
)

# One look a row: what is not of an ordinary kind, with the accounts of that kind.
_ORDINARY = with_accounts(
    kind
    for kind in TRANSFER_KINDS.values()
    if kind.kind != "credit_advance" and not {kind.debit, kind.credit} & set(ACCOUNTS)
)
_SELDOM = (
    "SELECT person_id, entry_id, leg, kind, benefit_month, debit_account, credit_account, "
    "amount_fen, county FROM transfer "
    f"WHERE (kind, debit_account, credit_account) NOT IN (VALUES {_ORDINARY}) OR amount_fen <= 0"
)
_FROM_SELDOM = re.compile(r"\bFROM seldom\b")


def is_about_seldom(check: Check) -> bool:
    return _FROM_SELDOM.search(check.sql) is not None


def found_by(checks: Sequence[Check], shown: int) -> str:
    """SQL: (code, where, found, how often) of what breaks any of the checks."""
    named = [(f"found_{number}", check) for number, check in enumerate(checks)]
    first = [f"seldom AS MATERIALIZED ({_SELDOM})"] if any(map(is_about_seldom, checks)) else []
    parts = [*first, *(f"{name}(place, fen) AS ({check.sql})" for name, check in named)]
    asked = (
        f"SELECT * FROM (SELECT '{check.code}', place, CAST(fen AS TEXT), count(*) OVER () "
        f"FROM {name} LIMIT {shown}) AS some_{name}"
        for name, check in named
    )
    return f"WITH {', '.join(parts)} {' UNION ALL '.join(asked)}"
