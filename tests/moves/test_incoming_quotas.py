"""Quotas that holders of other pools gave to our patients: the desk draws them last."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from ledger.benefits.pool_transfer import Direction, Step
from ledger.core.batches import Batch
from ledger.core.errors import GongjiError
from ledger.core.money import Fen
from ledger.core.people import Relation
from ledger.services.importing import ImportOptions
from ledger.services.pools.incoming_quotas import end, listing, receive, statement
from ledger.services.pools.pool_clearing import balances, move_money
from ledger.services.pools.pool_transfers import begin, take_step
from ledger.services.visits.import_visits import import_visits
from tests.people import CHEN, LIN, certno, psn_no
from tests.world import World

WUHAN, BEIJING = "420100", "110100"
DAY = date(2026, 3, 2)
HOLDER = (certno(800), "陈远")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "incoming.db")
    world.enrol(CHEN, LIN)
    world.open_with(psn_no(2), 5_000)
    yield world
    world.close()


def received(world: World, fen: int, pool: str = BEIJING, **more: Any) -> int:
    words: dict[str, Any] = {"reference": "BJ-1", "relation": Relation.CHILD, "on": DAY} | more
    answer = receive(
        world.context, psn_no(2), pool, words.pop("reference"), HOLDER, words.pop("relation"),
        Fen(fen), words.pop("on"), **words,
    )  # fmt: skip
    return int(answer["quota_id"])


def test_own_account_and_own_pool_come_first_then_quotas_in_their_order(world: World) -> None:
    world.open_with(psn_no(1), 3_000)
    world.link(world.relation(CHEN.certno, LIN.certno))
    first = received(world, 2_000)
    second = received(world, 9_000, WUHAN, reference="WH-1")
    visit = world.visit("v", psn_no(2), date(2026, 3, 5), 15_000, use=2)
    answer = world.settle(visit)
    assert (answer["acct_pay"], answer["acct_mulaid_pay"]) == ("150.00", "100.00")
    assert answer["psn_cash_pay"] == "0.00"
    used = {quota["quota_id"]: quota["used"] for quota in listing(world.context, psn_no(2))}
    assert used == {str(first): "20.00", str(second): "50.00"}
    assert balances(world.context) == [
        {"pool": BEIJING, "owed": "-20.00"},
        {"pool": WUHAN, "owed": "-50.00"},
    ]
    world.prove()


def test_without_the_flag_or_outside_its_days_a_quota_pays_nothing(world: World) -> None:
    received(world, 9_000, valid_until=date(2026, 4, 1))
    own = world.settle(world.visit("a", psn_no(2), date(2026, 3, 5), 6_000, use=1))
    late = world.settle(world.visit("b", psn_no(2), date(2026, 4, 1), 6_000, use=2))
    assert (own["acct_mulaid_pay"], late["acct_mulaid_pay"]) == ("0.00", "0.00")


def test_a_refund_gives_the_quota_back_and_owes_the_other_pool(world: World) -> None:
    received(world, 9_000)
    answer = world.settle(world.visit("v", psn_no(2), date(2026, 3, 5), 8_000, use=2))
    assert answer["acct_mulaid_pay"] == "30.00"
    move_money(world.context, BEIJING, "received", Fen(3_000), date(2026, 3, 31))
    refund = world.reverse(answer, datetime(2026, 4, 2, 9))
    assert refund["acct_mulaid_pay"] == "-30.00"
    assert listing(world.context, psn_no(2))[0]["left"] == "90.00"
    assert balances(world.context) == [{"pool": BEIJING, "owed": "30.00"}]
    lines = statement(world.context, psn_no(2))["lines"]
    assert [(x["name"], x["amount"]) for x in lines] == [
        ("获授额度", "90.00"),
        ("使用", "30.00"),
        ("退费退回", "30.00"),
    ]
    world.prove()


def test_a_file_draws_a_quota_over_visits_and_refunds_as_single_visits_do(world: World) -> None:
    received(world, 5_000)
    visits = [
        world.visit("a", psn_no(2), datetime(2026, 3, 5, 9), 9_000, use=2),
        world.visit("b", psn_no(2), datetime(2026, 3, 6, 9), 3_000, use=2),
    ]
    refund = visits[0]._replace(
        visit_id="a-r", is_refund=True, original_visit_id="a", settled_at=datetime(2026, 3, 7, 9),
        **{name: -getattr(visits[0], name) for name in ("total_fen", "in_scope_fen")},
    )  # fmt: skip
    records = [r._replace(row=n) for n, r in enumerate([*visits, refund], start=2)]
    result = import_visits(world.context, Batch("visits", "v.csv", 3, records, []), ImportOptions())
    assert result.errors == []
    assert listing(world.context)[0]["used"] == "10.00"
    world.prove()


def test_what_the_other_pool_has_ended_pays_no_more(world: World) -> None:
    quota = received(world, 9_000)
    end(world.context, quota, date(2026, 3, 4))
    answer = world.settle(world.visit("v", psn_no(2), date(2026, 3, 5), 8_000, use=2))
    assert answer["acct_mulaid_pay"] == "0.00"
    with pytest.raises(GongjiError) as error:
        end(world.context, quota, date(2026, 3, 4))
    assert error.value.code == "quota/ended"


def test_a_quota_ends_when_the_patient_moves_away(world: World) -> None:
    receive(world.context, psn_no(1), BEIJING, "BJ-9", HOLDER, Relation.CHILD, Fen(1_000), DAY)
    case = int(begin(world.context, Direction.OUT, psn_no(1), WUHAN, DAY)["case_id"])
    take_step(world.context, case, Step.MOVED_OUT, date(2026, 3, 4))
    assert listing(world.context, psn_no(1))[0]["ended_on"] == "2026-03-05"
    world.prove()


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"on": date(2026, 1, 8)}, "quota/across-not-allowed"),
        ({"relation": Relation.NOT_RELATED}, "family/relation-not-allowed"),
        ({"reference": ""}, "quota/no-reference"),
        ({"reference": "BJ-0"}, "quota/reference-used"),
        ({"pool": "420300"}, "pools/own-pool"),
    ],
)
def test_what_cannot_be_received_is_refused(world: World, more: dict[str, Any], code: str) -> None:
    received(world, 100, reference="BJ-0")
    with pytest.raises(GongjiError) as error:
        received(world, 100, **more)
    assert error.value.code == code


def test_what_the_other_pool_owes_is_paid_to_the_hospital_all_the_same(world: World) -> None:
    received(world, 9_000)
    world.settle(world.visit("v", psn_no(2), date(2026, 3, 5), 8_000, use=2))
    owed = world.rows(
        "SELECT sum(CASE WHEN credit_account = '2102' THEN amount_fen ELSE 0 END) FROM transfer"
    )
    assert owed == [(8_000,)]
    world.prove()
