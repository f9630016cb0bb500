"""Several windows at one balance, one limit, one visit: whoever comes first, the money is right."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from ledger.core.people import Relation
from tests.concurrency.books import at_once, codes
from tests.concurrency.windows import Task, Windows
from tests.people import CHEN, LIN, certno, psn_no, somebody
from tests.world import World

CHEN_NO, LIN_NO = str(CHEN.psn_no), str(LIN.psn_no)
DAY = date(2023, 3, 1)

pytestmark = pytest.mark.xdist_group("windows")


def test_two_visits_against_one_balance_pay_it_once(windows: Windows, world: World) -> None:
    visits = [world.visit(f"v{number}", CHEN_NO, DAY, 8_000, use=1) for number in range(2)]
    found = at_once(windows, world, *([("settle", (v, v.visit_id))] for v in visits))
    assert codes(found) == ["", ""]
    assert sorted(answer["acct_pay"] for _code, answer in found) == ["20.00", "80.00"]
    assert world.balance(CHEN_NO) == 0
    assert world.accumulators(CHEN_NO, 2023)[:2] == (16_000, 16_000)


def test_visits_without_an_account_add_up_to_one_deductible(windows: Windows, world: World) -> None:
    visits = [world.visit(f"v{number}", CHEN_NO, DAY, 30_000) for number in range(5)]
    found = at_once(windows, world, *([("settle", (v,))] for v in visits))
    assert codes(found) == [""] * 5
    taken = [answer["act_pay_dedc"] for _code, answer in found]
    assert sorted(taken) == ["0.00"] * 3 + ["200.00", "300.00"]
    assert world.accumulators(CHEN_NO, 2023)[:2] == (150_000, 50_000)


def test_ten_relatives_drawing_on_one_holder_take_what_is_there(
    windows: Windows, world: World
) -> None:
    relatives = [somebody(100 + number) for number in range(10)]
    world.enrol(*relatives)
    world.link(*(world.relation(CHEN.certno, p.certno, Relation.CHILD) for p in relatives))
    tasks: list[Task] = [
        ("settle", (world.visit(f"v{p.row}", p.psn_no, DAY, 1_700, use=2),)) for p in relatives
    ]
    found = at_once(windows, world, *(tasks[number::5] for number in range(5)))
    assert codes(found) == [""] * 10
    drawn = sorted(answer["acct_mulaid_pay"] for _code, answer in found)
    assert drawn == ["0.00"] * 4 + ["15.00"] + ["17.00"] * 5
    assert world.balance(CHEN_NO) == 0


def test_a_quota_is_kept_by_visits_at_once(windows: Windows, world: World) -> None:
    world.link(world.relation(CHEN.certno, LIN.certno, quota_fen=3_000))
    tasks: list[list[Task]] = [
        [("settle", (world.visit(f"v{number}", LIN_NO, DAY, 1_700, use=2),))] for number in range(4)
    ]
    found = at_once(windows, world, *tasks)
    drawn = sorted(answer["acct_mulaid_pay"] for _code, answer in found)
    assert drawn == ["0.00", "0.00", "13.00", "17.00"]
    assert world.balance(CHEN_NO) == 7_000


def test_families_that_pay_for_one_another_crosswise_never_stand_in_each_others_way(
    windows: Windows, world: World
) -> None:
    """Everybody may use everybody's account: whoever locked in the order of his own list would
    sooner or later wait for somebody who waits for him."""
    circle = range(100, 104)
    world.enrol(*(somebody(number) for number in circle))
    for number in circle:
        world.open_with(psn_no(number), 5_000)
    world.link(
        *(
            world.relation(
                certno(holder), certno(user), Relation.SPOUSE, position=(holder - user) % 4
            )
            for holder in circle
            for user in circle
            if holder != user
        )
    )
    tasks: list[list[Task]] = [
        [
            ("settle", (world.visit(f"v{n}-{m}", psn_no(100 + (n + m) % 4), DAY, 1_100, use=2),))
            for m in range(4)
        ]
        for n in range(5)
    ]
    found = at_once(windows, world, *tasks)
    assert codes(found) == [""] * 20
    assert sum(world.balance(psn_no(number)) for number in circle) == 0


def test_refunds_of_one_visit_at_once_give_it_back_once(windows: Windows, world: World) -> None:
    answer = world.settle(world.visit("to-give-back", CHEN_NO, DAY, 60_000, use=1))
    assert world.balance(CHEN_NO) == 0
    settlement = int(answer["setl_id"])
    tasks: list[list[Task]] = [
        [("reverse", (settlement, datetime(2023, 3, 2, 9, number), None, f"refund-{number}"))]
        for number in range(5)
    ]
    found = at_once(windows, world, *tasks)
    assert codes(found) == ["", *["refund/done-before"] * 4]
    assert world.balance(CHEN_NO) == 10_000
    assert world.accumulators(CHEN_NO, 2023) == (0, 0, 0, 0, 0)


@pytest.mark.parametrize("minutes", [0, 1])
def test_refunds_under_one_visit_id_at_once_give_it_back_once(
    windows: Windows, world: World, minutes: int
) -> None:
    """Each has a request id of its own; all of the same minute, or one after another."""
    answer = world.settle(world.visit("to-give-back", CHEN_NO, DAY, 60_000, use=1))
    settlement = int(answer["setl_id"])
    tasks: list[list[Task]] = [
        [("reverse", (settlement, datetime(2023, 3, 2, 9, number * minutes), f"r{number}"))]
        for number in range(5)
    ]
    found = at_once(windows, world, *tasks)
    assert sorted(code for code, _answer in found) == ["", *["refund/done-before"] * 4]
    assert world.balance(CHEN_NO) == 10_000


def test_refunds_of_what_relatives_paid_race_with_visits_of_the_holder(
    windows: Windows, world: World
) -> None:
    world.link(world.relation(CHEN.certno, LIN.certno))
    drawn = [world.settle(world.visit(f"d{n}", LIN_NO, DAY, 2_000, use=2)) for n in range(3)]
    back: list[list[Task]] = [
        [("reverse", (int(answer["setl_id"]), datetime(2023, 3, 2, 9, window)))]
        for answer in drawn
        for window in range(1)
    ]
    own: list[Task] = [
        ("settle", (world.visit(f"o{n}", CHEN_NO, DAY, 900, use=1),)) for n in range(4)
    ]
    found = at_once(windows, world, *back, own[:2], own[2:])
    assert codes(found) == [""] * 7
    assert world.balance(CHEN_NO) == 10_000 - 3_600
