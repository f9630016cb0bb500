"""Credits in advance (预划): before the contribution, set off by it, taken back without it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from ledger.core.errors import GongjiError, Refused
from ledger.core.months import Month
from ledger.core.people import ContributionKind, Plan, Status
from ledger.policy.loader import load_pack
from ledger.services.crediting.advance_credit import advance_credit
from tests.people import CHEN, LIN, WANG, ZHAO, somebody
from tests.world import World

CHEN_NO, ZHAO_NO = str(CHEN.psn_no), str(ZHAO.psn_no)
ADVANCING = {"advance.credit": "all_employers", "advance.back_after_months": "2"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Chen and Zhao were paid for in January, on 5,000.00 each: 100.00 a month."""
    world = World(tmp_path / "world.db", load_pack("420300-shiyan", ADVANCING))
    world.enrol(CHEN, ZHAO, LIN, WANG)
    pay(world, "2023-01", CHEN_NO, ZHAO_NO)
    world.credit("2023-01")
    yield world
    world.prove()
    world.close()


def pay(world: World, month: str, *people: str, base: int = 500_000) -> None:
    world.contribute(*(world.contribution(person, month, base) for person in people))


def advance(world: World, month: str) -> tuple[int, int]:
    answer = advance_credit(world.context, Month.parse(month))
    return answer["people"], answer["advanced_fen"]


def reasons(world: World) -> list[tuple[int, int, int, str]]:
    return world.rows(
        "SELECT benefit_month, before_fen, after_fen, reason FROM credit_difference "
        "ORDER BY entry_id, person_id, benefit_month"
    )


def test_employees_are_advanced_on_their_newest_base_and_nobody_else(world: World) -> None:
    assert advance(world, "2023-02") == (2, 20_000)
    assert advance(world, "2023-02") == (0, 0)
    assert world.balance(CHEN_NO) == 20_000
    assert world.rows(
        "SELECT DISTINCT kind, debit_account, benefit_month FROM transfer "
        "WHERE kind = 'credit_advance'"
    ) == [("credit_advance", "3202", 202302)]


def test_whose_contribution_is_there_is_not_advanced(world: World) -> None:
    pay(world, "2023-02", ZHAO_NO)
    assert advance(world, "2023-02") == (1, 10_000)


def test_an_advance_counts_as_credited_for_a_month_not_covered_yet(world: World) -> None:
    advance(world, "2023-02")
    pay(world, "2023-02", CHEN_NO, base=600_000)
    pay(world, "2023-02", ZHAO_NO)
    answer = world.credit("2023-02")
    assert answer["credited_fen"] == 2_000 + 7_700
    assert (world.balance(CHEN_NO), world.balance(ZHAO_NO)) == (22_000, 20_000)
    assert reasons(world) == [(202302, 10_000, 12_000, "advance_settled")]
    assert world.credit("2023-02")["run"] is None


def test_what_was_advanced_too_much_is_taken_back(world: World) -> None:
    advance(world, "2023-02")
    pay(world, "2023-02", CHEN_NO, base=400_000)
    answer = world.credit("2023-02")
    assert answer["clawed_back_fen"] == 2_000
    assert world.balance(CHEN_NO) == 18_000
    assert reasons(world) == [(202302, 10_000, 8_000, "advance_settled")]


def test_an_advance_stands_while_the_contribution_may_still_come(world: World) -> None:
    advance(world, "2023-02")
    world.credit("2023-02")
    world.credit("2023-03")
    assert world.balance(CHEN_NO) == 20_000
    pay(world, "2023-02", CHEN_NO, base=600_000)
    assert world.credit("2023-03")["credited_fen"] == 2_000
    assert reasons(world)[-1][1:] == (10_000, 12_000, "advance_settled")


