"""`close`: refuse with a list of what is still open, then lock the month for ever (结账)."""

from __future__ import annotations

from typing import Any

from ledger.core.errors import Refused
from ledger.core.months import Month
from ledger.services.carry_out import carry_out
from ledger.services.context import Context
from ledger.storage.books import funds, months
from ledger.storage.credits import again
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.proof import checks
from ledger.storage.roster import people
from ledger.storage.roster.registry import providers


class StillOpen(Refused):
    """`close/still-open`, with the list of what is open."""

    def __init__(self, month: Month, items: list[dict[str, str]]) -> None:
        lines = "；".join(item["message"] for item in items)
        super().__init__("close/still-open", f"{month} 还不能结账：{lines}", items=items)
        self.items = items


def close_month(context: Context, month: Month, dry_run: bool = False) -> dict[str, Any]:
    """Lock a month of account.

    Raises:
        StillOpen: earlier months open, the month not credited, differences waiting, providers
            not paid, a breach that `verify` names.
    """

    def act(work: UnitOfWork) -> None:
        _refuse_open(month, [*_still_open(work, month), *_breaches(work)])
        months.BookingMonths(work.connection).of(month.first_day)
        # What was booked while all this was looked at is looked at, now that no more comes; and
        # the month is closed at an instant after its last entry.
        months.hold(work.connection, month)
        _refuse_open(month, _still_open(work, month))
        months.close_month(work.connection, month, context.now(), work.actor)

    carry_out(context, act, dry_run)
    return {"month": str(month), "status": "closed", "dry_run": dry_run}


def _refuse_open(month: Month, items: list[dict[str, str]]) -> None:
    if items:
        raise StillOpen(month, items)


def _breaches(work: UnitOfWork) -> list[dict[str, str]]:
    """What `verify` names."""
    return [
        {"code": breach.code, "message": f"核对不平：{breach.title}（{breach.times} 处）"}
        for breach in checks.failing(work.connection)
    ]


def _still_open(work: UnitOfWork, month: Month) -> list[dict[str, str]]:
    connection = work.connection
    items: list[dict[str, str]] = []

    def note(code: str, message: str) -> None:
        items.append({"code": code, "message": message})

    closed = months.last_closed(connection)
    if closed is not None and month <= closed:
        note("close/closed-before", f"{month} 已经结账")
        return items
    earlier = months.booked_and_open(connection, before=month)
    if earlier:
        note("close/earlier-month-open", f"更早的月份未结账：{'、'.join(map(str, earlier))}")
    credited = people.credited_through(connection)
    if credited is None or credited < month:
        note("close/not-credited", f"{month} 尚未划账")
    marked = again.first_marked(connection)
    if marked is not None and marked <= month:
        note("close/differences-waiting", f"{marked} 起有变更尚未重新划账")
    names = {p.provider_id: p.name for p in providers(connection).values()}
    unpaid = [names[provider_id] for provider_id in funds.unpaid(connection, month)]
    if unpaid:
        named = "、".join(unpaid[:5]) + ("…" if len(unpaid) > 5 else "")
        note("close/providers-unpaid", f"{len(unpaid)} 家机构未拨付：{named}")
    return items
