"""A file of visits settled at the desk, in whatever order its rows stand, is the kernel's fold
over each person-year in order of settlement time; the two know nothing of each other."""

from __future__ import annotations

import tempfile
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.benefits.kernel import NEW_YEAR, add_to_year, settle_amounts
from ledger.benefits.kernel_rules import kernel_parameters
from ledger.core.batches import Batch
from ledger.core.people import Status
from ledger.services.importing import ImportOptions
from ledger.services.visits.import_visits import import_visits
from tests.people import psn_no, somebody
from tests.world import World, shiyan

RETIRED_ON = date(2023, 7, 1)
FIRST = datetime(2023, 1, 1)


class Seen(NamedTuple):
    person: int
    at: datetime
    tier: int
    in_scope: int


visits = st.builds(
    Seen,
    st.integers(1, 2),
    st.integers(0, 24 * 400).map(lambda hours: FIRST + timedelta(hours=hours)),
    st.integers(1, 3),
    st.one_of(st.integers(0, 60_000), st.integers(60_000, 900_000)),
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(seen=st.lists(visits, min_size=1, max_size=25))
def test_the_desk_settles_what_the_kernel_folds(seen: list[Seen]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder) / "world.db")
        try:
            world.enrol(somebody(1), somebody(2))
            retired = somebody(2, status=Status.RETIRED, changed_on=RETIRED_ON)
            world.enrol(retired)
            assert settled(world, seen) == folded(seen)
            world.prove()
        finally:
            world.close()


def settled(world: World, seen: list[Seen]) -> dict[int, tuple[int, int]]:
    """Row of the file -> deductible and fund's share, through the import."""
    records = [
        world.visit(
            str(row), psn_no(visit.person), visit.at, visit.in_scope, f"hospital-{visit.tier}"
        )._replace(row=row)
        for row, visit in enumerate(seen)
    ]
    batch = Batch("visits", "visits.csv", len(records), records, [])
    result = import_visits(world.context, batch, ImportOptions())
    assert not result.errors
    rows = world.rows("SELECT visit_id, deductible_fen, pool_fen FROM settlement")
    return {int(name): (deductible, pool) for name, deductible, pool in rows}


def folded(seen: list[Seen]) -> dict[int, tuple[int, int]]:
    years = dict.fromkeys([(person, year) for person in (1, 2) for year in (2023, 2024)], NEW_YEAR)
    result = {}
    for row, visit in sorted(enumerate(seen), key=lambda item: (item[1].at, item[0])):
        day = visit.at.date()
        retired = int(visit.person == 2 and day >= RETIRED_ON)
        key = (visit.person, day.year)
        rules = kernel_parameters(shiyan().outpatient(day))
        amounts = settle_amounts(rules, years[key], retired, visit.tier, visit.in_scope)
        years[key] = add_to_year(years[key], amounts)
        result[row] = (amounts[0], amounts[7])
    return result
