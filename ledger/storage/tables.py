"""Every table, with its keys and checks. The person leads every key of a table that grows.

Money is whole fen, months are whole numbers (202301), days are dates, `recorded_at` is UTC.
The append-only triggers stand in `triggers.py`. `WITHOUT ROWID` makes SQLite keep a person's
rows together in key order, as a clustered table would.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    Index,
    MetaData,
    Text,
    text,
)
from sqlmodel import Field, SQLModel

SQLModel.metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
)
metadata = SQLModel.metadata
CLUSTERED = {"sqlite_with_rowid": False}


def _key() -> Any:
    return Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})


def _text_key() -> Any:
    return Field(primary_key=True, sa_type=Text)


def _fen(default: int | None = None) -> Any:
    return Field(sa_type=BigInteger) if default is None else Field(default, sa_type=BigInteger)


def _number(index: bool = False) -> Any:
    return Field(default=None, sa_type=BigInteger, index=index)


# --- small tables: reference data ---


class Pool(SQLModel, table=True):
    """The pool that this database keeps (统筹区), and how far it has been credited."""

    code: str = _text_key()
    name: str
    pack: str
    credited_through: int | None = None


class PolicyVersion(SQLModel, table=True):
    """The whole content of every pack that ever settled something: explanations outlive files."""

    __tablename__ = "policy_version"
    version: str = _text_key()
    pack: str
    content: str = Field(sa_type=Text)
    first_used_at: datetime = Field(sa_type=DateTime)


class Account(SQLModel, table=True):
    """Chart of accounts (会计科目)."""

    code: str = _text_key()
    name: str
    english: str
    type: str
    normal_side: str
    fund: str
    official_code: str | None = None


class FiscalMonth(SQLModel, table=True):
    """Months of account (会计月份). A month that is not here, or closed, takes no entry."""

    __tablename__ = "fiscal_month"
    __table_args__ = (CheckConstraint("status IN ('open', 'closed')", name="status"),)
    month: int = _key()
    status: str = "open"
    closed_at: datetime | None = Field(default=None, sa_type=DateTime)
    closed_by: str | None = None


class AccountMonth(SQLModel, table=True):
    """Turnover of each account in a closed month: a cache that `verify` re-proves."""

    __tablename__ = "account_month"
    fiscal_month: int = _key()
    account: str = _text_key()
    debit_fen: int = _fen()
    credit_fen: int = _fen()


class Employer(SQLModel, table=True):
    employer_id: int = _key()
    employer_no: str = Field(unique=True)
    name: str


class Provider(SQLModel, table=True):
    """Designated institutions (定点医药机构) and their agreement."""

    provider_id: int = _key()
    code: str = Field(unique=True)
    name: str
    kind: str
    grade: str
    tier: int | None = None
    county: str
    agreement_from: date
    agreement_until: date
    pharmacy_pooling: bool | None = None


class ProviderStatement(SQLModel, table=True):
    """A provider's month, paid once (拨付). Locking this row is what makes it once."""

    __tablename__ = "provider_statement"
    provider_id: int = _key()
    fiscal_month: int = _key()
    pool_fen: int = _fen()
    account_fen: int = _fen()
    entry_id: int | None = _number()
    paid_on: date


class ApiToken(SQLModel, table=True):
    """Bearer tokens: only their hash is kept. `subject` narrows what the role sees."""

    __tablename__ = "api_token"
    token_hash: str = _text_key()
    role: str
    subject: str
    label: str = ""
    created_at: datetime = Field(sa_type=DateTime)
    expires_on: date
    revoked_at: datetime | None = Field(default=None, sa_type=DateTime)


# --- people ---


class Person(SQLModel, table=True):
    """A person, insured or only a user of somebody's account (a child has no `psn_no`)."""

    __table_args__ = (CLUSTERED,)
    person_id: int = _key()
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
    kind: str = _text_key()
    number: str = _text_key()
    person_id: int = Field(sa_type=BigInteger)


class PersonSpan(SQLModel, table=True):
    """What a person is insured as, over dated spans without overlap: [valid_from, valid_until)."""

    __tablename__ = "person_span"
    __table_args__ = (CheckConstraint("valid_from < valid_until", name="order"), CLUSTERED)
    person_id: int = _key()
    valid_from: date = Field(primary_key=True)
    valid_until: date
    status: str
    psn_type: str
    plan: str
    employer_id: int | None = _number(index=True)
    county: str
    insured: str


class Contribution(SQLModel, table=True):
    """A contribution that arrived, as the tax bureau reports it (缴费到账明细)."""

    __table_args__ = (Index(None, "entry_id"), CLUSTERED)
    person_id: int = _key()
    month: int = _key()
    content_hash: str = _text_key()
    employer_id: int | None = _number()
    kind: str
    base_fen: int = _fen()
    employer_fen: int = _fen()
    personal_fen: int = _fen()
    account_fen: int = _fen()
    arrived_on: date
    county: str
    entry_id: int = _fen()


