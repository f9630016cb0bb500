"""Owed money (待追回): book a debt, take a repayment, write off with four eyes, recover from
credits.

Whatever makes a person owe money comes through `post_debt`, so that every debt has a cause.
(Claw-backs of credits are posted by the crediting run and have the reason of their difference.)
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection

from ledger.benefits.account_states import Movement
from ledger.benefits.debts import CAUSE_NAMES, Cause, least_open
from ledger.benefits.settlement import Settlement
from ledger.books.entry import Entry
from ledger.books.kinds import EntryKind
from ledger.core.errors import Conflict, NotInForce, Refused, Unknown
from ledger.core.ids import NOBODY, EntryId
from ledger.core.money import yuan_text
from ledger.core.months import FAR, Month
from ledger.journalizing.debts import DebtParts, debt_entry, repayment_entry, write_off_entry
from ledger.services.accounts.account_gate import admit, occasion
from ledger.services.approvals.four_eyes import Executed, ProposalKind, memo_of, propose
from ledger.services.books.read import known_person, person_id_of
from ledger.services.context import Context
from ledger.services.once import once
from ledger.storage.books import debts as store
from ledger.storage.books.journal import append
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.proposals import Proposal
from ledger.storage.visits.settlements import reversal_of, settlement_by_id

# --- a debt ---


def post_debt(
    work: UnitOfWork,
    person_id: int,
    parts: DebtParts,
    cause: Cause,
    on: date,
    settlement_id: int | None = None,
    memo: str = "",
    request_id: str | None = None,
) -> EntryId:
    """Book a debt inside a transaction of the caller's.

    Args:
        parts: what the pool and what the person's own account paid without right, fen.
        settlement_id: the settlement that paid it, where there is one.

    Raises:
        Refused: `owed/not-above-zero`, and `account/closed` where the account's part would go
            back into an account that is closed.
    """
    if parts.total_fen <= 0 or parts.pool_fen < 0 or parts.account_fen < 0:
        raise Refused("owed/not-above-zero", "待追回金额必须大于零")
    if parts.account_fen:
        admit(work.connection, person_id, Movement.CORRECT)
    head = occasion(work, person_id, on, memo or CAUSE_NAMES[cause])
    append(work, [debt_entry(head, parts)], request_id)
    store.insert_debt(
        work.connection, person_id, head.entry_id, str(cause), settlement_id, parts.total_fen
    )
    return head.entry_id


def book_debt(
    context: Context,
    number: str,
    cause: Cause,
    on: date,
    pool_fen: int = 0,
    account_fen: int = 0,
    settlement_id: int | None = None,
    memo: str = "",
    request_id: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Book that a person owes what the fund paid (登记待追回).

    Args:
        settlement_id: the settlement concerned; without amounts, all that its pool and the
            person's own account paid and that was not booked before. (What relatives' accounts
            paid is theirs to get back, by a refund at the provider.)

    Raises:
        Unknown: `person/unknown`, `owed/unknown-settlement`.
        Refused: `owed/not-above-zero`, `owed/more-than-paid`, `owed/settlement-reversed`.
    """
    content = {
        "verb": "owed-book",
        "person": number,
        "cause": str(cause),
        "on": on,
        "fen": [pool_fen, account_fen],
        "settlement": settlement_id,
    }
    person_id = person_id_of(context, number)

    def act(work: UnitOfWork) -> dict[str, Any]:
        parts = DebtParts(pool_fen, account_fen, on.year)
        if settlement_id is not None:
            parts = _parts_of(work, person_id, settlement_id, parts)
        entry_id = post_debt(work, person_id, parts, cause, on, settlement_id, memo, request_id)
        return {
            "entry_id": str(entry_id),
            "psn": number,
            "cause": str(cause),
            "cause_name": CAUSE_NAMES[cause],
            "amount": yuan_text(parts.total_fen),
            "owed": yuan_text(store.debtor(work.connection, person_id).open_fen),
        }

    return once(context, person_id, request_id, content, act, dry_run)


def _parts_of(work: UnitOfWork, person_id: int, settlement_id: int, asked: DebtParts) -> DebtParts:
    """What of a settlement may be booked as owed: the amounts asked for, or all that is left."""
    settlement = settlement_by_id(work.connection, settlement_id)
    if settlement is None or settlement.person_id != person_id:
        raise Unknown("owed/unknown-settlement", f"此人没有编号为 {settlement_id} 的结算")
    _refuse_reversed(work, settlement)
    own_fen = settlement.account_fen - settlement.family_fen
    before = store.booked_on(work.connection, person_id, settlement_id)
    whole = DebtParts(settlement.pool_fen, own_fen, settlement.happened_on.year)
    if not asked.total_fen and not before:
        return whole
    left = whole.total_fen - before
    if (
        asked.total_fen > left
        or asked.pool_fen > whole.pool_fen
        or asked.account_fen > whole.account_fen
        or not asked.total_fen
    ):
        raise Refused(
            "owed/more-than-paid",
            f"结算 {settlement_id} 尚可登记待追回 {yuan_text(left)} 元"
            f"（已登记 {yuan_text(before)} 元）",
        )
    return asked._replace(fund_year=whole.fund_year)


