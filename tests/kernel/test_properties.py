"""What must hold of the kernel for any rules and any visits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ledger.benefits.kernel import (
    MOST_FEN,
    NEW_YEAR,
    NO_LIMIT,
    YearSoFar,
    add_to_year,
    settle_amounts,
)
from ledger.benefits.kernel_rules import kernel_parameters
from ledger.policy.values import CapBasis, DeductibleShape, OutpatientRules
from tests.kernel.rules import OUTPATIENT_RULES, outpatient_rules

FEN = st.integers(0, 300_000) | st.integers(0, MOST_FEN)
VISIT = st.tuples(st.integers(0, 1), st.integers(1, 3), FEN)
YEAR = st.tuples(FEN, FEN, FEN, FEN, FEN)


@given(OUTPATIENT_RULES, YEAR, VISIT)
def test_the_parts_add_up(
    rules: OutpatientRules, year: YearSoFar, visit: tuple[int, int, int]
) -> None:
    status, tier, in_scope = visit
    amounts = settle_amounts(kernel_parameters(rules), year, status, tier, in_scope)
    deductible, beyond, cost, before, visit_cut, annual_cut, overall_cut, pay = amounts
    assert min(amounts) >= 0
    assert before == pay + visit_cut + annual_cut + overall_cut
    assert cost <= beyond
    assert pay <= before <= beyond
    covered = in_scope if rules.ratio_bp[status][tier - 1] else 0
    assert deductible + beyond == covered


@given(OUTPATIENT_RULES, YEAR, VISIT, FEN)
def test_a_dearer_visit_never_pays_less(
    rules: OutpatientRules, year: YearSoFar, visit: tuple[int, int, int], more: int
) -> None:
    status, tier, in_scope = visit
    parameters = kernel_parameters(rules)
    pay = settle_amounts(parameters, year, status, tier, in_scope)[-1]
    dearer = min(in_scope + more, MOST_FEN)
    assert settle_amounts(parameters, year, status, tier, dearer)[-1] >= pay


@given(OUTPATIENT_RULES, st.lists(VISIT, max_size=12))
def test_no_limit_is_ever_passed(
    rules: OutpatientRules, visits: list[tuple[int, int, int]]
) -> None:
    parameters = kernel_parameters(rules)
    year = NEW_YEAR
    paid = 0
    for status, tier, in_scope in visits:
        before = year
        amounts = settle_amounts(parameters, year, status, tier, in_scope)
        year = add_to_year(year, amounts)
        paid += amounts[-1]
        if rules.visit_cap_fen and rules.visit_cap_basis is CapBasis.FUND_PAY:
            assert amounts[-1] <= rules.visit_cap_fen[status][tier - 1]
        if rules.annual_cap_fen and rules.annual_cap_basis is CapBasis.FUND_PAY:
            assert amounts[-1] <= max(rules.annual_cap_fen[status] - before[3], 0)
        if rules.annual_cap_fen and rules.annual_cap_basis is CapBasis.COST:
            assert amounts[2] <= max(rules.annual_cap_fen[status] - before[2], 0)
        if rules.deductible_ceiling_fen is not None:
            assert year[1] <= max(rules.deductible_ceiling_fen, before[1])
    assert paid == year[3] == year[4]
    assert paid <= (rules.overall_cap_fen if rules.overall_cap_fen is not None else NO_LIMIT)


@given(
    deductible=st.integers(0, 100_000),
    ratios=st.lists(st.integers(1, 10_000), min_size=3, max_size=3),
    cap=st.integers(0, 400_000),
    visits=st.lists(st.tuples(st.integers(1, 3), st.integers(0, 200_000)), max_size=20),
)
def test_a_yearly_deductible_and_limit_have_a_closed_form(
    deductible: int, ratios: list[int], cap: int, visits: list[tuple[int, int]]
) -> None:
    """excess = (C - D)+ - (C before - D)+; pay = round(ratio x excess);
    paid = min(P, L) - min(P before, L), where C and P are running sums."""
    rules = outpatient_rules(
        shape=DeductibleShape.ANNUAL,
        deductible=(deductible,) * 3,
        ratio=(ratios[0], ratios[1], ratios[2]),
        annual_cap=cap,
    )
    parameters = kernel_parameters(rules)
    year = NEW_YEAR
    cost = uncapped = 0
    for tier, in_scope in visits:
        amounts = settle_amounts(parameters, year, 0, tier, in_scope)
        year = add_to_year(year, amounts)
        excess = max(cost + in_scope - deductible, 0) - max(cost - deductible, 0)
        pay = (excess * ratios[tier - 1] + 5_000) // 10_000
        assert amounts[-1] == min(uncapped + pay, cap) - min(uncapped, cap)
        cost, uncapped = cost + in_scope, uncapped + pay


@given(
    OUTPATIENT_RULES.filter(
        lambda rules: (
            rules.deductible_shape is not DeductibleShape.PER_VISIT and rules.visit_cap_fen is None
        )
    ),
    VISIT,
    FEN,
)
def test_splitting_a_visit_gains_at_most_the_rounding(
    rules: OutpatientRules, visit: tuple[int, int, int], part: int
) -> None:
    """Without rules per visit a year depends on its sums; each rounding is off by half a fen at
    most, so that two visits in place of one can gain one fen, and lose one."""
    status, tier, in_scope = visit
    parameters = kernel_parameters(rules)
    whole = settle_amounts(parameters, NEW_YEAR, status, tier, in_scope)[-1]
    first = settle_amounts(parameters, NEW_YEAR, status, tier, min(part, in_scope))
    year = add_to_year(NEW_YEAR, first)
    second = settle_amounts(parameters, year, status, tier, in_scope - min(part, in_scope))
    assert abs(first[-1] + second[-1] - whole) <= 1


@given(OUTPATIENT_RULES, VISIT)
def test_giving_back_is_subtracting_what_was_added(
    rules: OutpatientRules, visit: tuple[int, int, int]
) -> None:
    amounts = settle_amounts(kernel_parameters(rules), NEW_YEAR, *visit)
    year = add_to_year(NEW_YEAR, amounts)
    deductible, beyond, cost, before, visit_cut, annual_cut, overall_cut, pay = amounts
    mirror = (-deductible, -beyond, -cost, -before, -visit_cut, -annual_cut, -overall_cut, -pay)
    assert add_to_year(year, mirror) == NEW_YEAR
