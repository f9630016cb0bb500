"""Changes of state of an account: written once, never taken back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import NamedTuple

from sqlalchemy import Connection

from ledger.benefits.account_states import Event, Happened, Standing, State, standing
from ledger.storage.books.journal import open_accounts
from ledger.storage.database.bulk import Row, keys
from ledger.storage.database.engine import instant_text
from ledger.storage.database.questions import Question, ask
from ledger.storage.database.unit_of_work import UnitOfWork


class AccountEventRow(NamedTuple):
    event_id: int
    event: Event
    happened_on: date
    reason: str
    status_after: State
    recorded_at: str
    actor: str
    request_id: str | None
    entry_id: int | None

    @property
    def happened(self) -> Happened:
        return Happened(self.event, self.happened_on)


def events_of(
    connection: Connection, person_id: int, known_at: datetime | None = None
) -> list[AccountEventRow]:
    """The events of one account in the order in which they were recorded.

    Args:
        known_at: only what was recorded up to this instant, UTC.
    """
    rows = connection.exec_driver_sql(
        "SELECT event_id, event, happened_on, reason, status_after, recorded_at, actor, "
        "request_id, entry_id FROM account_event "
        "WHERE person_id = :person AND (:known IS NULL OR recorded_at <= :known) "
        "ORDER BY event_id",
        {
            "person": person_id,
            "known": None if known_at is None else instant_text(known_at.astimezone(UTC)),
        },
    )
    return [
        AccountEventRow(
            row[0], Event(row[1]), date.fromisoformat(row[2]), row[3], State(row[4]), *row[5:]
        )
        for row in rows
    ]


def happened_to(
    connection: Connection, people: Iterable[int], before: int | None = None
) -> dict[int, list[Happened]]:
    """Person -> events, in the order of recording; only people who have any.

    Args:
        before: only what was recorded before this id (of an entry, a settlement, an event).
    """
    if before is None:
        return ask(connection, HAPPENED, keys=keys(people))
    known_then = Question(_HAPPENED.format("WHERE e.event_id < :before "), _happened)
    return ask(connection, known_then, keys=keys(people), before=before)


def _happened(rows: Iterable[Row]) -> dict[int, list[Happened]]:
    result: dict[int, list[Happened]] = defaultdict(list)
    for person_id, event, day in rows:
        result[person_id].append(Happened(Event(event), date.fromisoformat(day)))
    return result


_HAPPENED = (
    "SELECT e.person_id, e.event, e.happened_on FROM json_each(:keys) AS w "
    "CROSS JOIN account_event AS e ON e.person_id = w.value {}ORDER BY e.person_id, e.event_id"
)
HAPPENED = Question(_HAPPENED.format(""), _happened)


def died_of(connection: Connection, people: Iterable[int]) -> dict[int, date]:
    """Person -> day of death, of those who are registered as dead."""
    held = {who: standing(events) for who, events in happened_to(connection, people).items()}
    return {who: how.since[State.DEAD] for who, how in held.items() if State.DEAD in how.since}


def closed_among(connection: Connection, people: Iterable[int]) -> set[int]:
    """Those of `people` whose account is closed."""
    rows = connection.exec_driver_sql(
        "SELECT a.person_id FROM json_each(:keys) AS w CROSS JOIN personal_account AS a "
        "ON a.person_id = w.value WHERE a.status = :closed",
        {"keys": keys(people), "closed": str(State.CLOSED)},
    )
    return {int(person_id) for (person_id,) in rows}


def standing_of(connection: Connection, person_id: int, on: date | None = None) -> Standing:
    """How an account stands: now, or on a day."""
    return standing((row.happened for row in events_of(connection, person_id)), on)


def record_event(
    work: UnitOfWork,
    person_id: int,
    happened: Happened,
    reason: str,
    request_id: str | None = None,
    entry_id: int | None = None,
) -> State:
    """Write an event and move `personal_account.status` with it; returns the state shown.

    An account that never was (a pool-only plan) is opened first: a card is lost, a death is
    registered, whether or not there is money.
    """
    connection = work.connection
    open_accounts(connection, {person_id: happened.happened_on})
    before = [row.happened for row in events_of(connection, person_id)]
    after = standing([*before, happened])
    connection.exec_driver_sql(
        "INSERT INTO account_event (person_id, event_id, event, happened_on, reason, "
        "status_after, recorded_at, actor, request_id, entry_id) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            person_id,
            work.ids.next(),
            str(happened.event),
            happened.happened_on,
            reason,
            str(after.state),
            instant_text(work.recorded_at),
            work.actor,
            request_id,
            entry_id,
        ),
    )
    closed_on = after.since.get(State.CLOSED)
    connection.exec_driver_sql(
        "UPDATE personal_account SET status = ?, closed_on = ? WHERE person_id = ?",
        (str(after.state), closed_on, person_id),
    )
    return after.state
