"""What a closed account, or one that is about to be closed, means for everything else."""

from __future__ import annotations

from datetime import date, datetime
from fractions import Fraction

import pytest

from ledger.core.errors import Refused
from ledger.core.money import Fen
from ledger.core.people import ContributionKind, Relation
from ledger.services.accounts.death import Heir, inherit, register_death
from ledger.services.pools.pool_quotas import give
from ledger.services.resettlement.resettle import show
from ledger.services.resettlement.resettle_plan import Scope
from tests.accounts.conftest import CHEN_NO, LIN_NO
from tests.world import World

DIED, DAY = date(2023, 6, 1), date(2023, 7, 1)
QUOTA_FROM = date(2024, 12, 1)


def bury(world: World, died: date = DIED, on: date = DAY) -> dict[str, object]:
    register_death(world.context, CHEN_NO, died, "死亡证明")
    return inherit(world.context, CHEN_NO, [Heir(Fraction(1), LIN_NO)], on, "公证书")


def test_settling_anew_leaves_out_whose_account_is_closed_and_names_them(world: World) -> None:
    world.settle(world.visit("first", CHEN_NO, date(2023, 5, 10), 60_000, use=1))
    world.settle(world.visit("late", CHEN_NO, date(2023, 5, 1), 60_000, "hospital-1"))
    at = datetime(2023, 8, 1, 9)
    before = show(world.context, Scope(year=2023), at)
    assert before["changed_people"] == 1
    bury(world)
    after = show(world.context, Scope(year=2023), at)
    assert after["changed_people"] == 0
    assert [left["psn"] for left in after["left_out"]] == [CHEN_NO]


def test_who_owes_the_fund_leaves_nothing_to_heirs_until_it_is_settled(world: World) -> None:
    world.settle(world.visit("all", CHEN_NO, date(2023, 4, 1), 100_000, use=1))
    world.contribute(world.contribution(CHEN_NO, "2023-05", 500_000))
    world.credit("2023-05")
    world.settle(world.visit("rest", CHEN_NO, date(2023, 5, 2), 100_000, use=1))
    assert world.balance(CHEN_NO) < 10_000
    back = world.contribution(
        CHEN_NO, "2023-05", -500_000, ContributionKind.REFUND, date(2023, 5, 25)
    )
    world.contribute(back)
    world.credit("2023-05")
    register_death(world.context, CHEN_NO, DIED, "死亡证明")
    world.credit("2023-06")
    with pytest.raises(Refused) as refused:
        inherit(world.context, CHEN_NO, [Heir(Fraction(1), LIN_NO)], DAY, "公证书")
    assert refused.value.code == "account/owes"


def test_a_death_frees_what_quotas_across_pools_held(world: World) -> None:
    user = ("420302199001010015", "使用人")
    give(world.context, CHEN_NO, user, "420100", Relation.SPOUSE, Fen(20_000), QUOTA_FROM)
    held = "SELECT held_fen FROM personal_account WHERE person_id = ?"
    assert world.rows(held, world.person_id(CHEN_NO)) == [(20_000,)]
    assert bury(world, date(2025, 2, 1), date(2025, 3, 1))["status"] == "closed"
    assert world.rows(held, world.person_id(CHEN_NO)) == [(0,)]
