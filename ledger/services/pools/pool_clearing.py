"""Money to and from other pools (跨统筹区清算): it settles what moves and quotas came to."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from ledger.books.chart import DISBURSEMENT_ACCOUNT
from ledger.core.errors import Refused
from ledger.core.ids import NOBODY, EntryId
from ledger.core.money import Fen, yuan_text
from ledger.journalizing.pools import pool_payment_entry
from ledger.services.accounts.account_gate import occasion
from ledger.services.context import Context
from ledger.services.once import once
from ledger.storage.books.funds import cash_balance
from ledger.storage.books.journal import append
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.pools import pool_clearing as store

KINDS = {store.PAID: "pools_paid", store.RECEIVED: "pools_received"}


def other_pool(context: Context, code: str) -> str:
    """The code of a pool that is not ours.

    Raises:
        Refused: `pools/bad-code`, `pools/own-pool`.
    """
    if not re.fullmatch(r"\d{6}", code):
        raise Refused("pools/bad-code", f"“{code}”不是统筹区代码；应为 6 位数字，例如 420100")
    if code == context.pack.pool:
        raise Refused("pools/own-pool", f"{code} 就是本统筹区；区内业务不经跨统筹区办理")
    return code


def move_money(
    context: Context,
    pool: str,
    direction: str,
    amount_fen: Fen,
    on: date,
    memo: str = "",
    request_id: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Pay another pool (`paid`), or enter what came from it (`received`).

    Raises:
        Refused: `pools/bad-code`, `pools/own-pool`, `fund/not-above-zero`,
        `pools/more-than-owed` when more is to be paid than is owed, `fund/insufficient`.
    """
    other_pool(context, pool)
    content = {"verb": "pools", "pool": pool, "to": direction, "fen": amount_fen, "on": on}

    def act(work: UnitOfWork) -> dict[str, Any]:
        owed = store.owed_to_pool(work.connection, pool)
        if direction == store.PAID and amount_fen > owed:
            raise Refused(
                "pools/more-than-owed",
                f"应付统筹区 {pool} {yuan_text(owed)} 元，不能付 {yuan_text(amount_fen)} 元",
            )
        entry_id = book_payment(work, pool, direction, amount_fen, on, memo, request_id)
        return {
            "entry_id": str(entry_id),
            "pool": pool,
            "direction": direction,
            "amount": yuan_text(amount_fen),
            "owed_after": yuan_text(store.owed_to_pool(work.connection, pool)),
        }

    return once(context, 0, request_id, content, act, dry_run)


def book_payment(
    work: UnitOfWork,
    pool: str,
    direction: str,
    amount_fen: int,
    on: date,
    memo: str = "",
    request_id: str | None = None,
) -> EntryId:
    """The entry of money that moves between us and another pool, and its row.

    Raises:
        Refused: `fund/not-above-zero`, `fund/insufficient`.
    """
    if amount_fen <= 0:
        raise Refused("fund/not-above-zero", "金额必须大于零")
    if direction == store.PAID:
        left = cash_balance(work.connection, DISBURSEMENT_ACCOUNT)
        if left < amount_fen:
            raise Refused(
                "fund/insufficient",
                f"支出户余额 {yuan_text(left)} 元，不足以支付 {yuan_text(amount_fen)} 元",
            )
    head = occasion(work, NOBODY, on, memo or f"统筹区 {pool}")
    entry = pool_payment_entry(head, KINDS[direction], amount_fen, pool)
    append(work, [entry], request_id)
    store.insert_payment(
        work.connection, store.PoolPayment(head.entry_id, pool, direction, amount_fen, on)
    )
    return head.entry_id


def balances(context: Context) -> list[dict[str, Any]]:
    """What is owed to each other pool; below zero: what it owes us."""
    with context.reading() as connection:
        return [
            {"pool": pool, "owed": yuan_text(fen)} for pool, fen in store.owed_to_pools(connection)
        ]
