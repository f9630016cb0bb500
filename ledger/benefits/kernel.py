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
      − cut by the limit of the month or quarter, then of the disease
      − cut by the yearly limit (年度限额)
      − cut by the limit shared with other benefits
      − cut by the fund's overall yearly limit (基金年度总限额)            → pay

A limit on the fund's pay cuts the pay. A limit on cost cuts the cost beyond the deductible to
which the ratio is applied (fund = limit x ratio), so its cut is a difference of two rounded
amounts. A back-solved limit (封顶线反算) cuts the pay and counts the cost that gives this pay.

What a visit leaves in the year's accumulators (`add_to_year`): the deductible counts what fell
under it, measured on the in-scope amount, also where a limit then leaves nothing to be paid;
the cost counts what was let through by limits on cost; both paid sums count what was paid.
One deductible account serves all tiers: what was borne at one tier counts at every other.
A ratio of zero means that this tier is not covered: nothing is paid and nothing accumulates.

Some rules count in other windows than the year (a month, an institution, a stay, a disease).
What the visit found in them comes in as `Met`. Rules that use none of these shapes skip every
step behind `SHAPES`, and code compiled for them does not contain it.

A refund (退费) does not come here. It is the exact mirror of a settlement, and giving back is
subtracting what the settlement added, in the year and in every window.

