"""A disk that is full or takes no writes: a clear code, nothing lost, nothing half-written, and
the same request id goes through once there is room."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from ledger.core.errors import GongjiError, Refused
from ledger.storage.database.embedded_postgres import APPLICATION, DATABASE, OWNER, EmbeddedPostgres
from tests import databases
from tests.people import CHEN
from tests.plug.city import PEOPLE, Books, run, write_visits
from tests.plug.disks import filled_up, small_disk, write_protected
from tests.plug.servers import a_server, kill_everything
from tests.world import World

CHEN_NO = str(CHEN.psn_no)
DAY = date(2023, 3, 1)
MOST = 3_000
"""Visits after which a disk must have been full."""


def people(world: World) -> World:
    world.enrol(CHEN)
    world.open_with(CHEN_NO, 10_000_000)
    return world


def settle(world: World, number: int) -> dict[str, Any]:
    record = world.visit(f"v{number}", CHEN_NO, DAY, 1_000, use=1)
    return world.settle(record, f"request-{number}")


def settle_until_refused(world: World) -> tuple[list[dict[str, Any]], str]:
    """The answers, and the code of the refusal after them."""
    answers: list[dict[str, Any]] = []
    for number in range(MOST):
        try:
            answers.append(settle(world, number))
        except GongjiError as error:
            return answers, error.code
    raise AssertionError("the disk did not fill")


def prove_nothing_lost(world: World, answers: list[dict[str, Any]]) -> None:
    """What was answered is there once, the refused one not at all, and can be repeated."""
    assert world.count("settlement") == world.count("request") == len(answers)
    world.prove()
    again = [settle(world, number) for number in range(len(answers) + 1)]
    assert again[:-1] == answers
    assert world.count("settlement") == len(answers) + 1
    world.prove()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = people(World(tmp_path / "books.db"))
    yield world
    world.close()


@databases.only_sqlite
def test_a_sqlite_file_that_may_not_grow_refuses_and_loses_nothing(world: World) -> None:
    (pages,) = world.rows("PRAGMA page_count")[0]
    world.close()

    def hold(connection: Any, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages + 20}")

    event.listen(world.context.engine, "connect", hold)
    answers, code = settle_until_refused(world)
    assert code == "database/disk-full"
    assert answers
    event.remove(world.context.engine, "connect", hold)
    world.close()
    prove_nothing_lost(world, answers)


@databases.only_sqlite
def test_a_full_disk_under_sqlite_refuses_and_loses_nothing(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 16) as disk:
        world = people(World(disk / "books.db"))
        with filled_up(disk, 200_000):
            answers, code = settle_until_refused(world)
            assert code == "database/disk-full"
            assert answers
            assert settle_again_is_refused(world, len(answers)) == code
        prove_nothing_lost(world, answers)
        world.close()


@databases.only_sqlite
def test_a_disk_that_is_full_when_the_books_are_opened_is_called_full(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 16) as disk:
        world = people(World(disk / "books.db"))
        answers = [settle(world, number) for number in range(3)]
        world.close()
        with filled_up(disk):
            assert settle_again_is_refused(world, 3) == "database/disk-full"
            world.close()
        prove_nothing_lost(world, answers)
        world.close()


def settle_again_is_refused(world: World, number: int) -> str:
    with pytest.raises(GongjiError) as refused:
        settle(world, number)
    return refused.value.code


@databases.only_sqlite
def test_a_disk_for_reading_only_refuses_and_loses_nothing(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 32) as disk:
        world = people(World(disk / "books.db"))
        answers = [settle(world, number) for number in range(3)]
        world.close()
        with write_protected(disk):
            assert settle_again_is_refused(world, 3) == "database/read-only"
            world.close()
        prove_nothing_lost(world, answers)
        world.close()


@databases.only_sqlite
def test_a_file_over_its_quota_makes_an_import_vanish_whole(world: World, tmp_path: Path) -> None:
    """The real command, in a process whose files may not grow over a limit."""
    file = tmp_path / "visits.csv"
    visits = [world.visit(f"f{n}", CHEN_NO, DAY, 1_000, use=1) for n in range(500)]
    write_visits(file, visits)
    databases.settle_down(world.context.engine)
    words = ("import", "visits", str(file), "--json", "--db", f"sqlite:///{world.path}")
    done = run(*words, ration=100_000)
    assert done.returncode == 1
    assert '"code": "database/unwritable"' in done.stdout, done.stdout + done.stderr
    assert world.count("settlement") == world.count("visit") == 0
    world.prove()
    done = run(*words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert world.count("settlement") == len(visits)
    world.prove()


# --- PostgreSQL ---


def on_postgres(server: EmbeddedPostgres) -> Books:
    books = Books(server.url(APPLICATION), server.url(OWNER))
    books.settle_in((*PEOPLE, CHEN))
    return books


def test_a_server_for_reading_only_refuses_and_loses_nothing() -> None:
    with a_server() as server:
        books = on_postgres(server)
        answers = [settle(books, number) for number in range(3)]
        server.psql(DATABASE, f"ALTER ROLE {APPLICATION} SET default_transaction_read_only = on")
        books.close()
        assert settle_again_is_refused(books, 3) == "database/read-only"
        server.psql(DATABASE, f"ALTER ROLE {APPLICATION} RESET default_transaction_read_only")
        books.close()
        prove_nothing_lost(books, answers)
        books.close()


def test_a_full_disk_under_postgres_refuses_and_loses_nothing() -> None:
    """Tables cannot grow: refused. The log cannot: the server goes down, and comes up again."""
    with (
        databases.scratch_folders() as (beside, _),
        small_disk(beside.with_name("disk"), 260) as disk,
        a_server(disk) as server,
    ):
        books = on_postgres(server)
        with filled_up(disk, 100_000):
            answers, code = settle_until_refused(books)
            assert code in ("database/disk-full", "database/unreachable")
            assert answers
            kill_everything(server)
            with pytest.raises(Refused) as refused:
                server.open()
            assert refused.value.code == "database/disk-full"
        books.close()
        server.open()
        prove_nothing_lost(books, answers)
        books.close()
