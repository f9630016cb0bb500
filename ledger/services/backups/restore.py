"""`restore`: a backup becomes the database, whole or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from ledger.core.errors import Refused
from ledger.core.os_errors import why
from ledger.services.backups.backup import manifest_fields
from ledger.services.backups.backup_file import Manifest, books_in, copy_checked, manifest_of
from ledger.services.context import Progress, no_progress
from ledger.storage.backups import backup_postgres, backup_sqlite
from ledger.storage.backups.table_counts import has_books, table_counts
from ledger.storage.database.engine import open_engine, reading
from ledger.storage.migrate import upgrade
from ledger.storage.revisions import knows

CHECKING, FILLING, COUNTING = "读取并核对备份", "写入数据库", "建立索引，核对行数"
"""Stages of a restore, as the bar names them; the last one is not counted."""


def restore(
    engine: Engine, path: Path, overwrite: bool = False, progress: Progress = no_progress
) -> dict[str, Any]:
    """Put the books of a backup into a database, and bring them to the newest schema.

    Args:
        engine: on PostgreSQL of the role that owns the tables.
        overwrite: also where the database has books, which are gone afterwards.
        progress: told how far it is.

    Returns:
        `file` and the fields of the manifest.

    Raises:
        Refused: `restore/not-a-backup`, `restore/damaged`, `restore/other-database`,
            `restore/newer-program`, `restore/has-books`, `restore/in-use`, `restore/failed`,
            `backup/programs-missing`, and on PostgreSQL `database/not-allowed`,
            `database/disk-full` and their like.
    """
    manifest = manifest_of(path)
    _refuse_unfitting(manifest, engine)
    if not overwrite and _has_books(engine):
        raise Refused("restore/has-books", "该数据库已有账簿；确实要覆盖时请加 --overwrite")
    if manifest.database == "sqlite":
        _into_sqlite(engine, path, manifest, progress)
    else:
        _into_postgres(engine, path, manifest, progress)
    return {"file": str(path), **manifest_fields(manifest)}


def _refuse_unfitting(manifest: Manifest, engine: Engine) -> None:
    if manifest.database != engine.dialect.name:
        raise Refused(
            "restore/other-database",
            f"这是 {manifest.database} 的备份，不能恢复到 {engine.dialect.name}",
        )
    if not knows(manifest.revision):
        raise Refused("restore/newer-program", "该备份由更新的程序建立；请先升级程序")


def _has_books(engine: Engine) -> bool:
    file = engine.url.database
    if engine.dialect.name == "sqlite" and not (file and Path(file).exists()):
        return False
    with reading(engine) as connection:
        return has_books(connection)


def _into_sqlite(engine: Engine, path: Path, manifest: Manifest, progress: Progress) -> None:
    """Made whole beside the database, and only then put in its place."""
    database = Path(engine.url.database or "")
    engine.dispose()
    with _scratch(database.with_name(database.name + ".restoring")) as restored:
        with restored.open("wb") as out:
            copy_checked(path, manifest, out, partial(progress, CHECKING))
        progress(COUNTING, 0, 1)
        beside = open_engine(f"sqlite:///{restored}")
        try:
            with reading(beside) as connection:
                if table_counts(connection) != manifest.counts:
                    raise Refused("restore/damaged", "备份已损坏：行数与其清单不符")
            upgrade(beside)
        finally:
            beside.dispose()
        backup_sqlite.put_in_place(restored, database)


def _into_postgres(engine: Engine, path: Path, manifest: Manifest, progress: Progress) -> None:
    """Read twice: what is damaged is known before the first table is touched."""
    copy_checked(path, manifest, None, partial(progress, CHECKING))
    with reading(engine) as connection:
        programs = backup_postgres.programs_for(connection)
    engine.dispose()

    def tell(done: int) -> None:
        progress(FILLING, done, manifest.bytes)
        if done == manifest.bytes:
            progress(COUNTING, 0, 1)

    with books_in(path) as books:
        backup_postgres.restore_dump(programs, engine.url, books, manifest.counts, tell)
    upgrade(engine)


@contextmanager
def _scratch(file: Path) -> Iterator[Path]:
    """Gone at the end, with what SQLite keeps beside it; unless it was put elsewhere."""
    beside = [file, file.with_name(file.name + "-wal"), file.with_name(file.name + "-shm")]
    try:
        _take_away(beside)
        yield file
    except (OSError, sqlite3.Error) as error:
        reason = why(error) if isinstance(error, OSError) else error
        raise Refused("restore/failed", f"恢复失败，数据库没有改变：{reason}") from error
    finally:
        with suppress(OSError):  # A disk that takes no writes: there is nothing to take away.
            _take_away(beside)


def _take_away(files: list[Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)
