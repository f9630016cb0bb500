"""Person-years that wait to be settled anew, and what settling anew has replaced."""

from __future__ import annotations

from datetime import date

from sqlmodel import SQLModel

from ledger.storage.tables.base import CLUSTERED, fen, key, number


class ResettleAgain(SQLModel, table=True):
    """Person-years to be settled anew (待重新结算), with the first cause; a row goes when done."""

    __tablename__ = "resettle_again"
    __table_args__ = (CLUSTERED,)
    person_id: int = key()
    year: int = key()
    cause: str


class Resettlement(SQLModel, table=True):
    """A settlement that took the place of another: the mirror gave the old one back, the new one
    stands. `causes` are codes of `benefits.resettlement.Cause`, separated by commas."""

    __table_args__ = (CLUSTERED,)
    person_id: int = key()
    settlement_id: int = key()
    mirror_id: int = fen()
    original_id: int = fen()
    causes: str
    resettled_on: date
    run_id: int | None = number()
