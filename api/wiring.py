"""The only place where settings, engine, packs and the real clock meet."""

from __future__ import annotations

import atexit
import getpass
import os
import signal
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from ledger.services.context import Context, Progress
    from ledger.storage.database.busy import Limits
    from ledger.storage.database.embedded_postgres import EmbeddedPostgres

DEFAULT_DATABASE = "sqlite:///gongji.db"
EMBEDDED = "GONGJI_EMBEDDED_POSTGRES"
"""The folder of `--embedded-postgres`, for whatever opens a database in this process."""
DEFAULT_POOL = "420300"
MOST_SECONDS = 86_400
LAST_PORT = 65_535
LOCAL = ZoneInfo("Asia/Shanghai")


def utc_now() -> datetime:
    """The clock of the ledger: naive UTC is for columns, this is aware."""
    return datetime.now(UTC)


def local_now() -> datetime:
    """Local time of the pool, naive, as visits carry it."""
    return datetime.now(LOCAL).replace(tzinfo=None, microsecond=0)


def database_url(given: str | None, *, owner: bool = False) -> str:
    """`--db`, else the server in GONGJI_EMBEDDED_POSTGRES, else GONGJI_DATABASE_URL, else a file.

    Args:
        owner: `init` makes the schema; everything else works in the application's role, on books
            that are there.

    Raises:
        ArgumentError: not an address.
        Refused: what starting the server of `--embedded-postgres` raises.
    """
    folder = os.environ.get(EMBEDDED)
    if folder and not given:
        from ledger.storage.database.embedded_postgres import APPLICATION, OWNER

        server = _embedded(folder)
        server.open(make=owner)
        return server.url(OWNER if owner else APPLICATION)
    return _checked(given or os.environ.get("GONGJI_DATABASE_URL") or DEFAULT_DATABASE)


def _checked(address: str) -> str:
    """Raises: ArgumentError, also for a port that is no number or none of a machine's."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(address)
    except ValueError as error:
        raise ArgumentError(str(error)) from error
    if url.port is not None and not 0 < url.port <= LAST_PORT:
        raise ArgumentError(f"no port: {url.port}")
    return address


@cache
def _embedded(folder: str) -> EmbeddedPostgres:
    """The server in a folder, left when this process ends."""
    from ledger.storage.database.embedded_postgres import EmbeddedPostgres

    server = EmbeddedPostgres(Path(folder))
    _end_in_order()
    atexit.register(server.close)
    return server


def _end_in_order() -> None:
    """A signal that ends this process at once would leave the server behind, running."""

    def leave(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, leave)


def kept_up(given: str | None, tell: Callable[[str], object]) -> AbstractContextManager[None]:
    """For a process that serves: the server of `--embedded-postgres`, where that is the database,
    comes up again whenever it goes down."""
    folder = os.environ.get(EMBEDDED)
    return _embedded(folder).kept_up(tell) if folder and not given else nullcontext()


def limits() -> Limits:
    """GONGJI_LOCK_TIMEOUT and GONGJI_STATEMENT_TIMEOUT, in whole seconds; 0 is no limit.

    Raises:
        Refused: `settings/not-seconds`.
    """
    from ledger.storage.database.busy import DEFAULT_LIMITS

    return DEFAULT_LIMITS._replace(
        lock_ms=_milliseconds("GONGJI_LOCK_TIMEOUT", DEFAULT_LIMITS.lock_ms),
        statement_ms=_milliseconds("GONGJI_STATEMENT_TIMEOUT", DEFAULT_LIMITS.statement_ms),
    )


def _milliseconds(name: str, default_ms: int) -> int:
    from ledger.core.errors import Refused

    text = os.environ.get(name)
    if not text:
        return default_ms
    if not (text.isascii() and text.isdigit() and int(text) <= MOST_SECONDS):
        raise Refused(
            "settings/not-seconds", f"{name} 应为不超过 {MOST_SECONDS} 的整秒数：“{text}”"
        )
    return int(text) * 1000


def current_actor() -> str:
    """In whose name a command acts: GONGJI_ACTOR, else the operating system's user."""
    return os.environ.get("GONGJI_ACTOR") or f"cli:{getpass.getuser()}"


def open_context(
    url: str | None = None,
    pack: str | None = None,
    *,
    actor: str | None = None,
    progress: Progress | None = None,
    create: bool = False,
    or_older: bool = False,
) -> Context:
    """Everything a verb needs.

    Args:
        pack: area code or folder; None takes the pack of the database's pool.
        create: `init` may make the database; every other verb refuses one that is not there.
        or_older: `backup` may read one that was not brought up to this program yet.

    Raises:
        Refused: `database/not-initialised`, `database/older-schema`, `database/newer-program`.
    """
    from ledger.core.ids import EntryIds
    from ledger.policy.loader import load_pack
    from ledger.services.context import Context, no_progress
    from ledger.storage.database.engine import open_engine

    address = database_url(url, owner=create)
    if not create:
        _refuse_missing_file(address)
    engine = open_engine(address, limits())
    try:
        kept = DEFAULT_POOL if create else _pack_of_pool(engine, or_older)
    except BaseException:
        engine.dispose()
        raise
    return Context(
        engine,
        load_pack(pack or kept),
        utc_now,
        EntryIds(utc_now),
        actor or current_actor(),
        progress or no_progress,
    )


def open_as_owner(url: str | None) -> Engine:
    """An engine of the role that makes the schema, for what works before there are books."""
    from ledger.storage.database.engine import open_engine

    return open_engine(database_url(url, owner=True), limits())


def _refuse_missing_file(address: str) -> None:
    from sqlalchemy.engine import make_url

    from ledger.core.errors import Refused

    url = make_url(address)
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).exists():
        raise Refused(
            "database/not-initialised", f"没有数据库 {url.database}；请先运行 gongji init"
        )


def _pack_of_pool(engine: Engine, or_older: bool) -> str:
    from ledger.core.errors import Refused
    from ledger.storage.database.engine import reading
    from ledger.storage.policy import pool
    from ledger.storage.revisions import refuse_other_revision

    with reading(engine) as connection:
        refuse_other_revision(connection, or_older)
        row = pool(connection)
    if row is None:
        raise Refused("database/not-initialised", "数据库尚未初始化；请先运行 gongji init")
    return row.pack
