"""Reopening a closed account, and withdrawing a death or an emigration registered by mistake:
proposed by one actor, approved by another. A closed month never reopens."""

from __future__ import annotations

from datetime import date
from typing import Any

from ledger.benefits.account_states import Event, Happened, refuse_event
from ledger.services.accounts.account_states import change_in
from ledger.services.approvals.four_eyes import Executed, ProposalKind, memo_of, propose
from ledger.services.books.read import known_person
from ledger.services.context import Context
from ledger.storage.accounts.account_events import standing_of
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.proposals import Proposal


def propose_reopening(
    context: Context,
    number: str,
    on: date,
    reason: str,
    request_id: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Raises: Refused `account/not-so` for an account that is not closed,
    `account/earlier-than-state`, `approval/no-reason`."""
    return _propose(context, REOPENING, Event.REOPEN, number, on, reason, request_id, dry_run)


def propose_withdrawal(
    context: Context,
    number: str,
    on: date,
    reason: str,
    request_id: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Raises: Refused `account/not-so` where neither death nor emigration is registered,
    `account/closed`, `account/earlier-than-state`, `approval/no-reason`."""
    return _propose(context, WITHDRAWAL, Event.WITHDRAW, number, on, reason, request_id, dry_run)


def _propose(
    context: Context,
    kind: ProposalKind,
    event: Event,
    number: str,
    on: date,
    reason: str,
    request_id: str | None,
    dry_run: bool,
) -> dict[str, Any]:
    with context.reading() as connection:
        person_id = known_person(connection, number).person_id
        refuse_event(standing_of(connection, person_id), event, on)
    content = {"event": str(event), "on": on.isoformat()}
    return propose(context, kind, person_id, content, reason, request_id, dry_run)


def _execute(context: Context, work: UnitOfWork, proposal: Proposal) -> Executed:
    happened = Happened(
        Event(proposal.content["event"]), date.fromisoformat(proposal.content["on"])
    )
    answer = change_in(context, work, proposal.person_id, happened, memo_of(proposal, work))
    return Executed(None, {"account_status": answer["status"]})


REOPENING = ProposalKind("account_reopening", "重新启用账户", _execute)
WITHDRAWAL = ProposalKind("withdrawal", "撤销死亡或出境登记", _execute)
