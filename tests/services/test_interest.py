"""Interest of one account before it is emptied, and of everybody by a run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ledger.core.errors import Refused
from ledger.core.ids import NOBODY
from ledger.core.months import Month
from ledger.journalizing.interest import interest_entry, interest_leg
from ledger.policy.loader import load_pack
from ledger.services.accounts import interest
from ledger.services.accounts.interest import post_interest, settle_interest
from ledger.services.carry_out import carry_out
from ledger.storage.books.journal import append
from ledger.storage.books.months import BookingMonths
from ledger.storage.database.turns import Turn
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
        work.connection.exec_driver_sql("UPDATE personal_account SET status = 'closed'")
        assert settle_interest(work, shiyan(), world.person_id(CHEN_NO), date(2023, 2, 28)) == 0


def run(world: World, through: date) -> dict[str, object]:
    return post_interest(world.context, through)


def test_a_years_run_pays_both_buckets_at_their_rates(world: World) -> None:
    world.contribute(world.contribution(CHEN_NO, "2023-07", 5_000_000))
    world.credit("2023-07")
    answer = run(world, date(2023, 12, 31))
    # 365 days of 10,000.00 and 0.10 at 1.10 %; from July 1: 1,000.00 at 0.35 % for 184 days; and
    # the retiree's flat amounts, credited for every month on July 1.
    assert [year["year"] for year in answer["years"]] == [2022, 2023]  # type: ignore[union-attr]
    legs = world.rows(
        "SELECT kind, happened_on, benefit_month, amount_fen FROM transfer "
        "WHERE kind LIKE 'interest%' AND person_id = ? ORDER BY entry_id",
        world.person_id(CHEN_NO),
    )
    assert legs == [
        ("interest_yearly", "2022-12-31", 202212, 10),
        ("interest_yearly", "2023-12-31", 202312, 11153 + 179),
    ]


def test_a_second_run_posts_nothing(world: World) -> None:
    run(world, date(2023, 12, 31))
    again = run(world, date(2023, 12, 31))
    assert (again["people"], again["run"]) == (0, None)


def test_a_run_never_counts_less_far_than_the_one_before(world: World) -> None:
    run(world, date(2023, 12, 31))
    with pytest.raises(Refused) as refused:
        run(world, date(2023, 6, 30))
    assert refused.value.code == "interest/counted-further"


def test_a_months_run_is_daily_interest_and_the_year_comes_to_the_same(world: World) -> None:
    run(world, date(2023, 6, 30))
    kinds = world.rows("SELECT DISTINCT kind FROM transfer WHERE happened_on = '2023-06-30'")
    assert kinds == [("interest_daily",)]
    run(world, date(2023, 12, 31))
    total = world.rows("SELECT sum(amount_fen) FROM transfer WHERE kind LIKE 'interest%'")
    assert total == [(10 + 11153,)]


def test_a_visit_booked_late_gives_interest_back(world: World) -> None:
    run(world, date(2023, 12, 31))
    world.settle(world.visit("late", CHEN_NO, date(2023, 1, 1), 0, use=1, self_paid_fen=500_000))
    answer = run(world, date(2023, 12, 31))
    back = world.rows("SELECT happened_on, amount_fen FROM transfer WHERE kind = 'interest_back'")
    assert back == [("2023-12-31", answer["taken_back_fen"])]
    # 5,000.00 less for the whole of 2023, of 11,153 fen.
    assert answer["taken_back_fen"] == 11153 - 5577


def test_interest_that_was_too_much_goes_back_from_the_money_that_it_became(world: World) -> None:
    """Money of 2024, though newer, stays: else 2024 would earn otherwise than without the delay."""
    run(world, date(2024, 12, 31))
    world.settle(world.visit("late", CHEN_NO, date(2023, 7, 1), 500_000, use=1))
    run(world, date(2024, 12, 31))
    back = world.rows(
        "SELECT happened_on, fund_year FROM transfer WHERE kind = 'interest_back' ORDER BY entry_id"
    )
    assert back == [("2023-12-31", 2023), ("2024-12-31", 2024)]


def test_a_run_that_would_lock_people_behind_the_totals_begins_again_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Visits hold their people and wait for totals: who holds totals must not wait for people."""
    turns: list[Turn] = []

    def in_turn(context: Any, act: Any, dry_run: bool, turn: Turn = Turn.COMMAND) -> Any:
        turns.append(turn)
        return carry_out(context, act, dry_run, turn)

    apart = iter([[], [world.person_id(LIN_NO)]])
    monkeypatch.setattr(interest, "carry_out", in_turn)
    monkeypatch.setattr(interest.store, "staged_apart", lambda _connection: next(apart, []))
    answer = run(world, date(2024, 12, 31))
    assert turns == [Turn.COMMAND, Turn.STANDSTILL]
    assert [year["year"] for year in answer["years"]] == [2022, 2023, 2024]
    assert world.rows("SELECT count(*) FROM entry WHERE kind = 'interest'") == [(3,)]


def test_a_dry_run_writes_nothing(world: World) -> None:
    answer = post_interest(world.context, date(2023, 12, 31), dry_run=True)
    assert answer["people"] == 2
    assert world.rows("SELECT count(*) FROM transfer WHERE kind LIKE 'interest%'") == [(0,)]


def test_a_pool_that_pays_no_interest_posts_none(tmp_path: Path) -> None:
    world = World(tmp_path / "none.db", load_pack("420300-shiyan", {"interest.pays": "false"}))
    world.enrol(CHEN)
    world.open_with(CHEN_NO, 1_000_000)
    assert run(world, date(2023, 12, 31))["people"] == 0
    world.close()


def test_what_an_earlier_system_posted_before_the_rules_is_never_taken_back(world: World) -> None:
    with world.context.writing() as work:
        for day in (date(2021, 12, 31), date(2022, 6, 30)):
            leg = interest_leg(
                world.person_id(CHEN_NO), "interest_yearly", day.year, 5_000, Month.of(day)
            )
            month = BookingMonths(work.connection).of(day)
            entry = interest_entry(NOBODY, work.ids.next(), day, month, [leg], "", "迁入")
            append(work, [entry])
        work.commit()
    assert settled(world, CHEN_NO, date(2023, 1, 1)) == 10
    assert run(world, date(2023, 12, 31))["taken_back_fen"] == 0


def test_interest_may_be_money_of_earlier_years(tmp_path: Path) -> None:
    pack = load_pack("420300-shiyan", {"interest.posted_money": "earlier_years"})
    world = World(tmp_path / "earlier.db", pack)
    world.enrol(CHEN)
    world.open_with(CHEN_NO, 1_000_000)
    run(world, date(2023, 12, 31))
    years = world.rows("SELECT DISTINCT fund_year FROM transfer WHERE kind = 'interest_yearly'")
    assert sorted(years) == [(2021,), (2022,)]
    world.prove()
    world.close()
