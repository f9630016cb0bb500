"""An account is lost, frozen, stopped, restored, closed; its holder dies or settles abroad.

Each verb is a dated event with actor, reason and request id; `personal_account.status` moves
with it, and so does the roster where the insurance ends: a death ends benefits on the day
after, so that crediting and settling know it without asking the account.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from ledger.benefits.account_states import (
    EVENT_NAMES,
    STATE_NAMES,
    Event,
    Happened,
    Standing,
    State,
    refuse_event,
    standing,
)
from ledger.core.errors import Refused
from ledger.core.money import yuan_text
from ledger.core.months import FAR, day_after
from ledger.core.people import Insured, Plan
from ledger.services.accounts.interest import settle_interest
from ledger.services.books.read import known_person, person_id_of
from ledger.services.context import Context
from ledger.services.crediting.benefit_period import follow
from ledger.services.once import once
from ledger.storage.accounts import account_events, accounts
from ledger.storage.database.engine import instant_with_zone
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.roster.people import Span, insured_from, on_roster, spans_of

NEEDS_FOUR_EYES = (Event.REOPEN, Event.WITHDRAW)
"""These are proposed, see `services/accounts/reopening.py`."""

_INSURED = {
    Event.STOP: Insured.PAUSED,
    Event.RESUME: Insured.NORMAL,
    Event.EMIGRATION: Insured.ENDED,
    Event.DEATH: Insured.ENDED,
    Event.WITHDRAW: Insured.NORMAL,
}
"""What an event means for the insurance."""


def change_state(
    context: Context,
    number: str,
    event: Event,
    on: date,
    reason: str,
    request_id: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Record that an account was lost, frozen, stopped, restored, …, or closed at zero.

    Raises:
        Unknown: `person/unknown`.
        Refused: `account/no-reason`, `account/needs-four-eyes`, and what `change_in` refuses.
    """
    if not reason.strip():
        raise Refused("account/no-reason", f"{EVENT_NAMES[event]}须写明原因")
    if event in NEEDS_FOUR_EYES:
        raise Refused("account/needs-four-eyes", f"{EVENT_NAMES[event]}须由一人提出、另一人复核")
    person_id = person_id_of(context, number)
    content = {"verb": str(event), "on": on, "reason": reason}

    def act(work: UnitOfWork) -> dict[str, Any]:
        return change_in(context, work, person_id, Happened(event, on), reason, request_id)

    return once(context, person_id, request_id, content, act, dry_run)


def change_in(
    context: Context,
    work: UnitOfWork,
    person_id: int,
    happened: Happened,
    reason: str,
    request_id: str | None = None,
    entry_id: int | None = None,
) -> dict[str, Any]:
    """The same within a transaction that is open; it does not commit.

    Raises:
        Refused: `account/none` for a person who is on no roster; `account/not-empty`,
        `account/moved-later` and `account/interest-due` when an account shall be closed that has
        money, moved on a later day, or earned interest; and what `refuse_event` refuses.
    """
    connection = work.connection
    if person_id not in on_roster(connection, [person_id]):
        raise Refused("account/none", "此人未参加职工医保，没有个人账户")
    before = account_events.standing_of(connection, person_id)
    refuse_event(before, happened.event, happened.happened_on)
    if happened.event is Event.CLOSE:
        _refuse_money_left(work, person_id)
        _refuse_moved_later(work, person_id, happened.happened_on)
        _refuse_interest_due(context, work, person_id, happened.happened_on)
    after = account_events.record_event(work, person_id, happened, reason, request_id, entry_id)
    insured = _INSURED.get(happened.event)
    if insured is not None and insured_from(
        connection, person_id, _first_day(happened, before.since), insured
    ):
        follow(context, work, [person_id])
    return {
        "event": str(happened.event),
        "name": EVENT_NAMES[happened.event],
        "on": happened.happened_on.isoformat(),
        "reason": reason,
        "status": str(after),
        "status_name": STATE_NAMES[after],
        "balance": yuan_text(accounts.totals(connection, person_id).balance_fen),
    }


