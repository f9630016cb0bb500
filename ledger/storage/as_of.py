"""As of a day, and as known at an instant: which part of the books a question looks at.

Entry ids carry the instant of recording in their upper bits, so "as known at" is a range of the
key. A command is known as a whole or not at all: the range ends before the first entry whose
command was recorded later.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import NamedTuple

from sqlalchemy import Connection

from ledger.core.ids import first_id_after
from ledger.core.months import FAR
from ledger.storage.database.engine import instant_text

ALWAYS = (1 << 63) - 1


class AsOf(NamedTuple):
    """Business days up to `last_day` (happened_on), entries below `before` (recorded_at)."""

    last_day: date = FAR
    before: int = ALWAYS

    @property
    def now(self) -> bool:
        """Everything there is: stored totals answer."""
        return self == NOW

    def marks(self, person_id: int) -> dict[str, object]:
        """Parameters of `BOOKED` for one person."""
        return {"person": person_id, "last_day": self.last_day, "before": self.before}


NOW = AsOf()

BOOKED = "t.person_id = :person AND +t.happened_on <= :last_day AND t.entry_id < :before"
"""Transfers `t` of a person that a question looks at. The plus keeps SQLite from trying to read
each day as a number."""


def as_of(connection: Connection, on: date | None, known_at: datetime | None) -> AsOf:
    """The part of the books up to a business day, as known at an instant.

    Args:
        known_at: with its zone.
    """
    before = ALWAYS if known_at is None else known_before(connection, known_at)
    return AsOf(on or FAR, before)


def known_before(connection: Connection, known_at: datetime) -> int:
    """The first entry id that was not known at an instant."""
    instant = known_at.astimezone(UTC)
    row = connection.exec_driver_sql(
        "SELECT entry_id FROM entry WHERE entry_id >= ? AND recorded_at > ? "
        "ORDER BY entry_id LIMIT 1",
        (min(first_id_after(instant), ALWAYS), instant_text(instant)),
    ).first()
    return ALWAYS if row is None else int(row[0])
