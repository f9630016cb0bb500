"""What every verb needs, passed in and never global: the database, the rules, the clock, the
name of whoever asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine

from ledger.core.ids import EntryIds
from ledger.policy.pack import Pack
from ledger.storage.database.engine import reading
from ledger.storage.database.turns import Turn
from ledger.storage.database.unit_of_work import UnitOfWork, unit_of_work
from ledger.storage.policy import remember_version

Progress = Callable[[str, int, int], None]
"""Told (what is being done, how much of it is done, how much there is)."""


def no_progress(_what: str, _done: int, _whole: int) -> None:
    """For callers that show nothing."""


@dataclass(frozen=True, slots=True)
class Context:
    """One way in, for as long as one command or one server lives."""

    engine: Engine
    pack: Pack
    now: Callable[[], datetime]
    """UTC."""
    ids: EntryIds
    actor: str
    progress: Progress = no_progress

    @contextmanager
    def writing(self, turn: Turn = Turn.COMMAND) -> Iterator[UnitOfWork]:
        """A write transaction; commit it, or leave and nothing happened. Verbs go through
        `services.carry_out`, which begins again where another transaction won."""
        with unit_of_work(self.engine, self.ids, self.now, self.actor, turn) as work:
            yield work

    def reading(self) -> AbstractContextManager[Connection]:
        """One consistent view, without the write lock."""
        return reading(self.engine)

    def stamp_policy(self, work: UnitOfWork) -> str:
        """Keep the pack's whole content beside what it decided; returns its version."""
        remember_version(work, self.pack.version, self.pack.code, self.pack.content_json())
        return self.pack.version