class FamilyLink(SQLModel, table=True):
    """A user (使用人) may use a holder's account (授权人). The row leads with the user."""

    __tablename__ = "family_link"
    __table_args__ = (
        CheckConstraint("used_fen >= 0", name="used"),
        CheckConstraint("quota_fen IS NULL OR used_fen <= quota_fen", name="quota"),
        CheckConstraint("user_id <> holder_id", name="two_people"),
        Index(None, "holder_id"),
    )
    user_id: int = _key()
    link_id: int = _key()
    holder_id: int = Field(sa_type=BigInteger)
    relation: str
    valid_from: date
    valid_until: date
    position: int
    quota_fen: int | None = _number()
    used_fen: int = _fen(0)
    revoked_on: date | None = None


# --- the ledger ---


class Entry(SQLModel, table=True):
    """One row per business event. `legs` says how many transfers it has."""

    __table_args__ = (
        # At most one reversal; most entries are none, so only reversals stand in the index.
        Index(
            "uq_entry_reverses",
            "person_id",
            "reverses_entry_id",
            unique=True,
            sqlite_where=text("reverses_entry_id IS NOT NULL"),
            postgresql_where=text("reverses_entry_id IS NOT NULL"),
        ),
        CheckConstraint("legs >= 0", name="legs"),
        Index(None, "entry_id"),
        Index(None, "fiscal_month"),
        CLUSTERED,
    )
    person_id: int = _key()
    entry_id: int = _key()
    kind: str
    legs: int
    happened_on: date
    recorded_at: datetime = Field(sa_type=DateTime)
    fiscal_month: int
    request_id: str | None = None
    reverses_entry_id: int | None = _number()
    policy_version: str | None = None
    actor: str
    memo: str = ""


class Transfer(SQLModel, table=True):
    """One debit account, one credit account, one amount above zero."""

    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount"),
        CheckConstraint("debit_account <> credit_account", name="two_accounts"),
        Index(None, "fiscal_month"),
        Index(
            None,
            "provider_id",
            "fiscal_month",
            sqlite_where=text("provider_id IS NOT NULL"),
            postgresql_where=text("provider_id IS NOT NULL"),
        ),
        CLUSTERED,
    )
    person_id: int = _key()
    entry_id: int = _key()
    leg: int = _key()
    kind: str
    happened_on: date
    fiscal_month: int
    fund_year: int
    benefit_month: int | None = None
    debit_account: str
    credit_account: str
    amount_fen: int = _fen()
    provider_id: int | None = _number()
    county: str | None = None


class PersonalAccount(SQLModel, table=True):
    """Running totals of a person's slice of the personal account fund. The CHECK is the last
    word on overdrafts: whatever the code above it believes, the database refuses."""

    __tablename__ = "personal_account"
    __table_args__ = (
        CheckConstraint("debited_fen + held_fen <= credited_fen", name="no_overdraft"),
        CheckConstraint("held_fen >= 0", name="held"),
        CLUSTERED,
    )
    person_id: int = _key()
    credited_fen: int = _fen(0)
    debited_fen: int = _fen(0)
    held_fen: int = _fen(0)
    status: str = "open"
    opened_on: date
    closed_on: date | None = None


class AccountYear(SQLModel, table=True):
    """The same totals by the year of the money (本年 / 历年)."""

    __tablename__ = "account_year"
    __table_args__ = (
        CheckConstraint("debited_fen <= credited_fen", name="no_overdraft"),
        CLUSTERED,
    )
    person_id: int = _key()
    year: int = _key()
    credited_fen: int = _fen(0)
    debited_fen: int = _fen(0)


class Hold(SQLModel, table=True):
    """Money set aside for a quota across pools; open while `released_on` is empty."""

    __table_args__ = (CheckConstraint("amount_fen > 0", name="amount"), CLUSTERED)
    person_id: int = _key()
    hold_id: int = _key()
    amount_fen: int = _fen()
    placed_on: date
    released_on: date | None = None


class Request(SQLModel, table=True):
    """Idempotency: one request id, one effect, the first answer for ever."""

    __table_args__ = (CLUSTERED,)
    person_id: int = _key()
    actor: str = _text_key()
    request_id: str = _text_key()
    content_hash: str
    answer: str = Field(sa_type=Text)


class CreditAgain(SQLModel, table=True):
    """People whose months up to the watermark must be looked at again, and since which month."""

    __tablename__ = "credit_again"
    __table_args__ = (CLUSTERED,)
    person_id: int = _key()
    from_month: int


