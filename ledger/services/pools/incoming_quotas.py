"""Quotas that a holder of another pool gave to a patient of ours: registered here, drawn by the
desk after the own account and the relatives of this pool. The other pool holds the money and
settles with us."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection

from ledger.benefits.family import refuse_across, refuse_no_days
from ledger.core.errors import Conflict, Refused, Unknown
from ledger.core.money import Fen, yuan_text
from ledger.core.months import FAR
from ledger.core.people import Relation
from ledger.services.books.read import known_person
from ledger.services.context import Context
from ledger.services.once import once
from ledger.services.pools.pool_clearing import other_pool
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.pools import incoming_quotas as store
from ledger.storage.pools.incoming_quotas import IncomingQuota
from ledger.storage.roster.people import person


def receive(
    context: Context,
    patient: str,
    pool: str,
    reference: str,
    holder: tuple[str, str],
    relation: Relation,
    amount_fen: Fen,
    on: date,
    valid_until: date = FAR,
    position: int | None = None,
    request_id: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Register a quota that `pool` has told us of.

    Args:
        reference: the other pool's number of the quota.
        holder: identity number and name.
        relation: of the patient to the holder.
        position: the order in which several quotas pay; None: in order of arrival.

    Raises:
        Unknown: `person/unknown`. Conflict: `quota/reference-used`.
        Refused: `pools/…`, `family/ends-before-start`, `family/same-person`,
        `family/relation-not-allowed`, `quota/across-not-allowed`, `quota/not-above-zero`,
        `quota/no-reference`.
    """
    other_pool(context, pool)
    refuse_no_days(on, valid_until)
    if amount_fen <= 0:
        raise Refused("quota/not-above-zero", "共济额度必须大于零")
    if not reference:
        raise Refused("quota/no-reference", "请填写对方统筹区的额度编号")
    with context.reading() as connection:
        who = known_person(connection, patient)
    if who.certno == holder[0]:
        raise Refused("family/same-person", "授权人和使用人不能是同一个人")
    content = {
        "verb": "quota-receive", "patient": patient, "pool": pool, "ref": reference,
        "fen": amount_fen, "on": on, "until": valid_until,
    }  # fmt: skip

    def act(work: UnitOfWork) -> dict[str, Any]:
        known = store.quotas_of(work.connection, [who.person_id]).get(who.person_id, [])
        if any((q.pool, q.reference) == (pool, reference) for q in known):
            raise Conflict("quota/reference-used", f"统筹区 {pool} 的额度“{reference}”已登记")
        refuse_across(relation, context.pack.family(on), context.pack.pool, pool, on)
        quota = IncomingQuota(
            who.person_id, work.ids.next(), pool, reference, *holder, str(relation), amount_fen,
            0, on, valid_until, len(known) + 1 if position is None else position,
        )  # fmt: skip
        store.insert_quota(work.connection, quota)
        return _present(work.connection, quota)

    return once(context, who.person_id, request_id, content, act, dry_run)


def end(
    context: Context,
    quota_id: int,
    on: date,
    request_id: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """The other pool has ended a quota: the desk draws no more of it.

    Raises:
        Unknown: `quota/unknown`. Refused: `quota/ended`.
    """
    with context.reading() as connection:
        quota = _found(connection, quota_id)

    def act(work: UnitOfWork) -> dict[str, Any]:
        found = _found(work.connection, quota_id)
        if found.ended_on is not None:
            raise Refused("quota/ended", f"额度 {quota_id} 已于 {found.ended_on} 结束")
        store.end_quota(work.connection, found, on)
        return _present(work.connection, _found(work.connection, quota_id))

    content = {"verb": "quota-end", "quota": quota_id, "on": on}
    return once(context, quota.person_id, request_id, content, act, dry_run)


def listing(context: Context, number: str | None = None) -> list[dict[str, Any]]:
    """Quotas received by one patient, or by all."""
    with context.reading() as connection:
        if number is None:
            people = store.people_with_quotas(connection)
        else:
            people = [known_person(connection, number).person_id]
        found = store.quotas_of(connection, people)
        return [_present(connection, quota) for of in found.values() for quota in of]


def statement(context: Context, number: str) -> dict[str, Any]:
    """What a patient of ours was given in other pools and used of it, by day.

    Raises:
        Unknown: `person/unknown`.
    """
    with context.reading() as connection:
        who = known_person(connection, number)
        quotas = store.quotas_of(connection, [who.person_id]).get(who.person_id, [])
        lines = [
            {"on": q.valid_from.isoformat(), "quota_id": str(q.quota_id), "pool": q.pool,
             "name": "获授额度", "amount": yuan_text(q.amount_fen), "mdtrt_id": None}
            for q in quotas
        ]  # fmt: skip
        pools = {quota.quota_id: quota.pool for quota in quotas}
        lines += [
            {"on": day, "quota_id": str(draw.quota_id), "pool": pools[draw.quota_id],
             "name": "使用" if draw.amount_fen > 0 else "退费退回",
             "amount": yuan_text(abs(draw.amount_fen)), "mdtrt_id": visit}
            for day, visit, draw in store.draws_by_day(connection, who.person_id)
        ]  # fmt: skip
        shown = [_present(connection, quota) for quota in quotas]
    return {"number": number, "quotas": shown, "lines": sorted(lines, key=lambda x: str(x["on"]))}


def _found(connection: Connection, quota_id: int) -> IncomingQuota:
    quota = store.find_quota(connection, quota_id)
    if quota is None:
        raise Unknown("quota/unknown", f"没有编号为 {quota_id} 的跨统筹区共济额度")
    return quota


def _present(connection: Connection, quota: IncomingQuota) -> dict[str, Any]:
    patient = person(connection, quota.person_id)
    return {
        "quota_id": str(quota.quota_id),
        "psn_no": patient.psn_no,
        "psn_name": patient.name,
        "pool": quota.pool,
        "reference": quota.reference,
        "holder_name": quota.holder_name,
        "relation": quota.relation,
        "valid_from": quota.valid_from.isoformat(),
        "valid_until": None if quota.valid_until >= FAR else quota.valid_until.isoformat(),
        "given": yuan_text(quota.amount_fen),
        "used": yuan_text(quota.used_fen),
        "left": yuan_text(quota.left_fen),
        "ended_on": quota.ended_on.isoformat() if quota.ended_on else None,
    }
