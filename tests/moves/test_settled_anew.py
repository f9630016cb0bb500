"""Years settled anew, where quotas of other pools paid or a merged number brought its own year."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from ledger.core.money import Fen
from ledger.core.people import Relation
from ledger.services import proposals, resettle
from ledger.services.incoming_quotas import listing, receive
from ledger.services.merging import propose_merge
from ledger.services.pool_clearing import balances
from ledger.services.resettle_plan import Scope
from tests.people import CHEN, certno, psn_no, somebody
from tests.world import World, open_context

AT = datetime(2026, 6, 1, 9)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "anew.db")
    world.enrol(CHEN, somebody(7, "陈建国", benefit_until=date(2026, 4, 1)))
    yield world
    world.close()


def again(world: World, year: int = 2026) -> dict[str, Any]:
    number = resettle.show(world.context, Scope(year), AT)["plan"]
    return resettle.approve(world.context, Scope(year), AT, number)


def out_of_order(world: World, number: str, use: int = 0) -> None:
    """April's visit at tier 1 is settled first; March's at tier 3 arrives late."""
    world.settle(world.visit("april", number, date(2026, 4, 1), 60_000, "hospital-1", use=use))
    world.settle(world.visit("march", number, date(2026, 3, 5), 60_000, "hospital-3", use=use))


def test_what_a_quota_of_another_pool_paid_stays_paid(world: World) -> None:
    holder = (certno(800), "陈远")
    receive(
        world.context, psn_no(1), "110100", "BJ-1", holder, Relation.CHILD, Fen(10_000),
        date(2026, 3, 2),
    )  # fmt: skip
    out_of_order(world, psn_no(1), use=2)
    world.prove()
    again(world)
    assert listing(world.context)[0]["used"] == "100.00"
    assert balances(world.context) == [{"pool": "110100", "owed": "-100.00"}]
    world.prove()


def test_what_a_merged_number_brought_counts_before_the_persons_own_visits(world: World) -> None:
    world.settle(world.visit("merged", psn_no(7), date(2026, 2, 1), 20_000))
    proposal = propose_merge(world.context, psn_no(1), psn_no(7), date(2026, 3, 1), "重复建档")
    second = open_context(world.path, actor="second")
    proposals.approve(second, int(proposal["proposal_id"]))
    second.engine.dispose()
    out_of_order(world, psn_no(1))
    again(world)
    rows = world.rows(
        "SELECT visit_id, sum(deductible_fen), sum(pool_fen) FROM settlement "
        "GROUP BY visit_id ORDER BY visit_id"
    )
    assert rows == [("april", 0, 48_000), ("march", 30_000, 15_000), ("merged", 20_000, 0)]
    world.prove()
