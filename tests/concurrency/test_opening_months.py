"""The first event of a month opens it, and whoever comes next does not wait for that event."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from ledger.core.batches import Batch
from ledger.core.money import Fen
from ledger.core.months import Month
from ledger.core.visits import VisitRecord
from ledger.services.books.close_month import close_month
from ledger.services.books.move_funds import move_funds
from ledger.services.carry_out import carry_out
from ledger.services.crediting.credit_month import credit_month
from ledger.services.crediting.import_contributions import import_contributions
from ledger.services.importing import ImportOptions
from ledger.services.visits.import_visits import import_visits
from ledger.services.visits.settle_visit import settle
from ledger.storage.books.months import BookingMonths
from ledger.storage.database.busy import Limits
from ledger.storage.database.triggers_postgres import SHARE_MONTH
from ledger.storage.database.turns import Turn
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.report_queries.report_queries_books import months_of_account
from tests import databases
from tests.concurrency.books import at_once, codes
from tests.concurrency.held import IMPATIENT, Command, desk, held
from tests.concurrency.windows import Task, Windows
from tests.people import CHEN, LIN
from tests.world import World

CHEN_NO, LIN_NO = str(CHEN.psn_no), str(LIN.psn_no)
FEBRUARY, MARCH = date(2023, 2, 1), date(2023, 3, 1)
SOME_PATIENCE = Limits(lock_ms=5_000)
"""Less than a closing waits, more than it stands in the way."""

only_postgres = pytest.mark.skipif(not databases.POSTGRES, reason="SQLite lets one write at a time")


def cash_visit(world: World, name: str, number: str, day: date) -> VisitRecord:
    """A visit that costs the fund nothing and moves no account."""
    return world.visit(name, number, day, 0, self_paid_fen=100)


def visits(world: World, strict: bool = False) -> Command:
    records = [cash_visit(world, "of a file", CHEN_NO, MARCH)]
    if strict:
        records.append(cash_visit(world, "of nobody", "99999999", MARCH))
    batch = Batch("visits", "visits.csv", len(records), records, [])
    return lambda context: import_visits(context, batch, ImportOptions(strict=strict))


def contributions(world: World) -> Command:
    record = world.contribution(CHEN_NO, "2023-01", 300_000, arrived_on=MARCH)
    batch = Batch("contributions", "paid.csv", 1, [record], [])
    return lambda context: import_contributions(context, batch, ImportOptions())


OPENING = {
    "a file of visits": visits,
    "contributions": contributions,
    "a crediting run": lambda _world: lambda context: credit_month(context, Month(2023, 3)),
    "a flow": lambda _world: lambda context: move_funds(context, "fiscal", Fen(100), MARCH),
}


@only_postgres
@pytest.mark.parametrize("event", OPENING)
def test_a_desk_does_not_wait_for_the_event_that_opens_its_month(world: World, event: str) -> None:
    url = databases.address(world.path)
    world.contribute(world.contribution(CHEN_NO, "2023-01", 1_000_000))
    assert status(world, 202303) is None
    with desk(url, IMPATIENT) as impatient, held(url, [OPENING[event](world)]):
        assert settle(impatient, cash_visit(world, "v", LIN_NO, MARCH))["fiscal_month"] == "2023-03"


def test_a_month_that_was_opened_for_nothing_is_seen_by_nobody_and_closes_with_the_next(
    world: World,
) -> None:
    """The file is refused whole; on PostgreSQL its month is open all the same."""
    with desk(databases.address(world.path)) as context:
        assert visits(world, strict=True)(context).accepted == 0
        assert status(world, 202303) == ("open" if databases.POSTGRES else None)
        with context.reading() as connection:
            assert months_of_account(connection) == [Month(2022, 12)]
    world.credit("2023-04")
    world.close_month("2022-12")
    assert world.close_month("2023-04")["status"] == "closed"
    assert status(world, 202303) != "open"
    assert world.settle(cash_visit(world, "late", LIN_NO, MARCH))["fiscal_month"] == "2023-05"


@only_postgres
def test_a_closing_that_waits_for_a_file_lets_desks_pass(ready: World) -> None:
    url = databases.address(ready.path)
    with desk(url, SOME_PATIENCE) as at_desk, desk(url) as books, ThreadPoolExecutor(1) as threads:
        with held(url, [visits(ready)]):
            closing = threads.submit(close_month, books, Month(2023, 3))
            for number in range(3):
                somebody_waits(ready)
                visit = cash_visit(ready, f"v{number}", LIN_NO, MARCH)
                assert settle(at_desk, visit)["fiscal_month"] == "2023-03"
        assert closing.result(timeout=60)["status"] == "closed"


@only_postgres
def test_an_event_that_a_closing_waits_for_may_open_another_month(ready: World) -> None:
    """Two connections of one event are none to the database: it would see no deadlock."""
    url = databases.address(ready.path)
    with desk(url, SOME_PATIENCE) as at_desk, desk(url) as books, ThreadPoolExecutor(1) as threads:
        closings = []

        def act(work: UnitOfWork) -> Month:
            work.connection.exec_driver_sql(f"SELECT {SHARE_MONTH.format(202303)}")
            closings.append(threads.submit(close_month, books, Month(2023, 3)))
            somebody_waits(ready)
            return BookingMonths(work.connection).of(FEBRUARY)

        assert carry_out(at_desk, act, turn=Turn.VISIT) == Month(2023, 2)
        assert closings[0].result(timeout=60)["status"] == "closed"


@only_postgres
def test_no_month_is_opened_behind_a_closing(ready: World) -> None:
    url = databases.address(ready.path)
    with desk(url) as at_desk, ThreadPoolExecutor(1) as threads:
        with held(url, [lambda context: close_month(context, Month(2023, 3))]):
            late = threads.submit(settle, at_desk, cash_visit(ready, "v", LIN_NO, FEBRUARY))
            somebody_waits(ready)
        assert late.result(timeout=60)["fiscal_month"] == "2023-04"
    assert status(ready, 202302) is None


@pytest.mark.xdist_group("windows")
def test_first_visits_of_a_month_at_once_beside_a_closing(windows: Windows, ready: World) -> None:
    close: list[Task] = [("close", (Month(2023, 3),))]
    first: list[list[Task]] = [
        [
            ("settle", (cash_visit(ready, f"{month}-{window}", LIN_NO, date(2023, month, 1)),))
            for month in (2, 5, 6, 7)
        ]
        for window in range(4)
    ]
    found = at_once(windows, ready, close, *first)
    assert codes(found[1:]) == [""] * 16
    assert found[0][0] in ("", "close/still-open")
    booked = {month for (month,) in ready.rows("SELECT fiscal_month FROM settlement")}
    assert booked <= {202302, 202304, 202305, 202306, 202307}
    if found[0][0] == "":
        assert 202302 not in booked or status(ready, 202302) == "closed"


@pytest.fixture
def ready(world: World) -> World:
    """March 2023 can be closed, February was never opened."""
    world.credit("2023-03")
    world.close_month("2022-12")
    return world


def status(world: World, month: int) -> str | None:
    rows = world.rows(f"SELECT status FROM fiscal_month WHERE month = {month}")
    return str(rows[0][0]) if rows else None


def somebody_waits(world: World) -> None:
    """Until somebody of this database waits for a month."""
    while not world.rows(
        "SELECT 1 FROM pg_locks AS l JOIN pg_database AS d ON d.oid = l.database "
        "WHERE d.datname = current_database() AND l.locktype = 'advisory' AND NOT l.granted"
    ):
        time.sleep(0.01)
