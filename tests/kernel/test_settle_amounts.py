"""The arithmetic of one visit, step by step."""

from __future__ import annotations

from ledger.benefits.kernel import NEW_YEAR, YearSoFar, add_to_year, settle_amounts
from ledger.benefits.kernel_rules import kernel_parameters
from ledger.policy.values import CapBasis, DeductibleShape
from tests.kernel.rules import SHIYAN, outpatient_rules

EMPLOYED, RETIRED = 0, 1


def used(deductible: int = 0, cost: int = 0, paid: int = 0, overall: int = 0) -> YearSoFar:
    return (deductible, deductible, cost, paid, overall)


def test_the_deductible_comes_off_before_the_ratio() -> None:
    rules = kernel_parameters(SHIYAN)
    assert settle_amounts(rules, used(30_000), EMPLOYED, 2, 45_001) == (
        20_000, 25_001, 25_001, 16_251, 0, 0, 0, 16_251,
    )  # fmt: skip


def test_a_visit_below_the_deductible_pays_nothing_and_uses_the_deductible() -> None:
    amounts = settle_amounts(kernel_parameters(SHIYAN), NEW_YEAR, RETIRED, 1, 12_345)
    assert amounts[0] == 12_345
    assert amounts[-1] == 0
    assert add_to_year(NEW_YEAR, amounts) == used(12_345)


def test_zero_in_scope_gives_zero_and_leaves_the_year_alone() -> None:
    amounts = settle_amounts(kernel_parameters(SHIYAN), used(100), EMPLOYED, 3, 0)
    assert amounts == (0,) * 8
    assert add_to_year(used(100), amounts) == used(100)


def test_half_a_fen_is_rounded_up() -> None:
    rules = kernel_parameters(outpatient_rules(ratio=5_000))
    assert settle_amounts(rules, NEW_YEAR, EMPLOYED, 1, 3)[-1] == 2


def test_the_visit_that_crosses_the_yearly_limit_is_cut_to_what_is_left() -> None:
    amounts = settle_amounts(
        kernel_parameters(SHIYAN), used(50_000, paid=299_900, overall=299_900), EMPLOYED, 1, 100_000
    )
    assert amounts == (0, 100_000, 100_000, 80_000, 0, 79_900, 0, 100)


def test_after_the_yearly_limit_nothing_is_paid() -> None:
    amounts = settle_amounts(
        kernel_parameters(SHIYAN), used(50_000, paid=300_000, overall=300_000), EMPLOYED, 1, 100
    )
    assert amounts[5:] == (80, 0, 0)


def test_a_limit_on_cost_limits_the_cost_and_then_takes_the_ratio() -> None:
    rules = outpatient_rules(ratio=7_000, annual_cap=30_000, annual_basis=CapBasis.COST)
    amounts = settle_amounts(kernel_parameters(rules), NEW_YEAR, EMPLOYED, 1, 57_607)
    assert amounts == (0, 57_607, 30_000, 40_325, 0, 19_325, 0, 21_000)
    assert add_to_year(NEW_YEAR, amounts) == (57_607, 0, 30_000, 21_000, 21_000)


def test_a_limit_per_visit_cuts_before_the_yearly_one() -> None:
    rules = outpatient_rules(ratio=5_000, visit_cap=2_000, annual_cap=10_000)
    amounts = settle_amounts(
        kernel_parameters(rules), used(paid=9_000, overall=9_000), EMPLOYED, 1, 10_000
    )
    assert amounts[3:] == (5_000, 3_000, 1_000, 0, 1_000)


def test_a_limit_per_visit_on_cost_takes_the_ratio_of_the_limited_cost() -> None:
    rules = outpatient_rules(ratio=5_000, visit_cap=2_000, visit_basis=CapBasis.COST)
    amounts = settle_amounts(kernel_parameters(rules), NEW_YEAR, EMPLOYED, 1, 10_000)
    assert amounts[2:] == (2_000, 5_000, 4_000, 0, 0, 1_000)


def test_the_overall_limit_counts_what_other_benefits_paid() -> None:
    rules = outpatient_rules(ratio=5_000, overall_cap=100_000)
    amounts = settle_amounts(
        kernel_parameters(rules), used(paid=10, overall=99_000), EMPLOYED, 1, 10_000
    )
    assert amounts[3:] == (5_000, 0, 0, 4_000, 1_000)


def test_a_deductible_per_visit_is_taken_from_each_visit() -> None:
    rules = kernel_parameters(
        outpatient_rules(shape=DeductibleShape.PER_VISIT, deductible=(3_000, 6_000, 9_000))
    )
    assert settle_amounts(rules, used(600_000), EMPLOYED, 2, 50_000)[0] == 6_000
    assert settle_amounts(rules, used(600_000), EMPLOYED, 3, 8_000)[0] == 8_000


def test_a_deductible_by_tier_never_passes_its_yearly_ceiling() -> None:
    rules = kernel_parameters(
        outpatient_rules(
            shape=DeductibleShape.TIER_WITH_CEILING,
            deductible=(0, 20_000, 30_000),
            ceiling=30_000,
        )
    )
    year = NEW_YEAR
    taken = []
    for tier, in_scope in ((1, 10_000), (2, 15_000), (2, 15_000), (3, 25_000), (3, 25_000)):
        amounts = settle_amounts(rules, year, EMPLOYED, tier, in_scope)
        year = add_to_year(year, amounts)
        taken.append(amounts[0])
    assert taken == [0, 15_000, 5_000, 10_000, 0]


def test_a_tier_that_is_not_covered_uses_no_deductible() -> None:
    rules = kernel_parameters(
        outpatient_rules(shape=DeductibleShape.ANNUAL, deductible=(500,) * 3, ratio=0)
    )
    assert settle_amounts(rules, NEW_YEAR, EMPLOYED, 3, 10_000) == (0,) * 8


def test_retiring_in_mid_year_keeps_what_was_borne_and_takes_the_new_ratio() -> None:
    rules = kernel_parameters(SHIYAN)
    year = add_to_year(NEW_YEAR, settle_amounts(rules, NEW_YEAR, EMPLOYED, 3, 60_000))
    assert settle_amounts(rules, year, RETIRED, 3, 10_000)[-1] == 6_000