Worked example (deductible 500 a year, 65 %, limit 3,000), a year that had 300.00 so far and a
visit of 450.01: the deductible takes 200.00, beyond it are 250.01, 65 % of that is 162.5065,
paid 162.51.
"""

from __future__ import annotations

from collections.abc import MutableSequence, Sequence

Amounts = tuple[int, int, int, int, int, int, int, int]
"""What each step took: deductible, beyond deductible, cost counted, pay before caps, cut by the
visit's limit, cut by the yearly limit, cut by the overall limit, pay. Fen, all >= 0.
`pay before caps = pay + the cuts`, `in scope = deductible + beyond deductible` (both zero
where the tier is not covered)."""

AllAmounts = tuple[int, int, int, int, int, int, int, int, int, int, int]
"""`Amounts`, then what the limits of the period, of the disease and of the shared pool cut."""

YearSoFar = tuple[int, int, int, int, int]
"""Accumulators of one person's natural year: in scope, deductible, cost counted against limits
on cost, paid by this benefit, paid by the fund over all benefits. Fen, all >= 0."""

Met = tuple[int, int, int, int, int, int, int, int, int, int, int]
"""What a visit met in windows other than the year, and what the rules ask of it, in the order of
the places `COUNTED` … `DISEASE`. Zeros where the rules do not ask."""

NEW_YEAR: YearSoFar = (0, 0, 0, 0, 0)
NOTHING_MET: Met = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)

NO_LIMIT = 1 << 62
MOST_FEN = 10**12
"""The largest in-scope amount of one visit: beyond it 64 bits could not hold amount x ratio."""
FULL_PAY = 2
"""The status whose cost the fund pays whole, without deductible and limits (离休)."""

SHAPES = True
"""False only in code that `compiled.py` compiles for rules without shapes."""

# Places in `Met`.
COUNTED = 0  # Deductible counted in its window.
TURN = 1  # How many visits (or stays) the year had before.
START = 2  # Where in the bands' window the visit begins: in scope so far,
START_DEDUCTIBLE = 3  # and the deductible in it.
PERIOD_COST = 4
PERIOD_PAID = 5
DISEASE_COST = 6
DISEASE_PAID = 7
SHARED_PAID = 8
VARIANT = 9  # Of the ratio: contracted or not x age group.
DISEASE = 10  # Place in the table of diseases.

# Places in the flat tuple of parameters that `kernel_rules.kernel_parameters` builds. Tables by
# status and tier take six places, [employed 1-3, retired 1-3]; by status two.
YEARLY = 0
CEILING = 1
DEDUCTIBLE_BEFORE = 1  # Tier 1 of the employed stands at the next place.
RATIO_BEFORE = 7
VISIT_CAP_BEFORE = 13
VISIT_CAP_BASIS = 20
ANNUAL_CAP = 21
ANNUAL_CAP_BASIS = 23
OVERALL_CAP = 24
SHAPED = 25  # Do the places of the shapes follow?
WIDTH = 26
DEDUCTIBLE_WINDOW = 26  # `policy.shapes.Window`
TURNS = 27
AT_TURNS = 28
BANDS = 29
AT_BANDS = 30  # Per variant and band: its upper bound, then the ratios.
BAND_WINDOW = 31
BANDS_FROM_ZERO = 32
ROUNDS_EACH_BAND = 33
PERIOD = 34
PERIOD_CAP = 35
PERIOD_CAP_BASIS = 37
AT_DISEASES = 38  # 0: no limits by disease.
DISEASE_CAP_BASIS = 39
SHARED_CAP = 40
SHAPED_WIDTH = 42
TABLE = 6
BAND = 7

ON_PAY, ON_COST, BACK_SOLVED = 0, 1, 2
"""What a limit is measured on, as `policy.tables.CapBasis`."""
# The windows of `policy.shapes.Window`; ints here, so that they can be compiled.
YEAR, VISIT, QUARTER, MONTH, HOSPITAL_YEAR, TIER_YEAR = 0, 1, 2, 3, 4, 5
DISEASE_WINDOW = 7


def settle_amounts(
    rules: Sequence[int], year: YearSoFar, status: int, tier: int, in_scope: int
) -> Amounts:
    """What the fund pays for one visit under rules that look at the year alone.

    Args: those of `settle_visit`.
    """
    return settle_visit(rules, year, NOTHING_MET, status, tier, in_scope)[:8]


def settle_visit(
    rules: Sequence[int], year: YearSoFar, met: Met, status: int, tier: int, in_scope: int
) -> AllAmounts:
    """What the fund pays for one visit, and what each step took.

    Args:
        rules: the flat parameters in force on the day of the visit.
        year: the accumulators before the visit.
        met: what it met in other windows; `NOTHING_MET` where the rules have none.
        status: 0 employed, 1 retired, 2 `FULL_PAY`.
        tier: 1, 2 or 3.
        in_scope: fen, at most `MOST_FEN`; zero and below give zeros.
    """
    if in_scope <= 0:
        return 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
    if SHAPES and status == FULL_PAY:
        return 0, in_scope, in_scope, in_scope, 0, 0, 0, in_scope, 0, 0, 0
    cell = status * 3 + tier
    ratio = rules[RATIO_BEFORE + cell]
    deductible = rules[DEDUCTIBLE_BEFORE + cell]
    counted = year[1]
    # Where no shapes are compiled in, nothing is handed on to the steps that look for them.
    shapes = rules if SHAPES else met
    start = 0
    if SHAPES and rules[SHAPED]:
        ratio = highest_ratio(rules, met, cell)
        deductible = deductible_of_turn(rules, met, cell)
        if rules[DEDUCTIBLE_WINDOW] != YEAR:
            counted = met[COUNTED]
    if ratio == 0:
        return 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0

    counted = counted if rules[YEARLY] else 0
    deductible = still_open(deductible, counted, rules[CEILING] - year[1], in_scope)
    beyond = in_scope - deductible
    if SHAPES and rules[SHAPED]:
        start = band_start(rules, year, met, deductible)
    before_caps = pay_of(shapes, met, cell, ratio, start, beyond)

    cost, pay = beyond, before_caps
    limit = rules[VISIT_CAP_BEFORE + cell]
    if limit < NO_LIMIT:
        basis = rules[VISIT_CAP_BASIS]
        cost, pay = limited(shapes, met, cell, ratio, start, cost, pay, basis, limit, 0, 0)
    after_visit = after_period = after_disease = pay
    if SHAPES and rules[SHAPED]:
        cost, after_period, pay = within_windows(rules, met, cell, ratio, start, cost, pay)
        after_disease = pay
    cost, pay = limited(
        shapes, met, cell, ratio, start, cost, pay,
        rules[ANNUAL_CAP_BASIS], rules[ANNUAL_CAP + status], year[2], year[3],
    )  # fmt: skip
    after_annual = after_shared = pay
    if SHAPES and rules[SHAPED]:
        after_shared = pay = least(pay, left_of(rules[SHARED_CAP + status], met[SHARED_PAID]))
    limit = left_of(rules[OVERALL_CAP], year[4])
    if pay > limit:
        pay = limit
    return (
        deductible,
        beyond,
        cost,
        before_caps,
        before_caps - after_visit,
        after_disease - after_annual,
        after_shared - pay,
        pay,
        after_visit - after_period,
        after_period - after_disease,
        after_annual - after_shared,
    )


def still_open(deductible: int, counted: int, ceiling_left: int, in_scope: int) -> int:
    """What of a visit falls under the deductible: of the amount that stands, less what was
    counted, within what the ceiling of the year leaves."""
    # Comparisons instead of min() and max(): as plain Python they are three times as fast.
    deductible -= counted
    if deductible > ceiling_left:
        deductible = ceiling_left
    if deductible < 0:
        return 0
    return deductible if deductible < in_scope else in_scope


def within_windows(
    rules: Sequence[int], met: Met, cell: int, ratio: int, start: int, cost: int, pay: int
) -> tuple[int, int, int]:
    """The cost that counts after the limits of the period and of the disease, and the pay after
    each of them."""
    status = 0 if cell <= 3 else 1
    cost, pay = limited(
        rules, met, cell, ratio, start, cost, pay,
        rules[PERIOD_CAP_BASIS], rules[PERIOD_CAP + status], met[PERIOD_COST], met[PERIOD_PAID],
    )  # fmt: skip
    after_period = pay
    if rules[AT_DISEASES]:
        cap = rules[rules[AT_DISEASES] + met[DISEASE]]
        cost, pay = limited(
            rules, met, cell, ratio, start, cost, pay,
            rules[DISEASE_CAP_BASIS], cap, met[DISEASE_COST], met[DISEASE_PAID],
        )  # fmt: skip
    return cost, after_period, pay


def deductible_of_turn(rules: Sequence[int], met: Met, cell: int) -> int:
    """The deductible of the first, second, … visit or stay of the year; the last one stays."""
    turn = met[TURN] if met[TURN] < rules[TURNS] else rules[TURNS]
    if turn == 0:
        return rules[DEDUCTIBLE_BEFORE + cell]
    return rules[rules[AT_TURNS] + (turn - 1) * TABLE + cell - 1]


def highest_ratio(rules: Sequence[int], met: Met, cell: int) -> int:
    """Zero where this tier is not covered; the ratio itself where there are no bands."""
    if rules[BANDS] == 0:
        return rules[RATIO_BEFORE + cell]
    row = rules[AT_BANDS] + met[VARIANT] * rules[BANDS] * BAND
    highest = 0
    for band in range(rules[BANDS]):
        if rules[row + band * BAND + cell] > highest:
            highest = rules[row + band * BAND + cell]
    return highest


def band_start(rules: Sequence[int], year: YearSoFar, met: Met, deductible: int) -> int:
    """Where the cost beyond the deductible begins on the scale of the bands."""
    in_scope, under = year[0], year[1]
    if rules[BAND_WINDOW] != YEAR:
        in_scope, under = met[START], met[START_DEDUCTIBLE]
    return in_scope + deductible if rules[BANDS_FROM_ZERO] else in_scope - under


def pay_of(rules: Sequence[int], met: Met, cell: int, ratio: int, start: int, cost: int) -> int:
    """The ratio of `cost` fen that begin at `start` of the bands; rounded half up to the fen,
    once, or once per band where the rules say so."""
    if SHAPES and rules[SHAPED] and rules[BANDS]:
        row = rules[AT_BANDS] + met[VARIANT] * rules[BANDS] * BAND
        end = start + cost
        rounded = products = 0
        for _ in range(rules[BANDS]):
            bound = rules[row] if rules[row] < end else end
            if bound > start:
                product = (bound - start) * rules[row + cell]
                rounded += (product + 5_000) // 10_000
                products += product
                start = bound
            row += BAND
        return rounded if rules[ROUNDS_EACH_BAND] else (products + 5_000) // 10_000
    return (cost * ratio + 5_000) // 10_000


def limited(
    rules: Sequence[int],
    met: Met,
    cell: int,
    ratio: int,
    start: int,
    cost: int,
    pay: int,
    basis: int,
    limit: int,
    cost_so_far: int,
    paid_so_far: int,
) -> tuple[int, int]:
    """The cost that counts and the pay, after one limit of which so much is used."""
    if basis == ON_COST:
        limit = left_of(limit, cost_so_far)
        if cost > limit:
            cost = limit
            pay = least(pay, pay_of(rules, met, cell, ratio, start, cost))
        return cost, pay
    limit = left_of(limit, paid_so_far)
    if pay > limit:
        pay = limit
        if SHAPES and basis == BACK_SOLVED:
            cost = cost_of(rules, met, cell, ratio, start, cost, pay)
    return cost, pay


def left_of(limit: int, used: int) -> int:
    """What is left of a limit, >= 0."""
    return limit - used if limit > used else 0


def least(one: int, other: int) -> int:
    return one if one < other else other


def cost_of(
    rules: Sequence[int], met: Met, cell: int, ratio: int, start: int, most: int, pay: int
) -> int:
    """The least cost, at most `most`, for which the ratio gives `pay` (反算进入统筹的费用)."""
    low, high = 0, most
    while low < high:
        middle = (low + high) // 2
        if pay_of(rules, met, cell, ratio, start, middle) < pay:
            low = middle + 1
        else:
            high = middle
    return low


def add_to_year(year: YearSoFar, amounts: Sequence[int]) -> YearSoFar:
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
        amounts = settle_visit(rules, year, NOTHING_MET, status[i], tier[i], in_scope[i])
        year = add_to_year(year, amounts)
        deductible[i] = amounts[0]
        pay[i] = amounts[7]