def test_an_advance_that_nothing_followed_is_taken_back(world: World) -> None:
    advance(world, "2023-02")
    world.settle(world.visit("A", CHEN_NO, date(2023, 2, 20), 17_000, use=1))
    world.credit("2023-04")
    assert world.balance(ZHAO_NO) == 20_000
    answer = world.credit("2023-05")
    assert (answer["clawed_back_fen"], answer["owed_fen"]) == (13_000, 7_000)
    assert {reason for *_rest, reason in reasons(world)} == {"advance_not_paid"}
    assert (world.balance(CHEN_NO), world.balance(ZHAO_NO)) == (0, 10_000)
    assert world.credit("2023-06")["clawed_back_fen"] == 0
    pay(world, "2023-02", ZHAO_NO)
    assert world.credit("2023-06")["credited_fen"] == 10_000


def test_months_covered_late_take_old_advances_back_at_once(world: World) -> None:
    advance(world, "2023-02")
    answer = world.credit("2023-08")
    assert answer["clawed_back_fen"] == 20_000
    assert world.credit("2023-09")["clawed_back_fen"] == 0


def test_a_returned_contribution_takes_the_advance_with_it(world: World) -> None:
    advance(world, "2023-02")
    pay(world, "2023-02", CHEN_NO)
    back = world.contribution(CHEN_NO, "2023-02", -500_000, ContributionKind.REFUND)
    world.contribute(back)
    assert world.credit("2023-02")["clawed_back_fen"] == 10_000
    assert reasons(world) == [(202302, 10_000, 0, "contribution_returned")]


def test_whoever_retired_or_left_the_plan_gives_the_advance_back(world: World) -> None:
    advance(world, "2023-02")
    world.enrol(
        somebody(1, CHEN.name, Status.RETIRED, changed_on=date(2023, 2, 1),
                 settled_up_on=date(2023, 2, 1)),
        somebody(4, ZHAO.name, plan=Plan.POOL_ONLY, changed_on=date(2023, 2, 1)),
    )  # fmt: skip
    answer = world.credit("2023-02")
    assert (answer["credited_fen"], answer["clawed_back_fen"]) == (2 * 7_700, 20_000)
    assert [reason for *_rest, reason in reasons(world)] == ["retired", "plan_corrected"]


def test_an_advance_in_a_month_already_covered_is_set_off_too(world: World) -> None:
    world.credit("2023-02")
    assert advance(world, "2023-02") == (2, 20_000)
    pay(world, "2023-02", CHEN_NO, base=550_000)
    assert world.credit("2023-02")["credited_fen"] == 1_000
    assert world.balance(CHEN_NO) == 21_000


def test_no_advance_without_a_recent_base_and_none_that_would_come_back_at_once(
    world: World,
) -> None:
    assert advance(world, "2023-04") == (0, 0)
    world.credit("2023-09")
    with pytest.raises(Refused) as refused:
        advance(world, "2023-06")
    assert refused.value.code == "advance/too-late"


def test_only_listed_employers_where_the_pack_lists_them(tmp_path: Path) -> None:
    settings = {"advance.credit": "listed_employers", "advance.employers": "E002,E003"}
    world = World(tmp_path / "listed.db", load_pack("420300-shiyan", settings))
    world.enrol(CHEN, ZHAO._replace(employer_no="E002", employer_name="十堰样例二厂"))
    pay(world, "2023-01", CHEN_NO, ZHAO_NO)
    assert advance(world, "2023-02") == (1, 10_000)
    assert world.balance(ZHAO_NO) == 10_000
    world.prove()
    world.close()


def test_without_the_setting_nobody_is_advanced(tmp_path: Path) -> None:
    world = World(tmp_path / "off.db")
    with pytest.raises(GongjiError) as refused:
        advance(world, "2023-02")
    assert refused.value.code == "advance/off"
    world.close()


def test_a_trial_advances_nobody(world: World) -> None:
    answer = advance_credit(world.context, Month(2023, 2), dry_run=True)
    assert answer["advanced_fen"] == 20_000
    assert world.balance(CHEN_NO) == 10_000
