"""What crediting rests on: periods of benefit, retirements as they became known, advances."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from ledger.storage.tables.base import CLUSTERED, fen, key, text_key


class BenefitSpan(SQLModel, table=True):
    """When a person has benefits, and as what (待遇享受期): [valid_from, valid_until), without
    overlap. Derived from the roster or from contributions, as the pack says; never typed in."""

    __tablename__ = "benefit_span"
    __table_args__ = (CheckConstraint("valid_from < valid_until", name="order"), CLUSTERED)
    person_id: int = key()
    valid_from: date = Field(primary_key=True)
    valid_until: date
    status: str
    plan: str


class Retirement(SQLModel, table=True):
    """A change from employed to retired, when it became known: `recorded_id` rises with time.
    `late`: its month had been credited by then, so it comes into the list of the run that takes
    it up."""

    __table_args__ = (CLUSTERED,)
    person_id: int = key()
    recorded_id: int = key()
    effective_from: date
    late: bool


class AdvanceCredit(SQLModel, table=True):
    """A credit before the contribution arrived (预划), and the base it was counted on."""

    __tablename__ = "advance_credit"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount"),
        # Were there advances for the month that a run credits?
        Index(None, "month"),
        CLUSTERED,
    )
    person_id: int = key()
    month: int = key()
    entry_id: int = fen()
    amount_fen: int = fen()
    base_month: int
    base_fen: int = fen()


class CreditWithheld(SQLModel, table=True):
    """A credit that is due while the state of the account forbids it: shown until it can be
    posted, never lost."""

    __tablename__ = "credit_withheld"
    __table_args__ = (CheckConstraint("amount_fen > 0", name="amount"), CLUSTERED)
    person_id: int = key()
    month: int = key()
    source: str = text_key()
    amount_fen: int = fen()
    state: str
