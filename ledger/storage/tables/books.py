"""The ledger: entries, transfers, the running totals of personal accounts, requests."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, DateTime, Index, Text, text
from sqlmodel import Field, SQLModel

from ledger.storage.books.cash import CASH_OF_PEOPLE
from ledger.storage.tables.base import CLUSTERED, by_year, fen, key, number, text_key


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
        # A settlement or a run by its number; the check of each transfer.
        Index(None, "entry_id"),
        # The entries of a month: journal, reconciliation, closing.
        Index(None, "fiscal_month"),
        CLUSTERED,
    )
    person_id: int = key()
    entry_id: int = key()
    kind: str
    legs: int
    happened_on: date
    recorded_at: datetime = Field(sa_type=DateTime)
    fiscal_month: int
    request_id: str | None = None
    reverses_entry_id: int | None = number()
    policy_version: str | None = None
    actor: str
    memo: str = ""


class Transfer(SQLModel, table=True):
    """One debit account, one credit account, one amount above zero."""

    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount"),
        CheckConstraint("debit_account <> credit_account", name="two_accounts"),
        # A month's transfers: turnover, fund report, roll-up when the month closes.
        Index(None, "fiscal_month"),
        # What a provider is owed: payments, statements.
        Index(
            None,
            "provider_id",
            "fiscal_month",
            sqlite_where=text("provider_id IS NOT NULL"),
            postgresql_where=text("provider_id IS NOT NULL"),
        ),
        # Cash that moves under a person (repaid, paid out): rare, so only these stand in it.
        Index(
            "ix_transfer_cash_of_people",
            "fiscal_month",
            sqlite_where=text(CASH_OF_PEOPLE),
            postgresql_where=text(CASH_OF_PEOPLE),
        ),
        by_year("transfer"),
    )
    person_id: int = key()
    entry_id: int = key()
    leg: int = key()
    kind: str
    happened_on: date
    fiscal_month: int
    fund_year: int
    benefit_month: int | None = None
    debit_account: str
    credit_account: str
    amount_fen: int = fen()
    provider_id: int | None = number()
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
    person_id: int = key()
    credited_fen: int = fen(0)
    debited_fen: int = fen(0)
    held_fen: int = fen(0)
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
    person_id: int = key()
    year: int = key()
    credited_fen: int = fen(0)
    debited_fen: int = fen(0)


class Hold(SQLModel, table=True):
    """Money set aside for a quota across pools; open while `released_on` is empty."""

    __table_args__ = (CheckConstraint("amount_fen > 0", name="amount"), CLUSTERED)
    person_id: int = key()
    hold_id: int = key()
    amount_fen: int = fen()
    placed_on: date
    released_on: date | None = None


class Request(SQLModel, table=True):
    """Idempotency: one request id, one effect, the first answer for ever."""

    __table_args__ = (CLUSTERED,)
    person_id: int = key()
    actor: str = text_key()
    request_id: str = text_key()
    content_hash: str
    answer: str = Field(sa_type=Text)


class CreditAgain(SQLModel, table=True):
    """People whose months up to the watermark must be looked at again, and since which month."""

    __tablename__ = "credit_again"
    __table_args__ = (CLUSTERED,)
    person_id: int = key()
    from_month: int


class CreditDifference(SQLModel, table=True):
    """Why a crediting run posted a difference for a month it had covered before."""

    __tablename__ = "credit_difference"
    __table_args__ = (CLUSTERED,)
    person_id: int = key()
    entry_id: int = key()
    benefit_month: int = key()
    source: str = text_key()
    before_fen: int = fen()
    after_fen: int = fen()
    reason: str
