"""A month closes while entries arrive: each lies in it, rolled up, or in the next."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.core.money import Fen
from ledger.core.months import Month
from tests.concurrency.books import at_once, codes
from tests.concurrency.windows import Task, Windows
from tests.people import CHEN
from tests.world import World

CHEN_NO = str(CHEN.psn_no)
DAY = date(2023, 3, 1)
CLOSE: list[Task] = [("close", (Month(2023, 3),))]

pytestmark = pytest.mark.xdist_group("windows")


@pytest.fixture
def ready(world: World) -> World:
    """March 2023 can be closed."""
    world.credit("2023-03")
    world.close_month("2022-12")
    return world


def cash_visits(world: World, windows: int, each: int) -> list[list[Task]]:
    """Visits that cost the fund nothing, so that no provider is left unpaid."""
    return [
        [
            ("settle", (world.visit(f"v{n}-{m}", CHEN_NO, DAY, 0, self_paid_fen=100),))
            for m in range(each)
        ]
        for n in range(windows)
    ]


def test_visits_settled_while_a_month_closes_lie_in_it_or_in_the_next(
    windows: Windows, ready: World
) -> None:
    found = at_once(windows, ready, CLOSE, *cash_visits(ready, 4, 4))
    assert codes(found) == [""] * 17
    months = {month for (month,) in ready.rows("SELECT fiscal_month FROM settlement")}
    assert months <= {202303, 202304}
    assert ready.rows("SELECT status FROM fiscal_month WHERE month = 202303") == [("closed",)]
    assert rolled_up(ready) == turnover(ready)


def test_a_month_with_a_visit_that_the_fund_owes_for_is_not_closed_over_it(
    windows: Windows, ready: World
) -> None:
    visit: list[Task] = [("settle", (ready.visit("v", CHEN_NO, DAY, 60_000, use=1),))]
    found = at_once(windows, ready, CLOSE, visit)
    assert found[1][0] == ""
    month = ready.rows("SELECT fiscal_month FROM settlement")[0][0]
    closed = ready.rows("SELECT status FROM fiscal_month WHERE month = 202303") == [("closed",)]
    assert (found[0][0], month) in [("", 202304), ("close/still-open", 202303)]
    assert closed == (found[0][0] == "")


def test_flows_and_a_file_booked_while_a_month_closes_are_in_it_or_in_the_next(
    windows: Windows, ready: World
) -> None:
    ready.contribute(ready.contribution(CHEN_NO, "2023-02", 1_000_000))
    ready.credit("2023-03")
    ready.close_month("2023-02")
    flow: list[Task] = [("move", ("fiscal", Fen(100), date(2023, 3, 5))) for _ in range(3)]
    records = [ready.visit("f", CHEN_NO, DAY, 0, self_paid_fen=100)]
    found = at_once(windows, ready, CLOSE, flow, flow, [("visits", (records,))])
    assert codes(found) == [""] * 8
    assert rolled_up(ready) == turnover(ready)


def test_a_month_closed_twice_at_once_is_closed_once(windows: Windows, ready: World) -> None:
    found = at_once(windows, ready, CLOSE, CLOSE)
    assert codes(found) == ["", "close/still-open"]


def rolled_up(world: World) -> list[tuple[object, ...]]:
    """The month's turnover as closing kept it."""
    return world.rows(
        "SELECT account, debit_fen, credit_fen FROM account_month "
        "WHERE fiscal_month = 202303 ORDER BY account"
    )


def turnover(world: World) -> list[tuple[object, ...]]:
    """The month's turnover as its transfers have it."""
    return world.rows(
        "SELECT account, CAST(sum(debit) AS BIGINT), CAST(sum(credit) AS BIGINT) FROM ("
        "SELECT debit_account AS account, amount_fen AS debit, 0 AS credit "
        "FROM transfer WHERE fiscal_month = 202303 UNION ALL "
        "SELECT credit_account, 0, amount_fen FROM transfer WHERE fiscal_month = 202303"
        ") AS both_sides GROUP BY account ORDER BY account"
    )
