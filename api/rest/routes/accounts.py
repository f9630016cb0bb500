"""A person's balance, statement and year."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from api.rest.deps import Desk, only
from api.rest.fields import Day, KnownAt, PersonNumber
from api.rest.schemas import Balance, Statement, YearPosition
from ledger.core.months import day_after
from ledger.services.access import reach_person
from ledger.services.books import read
from ledger.services.tokens import Role

router = APIRouter(prefix="/people/{number}", tags=["people"])

PersonDesk = Annotated[Desk, only(Role.PERSON, Role.AGENCY)]
Number = Annotated[
    PersonNumber, Path(description="人员编号或证件号码。 Person number or identity number.")
]
On = Annotated[
    Day | None,
    Query(description="截至哪一天（业务发生日，含），默认现在。 As of the end of a day."),
]
Known = Annotated[
    KnownAt | None,
    Query(description="按哪一时刻已入账的内容，默认现在。 As the books stood at an instant."),
]


@router.get("/balance", response_model=Balance, summary="余额与本年起付、限额 Balance")
def balance(desk: PersonDesk, number: Number, on: On = None, known_at: Known = None) -> Any:
    """个人账户余额，按资金年度分列；本年起付线与限额的已用和剩余。可用：参保人（本人）、经办机构。"""
    return _position(desk, number, on, known_at)


@router.get("/year", response_model=YearPosition, summary="本年起付线和限额 Deductible and cap")
def year(desk: PersonDesk, number: Number, on: On = None, known_at: Known = None) -> Any:
    """某一天所在年度的起付线、统筹支付限额：已用多少，还剩多少。可用：参保人（本人）、经办机构。"""
    return _position(desk, number, on, known_at)


def _position(
    desk: Desk, number: str, on: date | None, known_at: datetime | None
) -> dict[str, Any]:
    reach_person(desk.context, desk.caller, number)
    return read.balance(desk.context, number, on or desk.today, on, known_at)


@router.get("/statement", response_model=Statement, summary="个人账户对账单 Statement")
def statement(
    desk: PersonDesk,
    number: Number,
    first: Annotated[Day | None, Query(alias="from", description="起始日。 First day.")] = None,
    last: Annotated[Day | None, Query(alias="to", description="终止日（含）。 Last day.")] = None,
    on: On = None,
    known_at: Known = None,
) -> Any:
    """每一笔进出和余额，自旧至新，分本年、历年。可用：参保人（本人）、经办机构。"""
    reach_person(desk.context, desk.caller, number)
    ends = [day for day in (last, on) if day is not None]
    until = day_after(min(ends)) if ends else None
    return read.statement(desk.context, number, first, until, known_at)
