"""Under every pack of the shapes: visits that arrive in a wrong order, with an institution's tier
corrected afterwards, are settled anew as if they had come in their order, and known as they are.

The twin of each city is settled afresh in order; visit by visit and window by window they agree.
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ledger.core.batches import Batch
from ledger.core.people import Status
from ledger.core.visits import FeeItem, VisitRecord
from ledger.policy.pack import Pack
from ledger.services.importing import ImportOptions
from ledger.services.resettlement import resettle
from ledger.services.resettlement.resettle_plan import Scope
from ledger.services.roster.import_providers import import_providers
from ledger.services.visits.import_visits import import_visits
from tests import databases
from tests.people import somebody
from tests.shapes.test_desk import PACKS as TELLING
from tests.shapes.test_desk import record_of
from tests.shapes.test_packs import FIRST, NAMES, pack_of, visits
from tests.world import World, provider_records

PAYS_FIRST = ("account-first",)
"""What the pool pays follows the balance of then, which another order does not bring back."""
SHAPED = [name for name in NAMES if pack_of(name).has_shapes and name not in PAYS_FIRST]
TRIED = TELLING if databases.POSTGRES else SHAPED
CORRECTED_ON = date(2023, 9, 1)
AT = datetime(2025, 1, 2, 9)


def records(world: World, name: str) -> list[VisitRecord]:
    """Visits of two years; one person is retired. Contracted where others would be refused, with
    the items of the bill where the pack asks for them."""
    shapes = pack_of(name).outpatient(FIRST).shapes
    refuses = shapes.uncontracted == 2
    seen = [
        visit._replace(
            place=visit.tier, retired=visit.person == 1, contracted=refuses or visit.contracted
        )
        for visit in visits(11, 16)
    ]
    found = [record_of(world, row, visit, name) for row, visit in enumerate(seen)]
    if not shapes.item_quotas_fen:
        return found
    return [record._replace(items=(FeeItem("YAO9", record.in_scope_fen),)) for record in found]


def enrolled(path: Path, pack: Pack) -> World:
    world = World(path, pack)
    world.enrol(somebody(1), somebody(2, status=Status.RETIRED))
    return world


def take(world: World, records: list[VisitRecord]) -> None:
    batch = Batch("visits", "visits.csv", len(records), records, [])
    assert not import_visits(world.context, batch, ImportOptions()).errors


def correct_a_tier(world: World) -> None:
    hospital = next(r for r in provider_records() if r.tier == 2)
    record = hospital._replace(tier=3, changed_on=CORRECTED_ON)
    batch = Batch("providers", "providers.csv", 1, [record], [])
    assert not import_providers(world.context, batch, ImportOptions()).errors


def settle_anew(world: World) -> None:
    for year in (2023, 2024):
        number = resettle.show(world.context, Scope(year), AT)["plan"]
        if number:
            resettle.approve(world.context, Scope(year), AT, number)
        again = resettle.show(world.context, Scope(year), AT)
        assert (again["plan"], again["left_out"]) == (None, [])


def stands(world: World) -> dict[str, Any]:
    """By visit what stands, and every window that is not empty."""
    rows = world.rows(
        "SELECT visit_id, deductible_fen, beyond_deductible_fen, cost_fen, pool_fen "
        "FROM settlement AS s WHERE reverses_settlement_id IS NULL AND NOT EXISTS "
        "(SELECT 1 FROM settlement AS r WHERE r.person_id = s.person_id "
        "AND r.reverses_settlement_id = s.settlement_id)"
    )
    windows = world.rows(
        "SELECT person_id, year, benefit, in_scope_fen, deductible_fen, cost_fen, paid_fen, "
        "CASE benefit WHEN 'outpatient' THEN 0 ELSE version END FROM accumulator"
    )
    return {row[0]: row[1:] for row in rows} | {
        str(row[:3]): row[3:] for row in windows if any(row[3:])
    }


@pytest.mark.parametrize("name", TRIED)
def test_settled_anew_is_as_if_it_had_come_in_order(name: str, tmp_path: Path) -> None:
    world = enrolled(tmp_path / "late.db", pack_of(name))
    all_of_them = records(world, name)
    late = Random(name).sample(all_of_them, len(all_of_them) // 2)
    take(world, [record for record in all_of_them if record not in late])
    take(world, late)
    correct_a_tier(world)
    settle_anew(world)
    world.prove()
    twin = enrolled(tmp_path / "twin.db", pack_of(name))
    correct_a_tier(twin)
    take(twin, all_of_them)
    assert stands(world) == stands(twin)
    world.close()
    twin.close()


def test_what_a_visit_did_not_say_leaves_its_person_out(tmp_path: Path) -> None:
    """As visits of before facts were kept: the list says who and why; others are looked at."""
    world = enrolled(tmp_path / "silent.db", pack_of("nanchang-chronic"))
    all_of_them = records(world, "nanchang-chronic")
    take(world, [r for r in all_of_them if r.settled_at.month > 6])
    take(world, [r for r in all_of_them if r.settled_at.month <= 6])
    one = somebody(1)
    databases.plant(
        world.path,
        [f"UPDATE visit SET facts = NULL WHERE person_id = {world.person_id(str(one.psn_no))}"],
    )
    shown = resettle.show(world.context, Scope(2023), AT)
    assert [left["psn"] for left in shown["left_out"]] == [one.psn_no]
    assert "病种代码" in shown["left_out"][0]["reason"]
    assert shown["visits"] == len(
        [r for r in all_of_them if r.psn_no == somebody(2).psn_no and r.settled_at.year == 2023]
    )
    world.close()
