"""One transaction: ids, the instant, the actor. The service commits; nothing below does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine

from ledger.core.ids import EntryIds
from ledger.storage.database.engine import writing
from ledger.storage.database.nodes import ids_on
from ledger.storage.database.turns import Turn, take_turn


@dataclass(slots=True)
class UnitOfWork:
    """An open write transaction. Leaving it without `commit()` rolls everything back."""

    connection: Connection
    ids: EntryIds
    recorded_at: datetime
    """UTC."""
    actor: str

    def commit(self) -> None:
        self.connection.commit()


@contextmanager
def unit_of_work(
    engine: Engine,
    ids: EntryIds,
    now: Callable[[], datetime],
    actor: str,
    turn: Turn = Turn.COMMAND,
) -> Iterator[UnitOfWork]:
    """Open a write transaction in the name of `actor`."""
    with writing(engine) as connection:
        # The lock first, the clock second: whoever waited for somebody else's commit is recorded
        # after it, and a month is never closed at an instant before its last entry.
        connection.begin()
        take_turn(connection, turn)
        yield UnitOfWork(connection, ids_on(connection, ids), now(), actor)
