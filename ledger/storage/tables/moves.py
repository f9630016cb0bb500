"""Moves between pools (转移接续), two numbers of one person, quotas across pools.

What happened is append-only: steps, merges, events of a quota. `person_alias` and the used part
of an incoming quota are the state after them, which `verify` re-proves.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Index, Text
from sqlmodel import Field, SQLModel

from ledger.storage.tables.base import CLUSTERED, fen, key, number, text_key


class PoolTransfer(SQLModel, table=True):
    """A case of moving to or from another pool; `direction` is seen from here."""

    __tablename__ = "pool_transfer"
    __table_args__ = (
        CheckConstraint("direction IN ('out', 'in')", name="direction"),
        # A case by its number.
        Index(None, "case_id"),
        CLUSTERED,
    )
    person_id: int = key()
    case_id: int = key()
    direction: str
    pool: str
    accepted_on: date
    recorded_at: datetime = Field(sa_type=DateTime)
    actor: str
    memo: str = ""


class PoolTransferStep(SQLModel, table=True):
    """A step of a case, each at most once. Where it moved money: how much, and the entry."""

    __tablename__ = "pool_transfer_step"
    __table_args__ = (CLUSTERED,)
    person_id: int = key()
    case_id: int = key()
    step: str = text_key()
    happened_on: date
    amount_fen: int = fen(0)
    entry_id: int | None = number()
    recorded_at: datetime = Field(sa_type=DateTime)
    actor: str
    memo: str = ""


class PoolPayment(SQLModel, table=True):
    """Money paid to another pool or received from it; the key is the entry's."""

    __tablename__ = "pool_payment"
    __table_args__ = (
        CheckConstraint("direction IN ('paid', 'received')", name="direction"),
        CheckConstraint("amount_fen > 0", name="amount"),
        CLUSTERED,
    )
    entry_id: int = key()
    pool: str
    direction: str
    amount_fen: int = fen()
    happened_on: date


class PersonMerge(SQLModel, table=True):
    """Two numbers of one person were put together, or (`undoes`) taken apart again. The key's
    second part is the number of the entry. `moved` says as JSON what else changed hands."""

    __tablename__ = "person_merge"
    __table_args__ = (
        CheckConstraint("person_id <> merged_id", name="two_numbers"),
        # Merges of a person, whichever of the two numbers it had.
        Index(None, "merged_id"),
        # Whom a number named at an instant: only merges since then are looked at.
        Index(None, "merge_id"),
        CLUSTERED,
    )
    person_id: int = key()
    merge_id: int = key()
    merged_id: int = Field(sa_type=BigInteger)
    happened_on: date
    undoes: int | None = number()
    reason: str
    moved: str = Field(sa_type=Text)
    actor: str


class PersonAlias(SQLModel, table=True):
    """A merged number and the person that it is today."""

    __tablename__ = "person_alias"
    # The numbers that a person had before.
    __table_args__ = (Index(None, "kept_id"), CLUSTERED)
    person_id: int = key()
    kept_id: int = Field(sa_type=BigInteger)
    merge_id: int = Field(sa_type=BigInteger)


class AccumulatorMove(SQLModel, table=True):
    """What a merge moved of a person-year: minus where it left, plus where it arrived."""

    __tablename__ = "accumulator_move"
    __table_args__ = (CLUSTERED,)
    person_id: int = key()
    merge_id: int = key()
    year: int = key()
    benefit: str = text_key()
    in_scope_fen: int = fen()
    deductible_fen: int = fen()
    cost_fen: int = fen()
    paid_fen: int = fen()
    overall_fen: int = fen()
    version: int


class PoolQuota(SQLModel, table=True):
    """A quota that a holder of ours gives to a relative in another pool; `hold_id` is its hold."""

    __tablename__ = "pool_quota"
    # What somebody in another pool has been given, by whichever holders.
    __table_args__ = (Index(None, "user_certno"), CLUSTERED)
    person_id: int = key()
    hold_id: int = key()
    user_certno: str
    user_name: str
    pool: str
    relation: str
    valid_from: date
    valid_until: date


class QuotaEvent(SQLModel, table=True):
    """Given, used, a use taken back, or what was unused returned; `reference` is the other
    pool's number of a use."""

    __tablename__ = "quota_event"
    __table_args__ = (
        CheckConstraint("amount_fen >= 0", name="amount"),
        CheckConstraint("kind IN ('given', 'used', 'reversed', 'returned')", name="kind"),
        CLUSTERED,
    )
    person_id: int = key()
    hold_id: int = key()
    event_no: int = key()
    kind: str
    happened_on: date
    amount_fen: int = fen()
    entry_id: int | None = number()
    reference: str = ""
    reason: str = ""
    recorded_at: datetime = Field(sa_type=DateTime)
    actor: str


class IncomingQuota(SQLModel, table=True):
    """A quota that a holder of another pool gave to a patient of ours. That pool holds the money;
    here it is what the desk may still draw."""

    __tablename__ = "incoming_quota"
    __table_args__ = (
        CheckConstraint("used_fen >= 0 AND used_fen <= amount_fen", name="used"),
        CLUSTERED,
    )
    person_id: int = key()
    quota_id: int = key()
    pool: str
    reference: str
    holder_certno: str
    holder_name: str
    relation: str
    amount_fen: int = fen()
    used_fen: int = fen(0)
    valid_from: date
    valid_until: date
    position: int
    ended_on: date | None = None


class IncomingDraw(SQLModel, table=True):
    """What a quota of another pool paid of a settlement; negative on a refund."""

    __tablename__ = "incoming_draw"
    __table_args__ = (CLUSTERED,)
    person_id: int = key()
    settlement_id: int = key()
    quota_id: int = key()
    amount_fen: int = fen()
