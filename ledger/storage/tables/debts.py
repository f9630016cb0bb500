"""What people owe the fund (待追回): totals per person, and why a debt was booked."""

from __future__ import annotations

from sqlalchemy import CheckConstraint
from sqlmodel import SQLModel

from ledger.storage.tables.base import CLUSTERED, fen, key, number


class Debtor(SQLModel, table=True):
    """Running totals of the transfers of one person on the account 待追回款: what came to be
    owed, and what was recovered, repaid or written off. The CHECK refuses to recover more than
    is owed, whatever the code above it believes."""

    __table_args__ = (
        CheckConstraint("settled_fen >= 0 AND settled_fen <= owed_fen", name="not_more_than_owed"),
        CLUSTERED,
    )
    person_id: int = key()
    owed_fen: int = fen(0)
    settled_fen: int = fen(0)


class Debt(SQLModel, table=True):
    """A debt booked for a cause of its own. (Claw-backs say why in `credit_difference`.)"""

    __table_args__ = (CheckConstraint("amount_fen > 0", name="amount"), CLUSTERED)
    person_id: int = key()
    entry_id: int = key()
    cause: str
    settlement_id: int | None = number()
    amount_fen: int = fen()
