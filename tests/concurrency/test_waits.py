"""Whoever waits too long is told so, and may ask again; a lost race is nobody's matter."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from multiprocessing import get_context
from time import sleep

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ledger.core.errors import Refused
from ledger.core.months import Month
from ledger.services import carry_out as frame
from ledger.services.accounts.interest import post_interest
from ledger.services.carry_out import TRIES, carry_out, until_won
from ledger.services.context import Context
from ledger.services.crediting.credit_month import credit_month
from ledger.services.visits.settle_visit import settle
from ledger.storage.database.busy import Limits, LostRace, busy
from ledger.storage.database.engine import writing
from ledger.storage.database.turns import Turn, lock_people
from ledger.storage.database.unit_of_work import UnitOfWork
from tests import databases
from tests.concurrency.held import IMPATIENT, desk, held
from tests.people import CHEN, LIN
from tests.world import World

CHEN_NO, LIN_NO = str(CHEN.psn_no), str(LIN.psn_no)
DAY = date(2023, 3, 1)


def test_who_waits_too_long_for_a_person_is_told_so_and_asks_again(world: World) -> None:
    url = databases.address(world.path)
    first, second = (world.visit(name, CHEN_NO, DAY, 1_000, use=1) for name in ("a", "b"))
    with desk(url, IMPATIENT) as impatient:
        with held(url, [lambda context: settle(context, first, "a")]) as answers:
            with pytest.raises(Refused) as refused:
                settle(impatient, second, "b")
            assert refused.value.code == "database/busy"
            assert "等待其他业务超过了时限" in refused.value.message
        assert answers[0].result()["acct_pay"] == "10.00"
        assert settle(impatient, second, "b")["acct_pay"] == "10.00"
    assert world.balance(CHEN_NO) == 8_000


def test_who_waits_too_long_for_a_run_is_told_so(world: World) -> None:
    url, month = databases.address(world.path), Month(2023, 1)
    with (
        desk(url, IMPATIENT) as impatient,
        held(url, [lambda context: credit_month(context, month)]),
        pytest.raises(Refused) as refused,
    ):
        credit_month(impatient, month)
    assert refused.value.code == "database/busy"


@databases.only_postgres
@pytest.mark.parametrize(("first", "second"), [(CHEN_NO, LIN_NO), (LIN_NO, CHEN_NO)])
@pytest.mark.parametrize("run", ["credit", "interest"])
def test_a_run_that_waits_for_one_account_keeps_nobody_elses(
    world: World, run: str, first: str, second: str
) -> None:
    """It takes everybody's in the order of a join: one that kept some while it waits for others
    would sooner or later stand in a circle with a family whose accounts pay for one another."""
    url = databases.address(world.path)
    world.open_with(LIN_NO, 10_000)

    def everybody(context: Context) -> object:
        if run == "credit":
            return credit_month(context, Month(2023, 3))
        return post_interest(context, date(2023, 12, 31))

    with (
        ThreadPoolExecutor(1) as threads,
        desk(url) as other,
        desk(url, IMPATIENT) as family,
        writing(family.engine) as connection,
    ):
        connection.exec_driver_sql(TOUCH, (first,))
        answer = threads.submit(everybody, other)
        while not _somebody_waits(connection):
            assert not answer.done(), "it does not come by these accounts"
            sleep(0.02)
        connection.exec_driver_sql(TOUCH, (second,))
        connection.commit()
        answer.result()


TOUCH = (
    "UPDATE personal_account SET credited_fen = credited_fen "
    "WHERE person_id = (SELECT p.person_id FROM person AS p WHERE p.psn_no = ?)"
)
WAITING = (
    "SELECT count(*) FROM pg_locks AS l JOIN pg_stat_activity AS a ON a.pid = l.pid "
    "WHERE NOT l.granted AND a.datname = current_database()"
)


def _somebody_waits(connection: Connection) -> bool:
    # A transaction sees the sessions that there were when it first looked, unless it is told.
    connection.exec_driver_sql("SELECT pg_stat_clear_snapshot()")
    return bool(connection.exec_driver_sql(WAITING).scalar())


@databases.only_postgres
def test_a_visit_waits_for_nobody_elses(world: World) -> None:
    url = databases.address(world.path)
    world.settle(world.visit("first", CHEN_NO, DAY, 1_000))
    theirs, ours = (world.visit(f"of {n}", n, DAY, 1_000) for n in (CHEN_NO, LIN_NO))
    with desk(url, IMPATIENT) as impatient, held(url, [lambda context: settle(context, theirs)]):
        assert settle(impatient, ours)["psn_no"] == LIN_NO


@databases.only_postgres
def test_a_statement_that_takes_too_long_is_ended_and_told(world: World) -> None:
    with desk(databases.address(world.path), Limits(statement_ms=200)) as context:
        with pytest.raises(Refused) as refused, context.reading() as connection:
            connection.exec_driver_sql("SELECT pg_sleep(30)")
        assert refused.value.code == "database/busy"
        assert "语句执行" not in refused.value.code
        assert "超过了时限" in refused.value.message

        def long(work: UnitOfWork) -> object:
            return work.connection.exec_driver_sql("SELECT pg_sleep(0.4)").scalar()

        carry_out(context, long, dry_run=True)  # Runs may take as long as they do.


@databases.only_postgres
def test_a_process_that_stands_still_lets_go_what_it_holds(world: World) -> None:
    url, visit = databases.address(world.path), world.visit("v", CHEN_NO, DAY, 1_000, use=1)
    with desk(url, Limits(idle_ms=100)) as asleep, desk(url) as other:

        def fall_asleep(work: UnitOfWork) -> None:
            lock_people(work.connection, [world.person_id(CHEN_NO)])
            assert settle(other, visit)["acct_pay"] == "10.00"  # Waits until the other is let go.

        with pytest.raises(Refused) as refused:
            carry_out(asleep, fall_asleep, turn=Turn.VISIT)
    assert refused.value.code == "database/busy"


@databases.only_postgres
def test_the_statement_of_a_killed_process_ends_with_it(world: World) -> None:
    """Else its locks would last for as long as a run takes that nobody waits for any more."""
    url = databases.address(world.path)
    statement = "SELECT pg_sleep(600) /* of a process that is killed */"
    asleep = get_context("spawn").Process(target=_ask, args=(url, statement))
    asleep.start()
    _until(lambda: _running(world, statement) == 1)
    asleep.kill()
    _until(lambda: _running(world, statement) == 0)


def _ask(url: str, statement: str) -> None:
    with desk(url) as context, context.reading() as connection:
        connection.exec_driver_sql(statement)


def _running(world: World, statement: str) -> int:
    ask = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query = ?"
    return int(world.rows(ask, statement)[0][0])


def _until(so: Callable[[], bool]) -> None:
    for _ in range(600):
        if so():
            return
        sleep(0.1)
    raise AssertionError("not within a minute")


@databases.only_postgres
def test_a_deadlock_is_tried_again_from_the_beginning_and_nobody_hears_of_it(world: World) -> None:
    people = [world.person_id(CHEN_NO), world.person_id(LIN_NO)]
    meet = threading.Barrier(2)
    tries: list[int] = []

    def crosswise(context: Context, order: list[int]) -> None:
        def act(work: UnitOfWork) -> None:
            tries.append(order[0])
            lock_people(work.connection, order[:1])
            if len(tries) <= 2:
                meet.wait(timeout=60)  # The first time each has his first and wants the other's.
            lock_people(work.connection, order[1:])

        carry_out(context, act, turn=Turn.VISIT)

    url = databases.address(world.path)
    with desk(url) as one, desk(url) as other, ThreadPoolExecutor(2) as threads:
        done = [
            threads.submit(crosswise, context, order)
            for context, order in ((one, people), (other, people[::-1]))
        ]
        assert [each.result(timeout=60) for each in done] == [None, None]
    assert len(tries) == 3


def test_a_race_lost_a_few_times_is_won_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(frame.time, "sleep", pauses.append)
    answers = iter([LostRace("database/busy", "")] * 3)

    def attempt() -> str:
        for lost in answers:
            raise lost
        return "won"

    assert until_won(attempt) == "won"
    assert len(pauses) == 3


def test_a_race_lost_every_time_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(frame.time, "sleep", pauses.append)

    def attempt() -> None:
        raise LostRace("database/busy", "")

    with pytest.raises(LostRace):
        until_won(attempt)
    assert len(pauses) == TRIES
    assert max(pauses) <= frame.LONGEST_PAUSE


def test_no_connection_left_is_busy_too() -> None:
    refused = busy(PoolTimeout())
    assert refused is not None
    assert (refused.code, "连接已用完" in refused.message) == ("database/busy", True)
