"""Years settled anew, where quotas of other pools paid or a merged number brought its own year."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from ledger.core.money import Fen
from ledger.core.people import Relation
from ledger.services.accounts.merging import propose_merge
from ledger.services.approvals import proposals
from ledger.services.pools.incoming_quotas import listing, receive
from ledger.services.pools.pool_clearing import balances
from ledger.services.resettlement import resettle
from ledger.services.resettlement.resettle_payee import waiting_for_payee
from ledger.services.resettlement.resettle_plan import Scope
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


def merge(world: World, on: date) -> None:
    proposal = propose_merge(world.context, psn_no(1), psn_no(7), on, "重复建档")
    second = open_context(world.path, actor="second")
    proposals.approve(second, int(proposal["proposal_id"]))
    second.engine.dispose()


def test_what_a_merged_number_brought_counts_in_its_order(world: World) -> None:
    world.settle(world.visit("merged", psn_no(7), date(2026, 2, 1), 20_000))
    merge(world, date(2026, 3, 1))
    out_of_order(world, psn_no(1))
    again(world)
    rows = world.rows(
        "SELECT visit_id, sum(deductible_fen), sum(pool_fen) FROM settlement "
        "GROUP BY visit_id ORDER BY visit_id"
    )
    assert rows == [("april", 0, 48_000), ("march", 30_000, 15_000), ("merged", 20_000, 0)]
    world.prove()


def money(world: World) -> dict[str, int]:
    """Balances of both numbers, and what the pooled fund owes people and they owe it."""
    rows = world.rows(
        "SELECT coalesce(sum(CASE '2103' WHEN credit_account THEN amount_fen "
        "WHEN debit_account THEN -amount_fen ELSE 0 END), 0) FROM transfer"
    )
    owed = world.rows("SELECT coalesce(sum(owed_fen - settled_fen), 0) FROM debtor")
    kept = world.person_id(psn_no(1))
    left = dict(world.rows("SELECT person_id, credited_fen - debited_fen FROM personal_account"))
    return {
        "kept": left.pop(kept, 0),
        "merged": sum(left.values()),
        "due": int(rows[0][0]),
        "owed": int(owed[0][0]),
    }


def settled(world: World, visit: str) -> dict[str, Any]:
    """The settlement of a visit that stands."""
    number = world.rows("SELECT max(settlement_id) FROM settlement WHERE visit_id = ?", visit)
    return {"setl_id": number[0][0]}


def test_what_a_merged_number_paid_beyond_goes_back_to_the_person(world: World) -> None:
    """April at tier 1 was paid 80.00 by the fund and 150.00 by the account of the second number.
    As of one person, the deductible was met in March: the fund pays 480.00, and what the account
    paid beyond the own share of 120.00 comes to the account that is kept."""
    world.open_with(psn_no(7), 15_000)
    world.settle(world.visit("april", psn_no(7), date(2026, 3, 20), 60_000, "hospital-1", use=1))
    world.settle(world.visit("march", psn_no(1), date(2026, 3, 5), 60_000, "hospital-3"))
    merge(world, date(2026, 4, 1))
    interest = money(world)["kept"]
    answer = again(world)
    assert [(c["mdtrt_id"], c["psn"]) for c in answer["changes"]] == [("april", psn_no(1))]
    assert money(world) == {"kept": 3_000 + interest, "merged": 0, "due": 37_000, "owed": 0}
    assert world.accumulators(psn_no(1), 2026) == (120_000, 50_000, 70_000, 53_000, 53_000)
    world.prove()
    # Settled anew once more, and given back at last: the merged number stays empty.
    world.settle(world.visit("february", psn_no(1), date(2026, 2, 5), 10_000, "hospital-1"))
    again(world)
    world.prove()
    world.reverse(settled(world, "april"), datetime(2026, 6, 2, 9))
    assert (money(world)["kept"], money(world)["merged"]) == (15_000 + interest, 0)
    world.prove()


def test_what_a_visit_of_a_merged_number_makes_owed_the_person_owes(world: World) -> None:
    first = world.settle(world.visit("january", psn_no(7), date(2026, 1, 5), 50_000))
    world.settle(world.visit("march", psn_no(7), date(2026, 3, 5), 60_000, "hospital-1"))
    merge(world, date(2026, 4, 1))
    world.reverse(first, datetime(2026, 4, 2, 9))
    again(world)
    assert money(world) == {"kept": 0, "merged": 0, "due": 0, "owed": 40_000}
    world.prove()
    world.settle(world.visit("february", psn_no(1), date(2026, 2, 5), 50_000, "hospital-3"))
    again(world)
    # March is right again; of February the fund had paid 250.00, which was the deductible.
    assert money(world) == {"kept": 0, "merged": 0, "due": 0, "owed": 25_000}
    world.prove()


def test_a_number_that_was_settled_anew_before_it_was_merged(world: World) -> None:
    """What it was owed stands under it, what it owes went over; both count for the person."""
    world.settle(world.visit("april", psn_no(7), date(2026, 3, 20), 60_000, "hospital-1"))
    world.settle(world.visit("march", psn_no(7), date(2026, 3, 5), 60_000, "hospital-3"))
    again(world)
    assert (money(world)["due"], money(world)["owed"]) == (15_000, 0)
    merge(world, date(2026, 4, 5))
    world.settle(world.visit("february", psn_no(1), date(2026, 2, 5), 50_000, "hospital-3"))
    again(world)
    # The fund pays 780.00 and the institutions had 630.00, whichever visit they stand for.
    assert (money(world)["due"], money(world)["owed"]) == (15_000, 0)
    world.prove()
    assert [(r["psn"], r["amount"]) for r in waiting_for_payee(world.context)] == [
        (psn_no(1), "150.00")
    ]
    for visit in ("april", "march", "february"):
        world.reverse(settled(world, visit), datetime(2026, 6, 2, 9))
    assert money(world) == {"kept": 0, "merged": 0, "due": 0, "owed": 0}
    world.prove()


def test_the_scope_of_a_person_and_of_a_provider_finds_visits_of_merged_numbers(
    world: World,
) -> None:
    world.settle(world.visit("april", psn_no(7), date(2026, 3, 20), 60_000, "hospital-1"))
    world.settle(world.visit("march", psn_no(1), date(2026, 3, 5), 60_000, "hospital-3"))
    merge(world, date(2026, 4, 1))
    for scope in (Scope(2026, psn_no(1)), Scope(2026, provider="H42030000003"), Scope(2026)):
        shown = resettle.show(world.context, scope, AT)
        assert (shown["people"], shown["visits"], shown["changed_visits"]) == (1, 2, 1)
