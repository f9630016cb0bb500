"""`verify`: re-prove every invariant from the rows themselves."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection

from ledger.core.errors import NotInForce
from ledger.services.benefit_period import unlike_rules
from ledger.services.context import Context
from ledger.storage import checks
from ledger.storage.checks import ALL_CHECKS, Breach

BENEFIT = "verify/benefit-period"
TRIGGERS = "verify/triggers"
CAP = "verify/annual-cap"


def verify(context: Context) -> dict[str, Any]:
    """Every breach, named; `ok` when there is none."""
    with context.reading() as connection:
        breaches = checks.failing(connection)
        breaches += _trigger_breaches(connection)
        breaches += _cap_breaches(context, connection)
        breaches += _benefit_breaches(context, connection)
    return {
        "ok": not breaches,
        "checks": len(ALL_CHECKS) + 3,
        "breaches": [breach._asdict() for breach in breaches],
    }


def _trigger_breaches(connection: Connection) -> list[Breach]:
    gone = checks.missing_triggers(connection)
    if not gone:
        return []
    return [Breach(TRIGGERS, 2, "只增不改的触发器齐全且未被改动", len(gone), gone[: checks.SHOWN])]


def _benefit_breaches(context: Context, connection: Connection) -> list[Breach]:
    wrong = unlike_rules(context, connection)
    if not wrong:
        return []
    title = "待遇享受期与按规则推定的一致"
    return [Breach(BENEFIT, 8, title, len(wrong), wrong[: checks.SHOWN])]


def _cap_breaches(context: Context, connection: Connection) -> list[Breach]:
    found = []
    for year in checks.years_settled(connection):
        cap = _largest_cap(context, year)
        if cap is None:
            continue
        count, where = checks.above_cap(connection, year, cap)
        if count:
            found.append(Breach(CAP, 9, f"{year} 年统筹支付不超过年度最高支付限额", count, where))
    return found


def _largest_cap(context: Context, year: int) -> int | None:
    """The largest yearly limit in force on any day of the year; None when there is none."""
    first, after = date(year, 1, 1), date(year + 1, 1, 1)
    days = [after - timedelta(days=1), first]
    days += context.pack.change_days("outpatient", first, after)
    caps: list[int] = []
    for day in days:
        try:
            rules = context.pack.outpatient(day)
        except NotInForce:
            continue
        if rules.annual_cap_fen is None:
            return None
        caps += rules.annual_cap_fen
    return max(caps, default=None)
