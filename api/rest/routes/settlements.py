"""Quote (预结算), settle (结算), reverse (退费), explain."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path

from api.rest.deps import Desk, IdempotencyKey, only
from api.rest.schemas import (
    UNNAMED,
    Quotation,
    QuotedVisit,
    RefundRequest,
    SettledVisit,
    Settlement,
    StayRecorded,
)
from ledger.core.errors import Unknown
from ledger.services.access import reach_person, reach_provider, reach_settlement
from ledger.services.tokens import Role
from ledger.services.visits import settle_visit
from ledger.services.visits.settle_together import Command
from ledger.storage.books.journal import Origin

router = APIRouter(tags=["settlements"])

QuoteDesk = Annotated[Desk, only(Role.PERSON, Role.PROVIDER, Role.AGENCY)]
SettleDesk = Annotated[Desk, only(Role.PROVIDER, Role.AGENCY)]
SettlementId = Annotated[str, Path(max_length=30, description="结算ID。 Settlement id.")]

_MOST_DIGITS = 18


@router.post("/quotes", response_model=Quotation | StayRecorded, summary="预结算 Quote a visit")
def quote(desk: QuoteDesk, visit: QuotedVisit) -> Any:
    """现在结算会是什么结果；不改变任何内容。可用：参保人（本人）、定点机构（本机构）、经办机构。"""
    _reach(desk, visit)
    record = visit.record()
    if desk.caller.role is Role.PERSON:
        # With an id of a visit that is not his own he would learn that it is in the books.
        record = record._replace(visit_id=UNNAMED)
    answer = settle_visit.quote(desk.context, record)
    return answer | {"mdtrt_id": None} if record.visit_id == UNNAMED else answer


@router.post(
    "/settlements", response_model=Settlement | StayRecorded, summary="结算 Settle a visit"
)
def settle(desk: SettleDesk, visit: SettledVisit, key: IdempotencyKey) -> Any:
    """结算一次就诊并入账。重复提交得到第一次的回答。可用：定点机构（本机构）、经办机构。"""
    _reach(desk, visit)
    command = Command(visit.record(), Origin(key, desk.context.actor))
    return desk.shared.settle(command)


def _reach(desk: Desk, visit: QuotedVisit) -> None:
    for number in (visit.psn_no, visit.certno):
        if number is not None:
            reach_person(desk.context, desk.caller, number)
    reach_provider(desk.caller, visit.fixmedins_code)


@router.post(
    "/settlements/{setl_id}/reversal", response_model=Settlement, summary="退费 Give a visit back"
)
def reverse(
    desk: SettleDesk,
    setl_id: SettlementId,
    key: IdempotencyKey,
    refund: RefundRequest | None = None,
) -> Any:
    """整笔退回，起付线和限额一并退还。可用：定点机构（本机构）、经办机构。"""
    settlement_id = _number(setl_id)
    reach_settlement(desk.context, desk.caller, settlement_id)
    asked = refund or RefundRequest()
    at = asked.setl_time or desk.now
    return settle_visit.reverse(desk.context, settlement_id, at, key, asked.mdtrt_id)


@router.get(
    "/settlements/{setl_id}", response_model=Settlement, summary="结算说明 Explain a settlement"
)
def explain(desk: QuoteDesk, setl_id: SettlementId) -> Any:
    """一笔结算和它的每一步：规则、条款、前后金额。可用：参保人（本人）、定点机构（本机构）、经办机构。"""
    settlement_id = _number(setl_id)
    reach_settlement(desk.context, desk.caller, settlement_id)
    return settle_visit.explain_settlement(desk.context, settlement_id)


def _number(setl_id: str) -> int:
    if not (setl_id.isascii() and setl_id.isdecimal() and len(setl_id) <= _MOST_DIGITS):
        raise Unknown("settlement/unknown", f"没有编号为 {setl_id} 的结算")
    return int(setl_id)
