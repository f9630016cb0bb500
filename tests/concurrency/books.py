"""What every test of the folder says: at once, then the codes; and what the database is asked."""

from __future__ import annotations

from tests import databases
from tests.concurrency.windows import Found, Task, Windows
from tests.world import World


def at_once(windows: Windows, world: World, *tasks: list[Task]) -> list[Found]:
    """What each window found; the books are proved after it."""
    found = windows.at_once(databases.address(world.path), tasks)
    world.prove()
    return found


def codes(found: list[Found]) -> list[str]:
    return sorted(code for code, _answer in found)
