"""Back to an instant on PostgreSQL, by the steps of docs/backup.md: base backup, archive, an
instant, more work, the disk gone; the books are then exactly those of the instant."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ledger.storage.database.embedded_postgres import (
    ACCOUNT,
    ADMIN,
    APPLICATION,
    OWNER,
    EmbeddedPostgres,
)
from tests.databases import scratch_folders
from tests.plug.city import DAY, PEOPLE, Books
from tests.plug.servers import DURABLE, kill_everything

pytestmark = pytest.mark.xdist_group("backup")


def of_the_server(folder: Path) -> Path:
    """A folder that the server's account writes to."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.geteuid() == 0:
        shutil.chown(folder, ACCOUNT)
    return folder


@contextmanager
def archiving() -> Iterator[tuple[EmbeddedPostgres, Path]]:
    """A server that archives its log, and the archive."""
    with scratch_folders() as (folder, root_folder):
        root_folder.mkdir(parents=True)
        archive = of_the_server(root_folder / "archive")
        settings = {
            "archive_mode": "on",
            "archive_command": f"test ! -f {archive}/%f && cp %p {archive}/%f",
        }
        server = EmbeddedPostgres(folder, DURABLE | settings, root_folder)
        server.open()
        try:
            yield server, archive
        finally:
            server.stop("immediate")
            server.close()


def base_backup(server: EmbeddedPostgres, into: Path) -> None:
    _, _, after = server.url(ADMIN).partition("@127.0.0.1:")
    port, password = after.partition("/")[0], server.url(ADMIN).split(":")[2].split("@")[0]
    server.run(
        "pg_basebackup", "-h", "127.0.0.1", "-p", port, "-U", ADMIN, "-D", str(into), "-c", "fast",
        "-X", "stream", password=password,
    )  # fmt: skip
    server.run("pg_verifybackup", str(into))


def archive_everything(server: EmbeddedPostgres) -> None:
    """As archive_timeout does in time."""
    segment = server.psql("postgres", "SELECT pg_walfile_name(pg_switch_wal())").strip()
    while server.psql("postgres", "SELECT last_archived_wal FROM pg_stat_archiver") < segment:
        os.sched_yield()


def restored_to(server: EmbeddedPostgres, base: Path, archive: Path, instant: str) -> None:
    """Step 3: the base backup where the data folder was, told how far to go."""
    shutil.rmtree(server.data)
    base.rename(server.data)
    with (server.data / "postgresql.conf").open("a", encoding="utf-8") as out:
        out.write(f"restore_command = 'cp {archive}/%f %p'\n")
        out.write(f"recovery_target_time = '{instant}'\nrecovery_target_action = 'promote'\n")
    (server.data / "recovery.signal").touch()
    server.open()
    while server.psql("postgres", "SELECT pg_is_in_recovery()").strip() == "t":
        os.sched_yield()


def everything_in(server: EmbeddedPostgres, books: Books) -> dict[str, list[Any]]:
    tables = server.psql(
        "gongji", "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    ).split()
    return {
        table: sorted(books.rows(f"SELECT * FROM {table}"), key=repr) for table in sorted(tables)
    }


def settle(books: Books, name: str) -> None:
    for number, person in enumerate(PEOPLE[:4]):
        visit = books.visit(f"{name}-{number}", str(person.psn_no), DAY, 900, use=1)
        books.settle(visit, visit.visit_id)


def test_the_books_are_exactly_those_of_the_instant() -> None:
    with archiving() as (server, archive):
        books = Books(server.url(APPLICATION), server.url(OWNER))
        books.settle_in()
        base = server.data.with_name("base")
        base_backup(server, base)
        settle(books, "after-the-base")
        books.credit("2023-01")
        then = everything_in(server, books)
        instant = server.psql("postgres", "SELECT clock_timestamp()").strip()
        settle(books, "the-wrong-thing")
        archive_everything(server)
        books.close()
        kill_everything(server)
        restored_to(server, base, archive, instant)
        assert everything_in(server, books) == then
        books.prove()
        settle(books, "the-wrong-thing")
        books.prove()
        books.close()
