"""A session keeps the plans that it made when the books were empty: its prepared statements and
those of its triggers. They must still be good when the books are full."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests import databases
from tests.plans.crowd import GROWING, NEIGHBOURS, move_in, never_look
from tests.plans.recording import MEASURED, explained, goes_by_key, log_size, told_since
from tests.plans.windows import what_windows_ask
from tests.world import World, a_busy_quarter

pytestmark = [
    pytest.mark.xdist_group("plans"),
    pytest.mark.skipif(
        not databases.POSTGRES, reason="SQLite plans each statement anew, without statistics"
    ),
]

MOST_PAGES = 30
"""That one step may touch to find what it looks for, once: a page for each level of the index, and
those of the rows of one person. Where little is kept, the whole table is not much more; so its way
counts, too."""


class Step(NamedTuple):
    """A way to a table that grows."""

    table: str
    pages: int
    """Touched each time it was gone."""
    by_key: bool
    index: str
    condition: str
    statement: str


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Step]]:
    """What one session did in full books, the plans being those of its first day."""
    path: Path = tmp_path_factory.mktemp("fresh") / "fresh.db"
    world = World(path)
    never_look(path)
    with explained(world.context.engine, path, *MEASURED):
        a_busy_quarter(world)
        what_windows_ask(world, "first")
        move_in(path, looked_at=False)
        begun = log_size()
        what_windows_ask(world, "second")
    found = [step for told in told_since(begun, path) for step in _steps(told)]
    assert world.count("transfer") > 30 * NEIGHBOURS
    yield found
    world.close()


def _steps(told: dict[str, Any]) -> Iterator[Step]:
    """Of every node that reads a table or an index. What it touches is its own, but for what its
    conditions ask below it."""
    statement = " ".join(told["Query Text"].split())

    def walk(node: dict[str, Any], above: str) -> Iterator[Step]:
        bitmap = node["Node Type"] == "Bitmap Index Scan"
        table = above if bitmap else node.get("Relation Name", "")
        loops, inner = node.get("Actual Loops", 0), node.get("Plans", [])
        if "Scan" in node["Node Type"] and loops and table in GROWING:
            pages = (_pages(node) - sum(map(_pages, inner))) // loops
            by_key = node["Node Type"] == "Bitmap Heap Scan" or goes_by_key(node)
            condition = node.get("Index Cond") or node.get("Filter", "")
            yield Step(table, pages, by_key, node.get("Index Name", ""), condition, statement)
        for child in inner:
            yield from walk(child, table)

    yield from walk(told["Plan"], "")


def _pages(node: dict[str, Any]) -> int:
    return int(node.get("Shared Hit Blocks", 0)) + int(node.get("Shared Read Blocks", 0))


KEPT = ("PREPARE gongji_", "new_rows", "FROM ONLY")
"""What a statement has in it that a session plans once: one prepared on a line, a trigger's, a
foreign key's. Any other is planned each time, and the server looks at its tables by itself."""


def test_what_was_planned_on_the_first_day_still_goes_by_key(steps: list[Step]) -> None:
    kept = {step for step in steps if any(mark in step.statement for mark in KEPT)}
    assert {"visit", "entry", "person", "person_alias", "inpatient_stay", "debtor"} <= {
        step.table for step in kept
    }
    far = sorted(step for step in kept if step.pages > MOST_PAGES or not step.by_key)
    assert not far, "\n".join(map(str, far))
