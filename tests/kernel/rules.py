"""Rules for the kernel's tests, short to write."""

from __future__ import annotations

from hypothesis import strategies as st

from ledger.policy.values import CapBasis, DeductibleShape, OutpatientRules

ByTier = tuple[int, int, int]


def outpatient_rules(
    *,
    shape: DeductibleShape = DeductibleShape.NONE,
    deductible: ByTier = (0, 0, 0),
    deductible_retired: ByTier | None = None,
    ceiling: int | None = None,
    ratio: int | ByTier = 6_000,
    ratio_retired: ByTier | None = None,
    annual_cap: int | None = None,
    annual_basis: CapBasis = CapBasis.FUND_PAY,
    visit_cap: int | None = None,
    visit_basis: CapBasis = CapBasis.FUND_PAY,
    overall_cap: int | None = None,
) -> OutpatientRules:
    """Ordinary outpatient rules; amounts in fen, ratios in basis points."""
    by_tier = (ratio, ratio, ratio) if isinstance(ratio, int) else ratio
    return OutpatientRules(
        deductible_shape=shape,
        deductible_fen=(deductible, deductible_retired or deductible),
        deductible_ceiling_fen=ceiling,
        ratio_bp=(by_tier, ratio_retired or by_tier),
        annual_cap_fen=None if annual_cap is None else (annual_cap, annual_cap),
        annual_cap_basis=annual_basis,
        visit_cap_fen=None if visit_cap is None else ((visit_cap,) * 3, (visit_cap,) * 3),
        visit_cap_basis=visit_basis,
        overall_cap_fen=overall_cap,
        pooled_med_types=frozenset({"11", "13"}),
        pharmacy_med_types=frozenset({"41"}),
        elsewhere_med_types={"51": "S3c-7", "14": "S3c-8"},
        inpatient_prefixes=("21",),
        blocked_on_admission_day=False,
        blocked_on_discharge_day=False,
        pharmacy_pooling_when_unstated=False,
    )


SHIYAN = outpatient_rules(
    shape=DeductibleShape.ANNUAL,
    deductible=(50_000, 50_000, 50_000),
    ratio=(8_000, 6_500, 5_000),
    ratio_retired=(9_000, 7_500, 6_000),
    annual_cap=300_000,
)


def _by_tier(values: st.SearchStrategy[int]) -> st.SearchStrategy[ByTier]:
    return st.tuples(values, values, values)


def _limit(values: st.SearchStrategy[int]) -> st.SearchStrategy[int | None]:
    return st.none() | values


PLAIN_BASES = (CapBasis.FUND_PAY, CapBasis.COST)
_RATIO = st.integers(0, 10_000)
_DEDUCTIBLE = st.integers(0, 100_000)

OUTPATIENT_RULES = st.builds(
    outpatient_rules,
    shape=st.sampled_from(DeductibleShape),
    deductible=_by_tier(_DEDUCTIBLE),
    deductible_retired=st.none() | _by_tier(_DEDUCTIBLE),
    ceiling=_limit(_DEDUCTIBLE),
    ratio=_by_tier(_RATIO),
    ratio_retired=st.none() | _by_tier(_RATIO),
    annual_cap=_limit(st.integers(0, 500_000)),
    annual_basis=st.sampled_from(PLAIN_BASES),
    visit_cap=_limit(st.integers(0, 50_000)),
    visit_basis=st.sampled_from(PLAIN_BASES),
    overall_cap=_limit(st.integers(0, 600_000)),
)
"""Any rules that look at the year alone."""
