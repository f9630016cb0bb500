"""A holder dies (article 15): the death is registered, what was settled after it is found, and
the balance goes to the heirs: into their accounts (208 → 106) or in cash (203)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

from ledger.benefits.account_states import Event, Happened, Movement, State
from ledger.benefits.heirs import divide
from ledger.core.errors import Refused
from ledger.core.money import yuan_text
from ledger.core.people import BankAccount, Plan
from ledger.journalizing.accounts import Heirship, inheritance_entry
from ledger.services.accounts.account_closing import (
    close_empty,
    end_aid,
    make_ready,
    refuse_uncredited,
)
from ledger.services.accounts.account_gate import admit, occasion, purse_of
from ledger.services.accounts.account_states import change_in
from ledger.services.books.read import known_person, person_id_of
from ledger.services.claims.pay_person import refuse_incomplete
from ledger.services.context import Context
from ledger.services.once import once
from ledger.storage.accounts.account_events import standing_of
from ledger.storage.accounts.after_death import LateVisit, settled_after_death
from ledger.storage.books.journal import append
from ledger.storage.books.payees import insert_payee
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.roster.people import spans_of


class Heir(NamedTuple):
    """An heir and the share: with an account (`number`) or paid in cash (`bank_account`)."""

    share: Fraction
    number: str = ""
    bank_account: BankAccount | None = None


def register_death(
    context: Context,
    number: str,
    on: date,
    reason: str,
    request_id: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Register a death: benefits and links of mutual aid end with the day, the account pays only
    heirs from now on. The answer lists what was settled of later days.

    Raises:
        Unknown: `person/unknown`. Refused: `account/no-reason`, `account/already`,
        `account/closed`, `account/none`.
    """
    if not reason.strip():
        raise Refused("account/no-reason", "死亡登记须写明依据")
    person_id = person_id_of(context, number)
    content = {"verb": "death", "on": on, "reason": reason}

    def act(work: UnitOfWork) -> dict[str, Any]:
        answer = change_in(context, work, person_id, Happened(Event.DEATH, on), reason, request_id)
        ended = end_aid(work, person_id, on, reason)
        late = [_present(visit) for visit in settled_after_death(work.connection, person_id)]
        return answer | {"links_ended": ended, "settled_after_death": late}

    return once(context, person_id, request_id, content, act, dry_run)


def visits_after_death(context: Context, number: str | None = None) -> list[dict[str, Any]]:
    """What was settled of days after a death and not given back: of everybody, or of one person.

    Raises:
        Unknown: `person/unknown`.
    """
    with context.reading() as connection:
        who = None if number is None else known_person(connection, number).person_id
        return [_present(visit) for visit in settled_after_death(connection, who)]


def _present(visit: LateVisit) -> dict[str, Any]:
    return {
        "person_id": visit.person_id,
        "setl_id": str(visit.settlement_id),
        "mdtrt_id": visit.visit_id,
        "happened_on": visit.happened_on.isoformat(),
        "died_on": visit.died_on.isoformat(),
        "fixmedins_name": visit.provider_name,
        "hifp_pay": yuan_text(visit.pool_fen),
        "acct_pay": yuan_text(visit.account_fen),
        "acct_mulaid_pay": yuan_text(visit.family_fen),
    }


