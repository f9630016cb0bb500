"""What there is of quotas for other pools: the list, and a statement for holder and user."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from ledger.core.money import yuan_text
from ledger.core.months import FAR
from ledger.services.books.read import known_person
from ledger.services.context import Context
from ledger.storage.pools import pool_quotas as store
from ledger.storage.pools.pool_quotas import Quota, QuotaEvent
from ledger.storage.roster.people import person

LATE_USE = "使用（额度已结束，记账户余额）"
"""Reported when nothing was held any more: the balance pays it."""

EVENT_NAMES = {
    store.GIVEN: "授予并冻结",
    store.USED: "使用",
    store.REVERSED: "使用退回",
    store.RETURNED: "未用返还",
}


def listing(
    context: Context, number: str | None = None, open_only: bool = False
) -> list[dict[str, Any]]:
    """Quotas given by a person or to a relative with this identity number; None: all."""
    with context.reading() as connection:
        found = _quotas(connection, number) if number else store.all_quotas(connection, open_only)
        return [
            present(connection, quota) for quota in found if not open_only or quota.ended_on is None
        ]


def statement(context: Context, number: str) -> dict[str, Any]:
    """What was given, used, taken back and returned, by day, for a holder or for a user; with
    what is held after each."""
    with context.reading() as connection:
        quotas = {quota.hold_id: quota for quota in _quotas(connection, number)}
        held, lines = 0, []
        events = store.events_of(connection, quotas.values())
        ended = {e.hold_id: e.event_no for e in events if e.kind == store.RETURNED}
        shown = [present(connection, quota) for quota in quotas.values()]
        holders = {int(quota["quota_id"]): quota["holder_name"] for quota in shown}
        for event in sorted(events, key=lambda e: e.happened_on):
            held += _held_by(event, ended)
            line = _line(event, quotas[event.hold_id], held, _is_after_end(event, ended))
            lines.append({"holder_name": holders[event.hold_id]} | line)
    return {"number": number, "held": yuan_text(held), "quotas": shown, "lines": lines}


def _held_by(event: QuotaEvent, ended: dict[int, int]) -> int:
    """What an event adds to the sum that is held; nothing where it came after the quota's end.

    Args:
        ended: quota -> the number of the event that ended it.
    """
    if _is_after_end(event, ended):
        return 0
    sign = 1 if event.kind in (store.GIVEN, store.REVERSED) else -1
    return sign * event.amount_fen


def _is_after_end(event: QuotaEvent, ended: dict[int, int]) -> bool:
    return event.event_no > ended.get(event.hold_id, event.event_no)


def _line(event: QuotaEvent, quota: Quota, held: int, after_end: bool) -> dict[str, Any]:
    return {
        "on": event.happened_on.isoformat(),
        "quota_id": str(event.hold_id),
        "user_name": quota.user_name,
        "pool": quota.pool,
        "kind": event.kind,
        "name": LATE_USE if after_end and event.kind == store.USED else EVENT_NAMES[event.kind],
        "amount": yuan_text(event.amount_fen),
        "held_after": yuan_text(held),
        "reference": event.reference or None,
        "reason": event.reason or None,
        "entry_id": str(event.entry_id) if event.entry_id else None,
    }


def _quotas(connection: Connection, number: str) -> list[Quota]:
    """Given by this person, or to the relative with this identity number."""
    given_to = store.quotas_for(connection, number)
    if given_to:
        return given_to
    return store.quotas_of(connection, known_person(connection, number).person_id)


def present(connection: Connection, quota: Quota) -> dict[str, Any]:
    """A quota as answers show it, money as text of yuan."""
    holder = person(connection, quota.person_id)
    return {
        "quota_id": str(quota.hold_id),
        "holder_psn_no": holder.psn_no,
        "holder_name": holder.name,
        "user_certno": quota.user_certno,
        "user_name": quota.user_name,
        "pool": quota.pool,
        "relation": quota.relation,
        "valid_from": quota.valid_from.isoformat(),
        "valid_until": None if quota.valid_until >= FAR else quota.valid_until.isoformat(),
        "last_day": None
        if quota.valid_until >= FAR
        else (quota.valid_until - timedelta(days=1)).isoformat(),
        "given": yuan_text(quota.given_fen),
        "used": yuan_text(quota.used_fen),
        "held": yuan_text(quota.held_fen),
        "ended_on": quota.ended_on.isoformat() if quota.ended_on else None,
    }
