"""The lines that an engine's desks share. Made where they are needed, kept for the next one."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import BoundedSemaphore, Lock
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError

from ledger.storage.database.engine import translate
from ledger.storage.database.line import Line
from ledger.storage.database.postgres import as_of_sqlalchemy

_PLANS = (
    "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off "
    "-c enable_mergejoin=off -c jit=off"
)
"""One plan for each prepared statement, and it goes by keys: what was planned on an empty database
must not read a table from end to end once it is full."""

_idle: WeakKeyDictionary[Engine, deque[Line]] = WeakKeyDictionary()
_places: WeakKeyDictionary[Engine, BoundedSemaphore] = WeakKeyDictionary()
MOST = 16
"""Lines of an engine at the same time: whoever comes then waits for one, since a server has not
many connections to give."""
_door = Lock()


@contextmanager
def line_of(engine: Engine) -> Iterator[Line]:
    """A line for one transaction; leaving without a commit rolls back.

    Raises:
        GongjiError: what the database refuses, in the user's words.
    """
    places = _places_of(engine)
    places.acquire()
    try:
        line = _take(engine)
    except BaseException:
        places.release()
        raise
    line.listeners, line.engine = engine.dispatch.commit, engine
    try:
        with _in_our_words():
            yield line
    finally:
        line.engine = None  # Or the engine would live as long as a line that waits for it.
        line.rollback()
        _give_back(engine, line)
        places.release()


@contextmanager
def line_apart(engine: Engine) -> Iterator[Line]:
    """A line for one transaction beside the caller's own. It takes nobody's place: whoever asks
    holds one already, and all of them could wait for one more.

    Raises:
        GongjiError: what the database refuses, in the user's words.
    """
    line = _dial(engine)
    try:
        with _in_our_words():
            yield line
    finally:
        line.close()


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise translate(error) from error
    except psycopg.Error as error:
        raise translate(as_of_sqlalchemy("line", error)) from error


def _places_of(engine: Engine) -> BoundedSemaphore:
    with _door:
        return _places.setdefault(engine, BoundedSemaphore(MOST))


def _take(engine: Engine) -> Line:
    with _door:
        waiting = _idle.get(engine)
        if waiting is None:
            waiting = _idle[engine] = deque()
            event.listen(engine, "engine_disposed", _hang_up)
    try:
        return waiting.pop()
    except IndexError:
        return _dial(engine)


def _give_back(engine: Engine, line: Line) -> None:
    waiting = _idle.get(engine)
    if waiting is not None and line.usable:
        waiting.append(line)
        return
    line.close()
    # The server went away: the other lines are dead, too, and nobody has to find that out.
    with suppress(IndexError):
        while waiting:
            waiting.pop().close()


def _dial(engine: Engine) -> Line:
    _none, given = engine.dialect.create_connect_args(engine.url)
    settings: dict[str, Any] = dict(given)
    limits = engine.get_execution_options()["server_options"]
    options = f"{settings.pop('options', '')} {limits} {_PLANS}"
    try:
        return Line(
            psycopg.connect(
                **settings,
                autocommit=True,
                options=options,
                cursor_factory=psycopg.ClientCursor,
            )
        )
    except psycopg.Error as error:
        raise translate(as_of_sqlalchemy("connect", error)) from error


def _hang_up(engine: Engine) -> None:
    with _door:
        for line in _idle.pop(engine, ()):
            line.close()
