"""Commands that are stopped just before they commit: whatever they hold, they hold until let go.
A file of visits is stopped before its last look at others' ids, during which visits wait.

What may be done beside them is then no matter of time: it is done, or it waits.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, event

from ledger.core.ids import EntryIds
from ledger.services.context import Context
from ledger.storage.database.busy import DEFAULT_LIMITS, Limits
from ledger.storage.database.engine import open_engine
from ledger.storage.database.visit_ids import LOOK
from tests.world import shiyan

Command = Callable[[Context], Any]
IMPATIENT = Limits(lock_ms=200)


def now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def desk(url: str, limits: Limits = DEFAULT_LIMITS) -> Iterator[Context]:
    """A context of its own, as another process would have it."""
    engine = open_engine(url, limits)
    try:
        yield Context(engine, shiyan(), now, EntryIds(now), "desk")
    finally:
        engine.dispose()


@contextmanager
def held(
    url: str, commands: Sequence[Command], before_look: bool = True
) -> Iterator[list[Future[Any]]]:
    """Every command carried out by a desk of its own up to its commit, all at the same time; on
    leaving they commit.

    Args:
        before_look: False: a file of visits has looked already, and waits to commit.
    """
    let_go, arrived = threading.Event(), threading.Semaphore(0)

    def stop(*_about: object) -> None:
        if not let_go.is_set():
            arrived.release()
            assert let_go.wait(timeout=60)

    def stop_at_look(_connection: Connection, _cursor: object, said: str, *_more: object) -> None:
        if said == LOOK:
            stop()

    def carry_out(command: Command) -> Any:
        with desk(url) as context:
            event.listen(context.engine, "commit", stop)
            if before_look:
                event.listen(context.engine, "before_cursor_execute", stop_at_look)
            return command(context)

    with ThreadPoolExecutor(len(commands)) as threads:
        answers = [threads.submit(carry_out, command) for command in commands]
        try:
            for _ in commands:
                assert arrived.acquire(timeout=60), "somebody waits for somebody else"
            yield answers
        finally:
            let_go.set()