def inherit(
    context: Context,
    number: str,
    heirs: Sequence[Heir],
    on: date,
    reason: str,
    request_id: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Divide what a dead person's account holds, interest included, and close it.

    Args:
        heirs: in the order that decides who gets a fen left over.
        on: the day on which it is booked, after the day of death.

    Raises:
        Unknown: `person/unknown`.
        Refused: `account/not-paid-out`, `heirs/none`, `heirs/twice`, `heirs/no-account`,
            `heirs/shares-not-whole`, `heirs/not-dead`, `heirs/before-death`,
            `account/credit-first`, `payee/incomplete`, what `account_closing.make_ready` refuses,
            and `account/closed` and the like of an heir.
    """
    if not heirs:
        raise Refused("heirs/none", "请至少给出一位继承人")
    if not context.pack.account_use(on).paid_out_on_death:
        raise Refused("account/not-paid-out", "政策包规定死亡后不支付个人账户余额")
    for heir in heirs:
        if heir.bank_account is not None:
            refuse_incomplete(heir.bank_account)
    person_id = person_id_of(context, number)
    content = {"verb": "inherit", "on": on, "reason": reason, "heirs": [str(h) for h in heirs]}

    def act(work: UnitOfWork) -> dict[str, Any]:
        return _inherit(context, work, person_id, heirs, on, reason, request_id)

    return once(context, person_id, request_id, content, act, dry_run)


def _inherit(
    context: Context,
    work: UnitOfWork,
    person_id: int,
    heirs: Sequence[Heir],
    on: date,
    reason: str,
    request_id: str | None,
) -> dict[str, Any]:
    _refuse_living(work, person_id, on)
    refuse_uncredited(work.connection, person_id, on)
    ids = _heir_ids(work, person_id, heirs)
    left = make_ready(context, work, person_id, on, reason)
    parts = divide(left, [heir.share for heir in heirs])
    purse = purse_of(work.connection, person_id)
    shares = [
        Heirship(heir_id, purse.take(part, oldest_first=True))
        for heir_id, part in zip(ids, parts, strict=True)
    ]
    entry_id = None
    if left:
        head = occasion(work, person_id, on, reason)
        entry_id = head.entry_id
        append(work, [inheritance_entry(head, shares, context.stamp_policy(work))], request_id)
        for heir, part in zip(heirs, parts, strict=True):
            if heir.bank_account is not None and part:
                insert_payee(work, person_id, entry_id, heir.bank_account, on, account_fen=part)
    close_empty(context, work, person_id, on, reason, request_id, entry_id)
    late = [_present(visit) for visit in settled_after_death(work.connection, person_id)]
    return {
        "entry_id": None if entry_id is None else str(entry_id),
        "divided": yuan_text(left),
        "on": on.isoformat(),
        "status": str(State.CLOSED),
        "heirs": [
            {
                "heir": heir.number or (heir.bank_account.name if heir.bank_account else ""),
                "share": str(heir.share),
                "amount": yuan_text(part),
                "paid": "账户" if heir.bank_account is None else "现金",
            }
            for heir, part in zip(heirs, parts, strict=True)
        ],
        "settled_after_death": late,
    }


def _refuse_living(work: UnitOfWork, person_id: int, on: date) -> None:
    died_on = standing_of(work.connection, person_id).since.get(State.DEAD)
    if died_on is None:
        raise Refused(
            "heirs/not-dead", "未登记死亡，不能办理继承；请先登记（gongji account death）"
        )
    if on < died_on:
        raise Refused("heirs/before-death", f"继承日 {on} 早于死亡日 {died_on}")


def _heir_ids(work: UnitOfWork, person_id: int, heirs: Sequence[Heir]) -> list[int | None]:
    """Whose accounts get what; None for cash."""
    ids: list[int | None] = []
    for heir in heirs:
        if heir.bank_account is not None:
            ids.append(None)
            continue
        heir_id = known_person(work.connection, heir.number).person_id
        if heir_id == person_id or heir_id in ids:
            raise Refused("heirs/twice", f"继承人“{heir.number}”重复，或就是死者本人")
        if not _has_account(work, heir_id):
            raise Refused(
                "heirs/no-account",
                f"继承人“{heir.number}”没有个人账户，请改为支付现金（--payee）",
            )
        admit(work.connection, heir_id, Movement.RECEIVE)
        ids.append(heir_id)
    return ids


def _has_account(work: UnitOfWork, person_id: int) -> bool:
    """Was the person ever on the combined plan (统账结合)?"""
    spans = spans_of(work.connection, [person_id])[person_id]
    return any(span.plan == Plan.COMBINED for span in spans)
