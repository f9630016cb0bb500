"""Four eyes (双人复核): one actor proposes, another approves, and only then it happens.

What may be proposed is a `ProposalKind`: a name and the function that does it, in the same
transaction as the decision. A service that has one defines it beside its verb (`KIND = …`),
proposes with `propose`, and gets one line in `services/approvals/proposals.py`, where approving
looks the kind up. The proposal, the approval and the reason are part of what is booked: the
function puts `memo_of` on its entry, and the decision keeps the entry's id.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ledger.core.errors import Conflict, Refused, Unknown
from ledger.services.carry_out import carry_out
from ledger.services.context import Context
from ledger.services.once import once
from ledger.storage.database.turns import Turn
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.proposals import (
    APPROVED,
    OPEN,
    REJECTED,
    Proposal,
    find_proposal,
    insert_decision,
    insert_proposal,
)


class Executed(NamedTuple):
    """What approving did: the entry it booked, if it booked one, and more for the answer."""

    entry_id: int | None
    answer: dict[str, Any]


Execute = Callable[[Context, UnitOfWork, Proposal], Executed]
"""Does what was proposed, within the transaction of the approval; it does not commit. A refusal
leaves the proposal open."""


class ProposalKind(NamedTuple):
    kind: str
    name: str
    execute: Execute


def propose(
    context: Context,
    kind: ProposalKind,
    person_id: int,
    content: dict[str, Any],
    reason: str,
    request_id: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Write a proposal down; nothing else happens yet.

    Args:
        content: what `kind.execute` needs, as JSON holds it: texts, whole numbers, lists.

    Raises:
        Refused: `approval/no-reason`.
    """
    if not reason.strip():
        raise Refused("approval/no-reason", f"{kind.name}须写明理由")
    said = {"verb": "propose", "kind": kind.kind, "content": content, "reason": reason}

    def act(work: UnitOfWork) -> dict[str, Any]:
        proposal_id = insert_proposal(work, person_id, kind.kind, content, reason)
        return {
            "proposal_id": str(proposal_id),
            "kind": kind.kind,
            "name": kind.name,
            "content": content,
            "reason": reason,
            "proposed_by": work.actor,
            "status": OPEN,
        }

    return once(context, person_id, request_id, said, act, dry_run)


def approve_as(
    context: Context,
    kinds: dict[str, ProposalKind],
    proposal_id: int,
    reason: str = "",
    request_id: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Approve a proposal of one of `kinds` and do what it says, in one transaction.

    Raises:
        Unknown: `approval/unknown-proposal`.
        Refused: `approval/same-actor`.
        Conflict: `approval/done-before`.
        Whatever the kind's function refuses; the proposal then stays open.
    """
    said = {"verb": "approve", "proposal": proposal_id, "reason": reason}

    def act(work: UnitOfWork) -> dict[str, Any]:
        proposal = _open_proposal(work, proposal_id)
        done = kinds[proposal.kind].execute(context, work, proposal)
        insert_decision(work, proposal, APPROVED, reason, done.entry_id)
        answer = _answer(proposal, kinds, APPROVED, work.actor, reason) | done.answer
        return answer | {"entry_id": None if done.entry_id is None else str(done.entry_id)}

    whose = _person_of(context, proposal_id)
    return once(context, whose, request_id, said, act, dry_run, Turn.STANDSTILL)


def _person_of(context: Context, proposal_id: int) -> int:
    with context.reading() as connection:
        proposal = find_proposal(connection, proposal_id)
    return 0 if proposal is None else proposal.person_id


def reject_as(
    context: Context, kinds: dict[str, ProposalKind], proposal_id: int, reason: str
) -> dict[str, Any]:
    """Turn a proposal down. Raises what `approve_as` does, and `approval/no-reason`."""
    if not reason.strip():
        raise Refused("approval/no-reason", "驳回须写明理由")

    def act(work: UnitOfWork) -> dict[str, Any]:
        proposal = _open_proposal(work, proposal_id)
        insert_decision(work, proposal, REJECTED, reason, None)
        return _answer(proposal, kinds, REJECTED, work.actor, reason)

    return carry_out(context, act)


def memo_of(proposal: Proposal, work: UnitOfWork) -> str:
    """The memo of the entry that a proposal becomes: why, who proposed, who approved."""
    return (
        f"{proposal.reason}（提案 {proposal.proposal_id}，{proposal.proposed_by} 提出，"
        f"{work.actor} 批准）"
    )


def _open_proposal(work: UnitOfWork, proposal_id: int) -> Proposal:
    proposal = find_proposal(work.connection, proposal_id)
    if proposal is None:
        raise Unknown("approval/unknown-proposal", f"没有编号为 {proposal_id} 的提案")
    if proposal.status != OPEN:
        word = "批准" if proposal.status == APPROVED else "驳回"
        raise Conflict(
            "approval/done-before",
            f"提案 {proposal_id} 已由 {proposal.decided_by} {word}，不能再次处理",
        )
    if proposal.proposed_by == work.actor:
        raise Refused(
            "approval/same-actor",
            f"提案 {proposal_id} 由 {work.actor} 本人提出，须由另一人复核",
        )
    return proposal


def _answer(
    proposal: Proposal, kinds: dict[str, ProposalKind], status: str, actor: str, reason: str
) -> dict[str, Any]:
    return {
        "proposal_id": str(proposal.proposal_id),
        "kind": proposal.kind,
        "name": kinds[proposal.kind].name,
        "content": proposal.content,
        "reason": proposal.reason,
        "proposed_by": proposal.proposed_by,
        "status": status,
        "decided_by": actor,
        "decision_reason": reason,
    }
