"""Interest of one account before it is emptied, and of everybody by a run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from ledger.services.interest import settle_interest
from tests.people import CHEN, LIN
from tests.world import World, shiyan

CHEN_NO, LIN_NO = str(CHEN.psn_no), str(LIN.psn_no)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A person with 10,000.00 from 2022 in the account on the first day of the rules."""
    world = World(tmp_path / "world.db")
    world.enrol(CHEN, LIN)
    world.open_with(CHEN_NO, 1_000_000)
    yield world
    world.prove()
    world.close()


def settled(world: World, number: str, day: date) -> int:
    with world.context.writing() as work:
        fen = settle_interest(work, shiyan(), world.person_id(number), day)
        work.commit()
    return fen


def test_interest_at_a_pay_out_counts_to_the_day_before(world: World) -> None:
    # One day of 2022 at 0.35 %: 9.72 fen; 58 days of 2023 at 1.10 %: 1772.55 fen with the 10.
    assert settled(world, CHEN_NO, date(2023, 2, 28)) == 10 + 1772
    assert world.balance(CHEN_NO) == 1_001_782
    rows = world.rows(
        "SELECT kind, happened_on, fund_year, benefit_month, amount_fen FROM transfer "
        "WHERE kind LIKE 'interest%' ORDER BY entry_id"
    )
    assert rows == [
        ("interest_yearly", "2022-12-31", 2022, 202212, 10),
        ("interest_daily", "2023-02-28", 2023, None, 1772),
    ]


def test_settling_interest_twice_on_a_day_posts_nothing_more(world: World) -> None:
    settled(world, CHEN_NO, date(2023, 2, 28))
    assert settled(world, CHEN_NO, date(2023, 2, 28)) == 0


def test_whoever_has_no_account_or_a_closed_one_earns_nothing(world: World) -> None:
    assert settled(world, LIN_NO, date(2023, 2, 28)) == 0
    with world.context.writing() as work:
        work.connection.exec_driver_sql(
            "UPDATE personal_account SET status = 'closed', closed_on = '2023-01-10'"
        )
        work.commit()
    assert settled(world, CHEN_NO, date(2023, 2, 28)) == 0
