"""Small tables: the pool, its rules, accounts, months, employers, providers, tokens."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, DateTime, Text
from sqlmodel import Field, SQLModel

from ledger.storage.tables.base import fen, key, number, text_key


class Pool(SQLModel, table=True):
    """The pool that this database keeps (统筹区), and how far it has been credited."""

    code: str = text_key()
    name: str
    pack: str
    credited_through: int | None = None
    benefit_rules: str | None = None
    """By which rules `benefit_span` was derived; empty: from the roster."""


class PolicyVersion(SQLModel, table=True):
    """The whole content of every pack that ever settled something: explanations outlive files."""

    __tablename__ = "policy_version"
    version: str = text_key()
    pack: str
    content: str = Field(sa_type=Text)
    first_used_at: datetime = Field(sa_type=DateTime)


class Account(SQLModel, table=True):
    """Chart of accounts (会计科目)."""

    code: str = text_key()
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
    month: int = key()
    status: str = "open"
    closed_at: datetime | None = Field(default=None, sa_type=DateTime)
    closed_by: str | None = None


class AccountMonth(SQLModel, table=True):
    """Turnover of each account in a closed month: a cache that `verify` re-proves."""

    __tablename__ = "account_month"
    fiscal_month: int = key()
    account: str = text_key()
    debit_fen: int = fen()
    credit_fen: int = fen()


class Employer(SQLModel, table=True):
    employer_id: int = key()
    employer_no: str = Field(unique=True)
    name: str


class Provider(SQLModel, table=True):
    """Designated institutions (定点医药机构) and their agreement."""

    provider_id: int = key()
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
    provider_id: int = key()
    fiscal_month: int = key()
    pool_fen: int = fen()
    account_fen: int = fen()
    entry_id: int | None = number()
    paid_on: date


class ApiToken(SQLModel, table=True):
    """Bearer tokens: only their hash is kept. `subject` narrows what the role sees."""

    __tablename__ = "api_token"
    token_hash: str = text_key()
    role: str
    subject: str
    label: str = ""
    created_at: datetime = Field(sa_type=DateTime)
    expires_on: date
    revoked_at: datetime | None = Field(default=None, sa_type=DateTime)
