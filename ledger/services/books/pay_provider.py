"""`pay`: a provider's month, once (月结拨付). What refunds took back from earlier months is
carried into the sum; a negative sum pays nothing and is carried on."""

from __future__ import annotations

from datetime import date
from typing import Any

from ledger.books.chart import DISBURSEMENT_ACCOUNT
from ledger.core.errors import Conflict, Refused, Unknown
from ledger.core.money import yuan_text
from ledger.core.months import Month
from ledger.journalizing.funds import provider_payment_entry
from ledger.services.carry_out import carry_out
from ledger.services.context import Context
from ledger.services.once import once
from ledger.storage.books import funds
from ledger.storage.books.funds import StatementRow
from ledger.storage.books.journal import append
from ledger.storage.books.months import BookingMonths
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.roster.registry import Provider, providers


def pay_provider(
    context: Context,
    code: str,
    month: Month,
    paid_on: date,
    request_id: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Pay what a provider is owed through `month`.

    Raises:
        Unknown: `provider/unknown`.
        Conflict: `pay/done-before`; `pay/done-with-later` where a later month's payment left
            nothing of this one to pay.
        Refused: `pay/month-not-over` before the month ends, `fund/insufficient`.
    """
    content = {"verb": "pay", "provider": code, "month": str(month), "on": paid_on}

    def act(work: UnitOfWork) -> dict[str, Any]:
        provider = providers(work.connection).get(code)
        if provider is None:
            raise Unknown("provider/unknown", f"没有编号为“{code}”的定点医药机构")
        if paid_on <= month.last_day:
            raise Refused("pay/month-not-over", f"{month} 尚未结束，不能在 {paid_on} 拨付")
        return _pay(work, provider, month, paid_on, request_id)

    return once(context, 0, request_id, content, act, dry_run)


def pay_all(
    context: Context, month: Month, paid_on: date, dry_run: bool = False
) -> list[dict[str, Any]]:
    """Pay every provider that did business in `month` and is not yet paid for it."""

    def act(work: UnitOfWork) -> list[dict[str, Any]]:
        by_id = {p.provider_id: p for p in providers(work.connection).values()}
        if paid_on <= month.last_day:
            raise Refused("pay/month-not-over", f"{month} 尚未结束，不能在 {paid_on} 拨付")
        return [
            _pay(work, by_id[provider_id], month, paid_on, None)
            for provider_id in funds.unpaid(work.connection, month)
        ]

    return carry_out(context, act, dry_run)


def _pay(
    work: UnitOfWork, provider: Provider, month: Month, paid_on: date, request_id: str | None
) -> dict[str, Any]:
    connection = work.connection
    before = funds.statement(connection, provider.provider_id, month)
    if before is not None:
        raise Conflict("pay/done-before", f"“{provider.name}”{month} 已于 {before.paid_on} 拨付")
    later = funds.paid_with_later(connection, provider.provider_id, month)
    if later is not None:
        raise Conflict(
            "pay/done-with-later",
            f"“{provider.name}”{month} 的款项已随 {Month.from_number(later.fiscal_month)} "
            f"于 {later.paid_on} 一并拨付，没有未付的金额",
        )
    owed = funds.payable(connection, provider.provider_id, month)
    pool, account = max(owed.pool_fen, 0), max(owed.account_fen, 0)
    available = funds.cash_balance(connection, DISBURSEMENT_ACCOUNT)
    if available < pool + account:
        raise Refused(
            "fund/insufficient",
            f"支出户余额 {yuan_text(available)} 元，不足以拨付 {yuan_text(pool + account)} 元",
        )
    entry_id = None
    if pool + account:
        entry_id = work.ids.next()
        entry = provider_payment_entry(
            entry_id,
            paid_on,
            BookingMonths(connection).of(paid_on),
            provider.provider_id,
            provider.county,
            pool,
            account,
            month,
        )
        append(work, [entry], request_id)
    funds.insert_statement(
        connection,
        StatementRow(provider.provider_id, month.number, pool, account, entry_id, paid_on),
    )
    return {
        "fixmedins_code": provider.code,
        "fixmedins_name": provider.name,
        "month": str(month),
        "entry_id": None if entry_id is None else str(entry_id),
        "hifp_pay": yuan_text(pool),
        "acct_pay": yuan_text(account),
        "paid": yuan_text(pool + account),
        "carried": yuan_text(min(owed.pool_fen, 0) + min(owed.account_fen, 0)),
        "paid_on": paid_on.isoformat(),
    }
