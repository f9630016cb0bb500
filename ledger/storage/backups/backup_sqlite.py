"""A SQLite file copied while desks write to it, and put in another's place."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, create_engine

from ledger.core.errors import Refused

PAGES = 4_096
"""Copied between two looks at how far it is."""

PATIENCE = 5
"""Seconds that a database may still be in use before it is not replaced."""


@contextmanager
def copied(database: Path, target: Path, tell: Callable[[int, int], None]) -> Iterator[Connection]:
    """A copy of the database as it stands now, one file without a journal; gone after the block.

    The copy is read in one transaction, so that it neither waits for whoever writes meanwhile nor
    begins again because of them.

    Args:
        tell: (pages copied, pages there are).

    Returns:
        A connection that only reads the copy.

    Raises:
        Refused: `backup/failed`.
    """
    target.unlink(missing_ok=True)
    try:
        _copy(database, target, tell)
        only_reading = {"mode": "ro", "uri": "true"}
        file = target.resolve().as_uri()
        engine = create_engine(URL.create("sqlite", database=file, query=only_reading))
        with engine.connect() as connection:
            yield connection
        engine.dispose()
    except sqlite3.Error as error:
        raise Refused("backup/failed", f"复制数据库失败：{error}") from error
    finally:
        target.unlink(missing_ok=True)


def _copy(database: Path, target: Path, tell: Callable[[int, int], None]) -> None:
    with (
        closing(sqlite3.connect(database, timeout=60, isolation_level=None)) as source,
        closing(sqlite3.connect(target, isolation_level=None)) as copy,
    ):
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()
        source.backup(
            copy, pages=PAGES, progress=lambda _state, left, whole: tell(whole - left, whole)
        )
        copy.execute("PRAGMA journal_mode = DELETE")


def put_in_place(restored: Path, database: Path) -> None:
    """Let the restored file be the database, all at once.

    Raises:
        Refused: `restore/in-use` while another process has the old one open.
    """
    with closing(sqlite3.connect(restored, isolation_level=None)) as connection:
        # Back to one file: what is replaced is a name, and a journal has a name of its own.
        connection.execute("PRAGMA journal_mode = DELETE")
    if database.exists():
        with _alone_on(database):
            restored.replace(database)
    else:
        restored.replace(database)
    folder = os.open(database.resolve().parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def _alone_on(database: Path) -> Iterator[None]:
    """Nobody else has the file open: else they would go on writing to a file without a name."""
    with closing(sqlite3.connect(database, timeout=PATIENCE, isolation_level=None)) as connection:
        try:
            connection.execute("PRAGMA journal_mode = DELETE")
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise Refused(
                "restore/in-use", f"{database} 正在使用；请先停止服务和其他命令，再恢复"
            ) from error
        yield
        connection.execute("ROLLBACK")
