"""A world for whoever does not make one of his own: a busy quarter, a copy for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.world import World, busy_template, copy_of


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = copy_of(busy_template(), tmp_path / "busy.db")
    yield world
    world.close()