class CreditDifference(SQLModel, table=True):
    """Why a crediting run posted a difference for a month it had covered before."""

    __tablename__ = "credit_difference"
    __table_args__ = (CLUSTERED,)
    person_id: int = _key()
    entry_id: int = _key()
    benefit_month: int = _key()
    source: str = _text_key()
    before_fen: int = _fen()
    after_fen: int = _fen()
    reason: str


# --- visits ---


class Visit(SQLModel, table=True):
    """A visit as the provider reported it."""

    __table_args__ = (Index(None, "visit_id"), CLUSTERED)
    person_id: int = _key()
    visit_id: str = _text_key()
    content_hash: str
    provider_id: int = _fen()
    prescriber_id: int | None = _number()
    med_type: str
    settled_at: datetime = Field(sa_type=DateTime)
    total_fen: int = _fen()
    fully_self_paid_fen: int = _fen()
    over_limit_fen: int = _fen()
    paid_first_fen: int = _fen()
    in_scope_fen: int = _fen()
    account_use: int
    original_visit_id: str | None = None
    fee_category: str | None = None


class InpatientStay(SQLModel, table=True):
    """First and last day of a stay, both inclusive as reported; article 10 looks at it."""

    __tablename__ = "inpatient_stay"
    __table_args__ = (CheckConstraint("first_day <= last_day", name="order"), CLUSTERED)
    person_id: int = _key()
    visit_id: str = _text_key()
    content_hash: str
    provider_id: int = _fen()
    first_day: date
    last_day: date


class Settlement(SQLModel, table=True):
    """What the rules made of a visit: the parts, and what each step of the kernel took.

    A refund is a row of its own with negative amounts and `reverses_settlement_id`. `*_before`
    are the accumulators that the visit met; together with `policy_version` they are the trace
    from which the explanation is rendered.
    """

    __table_args__ = (
        Index(
            "uq_settlement_reverses",
            "person_id",
            "reverses_settlement_id",
            unique=True,
            sqlite_where=text("reverses_settlement_id IS NOT NULL"),
            postgresql_where=text("reverses_settlement_id IS NOT NULL"),
        ),
        CheckConstraint("total_fen = pool_fen + account_fen + cash_fen", name="adds_up"),
        CheckConstraint(
            "total_fen = fully_self_paid_fen + over_limit_fen + paid_first_fen + in_scope_fen",
            name="parts",
        ),
        CheckConstraint("abs(family_fen) <= abs(account_fen)", name="family"),
        CheckConstraint("abs(pool_fen) <= abs(in_scope_fen)", name="pool"),
        Index(None, "provider_id", "fiscal_month"),
        CLUSTERED,
    )
    person_id: int = _key()
    settlement_id: int = _key()
    visit_id: str
    year: int
    fiscal_month: int
    happened_on: date
    settled_at: datetime = Field(sa_type=DateTime)
    provider_id: int = _fen()
    med_type: str
    status: str
    tier: int | None = None
    ratio_bp: int
    reason: str
    total_fen: int = _fen()
    fully_self_paid_fen: int = _fen()
    over_limit_fen: int = _fen()
    paid_first_fen: int = _fen()
    in_scope_fen: int = _fen()
    deductible_fen: int = _fen()
    pool_fen: int = _fen()
    account_fen: int = _fen()
    family_fen: int = _fen()
    cash_fen: int = _fen()
    balance_after_fen: int = _fen()
    beyond_deductible_fen: int = _fen()
    cost_fen: int = _fen()
    before_caps_fen: int = _fen()
    visit_cut_fen: int = _fen()
    year_cut_fen: int = _fen()
    overall_cut_fen: int = _fen()
    in_scope_before_fen: int = _fen()
    deductible_before_fen: int = _fen()
    cost_before_fen: int = _fen()
    paid_before_fen: int = _fen()
    overall_before_fen: int = _fen()
    policy_version: str
    reverses_settlement_id: int | None = _number()


class FamilyDraw(SQLModel, table=True):
    """What each holder paid of a settlement; negative on a refund."""

    __tablename__ = "family_draw"
    __table_args__ = (CLUSTERED,)
    person_id: int = _key()
    settlement_id: int = _key()
    link_id: int = _key()
    holder_id: int = _fen()
    amount_fen: int = _fen()


class Accumulator(SQLModel, table=True):
    """The state of a person-year after its last settlement (年度累计). `version` counts the
    settlements in it and is checked at commit."""

    __table_args__ = (
        CheckConstraint("in_scope_fen >= 0 AND deductible_fen >= 0", name="not_negative"),
        CheckConstraint("cost_fen >= 0 AND paid_fen >= 0 AND overall_fen >= 0", name="paid"),
        CLUSTERED,
    )
    person_id: int = _key()
    year: int = _key()
    benefit: str = _text_key()
    in_scope_fen: int = _fen()
    deductible_fen: int = _fen()
    cost_fen: int = _fen()
    paid_fen: int = _fen()
    overall_fen: int = _fen()
    version: int
