"""What an institution was on each day, where that has ever changed."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from ledger.storage.tables.base import CLUSTERED, key


class ProviderSpan(SQLModel, table=True):
    """What holds of a provider over [valid_from, valid_until), spans without gap or overlap.

    Only institutions that changed on a day that a file names have rows; for all others the row
    of `provider` holds on every day. The last span says what that row says.
    """

    __tablename__ = "provider_span"
    __table_args__ = (CheckConstraint("valid_from < valid_until", name="order"), CLUSTERED)
    provider_id: int = key()
    valid_from: date = Field(primary_key=True)
    valid_until: date
    grade: str
    tier: int | None = None
    agreement_from: date
    agreement_until: date
    pharmacy_pooling: bool | None = None
