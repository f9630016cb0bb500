"""Proposals and the decisions on them."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection

from ledger.storage.database.engine import instant_text
from ledger.storage.database.unit_of_work import UnitOfWork

OPEN, APPROVED, REJECTED = "open", "approved", "rejected"


class Proposal(NamedTuple):
    """A proposal and, once there is one, the decision on it; `status` is open, approved or
    rejected. Instants are UTC, as text."""

    person_id: int
    proposal_id: int
    kind: str
    content: dict[str, Any]
    reason: str
    proposed_by: str
    proposed_at: str
    status: str
    decided_by: str | None = None
    decided_at: str | None = None
    decision_reason: str | None = None
    entry_id: int | None = None


_SELECT = """
    SELECT p.person_id, p.proposal_id, p.kind, p.content, p.reason, p.proposed_by, p.proposed_at,
        coalesce(d.decision, 'open'), d.decided_by, d.decided_at, d.reason, d.entry_id
    FROM proposal AS p LEFT JOIN proposal_decision AS d
        ON d.person_id = p.person_id AND d.proposal_id = p.proposal_id
"""


def insert_proposal(
    work: UnitOfWork, person_id: int, kind: str, content: dict[str, Any], reason: str
) -> int:
    """Write a proposal in the name of the actor of `work`; returns its id."""
    proposal_id = work.ids.next()
    work.connection.exec_driver_sql(
        "INSERT INTO proposal (person_id, proposal_id, kind, content, reason, proposed_by, "
        "proposed_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            person_id,
            proposal_id,
            kind,
            json.dumps(content, ensure_ascii=False, sort_keys=True),
            reason,
            work.actor,
            instant_text(work.recorded_at),
        ),
    )
    return proposal_id


def insert_decision(
    work: UnitOfWork, proposal: Proposal, decision: str, reason: str, entry_id: int | None
) -> None:
    """Write the decision in the name of the actor of `work`."""
    work.connection.exec_driver_sql(
        "INSERT INTO proposal_decision (person_id, proposal_id, decision, decided_by, "
        "decided_at, reason, entry_id) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            proposal.person_id,
            proposal.proposal_id,
            decision,
            work.actor,
            instant_text(work.recorded_at),
            reason,
            entry_id,
        ),
    )


def find_proposal(connection: Connection, proposal_id: int) -> Proposal | None:
    row = connection.exec_driver_sql(f"{_SELECT} WHERE p.proposal_id = ?", (proposal_id,)).first()
    return None if row is None else _proposal(tuple(row))


def proposals(
    connection: Connection, status: str | None = None, person_id: int | None = None
) -> list[Proposal]:
    """Oldest first; of one status and of one person, where they are given."""
    rows = connection.exec_driver_sql(
        f"{_SELECT} WHERE (:status IS NULL OR coalesce(d.decision, 'open') = :status) "
        "AND (:person IS NULL OR p.person_id = :person) ORDER BY p.proposal_id",
        {"status": status, "person": person_id},
    )
    return [_proposal(tuple(row)) for row in rows]


def _proposal(row: tuple[Any, ...]) -> Proposal:
    person_id, proposal_id, kind, content, reason, by, at, status, *decision = row
    decided_by, decided_at, decision_reason, entry_id = decision
    return Proposal(
        person_id,
        proposal_id,
        kind,
        json.loads(content),
        reason,
        by,
        _text(at),
        status,
        decided_by,
        None if decided_at is None else _text(decided_at),
        decision_reason,
        entry_id,
    )


def _text(instant: datetime | str) -> str:
    return instant if isinstance(instant, str) else instant_text(instant)
