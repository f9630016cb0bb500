"""`backup`: the books as they stand, in one file, while desks go on writing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection

from ledger.core.errors import Refused
from ledger.services.backups.backup_file import Manifest, new_backup
from ledger.services.context import Context
from ledger.storage import policy
from ledger.storage.backups import backup_postgres, backup_sqlite
from ledger.storage.backups.table_counts import table_counts
from ledger.storage.database.engine import reading
from ledger.storage.migrate import current


def backup(context: Context, path: Path) -> dict[str, Any]:
    """Write everything that is committed into a new file.

    Returns:
        `file` and the fields of the manifest.

    Raises:
        Refused: `backup/file-exists`, `backup/unwritable`, `backup/failed`,
            `backup/programs-missing`.
    """
    database = context.engine.dialect.name
    taken_at = context.now().isoformat(timespec="seconds")
    taking = _from_sqlite if database == "sqlite" else _from_postgres
    with new_backup(path) as writing, taking(context, path) as (books, connection):
        manifest = Manifest(
            database, current(connection) or "", _pool(connection), taken_at,
            table_counts(connection),
        )  # fmt: skip
        writing.take(books, compressed=database != "sqlite")
        manifest = writing.finish(manifest)
    return {"file": str(path), **manifest_fields(manifest)}


def manifest_fields(manifest: Manifest) -> dict[str, Any]:
    return {name: getattr(manifest, name) for name in Manifest.__slots__}


def _pool(connection: Connection) -> str:
    row = policy.pool(connection)
    if row is None:
        raise Refused("database/not-initialised", "数据库尚未初始化；没有可备份的账簿")
    return row.code


@contextmanager
def _from_sqlite(context: Context, path: Path) -> Iterator[tuple[IO[bytes], Connection]]:
    """The copy's bytes, and a connection to that very copy."""
    file = context.engine.url.database
    if not file:
        raise Refused("backup/failed", "内存中的数据库没有文件，不能备份")
    copy = path.with_name(path.name + ".copying")

    def tell(done: int, whole: int) -> None:
        context.progress("复制数据库", done, whole)

    with backup_sqlite.copied(Path(file), copy, tell) as connection, copy.open("rb") as books:
        yield books, connection


@contextmanager
def _from_postgres(context: Context, _path: Path) -> Iterator[tuple[IO[bytes], Connection]]:
    """The dump's bytes, and the transaction whose snapshot it sees."""
    with reading(context.engine) as connection:
        # It stands still while everything is copied from its snapshot, however long that takes.
        connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        snapshot = connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
        programs = backup_postgres.programs_for(connection)
        with backup_postgres.dumped(programs, context.engine.url, str(snapshot)) as books:
            yield books, connection
