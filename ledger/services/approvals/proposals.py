"""The desk of proposals: every kind that needs four eyes, and the verbs on them."""

from __future__ import annotations

from typing import Any

from ledger.core.errors import Refused
from ledger.services.accounts import merging, reopening, special_adjustment, unmerging
from ledger.services.approvals.four_eyes import ProposalKind, approve_as, reject_as
from ledger.services.books.read import known_person
from ledger.services.context import Context
from ledger.services.debts import owed
from ledger.storage import proposals as store
from ledger.storage.database.engine import instant_with_zone
from ledger.storage.roster.people import person

KINDS: dict[str, ProposalKind] = {
    kind.kind: kind
    for kind in (
        special_adjustment.KIND,
        reopening.REOPENING,
        reopening.WITHDRAWAL,
        owed.KIND,
        merging.MERGING,
        unmerging.UNMERGING,
    )
}
"""Kind -> what approving does. A new kind: its line here."""

STATUSES = (store.OPEN, store.APPROVED, store.REJECTED)


def approve(
    context: Context,
    proposal_id: int,
    reason: str = "",
    request_id: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Raises: see `four_eyes.approve_as`."""
    return approve_as(context, KINDS, proposal_id, reason, request_id, dry_run)


def reject(context: Context, proposal_id: int, reason: str) -> dict[str, Any]:
    """Raises: see `four_eyes.reject_as`."""
    return reject_as(context, KINDS, proposal_id, reason)


def listing(
    context: Context, status: str | None = None, number: str | None = None
) -> list[dict[str, Any]]:
    """Proposals, oldest first; of one status and one person, where they are given.

    Raises:
        Refused: `approval/unknown-status`. Unknown: `person/unknown`.
    """
    if status is not None and status not in STATUSES:
        raise Refused(
            "approval/unknown-status", f"没有“{status}”这种状态；可选 {'、'.join(STATUSES)}"
        )
    with context.reading() as connection:
        who = None if number is None else known_person(connection, number).person_id
        found = store.proposals(connection, status, who)
        people = {p: person(connection, p) for p in {row.person_id for row in found} if p}
    return [
        {
            "proposal_id": str(row.proposal_id),
            "kind": row.kind,
            "name": KINDS[row.kind].name,
            "psn_no": people[row.person_id].psn_no if row.person_id else None,
            "psn_name": people[row.person_id].name if row.person_id else None,
            "content": row.content,
            "reason": row.reason,
            "proposed_by": row.proposed_by,
            "proposed_at": instant_with_zone(row.proposed_at),
            "status": row.status,
            "decided_by": row.decided_by,
            "decided_at": row.decided_at and instant_with_zone(row.decided_at),
            "decision_reason": row.decision_reason,
            "entry_id": None if row.entry_id is None else str(row.entry_id),
        }
        for row in found
    ]
