"""Two people with money, and a second pair of eyes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.services.context import Context
from tests.people import CHEN, LIN
from tests.world import World, open_context

CHEN_NO, LIN_NO = str(CHEN.psn_no), str(LIN.psn_no)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """陈建国 with 500.00 of 2022, 林秀英 with 80.00; whatever a test does, `verify` agrees."""
    world = World(tmp_path / "world.db")
    world.enrol(CHEN, LIN)
    world.open_with(CHEN_NO, 50_000)
    world.open_with(LIN_NO, 8_000)
    yield world
    world.prove()
    world.close()


@pytest.fixture
def second(world: World) -> Iterator[Context]:
    """The same database in the name of somebody else."""
    context = open_context(world.path, actor="reviewer")
    yield context
    context.engine.dispose()
