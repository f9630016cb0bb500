"""Two hundred people at one hospital: nobody waits for anybody, since no row is everybody's.

The totals of a provider, of the pool and of the bank are sums over transfers; what a settlement
changes stands under the person.
"""

from __future__ import annotations

from datetime import date

import pytest

from ledger.services.visits.settle_visit import settle
from tests import databases
from tests.concurrency.books import at_once, codes
from tests.concurrency.held import Command, held
from tests.concurrency.windows import Task, Windows
from tests.people import psn_no, somebody
from tests.world import World

DAY = date(2023, 3, 1)
AT_ONCE = 24
"""Settlements that are open at the same time; the server of the tests takes 200 connections."""

pytestmark = pytest.mark.xdist_group("windows")

WAITING = (
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND wait_event_type = 'Lock'"
)
"""Of this database alone: other tests wait on the same server."""
CHANGED = """
    SELECT c.relname, bool_or(a.attname IS NOT NULL) FROM pg_locks AS l
    JOIN pg_class AS c ON c.oid = l.relation AND c.relkind IN ('r', 'p')
    LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname IN ('person_id', 'user_id')
    WHERE l.mode = 'RowExclusiveLock' AND l.database = (
        SELECT oid FROM pg_database WHERE datname = current_database())
    GROUP BY c.relname ORDER BY c.relname
"""


@pytest.fixture
def crowd(world: World) -> World:
    people = [somebody(100 + number) for number in range(200)]
    world.enrol(*people)
    for person in people[:AT_ONCE]:
        world.open_with(str(person.psn_no), 1_000)
    world.settle(world.visit("first", psn_no(299), DAY, 60_000))  # Opens March; stamps the rules.
    return world


@pytest.mark.skipif(not databases.POSTGRES, reason="SQLite lets one write at a time")
def test_settlements_at_one_hospital_are_open_side_by_side(crowd: World) -> None:
    commands: list[Command] = [
        lambda context, n=n: settle(
            context, crowd.visit(f"v{n}", psn_no(100 + n), DAY, 60_000, use=1), f"request-{n}"
        )
        for n in range(AT_ONCE)
    ]
    with held(databases.address(crowd.path), commands) as answers:
        assert crowd.rows(WAITING) == [(0,)]
        changed = dict(crowd.rows(CHANGED))
    assert {"settlement", "transfer", "personal_account", "accumulator"} <= set(changed)
    assert [table for table, of_a_person in changed.items() if not of_a_person] == []
    assert [answer.result()["acct_pay"] for answer in answers] == ["10.00"] * AT_ONCE


def test_two_hundred_people_at_one_hospital(windows: Windows, crowd: World) -> None:
    tasks: list[list[Task]] = [
        [
            ("settle", (crowd.visit(f"v{n}", psn_no(100 + n), DAY, 60_000, use=1),))
            for n in range(window, 200, 5)
        ]
        for window in range(5)
    ]
    found = at_once(windows, crowd, *tasks)
    assert codes(found) == [""] * 200
    assert crowd.count("settlement") == 201
