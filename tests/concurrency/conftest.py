"""Five windows for the whole folder, and a world that they share, proved when a test is done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.concurrency.windows import Windows
from tests.people import CHEN, LIN
from tests.world import World


@pytest.fixture(scope="session")
def windows() -> Iterator[Windows]:
    """Started once: the tests that use them are a group, which runs in one process."""
    windows = Windows(5)
    yield windows
    windows.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """陈建国 with 100.00 in his account, and his wife; the books are proved at the end."""
    world = World(tmp_path / "shared.db")
    world.enrol(CHEN, LIN)
    world.open_with(str(CHEN.psn_no), 10_000)
    yield world
    world.prove()
    world.close()
