"""Quotas that our holders give to relatives in other pools: held, used, taken back, returned."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ledger.benefits.pool_transfer import Direction, Step
from ledger.core.batches import Batch
from ledger.core.errors import GongjiError
from ledger.core.money import Fen
from ledger.core.months import FAR
from ledger.core.people import Relation
from ledger.core.quotas import QuotaUseRecord
from ledger.policy.loader import load_pack
from ledger.services.books.read import balance
from ledger.services.importing import ImportOptions
from ledger.services.pools.import_quota_uses import import_quota_uses
from ledger.services.pools.pool_clearing import balances
from ledger.services.pools.pool_quota_list import listing, statement
from ledger.services.pools.pool_quotas import (
    expire,
    give,
    release_holds_for,
    revoke,
    take_back,
    use,
)
from ledger.services.pools.pool_transfers import begin, take_step
from tests import databases
from tests.people import CHEN, LIN, certno, psn_no, somebody
from tests.world import World

WUHAN, BEIJING = "420100", "110100"
DAY = date(2026, 3, 2)
USER = (certno(800), "陈远")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "quotas.db")
    world.enrol(CHEN, LIN)
    world.open_with(psn_no(1), 30_000, 2024)
    world.open_with(psn_no(1), 20_000, 2025)
    yield world
    world.close()


def given(world: World, fen: int = 40_000, pool: str = WUHAN, **more: Any) -> int:
    words: dict[str, Any] = {"on": DAY, "relation": Relation.PARENT, "user": USER} | more
    answer = give(
        world.context, psn_no(1), words.pop("user"), pool, words.pop("relation"), Fen(fen),
        words.pop("on"), **words,
    )  # fmt: skip
    return int(answer["quota_id"])


def position(world: World, number: str | None = None) -> tuple[str, str, str]:
    """Balance, held, available."""
    found = balance(world.context, number or psn_no(1), DAY)
    return found["balc"], found["held"], found["available"]


def refused(world: World, fen: int = 40_000, pool: str = WUHAN, **more: Any) -> str:
    with pytest.raises(GongjiError) as error:
        given(world, fen, pool, **more)
    return error.value.code


def test_a_quota_is_held_and_the_holder_cannot_spend_it(world: World) -> None:
    given(world)
    assert position(world) == ("500.00", "400.00", "100.00")
    visit = world.visit("v", psn_no(1), date(2026, 3, 3), 40_000, use=1)
    assert world.settle(visit)["acct_pay"] == "100.00"
    assert position(world) == ("400.00", "400.00", "0.00")
    world.prove()


def test_a_quota_must_be_covered_by_what_is_free(world: World) -> None:
    assert refused(world, 50_001) == "quota/not-covered"
    given(world)
    assert refused(world, 10_001, user=(certno(801), "陈近")) == "quota/not-covered"
    assert given(world, 10_000, user=(certno(801), "陈近"))
    assert position(world)[2] == "0.00"
    world.prove()


@pytest.mark.parametrize(
    ("pool", "on", "relation", "code"),
    [
        (WUHAN, date(2024, 10, 31), Relation.PARENT, "quota/across-not-allowed"),
        (BEIJING, date(2026, 1, 8), Relation.PARENT, "quota/across-not-allowed"),
        (BEIJING, DAY, Relation.OTHER_RELATIVE, "family/relation-not-allowed"),
        ("420300", DAY, Relation.PARENT, "pools/own-pool"),
    ],
)
def test_the_rules_of_the_day_say_which_pools_and_relatives(
    world: World, pool: str, on: date, relation: Relation, code: str
) -> None:
    assert refused(world, pool=pool, on=on, relation=relation) == code


@pytest.mark.parametrize(
    ("pool", "on"),
    [(WUHAN, date(2024, 11, 1)), (BEIJING, date(2026, 1, 9))],
)
def test_from_their_first_day_the_rules_allow_it(world: World, pool: str, on: date) -> None:
    assert given(world, pool=pool, on=on, relation=Relation.SIBLING)


def test_a_use_draws_the_hold_down_and_owes_the_other_pool(world: World) -> None:
    quota = given(world)
    answer = use(world.context, quota, Fen(35_000), date(2026, 3, 5), "W-1", request_id="r")
    assert (answer["used"], answer["held"]) == ("350.00", "50.00")
    assert position(world) == ("150.00", "50.00", "100.00")
    assert balances(world.context) == [{"pool": WUHAN, "owed": "350.00"}]
    legs = world.rows(
        "SELECT fund_year, amount_fen, county FROM transfer WHERE kind = 'aid_draw' ORDER BY leg"
    )
    assert legs == [(2024, 30_000, WUHAN), (2025, 5_000, WUHAN)]
    assert use(world.context, quota, Fen(35_000), date(2026, 3, 5), "W-1", request_id="r") == answer
    assert use(world.context, quota, Fen(35_000), date(2026, 3, 5), "W-1")["used"] == "350.00"
    assert len(world.rows("SELECT 1 FROM entry WHERE kind = 'pool_aid'")) == 1
    world.prove()


@pytest.mark.parametrize(
    ("fen", "on", "reference", "code"),
    [
        (40_001, date(2026, 3, 5), "W-2", "quota/exceeded"),
        (100, date(2026, 3, 1), "W-2", "quota/not-valid"),
        (100, date(2026, 7, 1), "W-2", "quota/not-valid"),
        (0, date(2026, 3, 5), "W-2", "quota/not-above-zero"),
        (100, date(2026, 3, 5), "", "quota/no-reference"),
        (101, date(2026, 3, 5), "W-1", "quota/reference-used"),
    ],
)
def test_a_use_beyond_the_quota_or_its_days_is_refused(
    world: World, fen: int, on: date, reference: str, code: str
) -> None:
    quota = given(world, valid_until=date(2026, 7, 1))
    use(world.context, quota, Fen(100), date(2026, 3, 5), "W-1")
    fen = fen - 100 if code == "quota/exceeded" else fen
    with pytest.raises(GongjiError) as error:
        use(world.context, quota, Fen(fen), on, reference)
    assert error.value.code == code
    world.prove()


def test_a_use_taken_back_is_held_again_with_its_years(world: World) -> None:
    quota = given(world)
    use(world.context, quota, Fen(35_000), date(2026, 3, 5), "W-1")
    answer = take_back(world.context, quota, "W-1", date(2026, 3, 6))
    assert (answer["used"], answer["held"]) == ("0.00", "400.00")
    assert position(world) == ("500.00", "400.00", "100.00")
    years = world.rows("SELECT year, credited_fen - debited_fen FROM account_year ORDER BY year")
    assert years == [(2024, 30_000), (2025, 20_000)]
    with pytest.raises(GongjiError) as error:
        take_back(world.context, quota, "W-1", date(2026, 3, 6))
    assert error.value.code == "quota/reversed-before"
    world.prove()


def test_what_is_unused_returns_on_revocation(world: World) -> None:
    quota = given(world)
    use(world.context, quota, Fen(15_000), date(2026, 3, 5), "W-1")
    assert revoke(world.context, quota, date(2026, 4, 1))["returned"] == "250.00"
    assert position(world) == ("350.00", "0.00", "350.00")
    with pytest.raises(GongjiError) as error:
        use(world.context, quota, Fen(100), date(2026, 4, 1), "W-2")
    assert error.value.code == "quota/ended"
    take_back(world.context, quota, "W-1", date(2026, 4, 2))
    assert position(world) == ("500.00", "0.00", "500.00")
    world.prove()


def test_the_run_of_expiry_ends_what_has_passed_and_nothing_twice(world: World) -> None:
    quota = given(world, valid_until=date(2026, 7, 1))
    given(world, 1_000, BEIJING, user=(certno(801), "陈近"))
    assert expire(world.context, date(2026, 6, 30))["ended"] == 0
    run = expire(world.context, date(2026, 7, 2))
    assert (run["quotas"], run["returned"]) == ([str(quota)], "400.00")
    assert expire(world.context, date(2026, 7, 2))["ended"] == 0
    assert position(world)[1] == "10.00"
    world.prove()


def test_moving_to_another_pool_ends_the_quotas_first(world: World) -> None:
    given(world)
    case = int(begin(world.context, Direction.OUT, psn_no(1), WUHAN, DAY)["case_id"])
    take_step(world.context, case, Step.MOVED_OUT, date(2026, 3, 9))
    assert position(world) == ("0.00", "0.00", "0.00")
    assert listing(world.context, psn_no(1))[0]["ended_on"] == "2026-03-09"
    world.prove()


def test_a_quota_ends_when_the_relative_comes_to_this_pool(world: World) -> None:
    world.enrol(somebody(8))
    quota = given(world, user=(certno(8), "参保人8"))
    case = int(begin(world.context, Direction.IN, psn_no(8), WUHAN, DAY)["case_id"])
    take_step(world.context, case, Step.MOVED_OUT, date(2026, 3, 4))
    assert position(world)[1] == "400.00"
    take_step(world.context, case, Step.MOVED_IN, date(2026, 3, 6))
    assert position(world)[1] == "0.00"
    ended = [q for q in listing(world.context, psn_no(1)) if q["quota_id"] == str(quota)]
    assert ended[0]["ended_on"] == "2026-03-06"
    world.prove()


def test_one_relative_may_have_quotas_of_several_holders(world: World) -> None:
    world.open_with(psn_no(2), 9_000)
    given(world)
    give(world.context, psn_no(2), USER, WUHAN, Relation.SPOUSE, Fen(5_000), DAY, FAR)
    shown = statement(world.context, USER[0])
    assert shown["held"] == "450.00"
    assert [quota["holder_psn_no"] for quota in shown["quotas"]] == [psn_no(1), psn_no(2)]
    with world.context.writing() as work:
        assert release_holds_for(work, USER[0], date(2026, 5, 1), "使用人死亡") == 45_000
        work.commit()
    assert position(world, psn_no(2)) == ("90.00", "0.00", "90.00")
    world.prove()


def test_a_second_quota_for_the_same_relative_waits_for_the_end_of_the_first(world: World) -> None:
    first = given(world, 1_000)
    assert refused(world, 1_000) == "quota/open-already"
    revoke(world.context, first, DAY)
    assert given(world, 1_000)


def test_the_statement_says_by_day_what_was_given_used_taken_back_and_returned(
    world: World,
) -> None:
    quota = given(world)
    use(world.context, quota, Fen(15_000), date(2026, 3, 5), "W-1")
    use(world.context, quota, Fen(2_000), date(2026, 3, 6), "W-2")
    take_back(world.context, quota, "W-1", date(2026, 3, 7))
    revoke(world.context, quota, date(2026, 3, 9), "本人申请")
    take_back(world.context, quota, "W-2", date(2026, 3, 10))
    lines = statement(world.context, psn_no(1))["lines"]
    assert [(x["on"][-2:], x["name"], x["amount"], x["held_after"]) for x in lines] == [
        ("02", "授予并冻结", "400.00", "400.00"),
        ("05", "使用", "150.00", "250.00"),
        ("06", "使用", "20.00", "230.00"),
        ("07", "使用退回", "150.00", "380.00"),
        ("09", "未用返还", "380.00", "0.00"),
        ("10", "使用退回", "20.00", "0.00"),
    ]
    world.prove()


def test_verify_finds_a_hold_that_was_tampered_with(world: World) -> None:
    given(world)
    with world.context.writing() as work:
        work.connection.exec_driver_sql("UPDATE personal_account SET held_fen = 1")
        work.commit()
    assert world.breaches() == ["verify/holds"]
    databases.plant(world.path, ["UPDATE hold SET amount_fen = 1"])
    assert "verify/quotas" in world.breaches()


def _file(*rows: QuotaUseRecord) -> Batch[QuotaUseRecord]:
    return Batch("quota-uses", "uses.csv", len(rows), list(rows), [])


def test_a_list_of_uses_is_taken_row_by_row_and_twice_changes_nothing(world: World) -> None:
    quota = given(world)
    rows = (
        QuotaUseRecord(2, quota, "W-1", date(2026, 3, 5), Fen(15_000)),
        QuotaUseRecord(3, quota, "W-2", date(2026, 3, 6), Fen(30_000)),
        QuotaUseRecord(4, quota, "W-1", date(2026, 3, 7), Fen(-15_000)),
        QuotaUseRecord(5, quota, "W-3", date(2026, 3, 8), Fen(30_000)),
        QuotaUseRecord(6, 1, "W-4", date(2026, 3, 8), Fen(100)),
        QuotaUseRecord(7, quota, "W-3", date(2026, 3, 8), Fen(-100)),
    )
    first = import_quota_uses(world.context, _file(*rows), ImportOptions())
    assert [(error.row, error.code) for error in first.errors] == [
        (3, "quota/exceeded"),
        (6, "quota/unknown"),
    ]
    assert position(world) == ("201.00", "101.00", "100.00")
    taken = _file(rows[0], rows[2], rows[3], rows[5])
    again = import_quota_uses(world.context, taken, ImportOptions())
    assert (again.accepted, again.unchanged) == (4, 4)
    assert position(world) == ("201.00", "101.00", "100.00")
    world.prove()


def test_a_strict_list_with_a_fault_changes_nothing(world: World) -> None:
    quota = given(world)
    rows = (
        QuotaUseRecord(2, quota, "W-1", date(2026, 3, 5), Fen(15_000)),
        QuotaUseRecord(3, quota, "W-2", date(2026, 3, 6), Fen(30_000)),
    )
    result = import_quota_uses(world.context, _file(*rows), ImportOptions(strict=True))
    assert result.accepted == 0
    assert position(world) == ("500.00", "400.00", "100.00")


def years(world: World) -> list[tuple[int, int]]:
    """(year of the money, fen) that the holder has left."""
    return world.rows("SELECT year, credited_fen - debited_fen FROM account_year ORDER BY year")


def test_a_part_of_a_use_comes_back_last_money_first(world: World) -> None:
    quota = given(world)
    use(world.context, quota, Fen(35_000), date(2026, 3, 5), "W-1")
    assert years(world) == [(2024, 0), (2025, 15_000)]
    answer = take_back(world.context, quota, "W-1", date(2026, 3, 6), amount_fen=Fen(7_000))
    assert (answer["used"], answer["held"]) == ("280.00", "120.00")
    # As if 280.00 had been used: all of it of 2024.
    assert years(world) == [(2024, 2_000), (2025, 20_000)]
    assert balances(world.context) == [{"pool": WUHAN, "owed": "280.00"}]
    world.prove()
    answer = take_back(world.context, quota, "W-1", date(2026, 3, 7))
    assert (answer["used"], answer["held"]) == ("0.00", "400.00")
    assert years(world) == [(2024, 30_000), (2025, 20_000)]
    world.prove()


@pytest.mark.parametrize(
    ("fen", "day", "code"),
    [
        (28_001, 7, "quota/more-than-used"),
        (0, 7, "quota/not-above-zero"),
        (100, 4, "quota/earlier-than-use"),
        (7_000, 6, "quota/reversed-before"),
    ],
)
def test_no_more_of_a_use_is_taken_back_than_is_left(
    world: World, fen: int, day: int, code: str
) -> None:
    """The same part reported again for the same day is the same part."""
    quota = given(world)
    use(world.context, quota, Fen(35_000), date(2026, 3, 5), "W-1")
    take_back(world.context, quota, "W-1", date(2026, 3, 6), amount_fen=Fen(7_000))
    with pytest.raises(GongjiError) as error:
        take_back(world.context, quota, "W-1", date(2026, 3, day), amount_fen=Fen(fen))
    assert error.value.code == code
    world.prove()


def test_a_use_reported_after_the_end_is_paid_from_the_balance(world: World) -> None:
    quota = given(world)
    use(world.context, quota, Fen(15_000), date(2026, 3, 5), "W-1")
    revoke(world.context, quota, date(2026, 4, 1))
    answer = use(world.context, quota, Fen(20_000), date(2026, 3, 31), "W-2")
    assert (answer["used"], answer["held"]) == ("350.00", "0.00")
    assert position(world) == ("150.00", "0.00", "150.00")
    lines = statement(world.context, psn_no(1))["lines"]
    assert [(line["amount"], line["held_after"]) for line in lines] == [
        ("400.00", "400.00"),
        ("150.00", "250.00"),
        ("200.00", "250.00"),
        ("250.00", "0.00"),
    ]
    assert [line["name"] for line in lines[1:3]] == ["使用", "使用（额度已结束，记账户余额）"]
    world.prove()
    take_back(world.context, quota, "W-2", date(2026, 4, 6), amount_fen=Fen(5_000))
    assert position(world) == ("200.00", "0.00", "200.00")
    world.prove()


@pytest.mark.parametrize(
    ("fen", "on", "code"),
    [
        (25_001, date(2026, 3, 31), "quota/exceeded"),
        (100, date(2026, 4, 1), "quota/ended"),
        (25_000, date(2026, 3, 31), "quota/not-covered"),
    ],
)
def test_a_late_use_keeps_to_what_was_unused_and_to_the_balance(
    world: World, fen: int, on: date, code: str
) -> None:
    quota = given(world)
    use(world.context, quota, Fen(15_000), date(2026, 3, 5), "W-1")
    revoke(world.context, quota, date(2026, 4, 1))
    world.settle(world.visit("v", psn_no(1), date(2026, 4, 2), 0, self_paid_fen=20_000, use=1))
    with pytest.raises(GongjiError) as error:
        use(world.context, quota, Fen(fen), on, "W-2")
    assert error.value.code == code
    world.prove()


def test_a_pack_may_refuse_every_late_use(world: World) -> None:
    quota = given(world)
    revoke(world.context, quota, date(2026, 4, 1))
    strict = World(world.path, load_pack("420300-shiyan", {"late_quota_use": "refused"}))
    with pytest.raises(GongjiError) as error:
        use(strict.context, quota, Fen(100), date(2026, 3, 31), "W-2")
    assert error.value.code == "quota/ended"
    strict.close()
