"""One request id, one effect: at once, and after a window died over it."""

from __future__ import annotations

from datetime import date

import pytest

from tests import databases
from tests.concurrency.books import at_once, codes
from tests.concurrency.windows import Task, Windows, die_settling
from tests.people import CHEN, LIN
from tests.world import World

CHEN_NO, LIN_NO = str(CHEN.psn_no), str(LIN.psn_no)
DAY = date(2023, 3, 1)

pytestmark = pytest.mark.xdist_group("windows")


def test_the_same_request_five_times_at_once_has_one_effect(windows: Windows, world: World) -> None:
    visit = world.visit("v", CHEN_NO, DAY, 8_000, use=1)
    found = at_once(windows, world, *[[("settle", (visit, "the-same"))]] * 5)
    assert codes(found) == [""] * 5
    assert all(answer == found[0][1] for _code, answer in found)
    assert (world.count("settlement"), world.count("request")) == (1, 1)
    assert world.balance(CHEN_NO) == 2_000


def test_one_request_id_with_two_contents_at_once_takes_one_of_them(
    windows: Windows, world: World
) -> None:
    visits = [world.visit(f"v{number}", CHEN_NO, DAY, 1_000, use=1) for number in range(2)]
    found = at_once(windows, world, *([("settle", (visit, "the-same"))] for visit in visits))
    assert codes(found) == ["", "conflict/request-reused"]
    assert world.count("settlement") == 1
    assert world.balance(CHEN_NO) == 9_000


def test_one_visit_id_for_two_people_at_once_is_the_visit_of_one(
    windows: Windows, world: World
) -> None:
    visits = [world.visit("the same", number, DAY, 1_000) for number in (CHEN_NO, LIN_NO)]
    tasks: list[list[Task]] = [[("settle", (visit,))] for visit in visits]
    found = at_once(windows, world, *tasks)
    assert codes(found) == ["", "visit/duplicate-id"]
    assert world.count("visit") == 1


@pytest.mark.parametrize("before_commit", [True, False], ids=["unwritten", "unanswered"])
def test_a_request_of_a_window_that_died_is_asked_again_by_five_at_once(
    windows: Windows, world: World, before_commit: bool
) -> None:
    visit = world.visit("v", CHEN_NO, DAY, 8_000, use=1)
    die_settling(databases.address(world.path), visit, "lost", before_commit)
    assert world.count("settlement") == (0 if before_commit else 1)
    found = at_once(windows, world, *[[("settle", (visit, "lost"))]] * 5)
    assert codes(found) == [""] * 5
    assert all(answer == found[0][1] for _code, answer in found)
    assert (world.count("settlement"), world.count("request")) == (1, 1)
    assert world.balance(CHEN_NO) == 2_000
