"""Paper bills that the agency reimburses (手工报销)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Index
from sqlmodel import SQLModel

from ledger.storage.tables.base import CLUSTERED, key, text_key


class Claim(SQLModel, table=True):
    """The papers of a visit that was not settled directly.

    The visit and its settlement stand in their own tables, under provider 0: the place is not
    on our list, so its name, grade and tier are data of the claim. Where the money is to go
    stands with the payee.
    """

    # Was the bill claimed before, by anybody?
    __table_args__ = (Index(None, "bill_no"), CLUSTERED)
    person_id: int = key()
    visit_id: str = text_key()
    received_on: date
    place_name: str
    place_grade: str
    place_tier: int | None = None
    filed: bool
    bill_no: str
    papers: str
