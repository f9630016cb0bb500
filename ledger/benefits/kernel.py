"""The arithmetic of one visit against one person's year (一次就诊的待遇计算).

One source, two speeds. Whole fen and basis points, nothing but ints and tuples of ints, so
that `benefits/outpatient.py` calls it as plain Python for one visit at a window and
`benefits/compiled.py` compiles the very same functions for a city's year. Two copies of a
rule would drift; one cannot.

The order, and what each step leaves for the next:

    in scope (符合政策范围金额)
      − deductible (起付标准): what of it falls under the deductible still open
      = beyond the deductible
      × ratio (支付比例), rounded half up to the fen, once                → pay before caps
      − cut by the limit of one visit (单次限额)
      − cut by the yearly limit (年度限额)
      − cut by the fund's overall yearly limit (基金年度总限额)            → pay

A limit on the fund's pay cuts the pay. A limit on cost cuts the cost beyond the deductible to
which the ratio is applied (fund = limit x ratio), so its cut is a difference of two rounded
amounts.

What a visit leaves in the year's accumulators (`add_to_year`): the deductible counts what fell
under it, measured on the in-scope amount, also where a limit then leaves nothing to be paid;
the cost counts what was let through by limits on cost; both paid sums count what was paid.
One deductible account serves all tiers: what was borne at one tier counts at every other.
A ratio of zero means that this tier is not covered: nothing is paid and nothing accumulates.

A refund (退费) does not come here. It is the exact mirror of a settlement, and giving back is
subtracting what the settlement added.

Worked example (deductible 500 a year, 65 %, limit 3,000), a year that had 300.00 so far and a
visit of 450.01: the deductible takes 200.00, beyond it are 250.01, 65 % of that is 162.5065,
paid 162.51.
"""

from __future__ import annotations

from collections.abc import MutableSequence, Sequence

Amounts = tuple[int, int, int, int, int, int, int, int]
"""What each step took: deductible, beyond deductible, cost counted, pay before caps, cut by the
visit's limit, cut by the yearly limit, cut by the overall limit, pay. Fen, all >= 0.
`pay before caps = pay + the three cuts`, `in scope = deductible + beyond deductible` (both zero
where the tier is not covered)."""

YearSoFar = tuple[int, int, int, int, int]
"""Accumulators of one person's natural year: in scope, deductible, cost counted against limits
on cost, paid by this benefit, paid by the fund over all benefits. Fen, all >= 0."""

NEW_YEAR: YearSoFar = (0, 0, 0, 0, 0)

NO_LIMIT = 1 << 62
MOST_FEN = 10**12
"""The largest in-scope amount of one visit: beyond it 64 bits could not hold amount x ratio."""

# Places in the flat tuple of parameters that `kernel_rules.kernel_parameters` builds. Tables by
# status and tier take six places, [employed 1-3, retired 1-3]; by status two.
YEARLY = 0
CEILING = 1
DEDUCTIBLE_BEFORE = 1  # Tier 1 of the employed stands at the next place.
RATIO_BEFORE = 7
VISIT_CAP = 14
VISIT_CAP_ON_COST = 16
ANNUAL_CAP = 17
ANNUAL_CAP_ON_COST = 19
OVERALL_CAP = 20
WIDTH = 21


def settle_amounts(
    rules: Sequence[int], year: YearSoFar, status: int, tier: int, in_scope: int
) -> Amounts:
    """What the fund pays for one visit, and what each step took.

    Args:
        rules: the flat parameters in force on the day of the visit.
        year: the accumulators before the visit.
        status: 0 employed, 1 retired.
        tier: 1, 2 or 3.
        in_scope: fen, at most `MOST_FEN`; zero and below give zeros.
    """
    cell = status * 3 + tier
    ratio = rules[RATIO_BEFORE + cell]
    if in_scope <= 0 or ratio == 0:
        return 0, 0, 0, 0, 0, 0, 0, 0
    _, year_deductible, year_cost, year_paid, year_overall = year

    # Comparisons instead of min() and max(): as plain Python they are three times as fast.
    deductible = rules[DEDUCTIBLE_BEFORE + cell]
    if rules[YEARLY]:
        deductible -= year_deductible
    if deductible > rules[CEILING] - year_deductible:
        deductible = rules[CEILING] - year_deductible
    if deductible < 0:
        deductible = 0
    if deductible > in_scope:
        deductible = in_scope
    beyond = in_scope - deductible
    before_caps = (beyond * ratio + 5_000) // 10_000

    cost = beyond
    pay = before_caps
    limit = rules[VISIT_CAP + status]
    if not rules[VISIT_CAP_ON_COST]:
        if pay > limit:
            pay = limit
    elif cost > limit:
        cost = limit
        pay = (cost * ratio + 5_000) // 10_000
    after_visit = pay

    limit = rules[ANNUAL_CAP + status]
    if not rules[ANNUAL_CAP_ON_COST]:
        limit -= year_paid
        if limit < 0:
            limit = 0
        if pay > limit:
            pay = limit
    elif cost > limit - year_cost:
        cost = limit - year_cost if limit > year_cost else 0
        limit = (cost * ratio + 5_000) // 10_000
        if pay > limit:
            pay = limit
    after_annual = pay

    limit = rules[OVERALL_CAP] - year_overall
    if limit < 0:
        limit = 0
    if pay > limit:
        pay = limit
    return (
        deductible,
        beyond,
        cost,
        before_caps,
        before_caps - after_visit,
        after_visit - after_annual,
        after_annual - pay,
        pay,
    )


def add_to_year(year: YearSoFar, amounts: Amounts) -> YearSoFar:
    """The accumulators after the visit."""
    return (
        year[0] + amounts[0] + amounts[1],
        year[1] + amounts[0],
        year[2] + amounts[2],
        year[3] + amounts[7],
        year[4] + amounts[7],
    )


def fold_visits(
    person: Sequence[int],
    day: Sequence[int],
    status: Sequence[int],
    tier: Sequence[int],
    in_scope: Sequence[int],
    first_day: int,
    period_of_day: Sequence[int],
    year_of_period: Sequence[int],
    rules_of_period: Sequence[Sequence[int]],
    deductible: MutableSequence[int],
    pay: MutableSequence[int],
) -> None:
    """Settle visits sorted by person, then time; fill `deductible` and `pay` (fen).

    A period is a stretch of days of one natural year under one set of rules; a person's
    accumulators start at zero with each person and each year. A visit that this benefit does
    not pay for comes with an in-scope amount of zero, and so leaves no trace in the year.

    Args:
        person, day, status, tier, in_scope: one item per visit. `day` counts from any origin.
        first_day: the day of `period_of_day[0]`; every visit's day lies within that table.
        year_of_period, rules_of_period: by period.
        deductible, pay: filled, as long as the visits.
    """
    who = -1
    period = -1
    current_year = -1
    its_year = -1
    rules = rules_of_period[0]
    year = (0, 0, 0, 0, 0)
    for i in range(len(in_scope)):
        if period_of_day[day[i] - first_day] != period:
            period = period_of_day[day[i] - first_day]
            rules = rules_of_period[period]
            its_year = year_of_period[period]
        if person[i] != who or its_year != current_year:
            who = person[i]
            current_year = its_year
            year = (0, 0, 0, 0, 0)
        amounts = settle_amounts(rules, year, status[i], tier[i], in_scope[i])
        year = add_to_year(year, amounts)
        deductible[i] = amounts[0]
        pay[i] = amounts[7]
