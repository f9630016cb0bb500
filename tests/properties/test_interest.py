"""Interest is an exact sum over days, however often and on whichever days it is posted."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.benefits.interest import (
    Movement,
    RateSpan,
    due_fen,
    products,
    rate_spans,
    stretches,
    unposted,
)
from ledger.core.errors import NotInForce
from ledger.policy.loader import load_pack
from ledger.policy.pack import Pack

BEGIN, END = date(2014, 1, 1), date(2017, 12, 31)
"""Seven changes of rates lie in these years."""
NATIONAL = load_pack("national")
SPANS = rate_spans(NATIONAL, BEGIN, END + timedelta(days=1))

days = st.dates(BEGIN, END)
movements = st.lists(
    st.builds(
        lambda day, back, fen: Movement(day, day.year - back, fen),
        days,
        st.integers(0, 2),
        st.integers(-5_000_00, 50_000_00),
    ),
    min_size=1,
    max_size=12,
)


def day_by_day(known: list[Movement], year: int, through: date, pack: Pack = NATIONAL) -> Fraction:
    """Fen of one year's interest: each day's balance times its rate, nothing rounded."""
    total, day = Fraction(0), date(year, 1, 1)
    while day <= through:
        try:
            rules = pack.interest(day)
        except NotInForce:
            day += timedelta(days=1)
            continue
        for movement in known:
            waiting = movement.waits and movement.happened_on.year == year
            if movement.happened_on <= day and not waiting:
                rate = rules.carried_bp if movement.fund_year < year else rules.this_year_bp
                total += Fraction(movement.amount_fen * rate, 10_000 * rules.day_basis)
        day += timedelta(days=1)
    return total


def half_up(exact: Fraction) -> int:
    return max((exact + Fraction(1, 2)).__floor__(), 0)


def posted(known: list[Movement], through: date, spans: list[RateSpan] = SPANS) -> list[Movement]:
    """The movements and what a run up to `through` posts."""
    legs = []
    for row in unposted(known, spans, through):
        day = min(date(row.year, 12, 31), through)
        legs.append(Movement(day, row.year, row.delta_fen, interest=True, waits=True))
    return [*known, *legs]


@given(movements, days)
def test_a_years_products_are_the_sum_of_its_days(known: list[Movement], through: date) -> None:
    exact = day_by_day(known, through.year, through)
    found = products(known, SPANS, through.year, through)
    assert due_fen(found) == half_up(exact)
    laid_out = stretches(known, SPANS, through.year, through)
    assert sum(stretch.exact for stretch in laid_out) == found


@settings(max_examples=30)
@given(movements)
def test_every_year_earns_on_what_the_years_before_it_were_paid(known: list[Movement]) -> None:
    wanted: list[Movement] = list(known)
    for year in range(min(m.happened_on for m in known).year, END.year + 1):
        fen = half_up(day_by_day(wanted, year, date(year, 12, 31)))
        if fen:
            wanted.append(Movement(date(year, 12, 31), year, fen, True, True))
    assert posted(known, END) == wanted


@given(movements, st.lists(days, max_size=6))
def test_any_days_of_posting_give_the_same_sum(known: list[Movement], runs: list[date]) -> None:
    often = known
    for run in sorted(runs):
        often = posted(often, run)
    assert interest_of(posted(often, END)) == interest_of(posted(known, END))


@given(movements, movements, days)
def test_what_is_booked_late_is_made_good_by_the_next_run(
    known: list[Movement], late: list[Movement], run: date
) -> None:
    before = posted(known, run)
    assert interest_of(posted([*before, *late], END)) == interest_of(posted([*known, *late], END))


@given(movements, days)
def test_a_second_run_posts_nothing(known: list[Movement], run: date) -> None:
    once = posted(known, run)
    assert posted(once, run) == once


def interest_of(known: list[Movement]) -> dict[int, int]:
    """Year -> interest posted for it."""
    years: dict[int, int] = {}
    for movement in known:
        if movement.interest:
            years[movement.happened_on.year] = (
                years.get(movement.happened_on.year, 0) + movement.amount_fen
            )
    return {year: fen for year, fen in years.items() if fen}
