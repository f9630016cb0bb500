"""Two cities: one that a test may change, one that a file of tests only looks at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.city import City


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    made = City(tmp_path / "city.db")
    yield made
    made.world.close()


@pytest.fixture(scope="module")
def quiet_city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """For tests that change nothing."""
    made = City(tmp_path_factory.mktemp("city") / "city.db")
    yield made
    made.world.close()