def _refuse_reversed(work: UnitOfWork, settlement: Settlement) -> None:
    if settlement.reverses_settlement_id or reversal_of(work.connection, settlement):
        raise Conflict(
            "owed/settlement-reversed", f"结算 {settlement.settlement_id} 已退费，无需追回"
        )


# --- money comes back, or is given up ---


def repay(
    context: Context,
    number: str,
    amount_fen: int,
    on: date,
    memo: str = "",
    request_id: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """A person pays back in cash (待追回款缴回).

    Raises:
        Unknown: `person/unknown`. Refused: `owed/not-above-zero`, `owed/more-than-owed`,
        `owed/more-than-owed-then`.
    """
    content = {"verb": "owed-repay", "person": number, "fen": amount_fen, "on": on}
    person_id = person_id_of(context, number)

    def act(work: UnitOfWork) -> dict[str, Any]:
        _refuse_more_than_owed(work.connection, person_id, amount_fen, on)
        head = occasion(work, person_id, on, memo or "待追回款缴回")
        append(work, [repayment_entry(head, amount_fen)], request_id)
        return {
            "entry_id": str(head.entry_id),
            "psn": number,
            "amount": yuan_text(amount_fen),
            "owed": yuan_text(store.debtor(work.connection, person_id).open_fen),
        }

    return once(context, person_id, request_id, content, act, dry_run)


def propose_write_off(
    context: Context,
    number: str,
    amount_fen: int,
    on: date,
    reason: str,
    request_id: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Propose to give up what cannot be recovered; somebody else approves it.

    Raises:
        Unknown: `person/unknown`. Refused: `owed/not-above-zero`, `owed/more-than-owed`,
        `owed/more-than-owed-then`, `approval/no-reason`.
    """
    with context.reading() as connection:
        person_id = known_person(connection, number).person_id
        _refuse_more_than_owed(connection, person_id, amount_fen, on)
    content = {"amount": yuan_text(amount_fen), "fen": amount_fen, "on": on.isoformat()}
    return propose(context, KIND, person_id, content, reason, request_id, dry_run)


def _write_off(_context: Context, work: UnitOfWork, proposal: Proposal) -> Executed:
    fen, day = int(proposal.content["fen"]), date.fromisoformat(proposal.content["on"])
    _refuse_more_than_owed(work.connection, proposal.person_id, fen, day)
    head = occasion(work, proposal.person_id, day, memo_of(proposal, work))
    append(work, [write_off_entry(head, fen)])
    left = store.debtor(work.connection, proposal.person_id).open_fen
    return Executed(head.entry_id, {"written_off": yuan_text(fen), "owed": yuan_text(left)})


KIND = ProposalKind("write_off", "待追回核销", _write_off)


def _refuse_more_than_owed(
    connection: Connection, person_id: int, amount_fen: int, on: date
) -> None:
    if amount_fen <= 0:
        raise Refused("owed/not-above-zero", "金额必须大于零")
    open_fen = store.debtor(connection, person_id).open_fen
    if amount_fen > open_fen:
        raise Refused(
            "owed/more-than-owed",
            f"此人尚有 {yuan_text(open_fen)} 元未追回，{yuan_text(amount_fen)} 元超过了它",
        )
    of_person = store.movements(connection, FAR, person_id)
    moves = ((move.line.happened_on, move.fen) for _person, found in of_person for move in found)
    open_then = least_open(moves, on)
    if amount_fen > open_then:
        raise Refused(
            "owed/more-than-owed-then",
            f"{on} 此人欠款可缴回或核销的只有 {yuan_text(open_then)} 元："
            "日期不能早于欠款发生之日，请核对",
        )


# --- from credits ---


def recover_from_credits(
    context: Context, work: UnitOfWork, run: EntryId, happened_on: date, fiscal_month: Month
) -> int:
    """Set off what a crediting run brought against what its people owe, right after it.

    Returns:
        fen recovered; 0 where the pack does not allow it (社会保险经办条例 46).
    """
    try:
        rules = context.pack.debts(happened_on)
    except NotInForce:
        return 0
    if not rules.recover_from_credits:
        return 0
    connection = work.connection
    people = store.stage_recoveries(connection, run, happened_on.year, rules.recover_share_bp)
    if not people:
        return 0
    entry = Entry(
        NOBODY,
        work.ids.next(),
        EntryKind.RECOVERY,
        happened_on,
        fiscal_month,
        (),
        policy_version=context.pack.version,
        memo=f"{Month.of(happened_on)} 划账抵扣待追回",
    )
    append(work, [entry], more_legs=people)
    return store.post_recoveries(connection, entry.entry_id, happened_on, fiscal_month.number)
