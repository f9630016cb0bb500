"""One transaction: the lock, then the clock; a commit, or nothing happened."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.people import CHEN
from tests.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "world.db")
    yield world
    world.close()


def test_the_instant_is_taken_while_the_lock_is_held(world: World) -> None:
    """Else a month could be closed at an instant before an entry that it waited for."""
    looks = []

    def now() -> datetime:
        other = sqlite3.connect(world.path, timeout=0, isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")
            looks.append("free")
        except sqlite3.OperationalError:
            looks.append("locked")
        finally:
            other.close()
        return datetime(2024, 1, 1, tzinfo=UTC)

    with replace(world.context, now=now).writing():
        pass
    assert looks == ["locked"]


def test_leaving_without_a_commit_changes_nothing(world: World) -> None:
    with world.context.writing() as work:
        work.connection.exec_driver_sql("UPDATE pool SET name = 'changed'")
    assert world.rows("SELECT name FROM pool") != [("changed",)]


def test_an_error_inside_changes_nothing(world: World) -> None:
    with pytest.raises(ZeroDivisionError):
        _change_and_fail(world)
    assert world.rows("SELECT name FROM pool") != [("changed",)]
    world.enrol(CHEN)
    assert world.count("person") == 1


def _change_and_fail(world: World) -> None:
    with world.context.writing() as work:
        work.connection.exec_driver_sql("UPDATE pool SET name = 'changed'")
        _ = 1 // 0


def test_readers_do_not_wait_for_a_writer(world: World) -> None:
    with world.context.writing() as work:
        work.connection.exec_driver_sql("UPDATE pool SET name = 'changed'")
        assert world.count("person") == 0
        assert world.rows("SELECT name FROM pool") != [("changed",)]
        work.commit()
    assert world.rows("SELECT name FROM pool") == [("changed",)]
