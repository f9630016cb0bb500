"""Windows: a few processes that wait at one barrier and then work on one database at once.

They are started once and stay, since starting Python costs more than everything they do.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from typing import Any

from sqlalchemy import event

from ledger.core.batches import Batch, ImportResult
from ledger.core.errors import GongjiError
from ledger.core.ids import EntryIds
from ledger.core.visits import VisitRecord
from ledger.policy.loader import load_pack
from ledger.services.accounts.account_states import change_state
from ledger.services.accounts.interest import post_interest
from ledger.services.books.close_month import close_month
from ledger.services.books.move_funds import move_funds
from ledger.services.books.pay_provider import pay_all, pay_provider
from ledger.services.context import Context
from ledger.services.crediting.credit_month import credit_month
from ledger.services.crediting.import_contributions import import_contributions
from ledger.services.importing import ImportOptions
from ledger.services.resettlement.adopt_pack import adopt_pack
from ledger.services.roster.import_families import import_families, revoke_link
from ledger.services.roster.import_people import import_people
from ledger.services.visits.import_visits import import_visits
from ledger.services.visits.settle_visit import reverse, settle
from ledger.storage.database.engine import open_engine

Import = Callable[[Context, Batch[Any], ImportOptions], ImportResult]


def _importing(kind: str, verb: Import) -> Callable[[Context, list[Any]], dict[str, Any]]:
    def take(context: Context, records: list[Any]) -> dict[str, Any]:
        batch = Batch(kind, f"{kind}.csv", len(records), records, [])
        found = verb(context, batch, ImportOptions())
        return {"accepted": found.accepted, "unchanged": found.unchanged, "errors": found.errors}

    return take


VERBS: dict[str, Callable[..., Any]] = {
    "settle": settle,
    "reverse": reverse,
    "credit": credit_month,
    "close": close_month,
    "interest": post_interest,
    "adopt": adopt_pack,
    "state": change_state,
    "revoke": revoke_link,
    "move": move_funds,
    "pay": pay_provider,
    "pay all": pay_all,
    "visits": _importing("visits", import_visits),
    "people": _importing("people", import_people),
    "contributions": _importing("contributions", import_contributions),
    "families": _importing("families", import_families),
}

Task = tuple[str, tuple[Any, ...]]
"""A verb and what it is given after the context."""

Found = tuple[str, Any]
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
    """`at_once` gives every window its tasks and gathers the answers."""

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


# --- a window that dies ---


def die_settling(url: str, visit: VisitRecord, request_id: str, before_commit: bool) -> None:
    """A process that is gone from one instruction to the next, either just before the database
    is told to commit, or when it has, and nobody has heard the answer."""
    spawn = multiprocessing.get_context("spawn")
    process = spawn.Process(target=_die, args=(url, visit, request_id, before_commit))
    process.start()
    process.join(timeout=120)
    assert process.exitcode == _DEAD


_DEAD = 9


def _die(url: str, visit: VisitRecord, request_id: str, before_commit: bool) -> None:
    engine = open_engine(url)
    context = Context(engine, load_pack("420300-shiyan"), _now, EntryIds(_now), "window")
    if before_commit:
        event.listen(engine, "commit", lambda _connection: os._exit(_DEAD))
    settle(context, visit, request_id)
    os._exit(0 if before_commit else _DEAD)
