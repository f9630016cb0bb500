"""Money leaves an account in cash: for good when the holder settles abroad (出境定居, 203) or the
insurance ends for another cause that the pack names, or as a return to somebody settled elsewhere
whose account stays (返还, 202)."""

from __future__ import annotations

from datetime import date
from typing import Any

from ledger.benefits.account_states import Event, Happened, Movement, State
from ledger.core.errors import Refused
from ledger.core.money import Fen, yuan_text
from ledger.core.people import BankAccount
from ledger.journalizing.accounts import pay_out_entry, return_entry
from ledger.services.accounts.account_closing import (
    close_empty,
    end_aid,
    make_ready,
    refuse_uncredited,
)
from ledger.services.accounts.account_gate import admit, occasion, purse_of, take
from ledger.services.accounts.account_states import change_in
from ledger.services.accounts.interest import settle_interest
from ledger.services.books.read import person_id_of
from ledger.services.claims.pay_person import refuse_incomplete
from ledger.services.context import Context
from ledger.services.once import once
from ledger.storage.accounts import accounts
from ledger.storage.accounts.account_events import standing_of
from ledger.storage.books.journal import append
from ledger.storage.books.payees import insert_payee
from ledger.storage.database.unit_of_work import UnitOfWork


def pay_out(
    context: Context,
    number: str,
    to: BankAccount,
    on: date,
    reason: str,
    request_id: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Whoever settles abroad gets what the account holds, interest included; it is closed.

    The emigration is registered on the way, if it was not before.

    Raises:
        Unknown: `person/unknown`.
        Refused: `account/not-paid-out` when the pack does not pay out on emigration,
            `payee/incomplete`, `account/credit-first`, and what
            `account_closing.make_ready` refuses.
    """
    refuse_incomplete(to)
    if not context.pack.account_use(on).paid_out_on_settling_abroad:
        raise Refused("account/not-paid-out", "政策包规定出境定居不支取个人账户余额")
    person_id = person_id_of(context, number)
    content = {"verb": "pay-out", "to": list(to), "on": on, "reason": reason}

    def act(work: UnitOfWork) -> dict[str, Any]:
        held = standing_of(work.connection, person_id).since
        if State.CLOSED in held:
            admit(work.connection, person_id, Movement.CLEAR)
        refuse_uncredited(work.connection, person_id, on)
        if State.EMIGRATED not in held:
            change_in(context, work, person_id, Happened(Event.EMIGRATION, on), reason, request_id)
            end_aid(work, person_id, on, reason)
        left = make_ready(context, work, person_id, on, reason)
        return _pay_and_close(context, work, person_id, left, to, on, reason, request_id)

    return once(context, person_id, request_id, content, act, dry_run)


def clear_account(
    context: Context,
    number: str,
    to: BankAccount,
    on: date,
    cause: str,
    reason: str,
    request_id: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Pay what an account holds to its holder and close it, for a cause that the pack names.

    An account that holds nothing but the interest it has earned is paid out for any cause: the
    interest is the holder's, and closing must not swallow it.

    Raises:
        Unknown: `person/unknown`.
        Refused: `account/no-reason`, `account/cause-not-allowed`, `payee/incomplete`,
            `account/credit-first`, and what `account_closing.make_ready` refuses.
    """
    refuse_incomplete(to)
    if not reason.strip():
        raise Refused("account/no-reason", "清退须写明依据")
    allowed = context.pack.account_use(on).other_pay_outs
    person_id = person_id_of(context, number)
    content = {"verb": "clear", "to": list(to), "on": on, "cause": cause, "reason": reason}

    def act(work: UnitOfWork) -> dict[str, Any]:
        connection = work.connection
        if cause not in allowed and accounts.totals(connection, person_id).balance_fen:
            known = "、".join(allowed) or "无"
            raise Refused(
                "account/cause-not-allowed",
                f"政策包没有规定因“{cause}”清退个人账户余额；可选：{known}。"
                "死亡用 gongji account inherit，出境定居用 gongji account emigrate",
            )
        refuse_uncredited(connection, person_id, on)
        why = f"{cause}：{reason}"
        left = make_ready(context, work, person_id, on, why, Movement.LEAVE)
        end_aid(work, person_id, on, why)
        return _pay_and_close(context, work, person_id, left, to, on, why, request_id)

    return once(context, person_id, request_id, content, act, dry_run)


def _pay_and_close(
    context: Context,
    work: UnitOfWork,
    person_id: int,
    left: int,
    to: BankAccount,
    on: date,
    reason: str,
    request_id: str | None,
) -> dict[str, Any]:
    """What is left becomes due to the holder; the account is closed."""
    entry_id = None
    if left:
        head = occasion(work, person_id, on, reason)
        entry_id = head.entry_id
        parts = purse_of(work.connection, person_id).take(left, oldest_first=True)
        append(work, [pay_out_entry(head, parts, context.stamp_policy(work))], request_id)
        insert_payee(work, person_id, entry_id, to, on, account_fen=left)
    close_empty(context, work, person_id, on, reason, request_id, entry_id)
    return _answer(entry_id, left, to, on) | {"status": str(State.CLOSED)}


def return_account(
    context: Context,
    number: str,
    to: BankAccount,
    on: date,
    reason: str,
    amount_fen: Fen | None = None,
    request_id: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Return money of an account in cash to somebody settled elsewhere; the account stays.

    Args:
        amount_fen: None for all of it, interest included.

    Raises:
        Unknown: `person/unknown`.
        Refused: `account/return-not-allowed` where the pack's switch is off, `payee/incomplete`,
            `account/insufficient`, `account/lost` and the like.
    """
    refuse_incomplete(to)
    if not context.pack.account_use(on).returned_when_settled_elsewhere:
        raise Refused(
            "account/return-not-allowed",
            "政策包未开放个人账户返还；本统筹区个人账户不得套取现金（第二十三条）",
        )
    person_id = person_id_of(context, number)
    content = {
        "verb": "return", "to": list(to), "on": on, "reason": reason, "fen": amount_fen,
    }  # fmt: skip

    def act(work: UnitOfWork) -> dict[str, Any]:
        admit(work.connection, person_id, Movement.RETURN)
        if amount_fen is None:
            settle_interest(work, context.pack, person_id, on)
        wanted = amount_fen or purse_of(work.connection, person_id).available
        parts = take(work.connection, context.pack, person_id, wanted, on)
        head = occasion(work, person_id, on, reason)
        append(work, [return_entry(head, parts, context.stamp_policy(work))], request_id)
        insert_payee(work, person_id, head.entry_id, to, on, account_fen=wanted)
        return _answer(head.entry_id, wanted, to, on)

    return once(context, person_id, request_id, content, act, dry_run)


def _answer(entry_id: int | None, fen: int, to: BankAccount, on: date) -> dict[str, Any]:
    return {
        "entry_id": None if entry_id is None else str(entry_id),
        "amount": yuan_text(fen),
        "to": to.name,
        "on": on.isoformat(),
    }
