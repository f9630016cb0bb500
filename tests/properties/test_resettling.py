"""A person-year that is fully resettled is the fold of its visits in their order, whatever the
order of arrival, whatever was refunded or corrected in between; and settling anew again finds
nothing. The expected year is computed by the kernel alone."""

from __future__ import annotations

import tempfile
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.benefits.kernel import NEW_YEAR, add_to_year, settle_amounts
from ledger.benefits.kernel_rules import kernel_parameters
from ledger.core.people import Status
from ledger.services.resettlement import resettle
from ledger.services.resettlement.resettle_plan import Scope
from tests.people import psn_no, somebody
from tests.world import World, shiyan

FIRST = datetime(2023, 1, 1)
RETIRED_ON = date(2023, 7, 1)


class Seen(NamedTuple):
    at: datetime
    tier: int
    in_scope: int
    use: int
    refunded: bool


seen = st.builds(
    Seen,
    st.integers(0, 24 * 364).map(lambda hours: FIRST + timedelta(hours=hours)),
    st.integers(1, 3),
    st.one_of(st.integers(0, 60_000), st.integers(60_000, 900_000)),
    st.integers(0, 1),
    st.booleans(),
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    visits=st.lists(seen, min_size=1, max_size=8),
    retires=st.booleans(),
    between=st.booleans(),
)
def test_no_order_of_arrival_changes_the_fully_resettled_year(
    visits: list[Seen], retires: bool, between: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder) / "world.db")
        try:
            world.enrol(somebody(1))
            world.open_with(psn_no(1), 100_000)
            play(world, visits, retires, between)
            settle_anew(world, datetime(2024, 1, 10, 9))
            assert standing(world) == folded(visits, retires)
            assert resettle.show(world.context, Scope(2023), datetime(2024, 1, 11))["plan"] is None
            world.prove()
        finally:
            world.close()


def play(world: World, visits: list[Seen], retires: bool, between: bool) -> None:
    """Visits arrive as they stand in the list, half of them before a resettlement."""
    for number, visit in enumerate(visits):
        if between and number == len(visits) // 2:
            settle_anew(world, datetime(2024, 1, 5, 9))
        answer = world.settle(
            world.visit(
                str(number),
                psn_no(1),
                visit.at,
                visit.in_scope,
                f"hospital-{visit.tier}",
                visit.use,
            )
        )
        if visit.refunded:
            world.reverse(answer, visit.at + timedelta(hours=1))
    if retires:
        world.enrol(somebody(1, status=Status.RETIRED, changed_on=RETIRED_ON))


def settle_anew(world: World, at: datetime) -> None:
    number = resettle.show(world.context, Scope(2023), at)["plan"]
    if number:
        resettle.approve(world.context, Scope(2023), at, number)


def standing(world: World) -> dict[str, tuple[int, int]]:
    rows = world.rows(
        "SELECT visit_id, deductible_fen, pool_fen FROM settlement AS s "
        "WHERE reverses_settlement_id IS NULL AND NOT EXISTS (SELECT 1 FROM settlement AS r "
        "WHERE r.person_id = s.person_id AND r.reverses_settlement_id = s.settlement_id)"
    )
    return {name: (deductible, pool) for name, deductible, pool in rows}


def folded(visits: list[Seen], retires: bool) -> dict[str, tuple[int, int]]:
    year, result = NEW_YEAR, {}
    for number, visit in sorted(enumerate(visits), key=lambda item: (item[1].at, item[0])):
        if visit.refunded:
            continue
        day = visit.at.date()
        rules = kernel_parameters(shiyan().outpatient(day))
        retired = int(retires and day >= RETIRED_ON)
        amounts = settle_amounts(rules, year, retired, visit.tier, visit.in_scope)
        year = add_to_year(year, amounts)
        result[str(number)] = (amounts[0], amounts[7])
    return result
