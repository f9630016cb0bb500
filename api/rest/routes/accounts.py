"""A person's balance, statement and year."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from api.rest.deps import Desk, only
from api.rest.fields import Day, PersonNumber
from api.rest.schemas import Balance, Statement, YearPosition
from ledger.core.months import day_after
from ledger.services import read
from ledger.services.access import reach_person
from ledger.services.tokens import Role

router = APIRouter(prefix="/people/{number}", tags=["people"])

PersonDesk = Annotated[Desk, only(Role.PERSON, Role.AGENCY)]
Number = Annotated[
    PersonNumber, Path(description="人员编号或证件号码。 Person number or identity number.")
]
On = Annotated[Day | None, Query(description="看哪一天的待遇年度，默认今天。 Which day's year.")]


@router.get("/balance", response_model=Balance, summary="余额与本年起付、限额 Balance")
def balance(desk: PersonDesk, number: Number, on: On = None) -> Any:
    """个人账户余额，按资金年度分列；本年起付线与限额的已用和剩余。可用：参保人（本人）、经办机构。"""
    return _position(desk, number, on)


@router.get("/year", response_model=YearPosition, summary="本年起付线和限额 Deductible and cap")
def year(desk: PersonDesk, number: Number, on: On = None) -> Any:
    """某一天所在年度的起付线、统筹支付限额：已用多少，还剩多少。可用：参保人（本人）、经办机构。"""
    return _position(desk, number, on)


def _position(desk: Desk, number: str, on: date | None) -> dict[str, Any]:
    reach_person(desk.context, desk.caller, number)
    return read.balance(desk.context, number, on or desk.today)


@router.get("/statement", response_model=Statement, summary="个人账户对账单 Statement")
def statement(
    desk: PersonDesk,
    number: Number,
    first: Annotated[Day | None, Query(alias="from", description="起始日。 First day.")] = None,
    last: Annotated[Day | None, Query(alias="to", description="终止日（含）。 Last day.")] = None,
) -> Any:
    """每一笔进出和余额，自旧至新。可用：参保人（本人）、经办机构。"""
    reach_person(desk.context, desk.caller, number)
    until = day_after(last) if last else None
    return read.statement(desk.context, number, first, until)
