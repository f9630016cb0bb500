"""Visits as reported, and what the rules made of them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, DateTime, Index, Text, text
from sqlmodel import Field, SQLModel

from ledger.storage.tables.base import CLUSTERED, by_year, fen, key, number, only_on, text_key


class Visit(SQLModel, table=True):
    """A visit as the provider reported it. `facts` are what only the rules of some pools ask for,
    as `core.visit_facts` writes them; null where nothing of it was said."""

    __table_args__ = (
        # A visit by the number that hospitals give it: known before, refunded, explained.
        Index(None, "visit_id"),
        # Only visits at pharmacies have one: whose years to settle anew when its tier changes.
        Index(
            None,
            "prescriber_id",
            sqlite_where=text("prescriber_id IS NOT NULL"),
            postgresql_where=text("prescriber_id IS NOT NULL"),
        ),
        CLUSTERED,
    )
    person_id: int = key()
    visit_id: str = text_key()
    content_hash: str
    provider_id: int = fen()
    prescriber_id: int | None = number()
    med_type: str
    settled_at: datetime = Field(sa_type=DateTime)
    total_fen: int = fen()
    fully_self_paid_fen: int = fen()
    over_limit_fen: int = fen()
    paid_first_fen: int = fen()
    in_scope_fen: int = fen()
    account_use: int
    original_visit_id: str | None = None
    fee_category: str | None = None
    facts: str | None = Field(default=None, sa_type=Text)


class InpatientStay(SQLModel, table=True):
    """First and last day of a stay, both inclusive as reported; article 10 looks at it."""

    __tablename__ = "inpatient_stay"
    __table_args__ = (
        CheckConstraint("first_day <= last_day", name="order"),
        # Has a visit of this number been recorded? Asked before each visit is settled.
        Index(None, "visit_id"),
        CLUSTERED,
    )
    person_id: int = key()
    visit_id: str = text_key()
    content_hash: str
    provider_id: int = fen()
    first_day: date
    last_day: date


class Settlement(SQLModel, table=True):
    """What the rules made of a visit: the parts, and what each step of the kernel took.

    A refund is a row of its own with negative amounts and `reverses_settlement_id`. `*_before`
    are the accumulators that the visit met; together with `policy_version` they are the trace
    from which the explanation is rendered.
    """

    __table_args__ = (
        only_on(
            "sqlite",
            Index(
                "uq_settlement_reverses",
                "person_id",
                "reverses_settlement_id",
                unique=True,
                sqlite_where=text("reverses_settlement_id IS NOT NULL"),
            ),
        ),
        # No unique key reaches over years: on PostgreSQL the entry's key and a trigger see to it.
        only_on(
            "postgresql",
            Index(
                "ix_settlement_reverses",
                "person_id",
                "reverses_settlement_id",
                postgresql_where=text("reverses_settlement_id IS NOT NULL"),
            ),
        ),
        CheckConstraint("total_fen = pool_fen + account_fen + cash_fen", name="adds_up"),
        CheckConstraint(
            "total_fen = fully_self_paid_fen + over_limit_fen + paid_first_fen + in_scope_fen",
            name="parts",
        ),
        CheckConstraint("abs(family_fen) <= abs(account_fen)", name="family"),
        CheckConstraint("abs(pool_fen) <= abs(in_scope_fen)", name="pool"),
        # A provider's month, to be paid and stated.
        Index(None, "provider_id", "fiscal_month"),
        by_year("settlement"),
    )
    person_id: int = key()
    settlement_id: int = key()
    visit_id: str
    year: int
    fiscal_month: int
    happened_on: date
    settled_at: datetime = Field(sa_type=DateTime)
    provider_id: int = fen()
    med_type: str
    status: str
    tier: int | None = None
    ratio_bp: int
    reason: str
    total_fen: int = fen()
    fully_self_paid_fen: int = fen()
    over_limit_fen: int = fen()
    paid_first_fen: int = fen()
    in_scope_fen: int = fen()
    deductible_fen: int = fen()
    pool_fen: int = fen()
    account_fen: int = fen()
    family_fen: int = fen()
    cash_fen: int = fen()
    balance_after_fen: int = fen()
    beyond_deductible_fen: int = fen()
    cost_fen: int = fen()
    before_caps_fen: int = fen()
    visit_cut_fen: int = fen()
    year_cut_fen: int = fen()
    overall_cut_fen: int = fen()
    in_scope_before_fen: int = fen()
    deductible_before_fen: int = fen()
    cost_before_fen: int = fen()
    paid_before_fen: int = fen()
    overall_before_fen: int = fen()
    policy_version: str
    reverses_settlement_id: int | None = number()


class FamilyDraw(SQLModel, table=True):
    """What each holder paid of a settlement; negative on a refund."""

    __tablename__ = "family_draw"
    __table_args__ = (CLUSTERED,)
    person_id: int = key()
    settlement_id: int = key()
    link_id: int = key()
    holder_id: int = fen()
    amount_fen: int = fen()


class Accumulator(SQLModel, table=True):
    """The state of a person-year after its last settlement (年度累计). `version` counts the
    settlements in it and is checked at commit."""

    __table_args__ = (
        CheckConstraint("in_scope_fen >= 0 AND deductible_fen >= 0", name="not_negative"),
        CheckConstraint("cost_fen >= 0 AND paid_fen >= 0 AND overall_fen >= 0", name="paid"),
        CLUSTERED,
    )
    person_id: int = key()
    year: int = key()
    benefit: str = text_key()
    in_scope_fen: int = fen()
    deductible_fen: int = fen()
    cost_fen: int = fen()
    paid_fen: int = fen()
    overall_fen: int = fen()
    version: int
