"""A file settled at the desk is the fold over windows, and reversing every visit in any order
leaves every window as if nobody had ever come."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from ledger.benefits.windows import EMPTY_WINDOW
from ledger.core.batches import Batch
from ledger.core.people import Status
from ledger.core.visits import VisitRecord
from ledger.services.importing import ImportOptions
from ledger.services.visits.import_visits import import_visits
from ledger.services.visits.settle_visit import reverse
from tests.people import psn_no, somebody
from tests.shapes.test_packs import Seen, Windows, Years, case_of, pack_of, settle, visits
from tests.world import World

FIRST = datetime(2023, 1, 1, 9)
PACKS = (
    "monthly-cap", "hospital-year", "shenzhen-inpatient", "zigong", "nanchang-chronic",
    "back-solved", "beijing-bands", "guangzhou",
)  # fmt: skip


def record_of(world: World, row: int, visit: Seen, pack: str) -> VisitRecord:
    """The visit as a file tells it, in a random order of rows; one stay number each person."""
    facts = case_of(visit, pack_of(pack)).facts
    at = FIRST + timedelta(days=visit.day, minutes=row)
    day = at.date()
    born = day.replace(year=day.year - visit.age, day=1)
    return world.visit(
        f"V{row}", psn_no(visit.person + 1), at, visit.in_scope, f"hospital-{visit.tier}",
        row=row + 2, med_type=case_of(visit, pack_of(pack)).med_type,
        disease_code=facts.disease, contracted=visit.contracted, stay_id=facts.stay_id,
        first_day=day, born_on=born,
    )  # fmt: skip


@pytest.mark.parametrize("name", PACKS)
def test_the_desk_settles_what_the_windows_fold(name: str, tmp_path: Path) -> None:
    pack = pack_of(name)
    # The desk knows three hospitals, one of each tier; a person's status is that of the roster.
    seen = [visit._replace(place=visit.tier, retired=visit.person == 1) for visit in visits(7, 30)]
    world = World(tmp_path / "world.db", pack)
    world.enrol(somebody(1), somebody(2, status=Status.RETIRED))
    records = [record_of(world, row, visit, name) for row, visit in enumerate(seen)]
    shuffled = Random(7).sample(records, len(records))
    batch = Batch("visits", "visits.csv", len(records), shuffled, [])
    assert not import_visits(world.context, batch, ImportOptions()).errors
    settled = world.rows("SELECT visit_id, deductible_fen, pool_fen FROM settlement")
    years: Years = {}
    windows: Windows = {}
    folded = [settle(visit, pack, years, windows).amounts for visit in seen]
    assert {visit_id: tuple(paid) for visit_id, *paid in settled} == {
        f"V{row}": (amounts[0], amounts[7]) for row, amounts in enumerate(folded)
    }
    world.prove()
    _reverse_all(world)
    world.close()


def _reverse_all(world: World) -> None:
    numbers = [int(number) for (number,) in world.rows("SELECT settlement_id FROM settlement")]
    for number in Random(8).sample(numbers, len(numbers)):
        reverse(world.context, number, datetime(2025, 1, 2, 9))
    left = world.rows("SELECT in_scope_fen, deductible_fen, cost_fen, paid_fen, 0 FROM accumulator")
    assert set(left) <= {EMPTY_WINDOW}
    windows = world.rows("SELECT version FROM accumulator WHERE benefit LIKE '%/%'")
    assert set(windows) <= {(0,)}
    world.prove()
