"""Special adjustment (特殊调整, 110): up or down, proposed by one actor, approved by another."""

from __future__ import annotations

from datetime import date
from typing import Any

from ledger.benefits.account_states import Movement
from ledger.core.errors import Refused
from ledger.core.money import Fen, yuan_text
from ledger.journalizing.accounts import adjustment_down_entry, adjustment_up_entry
from ledger.services.accounts.account_gate import admit, occasion, refuse_year, take
from ledger.services.approvals.four_eyes import Executed, ProposalKind, memo_of, propose
from ledger.services.books.read import known_person
from ledger.services.context import Context
from ledger.storage.books.journal import append
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.proposals import Proposal


def propose_adjustment(
    context: Context,
    number: str,
    amount_fen: Fen,
    on: date,
    reason: str,
    year: int | None = None,
    request_id: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Propose to add `amount_fen` to an account, or, below zero, to take it out.

    Args:
        on: the day on which it is booked.
        year: the year whose money comes in (本年 / 历年); by default that of `on`. What is
            taken out goes in the order of use.

    Raises:
        Unknown: `person/unknown`. Refused: `account/zero`, `account/no-such-year`,
        `account/closed`, `account/insufficient`, `approval/no-reason`.
    """
    if amount_fen == 0:
        raise Refused("account/zero", "调整金额不能为零")
    refuse_year(year, on)
    with context.reading() as connection:
        who = known_person(connection, number)
        admit(connection, who.person_id, Movement.CORRECT)
        if amount_fen < 0:
            take(connection, context.pack, who.person_id, -amount_fen, on)
    content = {"amount": yuan_text(amount_fen), "fen": amount_fen, "on": on.isoformat()}
    if year is not None:
        content["year"] = year
    return propose(context, KIND, who.person_id, content, reason, request_id, dry_run)


def _execute(context: Context, work: UnitOfWork, proposal: Proposal) -> Executed:
    """Book it; what has changed since the proposal is looked at again."""
    fen, day = int(proposal.content["fen"]), date.fromisoformat(proposal.content["on"])
    admit(work.connection, proposal.person_id, Movement.CORRECT)
    head = occasion(work, proposal.person_id, day, memo_of(proposal, work))
    if fen > 0:
        entry = adjustment_up_entry(head, int(proposal.content.get("year", day.year)), fen)
    else:
        parts = take(work.connection, context.pack, proposal.person_id, -fen, day)
        entry = adjustment_down_entry(head, parts)
    append(work, [entry])
    return Executed(head.entry_id, {"fiscal_month": str(head.fiscal_month)})


KIND = ProposalKind("special_adjustment", "特殊调整", _execute)
