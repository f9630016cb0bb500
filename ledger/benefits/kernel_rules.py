"""A day's rules as the flat tuple of whole numbers that the kernel reads."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from ledger.benefits import kernel
from ledger.benefits.kernel import NO_LIMIT, SHAPED_WIDTH, WIDTH
from ledger.policy.shapes import PLAIN, RatioBand, Shapes
from ledger.policy.values import (
    ByStatus,
    CapBasis,
    DeductibleShape,
    OutpatientRules,
    StatusTierTable,
)

KernelParameters = tuple[int, ...]

_NO_LIMITS: ByStatus = (NO_LIMIT, NO_LIMIT)
_NO_LIMITS_BY_TIER: StatusTierTable = ((NO_LIMIT,) * 3, (NO_LIMIT,) * 3)
_YEARLY = (DeductibleShape.ANNUAL, DeductibleShape.TIER_WITH_CEILING, DeductibleShape.TOPPED_UP)


def kernel_parameters(rules: OutpatientRules) -> KernelParameters:
    """The parameters of `kernel.settle_visit`: hashable, equal for equal arithmetic.

    Call it once per set of rules, not once per visit, where speed matters.
    """
    core = _flat(
        rules.deductible_shape,
        rules.deductible_fen,
        rules.deductible_ceiling_fen,
        rules.ratio_bp,
        rules.visit_cap_fen,
        rules.visit_cap_basis,
        rules.annual_cap_fen,
        rules.annual_cap_basis,
        rules.overall_cap_fen,
    )
    if rules.shapes is PLAIN and not _back_solved(core):
        return core
    shaped = _shapes(rules.shapes, rules.ratio_bp)
    return (*core[: kernel.SHAPED], 1, *shaped) if any_shape(core, shaped) else core


def is_shaped(parameters: KernelParameters) -> bool:
    """Do these rules look at more than the year, or pay otherwise than by one ratio?"""
    return parameters[kernel.SHAPED] == 1


def with_shapes(parameters: KernelParameters, width: int) -> KernelParameters:
    """The same rules with the places of the shapes, filled up to a width: tables of a fold need
    rows of one length."""
    if not is_shaped(parameters):
        parameters = (*parameters[: kernel.SHAPED], 1, *_shapes(PLAIN, _ZEROS))
    return parameters + (0,) * (width - len(parameters))


def any_shape(core: KernelParameters, shaped: KernelParameters) -> bool:
    """Some shapes (items, pharmacies, the full pay of a status) leave the kernel's rules plain."""
    return _back_solved(core) or shaped != _shapes(PLAIN, _ZEROS)


def _back_solved(core: KernelParameters) -> bool:
    return kernel.BACK_SOLVED in (core[kernel.VISIT_CAP_BASIS], core[kernel.ANNUAL_CAP_BASIS])


@lru_cache(maxsize=1024)
def _flat(
    shape: DeductibleShape,
    deductible: StatusTierTable,
    ceiling: int | None,
    ratio: StatusTierTable,
    visit_cap: StatusTierTable | None,
    visit_basis: CapBasis,
    annual_cap: ByStatus | None,
    annual_basis: CapBasis,
    overall_cap: int | None,
) -> KernelParameters:
    """In the order of the places named in `kernel.py`."""
    if shape is DeductibleShape.NONE:
        deductible = _ZEROS
    visit_caps = visit_cap or _NO_LIMITS_BY_TIER
    flat = (
        int(shape in _YEARLY),
        NO_LIMIT if ceiling is None else ceiling,
        *deductible[0],
        *deductible[1],
        *ratio[0],
        *ratio[1],
        *visit_caps[0],
        *visit_caps[1],
        int(visit_basis),
        *(annual_cap or _NO_LIMITS),
        int(annual_basis),
        NO_LIMIT if overall_cap is None else overall_cap,
        0,
    )
    assert len(flat) == WIDTH, f"{len(flat)} parameters, the kernel reads {WIDTH}"
    return flat


_ZEROS: StatusTierTable = ((0, 0, 0), (0, 0, 0))


@lru_cache(maxsize=1024)
def _shapes(shapes: Shapes, ratio: StatusTierTable) -> KernelParameters:
    """The places from `kernel.DEDUCTIBLE_WINDOW` on, and the tables behind them."""
    variants = _variants(shapes, ratio)
    bands = len(variants[0]) if variants else 0
    at_turns = SHAPED_WIDTH
    at_bands = at_turns + len(shapes.turns) * kernel.TABLE
    at_diseases = at_bands + len(variants) * bands * kernel.BAND
    fixed = (
        int(shapes.deductible_window),
        len(shapes.turns),
        at_turns,
        bands,
        at_bands,
        int(shapes.band_window),
        int(shapes.bands_from_zero),
        int(shapes.rounds_each_band),
        int(shapes.period),
        *(shapes.period_cap_fen or _NO_LIMITS),
        int(shapes.period_cap_basis),
        at_diseases if shapes.disease_caps_fen else 0,
        int(shapes.disease_cap_basis),
        *(shapes.shared_cap_fen or _NO_LIMITS),
    )
    assert len(fixed) == SHAPED_WIDTH - WIDTH, f"{len(fixed)} places of shapes"
    return (
        *fixed,
        *(cell for table in shapes.turns for cell in _cells(table)),
        *(
            cell
            for variant in variants
            for band in variant
            for cell in (
                NO_LIMIT if band.up_to_fen is None else band.up_to_fen,
                *_cells(band.ratio_bp),
            )
        ),
        *(cap for _, cap in shapes.disease_caps_fen),
    )


def _variants(shapes: Shapes, ratio: StatusTierTable) -> list[list[RatioBand]]:
    """The bands of every variant of the ratio: by age group, or not contracted and contracted."""
    if shapes.contracted_ratio_bp is not None:
        return [[RatioBand(0, None, ratio)], [RatioBand(0, None, shapes.contracted_ratio_bp)]]
    ages = ages_of(shapes)
    return [[band for band in shapes.bands if band.from_age == age] for age in ages]


def ages_of(shapes: Shapes) -> list[int]:
    """From which age on each group of bands holds, rising."""
    return sorted({band.from_age for band in shapes.bands})


def variant_of(shapes: Shapes, age: int, contracted: bool) -> int:
    """The variant of the ratio for a visit, as `kernel.VARIANT` counts them."""
    if shapes.contracted_ratio_bp is not None:
        return int(contracted)
    return max(sum(bound <= age for bound in ages_of(shapes)) - 1, 0)


def _cells(table: StatusTierTable) -> Iterable[int]:
    return (*table[0], *table[1])
