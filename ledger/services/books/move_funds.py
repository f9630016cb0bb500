"""`fund`: treasury (国库) → fiscal account (财政专户) → disbursement account (支出户), and the
interest that the bank pays on the fiscal account."""

from __future__ import annotations

from datetime import date
from typing import Any

from ledger.books.chart import BY_CODE, CASH_ACCOUNTS
from ledger.books.kinds import TRANSFER_KINDS
from ledger.core.errors import Refused
from ledger.core.money import Fen, yuan_text
from ledger.journalizing.funds import fund_flow_entry
from ledger.services.context import Context
from ledger.services.once import once
from ledger.storage.books.funds import cash_balance
from ledger.storage.books.journal import append
from ledger.storage.books.months import BookingMonths
from ledger.storage.database.unit_of_work import UnitOfWork

STEPS = {
    "fiscal": "fund_to_fiscal",
    "disbursement": "fund_to_disbursement",
    "interest": "interest_received",
}
"""Where the money goes, or what it is -> kind of transfer; each has one source."""


def move_funds(
    context: Context,
    to: str,
    amount_fen: Fen,
    moved_on: date,
    request_id: str | None = None,
    memo: str = "",
    dry_run: bool = False,
) -> dict[str, Any]:
    """Move money one step along.

    Raises:
        Refused: `fund/unknown-account`, `fund/not-above-zero`, `fund/insufficient`.
    """
    if to not in STEPS:
        raise Refused("fund/unknown-account", f"没有“{to}”这个去向；可选 {'、'.join(STEPS)}")
    if amount_fen <= 0:
        raise Refused("fund/not-above-zero", "调拨金额必须大于零")
    content = {"verb": "fund", "to": to, "fen": amount_fen, "on": moved_on, "memo": memo}

    def act(work: UnitOfWork) -> dict[str, Any]:
        scheme = TRANSFER_KINDS[STEPS[to]]
        _refuse_more_than_there_is(work, scheme.credit, amount_fen)
        entry_id = work.ids.next()
        month = BookingMonths(work.connection).of(moved_on)
        entry = fund_flow_entry(entry_id, moved_on, month, scheme.kind, amount_fen, memo)
        append(work, [entry], request_id)
        return {
            "entry_id": str(entry_id),
            "from": BY_CODE[scheme.credit].name,
            "to": BY_CODE[scheme.debit].name,
            "amount": yuan_text(amount_fen),
            "fiscal_month": str(month),
        }

    return once(context, 0, request_id, content, act, dry_run)


def _refuse_more_than_there_is(work: UnitOfWork, source: str, amount_fen: Fen) -> None:
    """Interest comes from the bank; only what leaves a cash account must lie in it."""
    if source not in CASH_ACCOUNTS:
        return
    left = cash_balance(work.connection, source)
    if left < amount_fen:
        raise Refused(
            "fund/insufficient",
            f"{BY_CODE[source].name}余额 {yuan_text(left)} 元，"
            f"不足以调出 {yuan_text(amount_fen)} 元",
        )
