"""What happens to an account as such: its states, who is paid from it, what it pays for."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, DateTime, Index
from sqlmodel import Field, SQLModel

from ledger.storage.tables.base import CLUSTERED, fen, key, number


class AccountEvent(SQLModel, table=True):
    """A dated change of an account's state (账户状态变更); `status_after` is what the account
    showed once it was recorded. Ids rise with the recorded instant."""

    __tablename__ = "account_event"
    __table_args__ = (CLUSTERED,)
    person_id: int = key()
    event_id: int = key()
    event: str
    happened_on: date
    reason: str
    status_after: str
    recorded_at: datetime = Field(sa_type=DateTime)
    actor: str
    request_id: str | None = None
    entry_id: int | None = number()


class Payee(SQLModel, table=True):
    """Money due to a person (应付个人款), and to which bank account it goes, as claimed.

    `person_id` is under whom the money stands; the receiver may be an heir without an account.
    `account_fen` and `pool_fen` are the parts of the two payables.
    """

    __table_args__ = (
        CheckConstraint("account_fen >= 0 AND pool_fen >= 0", name="parts"),
        CheckConstraint("account_fen + pool_fen > 0", name="amount"),
        # A payment names its payee by number.
        Index(None, "payee_id"),
        CLUSTERED,
    )
    person_id: int = key()
    payee_id: int = key()
    entry_id: int = fen()
    name: str
    bank: str
    bank_account: str
    account_fen: int = fen()
    pool_fen: int = fen()
    claimed_on: date
    recorded_at: datetime = Field(sa_type=DateTime)
    actor: str


class PayeePayment(SQLModel, table=True):
    """A payee has been paid: one row, once."""

    __tablename__ = "payee_payment"
    __table_args__ = (CLUSTERED,)
    person_id: int = key()
    payee_id: int = key()
    entry_id: int = fen()
    paid_on: date


class Premium(SQLModel, table=True):
    """A premium paid from an account (代缴保费) for the holder or a relative."""

    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount"),
        # Has a premium of this kind and year been paid for somebody, from whichever account?
        Index(None, "insured_id"),
        CLUSTERED,
    )
    person_id: int = key()
    entry_id: int = key()
    insured_id: int = fen()
    premium_kind: str
    year: int
    amount_fen: int = fen()
    paid_on: date
    relation: str | None = None
