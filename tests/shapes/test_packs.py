"""The packs of the shapes: the desk's way of settling (windows by name, visit after visit) gives
what the compiled fold gives, and taking a visit back leaves no trace in any window.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import NamedTuple

import numpy as np
import pytest

from ledger.benefits.compiled import VisitColumns
from ledger.benefits.compiled_shapes import ShapeColumns, fold_shaped
from ledger.benefits.kernel import NEW_YEAR, YearSoFar, add_to_year
from ledger.benefits.kernel_rules import variant_of
from ledger.benefits.outpatient import Case, PoolShare, pool_share
from ledger.benefits.simulation import EPOCH, not_simulated, periods_of
from ledger.benefits.windows import EMPTY_WINDOW, Facts, WindowKey, WindowSoFar, add
from ledger.core.people import Status
from ledger.policy.loader import load_pack
from ledger.policy.pack import Pack
from ledger.policy.shapes import Window

PACKS = Path(__file__).parent.parent / "data" / "packs"
NAMES = sorted(path.name for path in PACKS.iterdir() if (path / "pack.yaml").is_file())
FIRST = date(2023, 1, 1)
AGES = (30, 69, 70, 85)

Years = dict[tuple[int, int], YearSoFar]
Windows = dict[int, dict[WindowKey, WindowSoFar]]


class Seen(NamedTuple):
    person: int
    day: int
    retired: bool
    tier: int
    in_scope: int
    place: int
    age: int
    contracted: bool
    disease: int


def visits(seed: int, count: int = 60) -> list[Seen]:
    """Two years of two people, small bills and large, sorted by person and day."""
    random = Random(seed)
    seen = [
        Seen(
            random.randrange(2),
            random.randrange(720),
            random.random() < 0.4,
            random.randrange(1, 4),
            random.choice((0, random.randrange(60_000), random.randrange(6_000_000))),
            random.randrange(3),
            random.choice(AGES),
            random.random() < 0.5,
            random.randrange(2),
        )
        for _ in range(count)
    ]
    return sorted(seen, key=lambda visit: visit[:2])


@cache
def pack_of(name: str) -> Pack:
    return load_pack(PACKS / name)


def case_of(visit: Seen, pack: Pack) -> Case:
    """A visit of the kind that the pack pools first, with every fact that a pack may ask; one
    long stay where it counts by stays, else each admission by itself."""
    day = FIRST + timedelta(days=visit.day)
    rules = pack.outpatient(day)
    diseases = [code for code, _ in rules.shapes.disease_caps_fen] or ["M00000"]
    facts = Facts(
        "outpatient",
        day,
        visit.place,
        None,
        "Z1" if counts_by_stay(pack) else None,
        day,
        visit.age,
        visit.contracted,
        diseases[visit.disease % len(diseases)],
    )
    status = Status.RETIRED if visit.retired else Status.EMPLOYED
    kind = min(rules.pooled_med_types)
    return Case(kind, visit.in_scope, True, status, False, False, None, visit.tier, facts)


def settle(visit: Seen, pack: Pack, years: Years, windows: Windows) -> PoolShare:
    """What the desk does: the year and the windows of the person, before and after."""
    day = FIRST + timedelta(days=visit.day)
    key = visit.person, day.year
    mine = windows.setdefault(visit.person, {})
    year = years.get(key, NEW_YEAR)
    share = pool_share(case_of(visit, pack), pack.outpatient(day), year, None, mine)
    years[key] = add_to_year(year, share.amounts)
    for use in share.uses:
        assert use.before == mine.get(use.key, EMPTY_WINDOW)
        mine[use.key] = use.after
    return share


def compiled(seen: list[Seen], pack: Pack) -> list[tuple[int, int]]:
    first = (FIRST - EPOCH).days
    periods = periods_of(range(first, first + 721), pack.outpatient)
    shapes = pack.outpatient(FIRST).shapes
    several = len(shapes.disease_caps_fen)

    def column(values: Iterable[int], kind: type[np.integer]) -> np.ndarray:
        return np.array(list(values), kind)

    visits = VisitColumns(
        column((visit.person for visit in seen), np.int32),
        column((visit.day + first for visit in seen), np.int32),
        column((visit.retired for visit in seen), np.uint8),
        column((visit.tier for visit in seen), np.uint8),
        column((visit.in_scope for visit in seen), np.int64),
    )
    asked = ShapeColumns(
        column((visit.place for visit in seen), np.int32),
        column((variant_of(shapes, visit.age, visit.contracted) for visit in seen), np.uint8),
        column((visit.disease % several if several else 0 for visit in seen), np.int32),
    )
    settled = fold_shaped(visits, asked, periods, 1)
    return list(zip(settled.deductible.tolist(), settled.pay.tolist(), strict=True))


def counts_by_stay(pack: Pack) -> bool:
    shapes = pack.outpatient(FIRST).shapes
    return Window.STAY in (shapes.deductible_window, shapes.band_window)


COMPILED = [
    name
    for name in NAMES
    if not counts_by_stay(pack_of(name))
    and pack_of(name).outpatient(FIRST).shapes.uncontracted != 2  # It refuses, and so settles none.
]


@pytest.mark.parametrize("name", COMPILED)
def test_the_pack_is_settled_alike_plain_and_compiled(name: str) -> None:
    pack = pack_of(name)
    seen = visits(420300)
    years: Years = {}
    windows: Windows = {}
    if pack.outpatient(FIRST).shapes.uncontracted == 1:  # Not paid: no visit for the fold.
        seen = [visit._replace(contracted=True) for visit in seen]
    plain = [settle(visit, pack, years, windows).amounts for visit in seen]
    assert [(amounts[0], amounts[7]) for amounts in plain] == compiled(seen, pack)


@pytest.mark.parametrize("name", NAMES)
def test_settled_and_given_back_is_as_if_never(name: str) -> None:
    """Every window that a visit names holds what it held before, once its use is taken off."""
    pack = pack_of(name)
    years: Years = {}
    windows: Windows = {}
    for visit in visits(1, 30):
        settle(visit._replace(contracted=True), pack, years, windows)
    for visit in visits(2, 30):
        visit = visit._replace(contracted=True)
        mine = windows.setdefault(visit.person, {})
        before = dict(mine)
        share = settle(visit, pack, years, windows)
        funds = [part.pay_fen for part in share.parts if part.kind == "fund"]
        assert not funds or sum(funds) == share.amounts[7]
        bands = [part.pay_fen for part in share.parts if part.kind == "band"]
        assert not bands or sum(bands) == share.amounts[3]
        for use in share.uses:
            back = use.given_back(mine[use.key])
            mine[use.key] = add(mine[use.key], back.added)
            assert back.added == tuple(-part for part in use.added)
        left = {key: so_far for key, so_far in mine.items() if so_far != EMPTY_WINDOW}
        assert left == {key: so_far for key, so_far in before.items() if so_far != EMPTY_WINDOW}


def test_a_simulation_refuses_what_its_file_does_not_say() -> None:
    refused = {
        name: [key for key, _ in keys]
        for name in NAMES
        if (
            keys := not_simulated(pack_of(name).outpatient(FIRST), pack_of(name).account_use(FIRST))
        )
    }
    assert refused == {
        "account-first": ["account_pays"],
        "beijing-bands": ["ratio_bands"],
        "disease-cost": ["disease_caps"],
        "guangzhou": ["contracted_ratio、uncontracted_visit"],
        "hospital-year": ["deductible_window"],
        "interim-bills": ["deductible_window"],
        "item-quotas": ["item_quotas"],
        "nanchang-chronic": ["disease_caps"],
        "shenzhen-level-2": ["contracted_ratio、uncontracted_visit"],
        "songzao": ["full_pay_statuses"],
        "wuhan-pharmacy": ["pharmacy_needs_prescription"],
        "zhuhai": ["contracted_ratio、uncontracted_visit"],
        "zigong": ["deductible_window", "band_window"],
    }
