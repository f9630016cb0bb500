"""People, what they are insured as, what was paid for them, who may use whose account."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlmodel import Field, SQLModel

from ledger.storage.tables.base import CLUSTERED, fen, key, number, only_on, text_key


class Person(SQLModel, table=True):
    """A person, insured or only a user of somebody's account (a child has no `psn_no`)."""

    __table_args__ = (CLUSTERED,)
    person_id: int = key()
    psn_no: str | None = None
    cert_type: str
    certno: str
    name: str
    settled_up_on: date | None = None


class PersonIdentity(SQLModel, table=True):
    """Number -> person. A table of its own, so that uniqueness of a number never has to cross
    the people's tables (the key to spreading those by `person_id`)."""

    __tablename__ = "person_identity"
    __table_args__ = (CLUSTERED,)
    kind: str = text_key()
    number: str = text_key()
    person_id: int = Field(sa_type=BigInteger)


class PersonSpan(SQLModel, table=True):
    """What a person is insured as, over dated spans without overlap: [valid_from, valid_until)."""

    __tablename__ = "person_span"
    __table_args__ = (CheckConstraint("valid_from < valid_until", name="order"), CLUSTERED)
    person_id: int = key()
    valid_from: date = Field(primary_key=True)
    valid_until: date
    status: str
    psn_type: str
    plan: str
    # Whose years to settle anew for an employer.
    employer_id: int | None = number(index=True)
    county: str
    insured: str


class Contribution(SQLModel, table=True):
    """A contribution that arrived, as the tax bureau reports it (缴费到账明细)."""

    __table_args__ = (
        # The contributions behind the entries of a month of account (reconciliation).
        Index(None, "entry_id"),
        # Everybody's of a month (crediting). SQLite reads person by person, by the key;
        # PostgreSQL joins everybody at once, and without it read those of all months each month.
        only_on("postgresql", Index(None, "month", "person_id")),
        CLUSTERED,
    )
    person_id: int = key()
    month: int = key()
    content_hash: str = text_key()
    employer_id: int | None = number()
    kind: str
    base_fen: int = fen()
    employer_fen: int = fen()
    personal_fen: int = fen()
    account_fen: int = fen()
    arrived_on: date
    county: str
    entry_id: int = fen()


class FamilyLink(SQLModel, table=True):
    """A user (使用人) may use a holder's account (授权人). The row leads with the user."""

    __tablename__ = "family_link"
    __table_args__ = (
        CheckConstraint("used_fen >= 0", name="used"),
        CheckConstraint("quota_fen IS NULL OR used_fen <= quota_fen", name="quota"),
        CheckConstraint("user_id <> holder_id", name="two_people"),
        # Whom a holder lets use the account.
        Index(None, "holder_id"),
    )
    user_id: int = key()
    link_id: int = key()
    holder_id: int = Field(sa_type=BigInteger)
    relation: str
    valid_from: date
    valid_until: date
    position: int
    quota_fen: int | None = number()
    used_fen: int = fen(0)
    revoked_on: date | None = None