def _first_day(happened: Happened, held: dict[State, date]) -> date:
    """From which day the insurance is another: on the last day of a life it is as before; a
    registration withdrawn never was."""
    if happened.event is Event.WITHDRAW:
        happened = Happened(
            Event.DEATH if State.DEAD in held else Event.EMIGRATION,
            held.get(State.DEAD) or held[State.EMIGRATED],
        )
    later = happened.event in (Event.DEATH, Event.EMIGRATION)
    return happened.happened_on + timedelta(days=1) if later else happened.happened_on


def _refuse_money_left(work: UnitOfWork, person_id: int) -> None:
    account = accounts.totals(work.connection, person_id)
    if account.balance_fen or account.held_fen:
        raise Refused(
            "account/not-empty",
            f"账户尚有余额 {yuan_text(account.balance_fen)} 元"
            f"（其中冻结额度 {yuan_text(account.held_fen)} 元），不能注销",
        )


def _refuse_moved_later(work: UnitOfWork, person_id: int, on: date) -> None:
    """A closed account does not move: it is closed on the day of its last movement or later."""
    later = accounts.lines(work.connection, person_id, day_after(on), FAR)
    if later:
        last = later[-1].happened_on
        raise Refused(
            "account/moved-later",
            f"账户在 {last} 还有收支，不能以 {on} 注销；请以 {last} 或以后的日期办理",
        )


def _refuse_interest_due(context: Context, work: UnitOfWork, person_id: int, on: date) -> None:
    """What the account earned before it was empty is the holder's: closing must not swallow it.
    The refusal takes the posting back with everything else."""
    due = settle_interest(work, context.pack, person_id, on)
    if due > 0:
        raise Refused(
            "account/interest-due",
            f"账户还有应结未结的利息 {yuan_text(due)} 元；"
            "利息归本人，请先结息（gongji interest）并用完再注销，"
            "或按政策包所列事由用 gongji account clear 付给本人并注销",
        )


def with_roster(held: Standing, spans: Sequence[Span], on: date | None) -> Standing:
    """The states that hold, and 停保可用 where no event but the roster says that the insurance
    has stopped: the benefit period and with it crediting follow the roster by themselves.

    Args:
        on: None for what the roster says last.
    """
    covering = [span for span in spans if on is None or span.covers(on)]
    if not covering or covering[-1].insured == Insured.NORMAL:
        return held
    if covering[-1].plan != Plan.COMBINED or held.since:
        return held
    return Standing({State.STOPPED: covering[-1].valid_from})


def states(
    context: Context,
    number: str,
    on: date | None = None,
    known_at: datetime | None = None,
) -> dict[str, Any]:
    """How an account stands, on a day and as known at an instant, and every event up to then.

    Args:
        on: None for what holds after all events; later events are not listed.
        known_at: only what was recorded up to this instant, UTC.
    """
    with context.reading() as connection:
        who = known_person(connection, number, known_at)
        rows = account_events.events_of(connection, who.person_id, known_at)
        account = accounts.totals(connection, who.person_id)
        spans = spans_of(connection, [who.person_id])[who.person_id]
    held = standing((row.happened for row in rows), on)
    if known_at is None:  # The roster is not kept by what was known of it.
        held = with_roster(held, spans, on)
    return {
        "psn_no": who.psn_no,
        "psn_name": who.name,
        "on": None if on is None else on.isoformat(),
        "status": str(held.state) if account.status != "none" or held.since else "none",
        "status_name": STATE_NAMES[held.state],
        "holds": [
            {"status": str(state), "name": STATE_NAMES[state], "since": since.isoformat()}
            for state, since in sorted(held.since.items(), key=lambda item: item[1])
        ],
        "events": [
            {
                "event": str(row.event),
                "name": EVENT_NAMES[row.event],
                "on": row.happened_on.isoformat(),
                "reason": row.reason,
                "status_after": str(row.status_after),
                "recorded_at": instant_with_zone(row.recorded_at),
                "actor": row.actor,
                "entry_id": None if row.entry_id is None else str(row.entry_id),
            }
            for row in rows
            if on is None or row.happened_on <= on
        ],
    }
