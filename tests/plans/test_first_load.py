"""Books that were filled just now: PostgreSQL knows nothing of them yet, and a run must not be
planned as if it were for a handful of people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from ledger.core.months import Month
from ledger.services.crediting.credit_month import credit_month
from tests import databases
from tests.people import psn_no, somebody
from tests.plans.crowd import never_look
from tests.world import World

pytestmark = pytest.mark.skipif(
    not databases.POSTGRES, reason="SQLite joins in the order that is written down"
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "fresh.db")
    never_look(world.path)
    world.enrol(*(somebody(number) for number in range(1, 41)))
    world.contribute(
        *(world.contribution(psn_no(number), "2023-01", 500_000) for number in range(1, 41))
    )
    yield world
    world.close()


def test_a_crediting_run_compares_nobody_with_everybody_else(world: World) -> None:
    plans: list[str] = []

    def explain(connection: Any, _cursor: object, said: str, marks: Any, *_more: object) -> None:
        if "INSERT INTO" in said and "credit_stage" in said:
            with connection.connection.driver_connection.cursor() as beside:
                found = beside.execute(f"EXPLAIN {said}", marks or None)
                plans.append("\n".join(line for (line,) in found))

    engine = world.context.engine
    event.listen(engine, "before_cursor_execute", explain)
    try:
        credit_month(world.context, Month(2023, 1))
    finally:
        event.remove(engine, "before_cursor_execute", explain)
    assert any("contribution" in plan for plan in plans)
    assert not [plan for plan in plans if "Nested Loop" in plan]
