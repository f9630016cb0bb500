"""`quote` (预结算), `settle` (结算), `reverse` (退费), and why (`explain`)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from ledger.benefits.claims import claim_step
from ledger.benefits.explanation import Step, explain, resettled_step
from ledger.benefits.explanation_shapes import Traces
from ledger.benefits.outpatient import REASON_TEXT, Reason
from ledger.benefits.settlement import Settlement
from ledger.core.errors import Conflict, Refused, Unknown
from ledger.core.money import Fen, yuan_text
from ledger.core.months import Month
from ledger.core.visit_facts import facts_of, facts_text, shown
from ledger.core.visits import AccountUse, VisitRecord
from ledger.policy.loader import pack_from_content
from ledger.policy.pack import Pack
from ledger.services.account_reason import account_reason
from ledger.services.context import Context
from ledger.services.once import once
from ledger.services.settlement_desk import SettlementDesk
from ledger.storage import policy
from ledger.storage import settlements as store
from ledger.storage.claims import claim_of, place_of
from ledger.storage.people import find_person, person
from ledger.storage.registry import provider_by_id
from ledger.storage.resettlements import ELSEWHERE, resettlement_of
from ledger.storage.turns import Turn, lock_patients
from ledger.storage.unit_of_work import UnitOfWork
from ledger.storage.windows import traces_of


def quote(context: Context, record: VisitRecord) -> dict[str, Any]:
    """What settling would give now; nothing is changed.

    Raises:
        What `settle` raises.
    """
    with context.reading() as connection:
        work = UnitOfWork(connection, context.ids, context.now(), context.actor)
        desk = SettlementDesk(work, context.pack, context.pack.version, [record])
        if desk.known_before(record):
            return _answer_again(context, connection, record)
        settlement = desk.take(record)
        traces = desk.traces(settlement) if settlement else None
        answer = _answer(context, connection, record, settlement, traces)
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
    person_id = _person_id(context, record)
    content = {"verb": "settle", "visit": _said(record)}

    def act(work: UnitOfWork) -> dict[str, Any]:
        return _settle(context, work, record, request_id)

    return once(context, person_id, request_id, content, act, dry_run, Turn.VISIT)


def _said(record: VisitRecord) -> list[str]:
    """The fields of a visit for comparison; those that only some pools ask for, where they are
    given: a request of before they were known stays the same request."""
    fields = [str(field) for field in record[1:]]
    asked_by_some = record._fields.index("disease_code")
    while len(fields) >= asked_by_some and record[len(fields)] in (None, ()):
        fields.pop()
    return fields


def _person_id(context: Context, record: VisitRecord) -> int:
    with context.reading() as connection:
        return find_person(connection, record.psn_no or record.certno or "") or 0


def _settle(
    context: Context, work: UnitOfWork, record: VisitRecord, request_id: str | None = None
) -> dict[str, Any]:
    wants_relatives = record.account_use == AccountUse.OWN_THEN_RELATIVES
    lock_patients(work.connection, [record.psn_no, record.certno], wants_relatives)
    version = context.stamp_policy(work)
    desk = SettlementDesk(work, context.pack, version, [record])
    if desk.known_before(record):
        return _answer_again(context, work.connection, record)
    settlement = desk.take(record)
    desk.save(request_id)
    return _answer(context, work.connection, record, settlement)


def _answer_again(context: Context, connection: Connection, record: VisitRecord) -> dict[str, Any]:
    """A visit that is here already answers as it did."""
    before = store.settlements_of_visits(connection, [record.visit_id])
    return _answer(context, connection, record, before.get(record.visit_id))


def _answer(
    context: Context,
    connection: Connection,
    record: VisitRecord,
    settlement: Settlement | None,
    traces: Traces | None = None,
) -> dict[str, Any]:
    if settlement is None:
        return {"mdtrt_id": record.visit_id, "setl_id": None, "stay": True}
    answer = present(connection, settlement, _pack_of(context, connection, settlement), traces)
    return answer | account_reason(connection, settlement, record.account_use)


def reverse(
    context: Context,
    settlement_id: int,
    settled_at: datetime,
    request_id: str | None = None,
    visit_id: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Give a settled visit back whole.

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
        _refuse_second_refund(work.connection, original, record)
        return _settle(context, work, record, request_id)

    return once(context, original.person_id, request_id, content, act, dry_run, Turn.VISIT)


def _refuse_second_refund(
    connection: Connection, original: Settlement, record: VisitRecord
) -> None:
    """The refund's id is made from the visit's, so a second refund would look like a reused id.
    The very same refund is let through: it gets the first answer again."""
    done = store.settlements_of_visits(connection, [record.visit_id]).get(record.visit_id)
    if done is None or done.reverses_settlement_id is None:
        return
    gave_back = store.settlement_by_id(connection, done.reverses_settlement_id)
    if gave_back is None or gave_back.visit_id != original.visit_id:
        return
    if done.settled_at != record.settled_at:
        raise Conflict("refund/done-before", f"原就诊“{original.visit_id}”已经退过费")


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
        return present(connection, settlement, _pack_of(context, connection, settlement))


def _pack_of(context: Context, connection: Connection, settlement: Settlement) -> Pack:
    if settlement.policy_version == context.pack.version:
        return context.pack
    content = policy.version_content(connection, settlement.policy_version)
    return context.pack if content is None else pack_from_content(content)


NATIONAL_AMOUNTS = {
    "medfee_sumamt": "total_fen",
    "fulamt_ownpay_amt": "fully_self_paid_fen",
    "overlmt_selfpay": "over_limit_fen",
    "preselfpay_amt": "paid_first_fen",
    "inscp_scp_amt": "in_scope_fen",
    "act_pay_dedc": "deductible_fen",
    "hifp_pay": "pool_fen",
    "fund_pay_sumamt": "pool_fen",
    "psn_part_amt": "person_total_fen",
    "acct_pay": "account_fen",
    "acct_mulaid_pay": "family_fen",
    "psn_cash_pay": "cash_fen",
    "balc": "balance_after_fen",
}
"""Field of the national interface -> field of a settlement."""


def present(
    connection: Connection, settlement: Settlement, pack: Pack, traces: Traces | None = None
) -> dict[str, Any]:
    """A settlement under the names of the national interface, money as text of yuan.

    Args:
        traces: of a quote, which is not in the books; else they are read there.
    """
    if traces is None:
        traces = traces_of(connection, settlement.person_id, settlement.settlement_id)
    who = person(connection, settlement.person_id)
    code, place = _place(connection, settlement)
    reversed_by = store.reversal_of(connection, settlement)
    answer: dict[str, Any] = {
        "setl_id": str(settlement.settlement_id),
        "mdtrt_id": settlement.visit_id,
        "psn_no": who.psn_no,
        "psn_name": who.name,
        "fixmedins_code": code,
        "fixmedins_name": place,
        "med_type": settlement.med_type,
        "setl_time": settlement.settled_at.isoformat(sep=" "),
        "year": settlement.year,
        "psn_type": settlement.status,
        "tier": settlement.tier,
        "pool_prop_selfpay": f"{settlement.ratio_bp // 10_000}.{settlement.ratio_bp % 10_000:04d}",
        "reason": settlement.reason,
        "reason_text": REASON_TEXT[Reason(settlement.reason)],
        "facts": shown(store.facts_of_visit(connection, settlement.person_id, settlement.visit_id)),
    }
    answer |= {
        field: yuan_text(getattr(settlement, source)) for field, source in NATIONAL_AMOUNTS.items()
    }
    answer |= account_reason(connection, settlement)
    original = settlement.reverses_settlement_id
    return answer | {
        "refd_setl_flag": "1" if original else "0",
        "init_setl_id": str(original) if original else None,
        "reversed_by": str(reversed_by) if reversed_by else None,
        "fiscal_month": str(Month.from_number(settlement.fiscal_month)),
        "policy_version": settlement.policy_version,
        "steps": [
            {
                "rule": step.rule,
                "article": step.article,
                "text": step.text,
                "before": yuan_text(step.before_fen),
                "after": yuan_text(step.after_fen),
                "assumed": step.assumed,
            }
            for step in _steps(connection, settlement, pack, traces)
        ],
    }


def _place(connection: Connection, settlement: Settlement) -> tuple[str, str]:
    """Code and name of the institution; a claim by papers names one that has no code of ours."""
    if settlement.provider_id == ELSEWHERE:
        return "", place_of(connection, settlement)
    provider = provider_by_id(connection, settlement.provider_id)
    return provider.code, provider.name


def _steps(
    connection: Connection, settlement: Settlement, pack: Pack, traces: Traces
) -> list[Step]:
    steps = explain(settlement, pack, traces)
    claim = claim_of(connection, settlement.person_id, settlement.visit_id)
    if claim is not None:
        steps = [claim_step(settlement, pack, claim.received_on, claim.filed), *steps]
    row = resettlement_of(connection, settlement)
    return steps if row is None else [resettled_step(settlement, row.causes.split(",")), *steps]
