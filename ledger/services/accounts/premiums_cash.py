"""The cash behind premiums: paid over to the other funds, or received back from them for premiums
that were given back after that. The same clearing account, one way or the other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import Connection

from ledger.books.chart import DISBURSEMENT_ACCOUNT
from ledger.core.errors import Refused
from ledger.core.ids import NOBODY
from ledger.core.money import Fen, yuan_text
from ledger.journalizing.accounts import premiums_paid_over_entry
from ledger.services.accounts.account_gate import occasion
from ledger.services.context import Context
from ledger.services.once import once
from ledger.storage.accounts.premiums import waiting_to_be_paid_over
from ledger.storage.books.funds import cash_balance
from ledger.storage.books.journal import append
from ledger.storage.database.unit_of_work import UnitOfWork


def pay_over(
    context: Context,
    on: date,
    amount_fen: Fen | None = None,
    request_id: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Pay what accounts have paid as premiums over to the other funds.

    Args:
        amount_fen: None for all that waits.

    Raises:
        Refused: `premium/nothing-waiting`, `premium/more-than-waiting`, `fund/insufficient`.
    """
    content = {"verb": "premiums-pay-over", "on": on, "fen": amount_fen}

    def leaving(connection: Connection, waiting: int) -> int:
        fen = waiting if amount_fen is None else amount_fen
        _refuse_paying(connection, fen, waiting)
        return fen

    return _move(context, on, "代缴保费划出", leaving, content, request_id, dry_run)


def receive_back(
    context: Context,
    on: date,
    amount_fen: Fen | None = None,
    request_id: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Cash comes back from the other funds for premiums that were paid over and then given back.

    Args:
        amount_fen: None for all that shall come back.

    Raises:
        Refused: `premium/nothing-to-come-back`, `premium/more-than-comes-back`.
    """
    content = {"verb": "premiums-come-back", "on": on, "fen": amount_fen}

    def leaving(connection: Connection, waiting: int) -> int:
        coming = -waiting
        fen = coming if amount_fen is None else amount_fen
        _refuse_receiving(fen, coming)
        return -fen

    return _move(context, on, "其他基金退回代缴保费", leaving, content, request_id, dry_run)


def _move(
    context: Context,
    on: date,
    memo: str,
    leaving: Callable[[Connection, int], int],
    content: dict[str, Any],
    request_id: str | None,
    dry_run: bool,
) -> dict[str, Any]:
    """Move cash between this fund and the others.

    Args:
        leaving: of what waits to be paid over, how much leaves now, fen; below zero, what comes
            back. Raises what it refuses.
    """

    def act(work: UnitOfWork) -> dict[str, Any]:
        waiting = waiting_to_be_paid_over(work.connection)
        fen = leaving(work.connection, waiting)
        head = occasion(work, NOBODY, on, memo)
        append(work, [premiums_paid_over_entry(head, fen)], request_id)
        return {
            "entry_id": str(head.entry_id),
            "amount": yuan_text(abs(fen)),
            "waiting": yuan_text(waiting - fen),
            "on": on.isoformat(),
        }

    return once(context, NOBODY, request_id, content, act, dry_run)


def _refuse_paying(connection: Connection, fen: int, waiting: int) -> None:
    if fen <= 0:
        raise Refused("premium/nothing-waiting", "没有待划出的代缴保费")
    if fen > waiting:
        raise Refused("premium/more-than-waiting", f"待划出的代缴保费只有 {yuan_text(waiting)} 元")
    available = cash_balance(connection, DISBURSEMENT_ACCOUNT)
    if available < fen:
        raise Refused(
            "fund/insufficient",
            f"支出户余额 {yuan_text(available)} 元，不足以划出 {yuan_text(fen)} 元",
        )


def _refuse_receiving(fen: int, coming: int) -> None:
    if coming <= 0 or fen <= 0:
        raise Refused("premium/nothing-to-come-back", "没有应由其他基金退回的代缴保费")
    if fen > coming:
        raise Refused("premium/more-than-comes-back", f"应退回的只有 {yuan_text(coming)} 元")
