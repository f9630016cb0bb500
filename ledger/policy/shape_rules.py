"""Values of one day as the shapes of a benefit: what follows from several keys is computed here,
once, so that the kernel reads tables and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ledger.core.errors import NotInForce
from ledger.core.money import BASIS, apply_bp
from ledger.policy.dated import Dated
from ledger.policy.shapes import (
    PLAIN,
    FundPart,
    RatioBand,
    Shapes,
    UncontractedVisit,
    Window,
)
from ledger.policy.tables import CapBasis, StatusTierTable

Get = Callable[[str], Dated]

BASES = {
    "fund_pay": CapBasis.FUND_PAY,
    "cost": CapBasis.COST,
    "fund_pay_back_solved": CapBasis.FUND_PAY_BACK_SOLVED,
}
MOST_TURNS = 30
"""Steps of a deductible that falls from visit to visit; by then it stands at its floor."""


class Given:
    """What a section says on a day; what it leaves out, or begins to say later, is None."""

    def __init__(self, get: Get, section: str) -> None:
        self._get, self._section = get, section

    def __call__(self, name: str, otherwise: Any = None) -> Any:
        try:
            return self._get(f"{self._section}.{name}").typed
        except NotInForce:
            return otherwise


def shapes_of(get: Get, section: str) -> Shapes:
    """The shapes of a section on a day; `PLAIN` where it uses none."""
    given = Given(get, section)
    contracted = _retired_by_factor(given, given("contracted_ratio"))
    uncontracted = given("uncontracted_visit", "lower_ratio")
    tier = given("pharmacy_ratio_tier", "prescribing_institution")
    shapes = Shapes(
        deductible_window=Window[given("deductible_window", "year").upper()],
        turns=_turns(given),
        bands=_bands(given),
        bands_from_zero=given("band_measure", "in_scope") == "in_scope",
        band_window=Window[given("band_window", "year").upper()],
        rounds_each_band=given("rounding") == "half_up_per_band",
        funds=tuple(
            FundPart(part.fund, _retired_by_factor(given, part.ratio_bp) or part.ratio_bp)
            for part in given("fund_split", ())
        ),
        period=Window[given("period", "month").upper()],
        period_cap_fen=given("period_cap"),
        period_cap_basis=BASES[given("period_cap_basis", "fund_pay")],
        disease_caps_fen=given("disease_caps", ()),
        disease_cap_basis=BASES[given("disease_cap_basis", "fund_pay")],
        shared_cap_fen=given("shared_cap"),
        shared_cap_name=given("shared_cap_name", ""),
        contracted_ratio_bp=contracted,
        uncontracted=UncontractedVisit[uncontracted.upper()],
        contracted_matters=contracted is not None or uncontracted != "lower_ratio",
        full_pay_statuses=given("full_pay_statuses", ()),
        stay_restarts_with_year=given("stay_across_year_end", "restarts") == "restarts",
        pharmacy_pooled=given("pharmacy_pooling", True),
        pharmacy_tier=int(tier) if tier.isdigit() else None,
        pharmacy_ratio_bp=given("pharmacy_ratio"),
        pharmacy_needs_prescription=given("pharmacy_needs_prescription", True),
        class_b_own_share_bp=given("class_b_own_share"),
        item_quotas_fen=given("item_quotas", ()),
    )
    return PLAIN if shapes == PLAIN else shapes


def ratio_of(get: Get, section: str) -> StatusTierTable:
    """The ratio by status and tier; the retirees' row by the factor where the pack has one."""
    given = Given(get, section)
    table: StatusTierTable = get(f"{section}.ratio").typed  # type: ignore[assignment]  # By its reader.
    return _retired_by_factor(given, table) or table


def _retired_by_factor(given: Given, table: StatusTierTable | None) -> StatusTierTable | None:
    """A retiree bears a part of what an employee bears (退休人员按在职职工个人负担的比例)."""
    factor = given("retired_own_share")
    if factor is None or table is None:
        return table
    return table[0], by_factor(table[0], factor)


def by_factor(employed: tuple[int, int, int], factor_bp: int) -> tuple[int, int, int]:
    """85 % and a factor of 60 %: the employee bears 15 %, the retiree 9 %, the fund pays 91 %."""
    first, second, third = (BASIS - apply_bp(BASIS - ratio, factor_bp) for ratio in employed)
    return first, second, third


def _bands(given: Given) -> tuple[RatioBand, ...]:
    return tuple(
        band._replace(ratio_bp=_retired_by_factor(given, band.ratio_bp) or band.ratio_bp)
        for band in given("ratio_bands", ())
    )


def _turns(given: Given) -> tuple[StatusTierTable, ...]:
    """The deductible of the second, third, … visit: as written, or falling to its floor."""
    written: tuple[StatusTierTable, ...] = given("deductible_by_turn", ())
    drop = given("deductible_drop")
    if written or not drop:
        return written
    first: StatusTierTable = given("deductible")
    floor: StatusTierTable = given("deductible_floor", ((0, 0, 0), (0, 0, 0)))
    of_previous = given("deductible_drop_of", "first") == "previous"
    tables: list[StatusTierTable] = []
    before = first
    for turn in range(1, MOST_TURNS + 1):
        base, left = (before, BASIS - drop) if of_previous else (first, BASIS - drop * turn)
        table = _lowered(base, max(left, 0), first, floor)
        if table == before:
            break
        tables.append(table)
        before = table
    return tuple(tables)


def _lowered(
    base: StatusTierTable, left_bp: int, first: StatusTierTable, floor: StatusTierTable
) -> StatusTierTable:
    """Each cell at its part, never under the floor, and never above the first amount."""
    rows = [
        tuple(
            min(
                first[status][tier], max(apply_bp(base[status][tier], left_bp), floor[status][tier])
            )
            for tier in range(3)
        )
        for status in range(2)
    ]
    return rows[0], rows[1]  # type: ignore[return-value]  # Three tiers each.
