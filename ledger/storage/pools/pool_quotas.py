"""Quotas that holders of ours give to relatives in other pools: the hold, and what happens to it.

`hold` and `held_fen` are the state; `quota_event` is what happened, written once. Each function
here changes all of them together, so that `held_fen` is always the open holds less their draws.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection

from ledger.books.kinds import TRANSFER_KINDS
from ledger.storage.database.bulk import insert_rows, keys
from ledger.storage.database.engine import instant_text
from ledger.storage.database.unit_of_work import UnitOfWork

GIVEN, USED, REVERSED, RETURNED = "given", "used", "reversed", "returned"


class Quota(NamedTuple):
    """A row of `pool_quota` with its hold and what became of it, fen."""

    person_id: int
    hold_id: int
    user_certno: str
    user_name: str
    pool: str
    relation: str
    valid_from: date
    valid_until: date
    given_fen: int
    used_fen: int
    """Used and not taken back."""
    held_fen: int
    """What is still set aside; zero once the quota has ended."""
    ended_on: date | None

    def covers(self, day: date) -> bool:
        return self.ended_on is None and self.valid_from <= day < self.valid_until


class QuotaEvent(NamedTuple):
    """A row of `quota_event`."""

    person_id: int
    hold_id: int
    event_no: int
    kind: str
    happened_on: date
    amount_fen: int
    entry_id: int | None
    reference: str
    reason: str


_QUOTAS = """
    SELECT q.person_id, q.hold_id, q.user_certno, q.user_name, q.pool, q.relation, q.valid_from,
        q.valid_until, h.amount_fen, coalesce((
            SELECT sum(CASE e.kind WHEN 'used' THEN e.amount_fen
                WHEN 'reversed' THEN -e.amount_fen ELSE 0 END)
            FROM quota_event AS e
            WHERE e.person_id = q.person_id AND e.hold_id = q.hold_id), 0), h.released_on
    FROM pool_quota AS q
    JOIN hold AS h ON h.person_id = q.person_id AND h.hold_id = q.hold_id
"""


def _quota(row: tuple[Any, ...]) -> Quota:
    start, until, given, used, released = row[6:]
    ended = None if released is None else date.fromisoformat(released)
    held = given - used if ended is None else 0
    days = (date.fromisoformat(start), date.fromisoformat(until))
    return Quota._make((*row[:6], *days, given, used, held, ended))


def find_quota(connection: Connection, hold_id: int) -> Quota | None:
    row = connection.exec_driver_sql(f"{_QUOTAS} WHERE q.hold_id = ?", (hold_id,)).first()
    return None if row is None else _quota(tuple(row))


def quotas_of(connection: Connection, person_id: int) -> list[Quota]:
    """What a holder has given, oldest first, the ended ones included."""
    rows = connection.exec_driver_sql(
        f"{_QUOTAS} WHERE q.person_id = ? ORDER BY q.hold_id", (person_id,)
    )
    return [_quota(tuple(row)) for row in rows]


def quotas_for(connection: Connection, user_certno: str) -> list[Quota]:
    """What somebody in another pool has been given, by whichever holders."""
    rows = connection.exec_driver_sql(
        f"{_QUOTAS} WHERE q.user_certno = ? ORDER BY q.hold_id", (user_certno,)
    )
    return [_quota(tuple(row)) for row in rows]


def all_quotas(connection: Connection, open_only: bool) -> list[Quota]:
    rows = connection.exec_driver_sql(
        f"{_QUOTAS} WHERE NOT ? OR h.released_on IS NULL ORDER BY q.hold_id", (open_only,)
    )
    return [_quota(tuple(row)) for row in rows]


def expired(connection: Connection, as_of: date) -> list[Quota]:
    """Open quotas whose last day lies before `as_of`."""
    rows = connection.exec_driver_sql(
        f"{_QUOTAS} WHERE h.released_on IS NULL AND q.valid_until <= ? ORDER BY q.hold_id",
        (as_of,),
    )
    return [_quota(tuple(row)) for row in rows]


def events_of(connection: Connection, quotas: Iterable[Quota]) -> list[QuotaEvent]:
    """What happened to some quotas, in the order in which it was recorded."""
    rows = connection.exec_driver_sql(
        "SELECT e.person_id, e.hold_id, e.event_no, e.kind, e.happened_on, e.amount_fen, "
        "e.entry_id, e.reference, e.reason FROM json_each(:keys) AS w "
        "CROSS JOIN pool_quota AS q ON q.hold_id = w.value "
        "CROSS JOIN quota_event AS e ON e.person_id = q.person_id AND e.hold_id = q.hold_id "
        "ORDER BY e.recorded_at, e.hold_id, e.event_no",
        {"keys": keys(quota.hold_id for quota in quotas)},
    )
    return [QuotaEvent._make((*row[:4], date.fromisoformat(row[4]), *row[5:])) for row in rows]


def place(work: UnitOfWork, quota: Quota) -> None:
    """Set the money aside. The database refuses what the balance does not cover."""
    insert_rows(
        work.connection,
        "hold",
        "person_id hold_id amount_fen placed_on",
        [(quota.person_id, quota.hold_id, quota.given_fen, quota.valid_from)],
    )
    insert_rows(work.connection, "pool_quota", " ".join(Quota._fields[:8]), [quota[:8]])
    _hold(work.connection, quota.person_id, quota.given_fen)
    _record(work, quota, GIVEN, quota.valid_from, quota.given_fen)


def draw(
    work: UnitOfWork, quota: Quota, on: date, amount_fen: int, entry_id: int, reference: str
) -> None:
    """A use: so much is no longer held, if the quota still runs; the entry takes it out of the
    account. Call it before the entry is appended, or the money would be counted twice for a
    moment."""
    if quota.ended_on is None:
        _hold(work.connection, quota.person_id, -amount_fen)
    _record(work, quota, USED, on, amount_fen, entry_id, reference)


def give_back(
    work: UnitOfWork, quota: Quota, on: date, amount_fen: int, entry_id: int, reference: str
) -> None:
    """A use was taken back: held again while the quota runs, else free. Call it after the
    entry is appended."""
    if quota.ended_on is None:
        _hold(work.connection, quota.person_id, amount_fen)
    _record(work, quota, REVERSED, on, amount_fen, entry_id, reference)


def release(work: UnitOfWork, quota: Quota, on: date, reason: str) -> None:
    """The quota ends; what is unused is the holder's again."""
    work.connection.exec_driver_sql(
        "UPDATE hold SET released_on = ? WHERE person_id = ? AND hold_id = ?",
        (on, quota.person_id, quota.hold_id),
    )
    _hold(work.connection, quota.person_id, -quota.held_fen)
    _record(work, quota, RETURNED, on, quota.held_fen, reason=reason)


