"""Credits that the state of an account forbids: kept back, listed, posted once it allows them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from ledger.benefits.account_states import Event
from ledger.core.errors import Refused
from ledger.core.people import ContributionKind
from ledger.services.accounts.account_states import change_state
from ledger.services.accounts.death import Heir, inherit
from ledger.services.crediting.withheld_credits import withheld_credits
from tests.people import CHEN, LIN
from tests.world import World

CHEN_NO, LIN_NO = str(CHEN.psn_no), str(LIN.psn_no)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "world.db")
    world.enrol(CHEN, LIN)
    world.contribute(world.contribution(CHEN_NO, "2023-01", 500_000))
    world.credit("2023-01")
    yield world
    world.prove()
    world.close()


def listed(world: World) -> list[tuple[Any, ...]]:
    rows = withheld_credits(world.context)
    return [(row["psn_no"], row["month"], row["amount"], row["state"]) for row in rows]


def event(world: World, number: str, what: Event, on: date) -> None:
    change_state(world.context, number, what, on, "测试")


def test_what_becomes_due_once_heirs_have_everything_is_listed_and_not_credited(
    world: World,
) -> None:
    event(world, CHEN_NO, Event.DEATH, date(2023, 2, 10))
    heirs = [Heir(Fraction(1), LIN_NO)]
    inherit(world.context, CHEN_NO, heirs, date(2023, 2, 20), "公证书")
    world.contribute(
        world.contribution(CHEN_NO, "2023-02", 500_000),
        world.contribution(CHEN_NO, "2023-01", 100_000, ContributionKind.BASE_DIFFERENCE),
    )
    answer = world.credit("2023-02")
    assert (answer["credited_fen"], answer["withheld_fen"]) == (7_700, 12_000)
    assert listed(world) == [
        (CHEN_NO, "2023-01", "20.00", "closed"),
        (CHEN_NO, "2023-02", "100.00", "closed"),
    ]
    assert world.balance(CHEN_NO) == 0
    assert world.credit("2023-03")["withheld_fen"] == 0
    assert len(listed(world)) == 2


def test_what_is_due_up_to_a_death_is_credited_before_heirs_get_it(world: World) -> None:
    event(world, CHEN_NO, Event.DEATH, date(2023, 2, 10))
    world.contribute(world.contribution(CHEN_NO, "2023-02", 500_000))
    heirs = [Heir(Fraction(1), LIN_NO)]
    with pytest.raises(Refused) as refused:
        inherit(world.context, CHEN_NO, heirs, date(2023, 3, 20), "公证书")
    assert refused.value.code == "account/credit-first"
    assert "gongji credit 2023-02" in refused.value.message
    assert world.credit("2023-02")["withheld_fen"] == 0
    assert world.balance(CHEN_NO) == 20_000
    inherit(world.context, CHEN_NO, heirs, date(2023, 3, 20), "公证书")


def test_what_was_kept_back_is_posted_once_the_account_takes_credits_again(world: World) -> None:
    event(world, LIN_NO, Event.STOP, date(2023, 2, 10))
    assert world.credit("2023-02")["withheld_fen"] == 7_700
    event(world, LIN_NO, Event.RESUME, date(2023, 3, 1))
    answer = world.credit("2023-03")
    assert (answer["credited_fen"], answer["withheld_fen"]) == (2 * 7_700, 0)
    assert listed(world) == []
    reasons = world.rows("SELECT benefit_month, reason FROM credit_difference")
    assert reasons == [(202302, "account_released")]


def test_what_is_no_longer_due_leaves_the_list(world: World) -> None:
    event(world, CHEN_NO, Event.STOP, date(2023, 2, 10))
    world.contribute(world.contribution(CHEN_NO, "2023-02", 500_000))
    world.credit("2023-02")
    assert listed(world) == [(CHEN_NO, "2023-02", "100.00", "stopped")]
    back = world.contribution(CHEN_NO, "2023-02", -500_000, ContributionKind.REFUND)
    world.contribute(back)
    world.credit("2023-02")
    assert listed(world) == []


def test_money_comes_into_a_lost_card_all_the_same(world: World) -> None:
    event(world, LIN_NO, Event.LOSE, date(2023, 1, 10))
    assert world.credit("2023-02")["withheld_fen"] == 0
    assert world.balance(LIN_NO) == 2 * 7_700
