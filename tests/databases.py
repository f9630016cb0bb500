"""The databases that tests run on: a SQLite file each, or a database each of one PostgreSQL.

`GONGJI_TEST_DATABASE=postgresql` runs the same tests on a real server out of the wheel. It is
started by the first test that needs it and stopped with the last process of the run; its cluster
lies in memory, since no test here pulls the plug.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, event

from ledger.storage.database.embedded_postgres import ADMIN, APPLICATION, OWNER, EmbeddedPostgres
from ledger.storage.database.engine import open_engine
from ledger.storage.database.triggers import sqlite_triggers

POSTGRES = os.environ.get("GONGJI_TEST_DATABASE") == "postgresql"
_MEMORY = Path("/dev/shm")
_ROOM = 3 * 10**9
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
         "max_connections": "200", "shared_buffers": "256MB",
         "log_line_prefix": "%m [%p] %d "}  # fmt: skip


def open_test_engine(path: Path, owner: bool = False) -> Engine:
    """An engine on the database of that path. Without waiting for the disk."""
    if POSTGRES:
        _create(_name(path), None)
        engine = open_engine(address(path, OWNER if owner else APPLICATION))
        _opened.append(engine)
        return engine
    engine = open_engine(address(path))
    event.listen(engine, "connect", _do_not_wait_for_the_disk)
    return engine


def address(path: Path, role: str = APPLICATION) -> str:
    """The URL of a test's database, as a command line takes it."""
    if not POSTGRES:
        return f"sqlite:///{path}"
    return server().url(role).rpartition("/")[0] + "/" + _name(path)


def copy(template: Path, path: Path) -> None:
    """Make the database of `path` a copy of another; one that is there stays."""
    if POSTGRES:
        _create(_name(path), _name(template))
    elif not path.exists():
        shutil.copyfile(template, path)


def settle_down(engine: Engine) -> None:
    """Let nothing be open or on the way, so that the database can be copied."""
    if not POSTGRES:
        with engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()


def _do_not_wait_for_the_disk(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous = OFF")


@cache
def server() -> EmbeddedPostgres:
    """One server for all processes of a run: they share the folder of the run's first process."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    folder = _root() / f"gongji-tests-{run}"
    made = EmbeddedPostgres(folder, _FAST, _root() / f"gongji-server-{run}")
    made.open()
    return made


_opened: list[Engine] = []
"""Kept until the end: a connection that is forgotten while open warns, and warnings fail."""


def leave_server() -> None:
    """At the end of a process of the run; the last one takes everything away."""
    for engine in _opened:
        engine.dispose()
    if server.cache_info().currsize and server().close():
        shutil.rmtree(server().folder, ignore_errors=True)
        shutil.rmtree(server().root_folder, ignore_errors=True)


def _root() -> Path:
    roomy = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM
    return _MEMORY if roomy else Path(tempfile.gettempdir())


@contextmanager
def scratch_folders(place: Path | None = None) -> Iterator[tuple[Path, Path]]:
    """A folder for a server, and one for its cluster where tests run as root. By default in
    memory, where there is room."""
    folder = Path(tempfile.mkdtemp(prefix="gongji-server-", dir=place or _root()))
    folder.chmod(0o755)
    try:
        yield folder / "dir", folder / "cluster"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _name(path: Path) -> str:
    return "t" + hashlib.blake2b(str(path).encode(), digest_size=10).hexdigest()


KEPT = 40
"""How many databases of earlier tests stay: one takes ten megabytes, and a run makes hundreds."""
_made: dict[str, bool] = {}
"""Name -> is it copied from (a template stays)."""


def _create(name: str, template: str | None) -> None:
    if name in _made:
        return
    if template is not None:
        _made[template] = True
    there = server().psql("postgres", f"SELECT 1 FROM pg_database WHERE datname = '{name}'")
    if not there.strip():
        source = f" TEMPLATE {template} STRATEGY FILE_COPY" if template else ""
        server().psql("postgres", f"CREATE DATABASE {name} OWNER {OWNER}{source}")
    _made[name] = False
    copies = [each for each, copied_from in _made.items() if not copied_from]
    for old in copies[:-KEPT]:
        server().psql("postgres", f"DROP DATABASE {old} WITH (FORCE)")
        del _made[old]


no_database = pytest.mark.skipif(POSTGRES, reason="asks no database of ours; tried already")
only_postgres = pytest.mark.skipif(not POSTGRES, reason="what it tries is a matter of PostgreSQL")
only_sqlite = pytest.mark.skipif(POSTGRES, reason="what it tries is a matter of SQLite's file")


def plant(path: Path, statements: list[str]) -> None:
    """Run raw SQL with every guard down: what a breach of the books would look like."""
    if POSTGRES:
        _plant_in_postgres(path, statements)
        return
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        for name in sqlite_triggers():
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            assert connection.execute(statement).rowcount > 0, f"planted nothing: {statement}"
        for trigger in sqlite_triggers().values():
            connection.execute(trigger)
        connection.commit()


_CHECKS = (
    "SELECT conrelid::regclass::text, conname FROM pg_constraint "
    "WHERE contype = 'c' AND conrelid <> 0 AND coninhcount = 0"
)


def _plant_in_postgres(path: Path, statements: list[str]) -> None:
    with psycopg.connect(server().url(ADMIN).rpartition("/")[0] + "/" + _name(path)) as connection:
        for table, name in connection.execute(_CHECKS).fetchall():
            connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        connection.execute("SET session_replication_role = replica")
        for statement in statements:
            assert connection.execute(statement).rowcount > 0, f"planted nothing: {statement}"
