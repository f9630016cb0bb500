"""Several processes on one database at once: whoever comes first, the money is right.

SQLite lets one write at a time, the rest wait; nothing is lost and nothing is done twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest

from ledger.core.money import Fen
from ledger.core.months import Month
from ledger.core.people import Relation
from ledger.services.move_funds import move_funds
from tests import databases
from tests.concurrency.windows import Found, Task, Windows
from tests.people import CHEN, LIN, somebody
from tests.world import World, code_of

CHEN_NO, LIN_NO = str(CHEN.psn_no), str(LIN.psn_no)
DAY = date(2023, 3, 1)

pytestmark = pytest.mark.xdist_group("windows")


@pytest.fixture(scope="module")
def windows() -> Iterator[Windows]:
    windows = Windows(5)
    yield windows
    windows.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "shared.db")
    world.enrol(CHEN, LIN)
    world.open_with(CHEN_NO, 10_000)
    yield world
    world.close()


def at_once(windows: Windows, world: World, *tasks: list[Task]) -> list[Found]:
    found = windows.at_once(databases.address(world.path), tasks)
    world.prove()
    return found


def codes(found: list[Found]) -> list[str]:
    return sorted(code for code, _answer in found)


def test_two_visits_against_one_balance_pay_it_once(windows: Windows, world: World) -> None:
    visits = [world.visit(f"v{number}", CHEN_NO, DAY, 8_000, use=1) for number in range(2)]
    found = at_once(windows, world, *([("settle", (v, v.visit_id))] for v in visits))
    assert codes(found) == ["", ""]
    assert sorted(answer["acct_pay"] for _code, answer in found) == ["20.00", "80.00"]
    assert world.balance(CHEN_NO) == 0
    assert world.accumulators(CHEN_NO, 2023)[:2] == (16_000, 16_000)


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


def test_a_month_credited_twice_at_once_is_credited_once(windows: Windows, world: World) -> None:
    world.contribute(world.contribution(CHEN_NO, "2023-01", 500_000))
    found = at_once(windows, world, *[[("credit", (Month(2023, 1),))]] * 2)
    assert sorted(answer["credited_fen"] for _code, answer in found) == [0, 17_700]
    assert world.balance(CHEN_NO) == 20_000
    assert world.balance(LIN_NO) == 7_700


def test_refunds_of_one_visit_at_once_give_it_back_once(windows: Windows, world: World) -> None:
    answer = world.settle(world.visit("to-give-back", CHEN_NO, DAY, 60_000, use=1))
    assert world.balance(CHEN_NO) == 0
    settlement = int(answer["setl_id"])
    tasks: list[list[Task]] = [
        [("reverse", (settlement, datetime(2023, 3, 2, 9, number), None, f"refund-{number}"))]
        for number in range(3)
    ]
    found = at_once(windows, world, *tasks)
    assert codes(found) == ["", *["refund/done-before"] * 2]
    assert world.balance(CHEN_NO) == 10_000
    assert world.accumulators(CHEN_NO, 2023) == (0, 0, 0, 0, 0)


def test_a_providers_month_paid_twice_at_once_is_paid_once(windows: Windows, world: World) -> None:
    world.contribute(world.contribution(CHEN_NO, "2023-03", 10_000_000))
    for place in ("fiscal", "disbursement"):
        move_funds(world.context, place, Fen(100_000), date(2023, 3, 31))
    world.settle(world.visit("v", CHEN_NO, DAY, 60_000, use=1))
    code, month = code_of("hospital-3"), Month(2023, 3)
    tasks: list[list[Task]] = [[("pay", (code, month, date(2023, 4, 1 + n)))] for n in range(2)]
    found = at_once(windows, world, *tasks)
    assert codes(found) == ["", "pay/done-before"]
    assert world.rows("SELECT pool_fen, account_fen FROM provider_statement") == [(5_000, 10_000)]


def test_crediting_and_settling_at_once_lose_nothing(windows: Windows, world: World) -> None:
    world.contribute(world.contribution(CHEN_NO, "2023-01", 500_000))
    visits: list[list[Task]] = [
        [("settle", (world.visit(f"v{n}-{m}", CHEN_NO, DAY, 1_000, use=1),)) for m in range(3)]
        for n in range(4)
    ]
    found = at_once(windows, world, [("credit", (Month(2023, 1),))], *visits)
    assert codes(found) == [""] * 13
    assert world.balance(CHEN_NO) == 10_000 + 10_000 - 12_000


def test_a_file_imported_twice_at_once_is_settled_once(windows: Windows, world: World) -> None:
    visits = [
        world.visit(f"v{number}", CHEN_NO, DAY, 1_000, use=1)._replace(row=number)
        for number in range(8)
    ]
    found = at_once(windows, world, *[[("import", (visits,))]] * 2)
    assert sorted(answer["unchanged"] for _code, answer in found) == [0, 8]
    assert all(answer["accepted"] == 8 for _code, answer in found)
    assert world.balance(CHEN_NO) == 2_000


def test_visits_settled_while_a_month_closes_lie_in_it_or_in_the_next(
    windows: Windows, world: World
) -> None:
    world.credit("2023-03")
    world.close_month("2022-12")
    tasks: list[list[Task]] = [
        [("settle", (world.visit(f"v{number}", CHEN_NO, DAY, 0, self_paid_fen=100),))]
        for number in range(4)
    ]
    found = at_once(windows, world, [("close", (Month(2023, 3),))], *tasks)
    assert codes(found) == [""] * 5
    months = {month for (month,) in world.rows("SELECT fiscal_month FROM settlement")}
    assert months <= {202303, 202304}
    assert world.rows("SELECT status FROM fiscal_month WHERE month = 202303") == [("closed",)]
