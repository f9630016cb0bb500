"""A day's outpatient rules as the flat tuple of whole numbers that the kernel reads."""

from __future__ import annotations

from functools import lru_cache

from ledger.benefits.kernel import NO_LIMIT, WIDTH
from ledger.policy.values import (
    ByStatus,
    CapBasis,
    DeductibleShape,
    OutpatientRules,
    StatusTierTable,
)

KernelParameters = tuple[int, ...]

_NO_LIMITS: ByStatus = (NO_LIMIT, NO_LIMIT)


def kernel_parameters(rules: OutpatientRules) -> KernelParameters:
    """The parameters of `kernel.settle_amounts`: hashable, equal for equal arithmetic.

    Call it once per set of rules, not once per visit, where speed matters.
    """
    return _flat(
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


@lru_cache(maxsize=1024)
def _flat(
    shape: DeductibleShape,
    deductible: StatusTierTable,
    ceiling: int | None,
    ratio: StatusTierTable,
    visit_cap: ByStatus | None,
    visit_basis: CapBasis,
    annual_cap: ByStatus | None,
    annual_basis: CapBasis,
    overall_cap: int | None,
) -> KernelParameters:
    """In the order of the places named in `kernel.py`."""
    if shape is DeductibleShape.NONE:
        deductible = ((0, 0, 0), (0, 0, 0))
    flat = (
        int(shape in (DeductibleShape.ANNUAL, DeductibleShape.TIER_WITH_CEILING)),
        NO_LIMIT if ceiling is None else ceiling,
        *deductible[0],
        *deductible[1],
        *ratio[0],
        *ratio[1],
        *(visit_cap or _NO_LIMITS),
        int(visit_basis is CapBasis.COST),
        *(annual_cap or _NO_LIMITS),
        int(annual_basis is CapBasis.COST),
        NO_LIMIT if overall_cap is None else overall_cap,
    )
    assert len(flat) == WIDTH, f"{len(flat)} parameters, the kernel reads {WIDTH}"
    return flat
