"""`quote` (预结算), `settle` (结算), `reverse` (退费), and why (`explain`)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from ledger.benefits.settlement import Settlement
from ledger.core.errors import Refused, Unknown
from ledger.core.money import Fen
from ledger.core.visit_facts import shown
from ledger.core.visits import AccountUse, VisitRecord
from ledger.services.context import Context
from ledger.services.once import once
from ledger.services.visits.settle_together import Command, settle_together
from ledger.services.visits.settlement_answer import answer_again, answer_of, pack_of, present
from ledger.services.visits.settlement_desk import SettlementDesk
from ledger.services.visits.visit_refusals import done_before
from ledger.storage.books.journal import Origin
from ledger.storage.database.turns import Turn, lock_patients
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.database.visit_ids import lock_visits
from ledger.storage.roster.people import find_person, person
from ledger.storage.roster.registry import provider_by_id
from ledger.storage.visits import settlements as store
from ledger.storage.visits.resettlements import ELSEWHERE
from ledger.storage.visits.visit_facts import facts_of, facts_text


def quote(context: Context, record: VisitRecord) -> dict[str, Any]:
    """What settling would give now; nothing is changed.

    Raises:
        What `settle` raises.
    """
    with context.reading() as connection:
        work = UnitOfWork(connection, context.ids, context.now(), context.actor)
        desk = SettlementDesk(work, context.pack, context.pack.version, [record])
        if desk.known_before(record):
            return answer_again(context, connection, record)
        settlement = desk.take(record)
        traces = desk.traces(settlement) if settlement else None
        answer = answer_of(context, connection, record, settlement, traces)
        return answer | {"facts": shown(facts_of(facts_text(record)))}


def settle(
    context: Context, record: VisitRecord, request_id: str | None = None, dry_run: bool = False
) -> dict[str, Any]:
    """Settle one visit and post it.

    The same request id with the same visit gives the first answer; so does the same visit id
    with the same content, since a hospital that lost the answer asks again.

    Raises:
        Unknown, Refused, Conflict, NotInForce: the first of `benefits.outpatient.REFUSALS`.
    """
    command = Command(record, Origin(request_id, context.actor))
    if not record.is_refund:
        return settle_together(context, [command], dry_run)[0].answer()
    person_id = _person_id(context, record)

    def act(work: UnitOfWork) -> dict[str, Any]:
        return _settle(context, work, record, request_id)

    return once(context, person_id, request_id, command.content, act, dry_run, Turn.VISIT)


def _person_id(context: Context, record: VisitRecord) -> int:
    with context.reading() as connection:
        return find_person(connection, record.psn_no or record.certno or "") or 0


def _settle(
    context: Context, work: UnitOfWork, record: VisitRecord, request_id: str | None = None
) -> dict[str, Any]:
    wants_relatives = record.account_use == AccountUse.OWN_THEN_RELATIVES
    lock_patients(work.connection, [record.psn_no, record.certno], wants_relatives)
    lock_visits(work.connection, [record.visit_id])
    version = context.stamp_policy(work)
    desk = SettlementDesk(work, context.pack, version, [record])
    if desk.known_before(record):
        return answer_again(context, work.connection, record)
    settlement = desk.take(record)
    origins = {settlement.settlement_id: Origin(request_id, work.actor)} if settlement else {}
    desk.save(origins)
    return answer_of(context, work.connection, record, settlement)


def reverse(
    context: Context,
    settlement_id: int,
    settled_at: datetime,
    request_id: str | None = None,
    visit_id: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Give a settled visit back whole. The same request id gives the first answer; without one,
    the very same refund does.

    Args:
        settled_at: local time of the refund.
        visit_id: the refund's own visit id; by default the original's with `-R`.

    Raises:
        Unknown: `settlement/unknown`. Conflict: `refund/done-before`. Refused:
        `refund/by-papers` for a paper bill. And what `settle` raises.
    """
    with context.reading() as connection:
        original = store.settlement_by_id(connection, settlement_id)
        if original is None:
            raise Unknown("settlement/unknown", f"没有编号为 {settlement_id} 的结算")
        _refuse_claim(original)
        record = _refund_record(connection, original, settled_at, visit_id)
    content = {"verb": "reverse", "setl_id": settlement_id}

    def act(work: UnitOfWork) -> dict[str, Any]:
        lock_patients(work.connection, [record.psn_no, record.certno], relatives=False)
        _refuse_second_refund(work.connection, original, record, request_id)
        return _settle(context, work, record, request_id)

    return once(context, original.person_id, request_id, content, act, dry_run, Turn.VISIT)


def _refuse_second_refund(
    connection: Connection, original: Settlement, record: VisitRecord, request_id: str | None
) -> None:
    """The refund's id is made from the visit's, so a second refund would look like a reused id.
    The very same refund is let through: it gets the first answer again. But whoever comes with a
    request id of his own asks for a refund of his own."""
    done = store.settlements_of_visits(connection, [record.visit_id]).get(record.visit_id)
    if done is None or done.reverses_settlement_id is None:
        return
    gave_back = store.settlement_by_id(connection, done.reverses_settlement_id)
    if gave_back is None or gave_back.visit_id != original.visit_id:
        return
    if request_id is not None or done.settled_at != record.settled_at:
        raise done_before(original.visit_id, done.settlement_id)


def _refuse_claim(original: Settlement) -> None:
    """No institution gives a paper bill back: the person was paid, and owes what was too much."""
    if original.provider_id == ELSEWHERE:
        raise Refused(
            "refund/by-papers",
            f"“{original.visit_id}”是手工报销，没有机构退费；多付的请登记待追回（owed book）",
        )


def _refund_record(
    connection: Connection, original: Settlement, settled_at: datetime, visit_id: str | None
) -> VisitRecord:
    who = person(connection, original.person_id)
    code = provider_by_id(connection, original.provider_id).code
    return VisitRecord(
        0,
        visit_id or f"{original.visit_id}-R",
        code,
        who.psn_no,
        who.certno,
        original.med_type,
        max(settled_at, original.settled_at),
        Fen(-original.total_fen),
        Fen(-original.fully_self_paid_fen),
        Fen(-original.over_limit_fen),
        Fen(-original.paid_first_fen),
        Fen(-original.in_scope_fen),
        AccountUse.NONE,
        is_refund=True,
        original_visit_id=original.visit_id,
    )


def explain_settlement(context: Context, settlement_id: int) -> dict[str, Any]:
    """The settlement and its steps, by the very pack that decided it.

    Raises:
        Unknown: `settlement/unknown`.
    """
    with context.reading() as connection:
        settlement = store.settlement_by_id(connection, settlement_id)
        if settlement is None:
            raise Unknown("settlement/unknown", f"没有编号为 {settlement_id} 的结算")
        return present(connection, settlement, pack_of(context, connection, settlement))
