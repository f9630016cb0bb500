"""What one actor proposes and another decides (双人复核): both rows are written once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, DateTime, Index, Text
from sqlmodel import Field, SQLModel

from ledger.storage.tables.base import CLUSTERED, key, number


class Proposal(SQLModel, table=True):
    """`content` is the JSON of what shall be done; nothing happens before it is approved."""

    # Whoever decides names a proposal by its number.
    __table_args__ = (Index(None, "proposal_id"), CLUSTERED)
    person_id: int = key()
    proposal_id: int = key()
    kind: str
    content: str = Field(sa_type=Text)
    reason: str
    proposed_by: str
    proposed_at: datetime = Field(sa_type=DateTime)


class ProposalDecision(SQLModel, table=True):
    """The one decision on a proposal, by somebody else; `entry_id` is what it booked."""

    __tablename__ = "proposal_decision"
    __table_args__ = (
        CheckConstraint("decision IN ('approved', 'rejected')", name="decision"),
        # `verify`: the decision behind an entry.
        Index(None, "entry_id"),
        CLUSTERED,
    )
    person_id: int = key()
    proposal_id: int = key()
    decision: str
    decided_by: str
    decided_at: datetime = Field(sa_type=DateTime)
    reason: str
    entry_id: int | None = number()
