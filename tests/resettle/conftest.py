"""A city in which one of two people has an account with money."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ledger.services.resettlement import resettle
from ledger.services.resettlement.resettle_plan import Scope
from tests.people import psn_no, somebody
from tests.world import World

AT = datetime(2023, 9, 1, 10)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "world.db")
    world.enrol(somebody(1, "陈一"), somebody(2, "林二"))
    world.open_with(psn_no(1), 20_000)
    yield world
    world.prove()
    world.close()


@pytest.fixture
def again(world: World) -> Callable[..., dict[str, Any]]:
    """Show and book the plan of person 1's year 2023 (or of another scope)."""

    def act(scope: Scope | None = None, at: datetime = AT) -> dict[str, Any]:
        wanted = scope or Scope(2023, psn_no(1))
        shown = resettle.show(world.context, wanted, at)
        return resettle.approve(world.context, wanted, at, shown["plan"])

    return act
