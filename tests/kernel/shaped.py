"""Rules of any shape, for properties; amounts in fen, ratios in basis points."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from ledger.policy.shapes import RatioBand, Shapes, Window
from ledger.policy.values import CapBasis, DeductibleShape, OutpatientRules
from tests.kernel.rules import OUTPATIENT_RULES

_RATIO = st.integers(0, 10_000)
_ROW = st.tuples(_RATIO, _RATIO, _RATIO)
_TABLE = st.tuples(_ROW, _ROW)
_AMOUNT = st.integers(0, 100_000)
_AMOUNT_ROW = st.tuples(_AMOUNT, _AMOUNT, _AMOUNT)
_AMOUNT_TABLE = st.tuples(_AMOUNT_ROW, _AMOUNT_ROW)
_CAPS = st.none() | st.tuples(st.integers(0, 200_000), st.integers(0, 200_000))
_BASIS = st.sampled_from(CapBasis)
YEARLY = (DeductibleShape.ANNUAL, DeductibleShape.TIER_WITH_CEILING, DeductibleShape.TOPPED_UP)
DISEASES = ("M01603", "M03900")


@st.composite
def bands(draw: st.DrawFn) -> tuple[RatioBand, ...]:
    """By age and amount, every age with the same limits of amount."""
    ages = sorted({0, *draw(st.lists(st.integers(1, 90), max_size=2))})
    bounds = sorted(set(draw(st.lists(st.integers(1, 300_000), max_size=3))))
    return tuple(RatioBand(age, bound, draw(_TABLE)) for age in ages for bound in (*bounds, None))


@st.composite
def shaped_rules(draw: st.DrawFn, rising: bool = False) -> OutpatientRules:
    """Any combination that the kernel knows; `rising`: only what never pays less for more."""
    rules = draw(OUTPATIENT_RULES)
    contracted = draw(st.none() | _TABLE)
    caps = tuple((code, draw(st.integers(0, 200_000))) for code in DISEASES)
    shapes = Shapes(
        deductible_window=draw(
            st.sampled_from([w for w in Window if w not in (Window.VISIT, Window.STAY)])
        ),
        turns=tuple(draw(st.lists(_AMOUNT_TABLE, max_size=3))),
        bands=() if contracted else draw(st.just(()) | bands()),
        bands_from_zero=draw(st.booleans()),
        rounds_each_band=draw(st.booleans()),
        period=draw(st.sampled_from((Window.MONTH, Window.QUARTER))),
        period_cap_fen=draw(_CAPS),
        period_cap_basis=draw(_BASIS),
        disease_caps_fen=draw(st.just(()) | st.just(caps)),
        disease_cap_basis=draw(_BASIS),
        shared_cap_fen=draw(_CAPS),
        shared_cap_name="共用",
        contracted_ratio_bp=contracted,
        contracted_matters=contracted is not None,
    )
    if shapes.deductible_window is not Window.YEAR:
        rules = replace(rules, deductible_shape=DeductibleShape.ANNUAL)
    return replace(
        rules, shapes=shapes, annual_cap_basis=draw(_BASIS), visit_cap_basis=draw(_BASIS)
    )