def _hold(connection: Connection, person_id: int, fen: int) -> None:
    connection.exec_driver_sql(
        "UPDATE personal_account SET held_fen = held_fen + ? WHERE person_id = ?",
        (fen, person_id),
    )


def _record(
    work: UnitOfWork,
    quota: Quota,
    kind: str,
    on: date,
    amount_fen: int,
    entry_id: int | None = None,
    reference: str = "",
    reason: str = "",
) -> None:
    number = work.connection.exec_driver_sql(
        "SELECT count(*) FROM quota_event WHERE person_id = ? AND hold_id = ?",
        (quota.person_id, quota.hold_id),
    ).scalar_one()
    insert_rows(
        work.connection,
        "quota_event",
        " ".join(QuotaEvent._fields) + " recorded_at actor",
        [
            (
                quota.person_id,
                quota.hold_id,
                number + 1,
                kind,
                on,
                amount_fen,
                entry_id,
                reference,
                reason,
                instant_text(work.recorded_at),
                work.actor,
            )
        ],
    )


def years_of_use(
    connection: Connection, used: QuotaEvent, returns: Iterable[int]
) -> list[tuple[int, int]]:
    """(year of the money, fen) that a use took, in the order in which it took them, less what
    was taken back of it.

    Args:
        returns: the entries that took parts of it back.
    """
    rows = connection.exec_driver_sql(
        "SELECT t.fund_year, CAST(sum(CASE t.kind WHEN :draw THEN t.amount_fen "
        "ELSE -t.amount_fen END) AS BIGINT) FROM json_each(:keys) AS w "
        "CROSS JOIN transfer AS t ON t.person_id = :person AND t.entry_id = w.value "
        "WHERE t.kind IN (:draw, :back) GROUP BY t.fund_year "
        "ORDER BY min(CASE t.kind WHEN :draw THEN t.leg END)",
        {
            "keys": keys([used.entry_id, *returns]),
            "person": used.person_id,
            "draw": TRANSFER_KINDS["aid_draw"].kind,
            "back": TRANSFER_KINDS["aid_return"].kind,
        },
    )
    return [(year, fen) for year, fen in rows if fen]
