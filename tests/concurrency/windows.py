"""Windows: a few processes that wait at one barrier and then work on one database at once.

They are started once and stay, since starting Python costs more than everything they do. What
they import is little for the same reason.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from typing import Any

from ledger.core.batches import Batch
from ledger.core.errors import GongjiError
from ledger.core.ids import EntryIds
from ledger.core.visits import VisitRecord
from ledger.policy.loader import load_pack
from ledger.services.close_month import close_month
from ledger.services.context import Context
from ledger.services.credit_month import credit_month
from ledger.services.import_visits import import_visits
from ledger.services.importing import ImportOptions
from ledger.services.pay_provider import pay_provider
from ledger.services.settle_visit import reverse, settle
from ledger.storage.engine import open_engine


def _import_visits(context: Context, records: list[VisitRecord]) -> dict[str, Any]:
    batch = Batch("visits", "visits.csv", len(records), records, [])
    result = import_visits(context, batch, ImportOptions())
    return {"accepted": result.accepted, "unchanged": result.unchanged, "errors": result.errors}


VERBS = {
    "settle": settle,
    "reverse": reverse,
    "credit": credit_month,
    "close": close_month,
    "import": _import_visits,
    "pay": pay_provider,
}

Task = tuple[str, tuple[Any, ...]]
"""A verb and what it is given after the context."""

Found = tuple[str, dict[str, Any]]
"""The code of a refusal, or "" and the answer."""


def _now() -> datetime:
    return datetime.now(UTC)


def _window(inbox: Connection, barrier: Barrier) -> None:
    """One process: its own engine, its own ids, the real clock; until it is told to stop."""
    pack = load_pack("420300-shiyan")
    ids = EntryIds(_now)
    while (work := inbox.recv()) is not None:
        url, tasks = work
        context = Context(open_engine(url), pack, _now, ids, "window")
        barrier.wait(timeout=120)
        inbox.send([_try(context, task) for task in tasks])
        context.engine.dispose()


def _try(context: Context, task: Task) -> Found:
    verb, arguments = task
    try:
        return "", VERBS[verb](context, *arguments)
    except GongjiError as error:
        return error.code, {}


class Windows:
    """Open them in a `with`; `at_once` gives every window its tasks and gathers the answers."""

    def __init__(self, count: int) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._barrier = spawn.Barrier(count)
        pipes = [spawn.Pipe() for _ in range(count)]
        self._lines = [ours for ours, _theirs in pipes]
        self._processes = [
            spawn.Process(target=_window, args=(theirs, self._barrier), daemon=True)
            for _ours, theirs in pipes
        ]
        for process in self._processes:
            process.start()

    def at_once(self, url: str, tasks_of_windows: Sequence[Sequence[Task]]) -> list[Found]:
        """Answers in the order of the windows and of their tasks. A window without tasks only
        waits at the barrier with the others."""
        idle = len(self._lines) - len(tasks_of_windows)
        for line, tasks in zip(self._lines, [*tasks_of_windows, *[[]] * idle], strict=True):
            line.send((url, list(tasks)))
        found: list[Found] = []
        for line in self._lines:
            assert line.poll(timeout=240), "a window does not answer"
            found += line.recv()
        return found

    def close(self) -> None:
        for line in self._lines:
            line.send(None)
        for process in self._processes:
            process.join(timeout=60)
