"""A payment to a provider that the bank returns (拨付退回): the cash is back in the disbursement
account, the month is owed again, and `pay` pays it once more."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection

from ledger.core.errors import Refused, Unknown
from ledger.core.ids import NOBODY
from ledger.core.money import yuan_text
from ledger.core.months import Month
from ledger.journalizing.funds import provider_payment_return_entry
from ledger.services.context import Context
from ledger.services.once import once
from ledger.storage.books import funds
from ledger.storage.books.funds import StatementRow
from ledger.storage.books.journal import append
from ledger.storage.books.months import BookingMonths
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.roster.registry import Provider, providers
from ledger.storage.visits.resettlements import entries_numbered


def provider_payment_returned(
    context: Context,
    code: str,
    month: Month,
    on: date,
    reason: str,
    request_id: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Book that the bank returned what had been paid to a provider for a month.

    Args:
        reason: what the bank says: 账号已销户.

    Raises:
        Unknown: `provider/unknown`.
        Refused: `pay/no-reason`, `pay/not-paid` where nothing of the month is paid (any more),
            `pay/returned-before-payment` for a day before that of the payment.
    """
    if not reason.strip():
        raise Refused("pay/no-reason", "拨付退回须写明银行退回的原因")
    content = {
        "verb": "provider-payment-returned", "provider": code, "month": str(month), "on": on,
        "reason": reason,
    }  # fmt: skip

    def act(work: UnitOfWork) -> dict[str, Any]:
        provider = providers(work.connection).get(code)
        if provider is None:
            raise Unknown("provider/unknown", f"没有编号为“{code}”的定点医药机构")
        paid, paid_by = _paid(work.connection, provider, month, on)
        if not funds.delete_statement(work.connection, paid):
            raise _not_paid(provider, month)
        entry_id = work.ids.next()
        booked_in = BookingMonths(work.connection).of(on)
        payment = entries_numbered(work.connection, [paid_by])[paid_by]
        entry = provider_payment_return_entry(entry_id, on, booked_in, payment, reason)
        append(work, [entry], request_id)
        return {
            "entry_id": str(entry_id),
            "returned": str(paid_by),
            "fixmedins_code": provider.code,
            "fixmedins_name": provider.name,
            "month": str(month),
            "hifp_pay": yuan_text(paid.pool_fen),
            "acct_pay": yuan_text(paid.account_fen),
            "amount": yuan_text(paid.pool_fen + paid.account_fen),
            "on": on.isoformat(),
        }

    return once(context, NOBODY, request_id, content, act, dry_run)


def _paid(
    connection: Connection, provider: Provider, month: Month, on: date
) -> tuple[StatementRow, int]:
    """The payment of the month and its entry, if it can have come back on the day."""
    paid = funds.statement(connection, provider.provider_id, month)
    if paid is None or paid.entry_id is None:
        later = funds.paid_with_later(connection, provider.provider_id, month)
        raise _not_paid(provider, month, later)
    if on < paid.paid_on:
        raise Refused("pay/returned-before-payment", f"退回日 {on} 早于拨付日 {paid.paid_on}")
    return paid, paid.entry_id


def _not_paid(provider: Provider, month: Month, later: StatementRow | None = None) -> Refused:
    if later is None:
        return Refused("pay/not-paid", f"“{provider.name}”{month} 没有已拨付的款，无从退回")
    with_month = Month.from_number(later.fiscal_month)
    return Refused(
        "pay/not-paid",
        f"“{provider.name}”{month} 的款项随 {with_month} 一并拨付，请退回 {with_month} 的拨付",
    )
