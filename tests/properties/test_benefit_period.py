"""The periods of benefit: inside what the roster allows, and what a plain reading of the rules
gives; verify holds the stored ones equal to these (see `test_crediting`)."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ledger.benefits.benefit_period import (
    ROSTER,
    BenefitSpan,
    RosterSpan,
    Timeline,
    benefit_spans,
    first_difference,
)
from ledger.core.months import Month
from ledger.policy.values import BenefitRules

START = date(2022, 11, 1)
DAYS = [START + timedelta(n) for n in range(500)]
MONTHS = list(Month(2023, 1).through(Month(2023, 12)))

rules = st.builds(
    BenefitRules,
    by_contributions=st.just(True),
    waiting_months=st.integers(0, 2),
    waiting_months_flexible=st.integers(0, 4),
    flexible_types=st.just(frozenset({"1103"})),
    new_after_months=st.integers(1, 4),
    grace_months=st.integers(0, 3),
    restore_within_months=st.integers(0, 3),
)
paid = st.dictionaries(
    st.sampled_from(MONTHS), st.integers(0, 420).map(lambda n: date(2023, 1, 1) + timedelta(n))
)
settled = st.one_of(st.none(), st.sampled_from(DAYS))


@st.composite
def rosters(draw: st.DrawFn) -> list[RosterSpan]:
    days = sorted(draw(st.sets(st.sampled_from(DAYS), min_size=2, max_size=6)))
    return [
        RosterSpan(
            start,
            until,
            draw(st.sampled_from(["11", "11", "12"])),
            "1101",
            draw(st.sampled_from(["combined", "pool_only"])),
            draw(st.sampled_from(["1", "1", "1", "2"])),
        )
        for start, until in pairwise(days)
    ]


def timeline(of: BenefitRules, start: Month = MONTHS[0]) -> Timeline:
    return Timeline([start], [of])


def covered(spans: list[BenefitSpan]) -> set[date]:
    return {day for day in DAYS if any(span.covers(day) for span in spans)}


@given(roster=rosters(), settled_up=settled, paid=paid, rules=rules)
def test_benefits_lie_inside_the_roster_and_do_not_overlap(
    roster: list[RosterSpan],
    settled_up: date | None,
    paid: dict[Month, date],
    rules: BenefitRules,
) -> None:
    by_roster = benefit_spans(roster, settled_up, paid, ROSTER)
    spans = benefit_spans(roster, settled_up, paid, timeline(rules))
    assert covered(spans) <= covered(by_roster)
    for found in (by_roster, spans):
        assert all(one.valid_until <= two.valid_from for one, two in pairwise(found))
        assert all(span.valid_from < span.valid_until for span in found)
    before = first_difference(by_roster, spans)
    assert before is None or before >= MONTHS[0].first_day


@given(roster=rosters(), settled_up=settled)
def test_a_retiree_has_settled_up(roster: list[RosterSpan], settled_up: date | None) -> None:
    for span in benefit_spans(roster, settled_up, {}, ROSTER):
        if span.status == "12" and settled_up is not None:
            assert span.valid_from >= settled_up or all(
                r.valid_from >= settled_up for r in roster if r.valid_from == span.valid_from
            )


@given(paid=paid, rules=rules)
def test_without_waiting_a_month_is_covered_while_a_contribution_carries_it(
    paid: dict[Month, date], rules: BenefitRules
) -> None:
    """The definition again, month by month and without memory."""
    plain = BenefitRules(
        True, 0, 0, frozenset(), rules.new_after_months, rules.grace_months,
        rules.restore_within_months,
    )  # fmt: skip
    roster = [RosterSpan(date(2023, 1, 1), date(2024, 4, 1), "11", "1101", "combined", "1")]
    days = covered(benefit_spans(roster, None, paid, timeline(plain)))
    for month in Month(2023, 1).through(Month(2024, 2)):
        carried = any(
            0 <= ordinal(month) - ordinal(p) <= plain.grace_months
            and ordinal(Month.of(on)) - ordinal(p) <= plain.restore_within_months
            for p, on in paid.items()
        )
        assert (month.first_day in days) == carried, month


@given(roster=rosters(), paid=paid, rules=rules, month=st.sampled_from(MONTHS))
def test_whoever_pays_earlier_has_no_less(
    roster: list[RosterSpan], paid: dict[Month, date], rules: BenefitRules, month: Month
) -> None:
    sooner = paid | {month: min(month.first_day, paid.get(month, month.first_day))}
    before = covered(benefit_spans(roster, None, paid, timeline(rules)))
    assert before <= covered(benefit_spans(roster, None, sooner, timeline(rules)))


def ordinal(month: Month) -> int:
    return month.year * 12 + month.month
