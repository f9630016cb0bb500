"""What stands above a report: the pool, the pack of the period, what is assumed in it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from ledger.core.errors import NotInForce
from ledger.core.months import Month
from ledger.reports.head import CHINA, RETIREE_FLAT, Assumption, ReportHead
from ledger.services.context import Context
from ledger.storage.policy import pool


def month_head(
    context: Context, connection: Connection, month: Month, known_at: datetime | None = None
) -> ReportHead:
    return head(context, connection, f"{month}{known_text(known_at)}", month)


def known_text(known_at: datetime | None) -> str:
    """What a period says of the instant: "" for the books as they stand."""
    if known_at is None:
        return ""
    return f"（按 {known_at.astimezone(CHINA):%Y-%m-%d %H:%M:%S} 已入账的内容）"


def head(context: Context, connection: Connection, period: str, month: Month) -> ReportHead:
    """What stands above a report: the rules are those of `month`."""
    row = pool(connection)
    pack = context.pack
    return ReportHead(
        pool_code=row.code if row else pack.pool,
        pool_name=row.name if row else pack.name,
        period=period,
        generated_at=context.now(),
        pack_version=f"{pack.code}（{pack.version}）",
        assumptions=_assumptions(context, month),
        retiree_flat_assumed=_flat_assumed(context, month),
    )


def _flat_assumed(context: Context, month: Month) -> bool:
    try:
        return context.pack.crediting(month).retiree_flat_assumed
    except NotInForce:
        return False


def _assumptions(context: Context, month: Month) -> tuple[Assumption, ...]:
    """The assumed values in force in the month, the retirees' amount first."""
    found = [
        Assumption(
            value.key,
            value.title,
            value.value,
            value.cite.id,
            value.valid_from,
            value.valid_until,
            value.note,
        )
        for value in context.pack.values()
        if value.assumed
        and value.valid_from <= month.last_day
        and value.valid_until > month.first_day
    ]
    return tuple(sorted(found, key=lambda value: value.key != RETIREE_FLAT))
