"""When a person has benefits (待遇享受期), and as what: from the roster, or from contributions.

`benefit_spans` is the rule for one person; `storage/roster/benefit_spans.py` says its roster form
to the database for everybody at once, and a property test holds both equal. What the rules leave
silent is the pack's (`benefit_period.*`): waiting months, grace, in what time arrears restore a
month.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from ledger.core.months import FAR, Month
from ledger.core.people import Insured, Status
from ledger.policy.values import BenefitRules

ARTICLES = ("S3c-11.3", "S3c-11.5", "S3c-12")


class RosterSpan(NamedTuple):
    """What the roster says of [valid_from, valid_until): codes as tables keep them."""

    valid_from: date
    valid_until: date
    status: str
    psn_type: str
    plan: str
    insured: str


class BenefitSpan(NamedTuple):
    """A period of benefit, [valid_from, valid_until), and what the person counts as in it."""

    valid_from: date
    valid_until: date
    status: str
    plan: str

    def covers(self, day: date) -> bool:
        return self.valid_from <= day < self.valid_until


class Timeline(NamedTuple):
    """The pack's rules by month. `starts`: the months from which `rules` of the same place hold;
    before the first, and where a rule is None, the roster decides."""

    starts: Sequence[Month]
    rules: Sequence[BenefitRules | None]

    def on(self, month: Month) -> BenefitRules | None:
        """None: the roster decides about this month."""
        place = bisect_right(self.starts, month) - 1
        found = self.rules[place] if place >= 0 else None
        return found if found is not None and found.by_contributions else None

    @property
    def since(self) -> Month | None:
        """The first month about which contributions decide; None: there is none."""
        return next((month for month in self.starts if self.on(month) is not None), None)


ROSTER = Timeline((), ())


class MonthState(NamedTuple):
    """Why a month is, or is not, a month of benefit. `why` is a key of `WHY`; `paid_on`: when
    its contribution arrived; `flexible`: a wait is as long as that of flexible workers."""

    month: Month
    covered: bool
    why: str
    paid_on: date | None
    flexible: bool = False


WHY = {
    "roster": "参保名册",
    "retired": "已办理退休清算",
    "paid": "当月缴费到账",
    "restored": "补缴到账，恢复待遇",
    "grace": "欠费，在保留期内",
    "waiting": "等待期",
    "arrears": "欠费超过保留期，停待遇",
    "paid_late": "补缴超过期限，不恢复该月待遇",
    "not_insured": "不在册或参保状态不正常",
}
"""Why, as people read it."""


def insured_spans(roster: Sequence[RosterSpan], settled_up_on: date | None) -> list[RosterSpan]:
    """The insured spans of the roster, with the retiree's treatment from the settling-up on.

    Whoever is past the age of retirement and has not settled up counts as an employee.

    Source: S3c-11.3, 11.5; default 12.
    """
    result = []
    for span in roster:
        if span.insured != Insured.NORMAL:
            continue
        late = (
            span.status == Status.RETIRED
            and settled_up_on is not None
            and settled_up_on > span.valid_from
        )
        if not late or settled_up_on is None:
            result.append(span)
            continue
        until = min(settled_up_on, span.valid_until)
        result.append(span._replace(status=Status.EMPLOYED.value, valid_until=until))
        if settled_up_on < span.valid_until:
            result.append(span._replace(valid_from=settled_up_on))
    return result


def benefit_spans(
    roster: Sequence[RosterSpan],
    settled_up_on: date | None,
    paid: Mapping[Month, date],
    timeline: Timeline,
) -> list[BenefitSpan]:
    """When the person has benefits, oldest first, without overlap.

    Args:
        roster: the person's spans, oldest first.
        settled_up_on: day of settling up on retirement (退休一次性清算), where there is one.
        paid: month -> day on which its contribution had arrived.
        timeline: the pack's rules.

    Source: S3c-12; 11.3 to 11.5 for retirement. Only employees pay contributions.
    """
    spans = insured_spans(roster, settled_up_on)
    if timeline.since is None:
        return [_as_benefit(span) for span in spans]
    runs = _covered_runs(month_states(spans, paid, timeline), timeline)
    result = []
    for span in spans:
        if span.status != Status.EMPLOYED:
            result.append(_as_benefit(span))
            continue
        for start, until in runs:
            first, end = max(start, span.valid_from), min(until, span.valid_until)
            if first < end:
                result.append(BenefitSpan(first, end, span.status, span.plan))
    return result


def _as_benefit(span: RosterSpan) -> BenefitSpan:
    return BenefitSpan(span.valid_from, span.valid_until, span.status, span.plan)


def month_states(
    spans: Sequence[RosterSpan],
    paid: Mapping[Month, date],
    timeline: Timeline,
    through: Month | None = None,
) -> list[MonthState]:
    """Month by month from the first about which contributions decide: covered or not, and why.

    Args:
        spans: what `insured_spans` gives.
        through: at least up to this month; anyway as far as contributions and rules reach.
    """
    since = timeline.since
    if since is None or not spans:
        return []
    first = max(since, Month.of(spans[0].valid_from))
    before = first.previous()
    walk = _Walk(before if _touching(spans, before) and first == since else None)
    last = max(_horizon(first, paid, timeline), through or first)
    return [walk.step(month, spans, paid, timeline) for month in first.through(last)]


class _Walk:
    """What of the months so far decides about the next: when a contribution last counted, when
    the person last had or waited for benefits, how long the wait still is, and whose wait."""

    def __init__(self, last: Month | None) -> None:
        self.last_paid = self.last_held = last
        self.waiting, self.flexible = 0, False

    def step(
        self,
        month: Month,
        spans: Sequence[RosterSpan],
        paid: Mapping[Month, date],
        timeline: Timeline,
    ) -> MonthState:
        span = _touching(spans, month)
        if span is None:
            return MonthState(month, False, "not_insured", paid.get(month))
        rules = timeline.on(month)
        if span.status != Status.EMPLOYED or rules is None:
            self.last_paid = self.last_held = month
            self.waiting = 0
            why = "roster" if span.status == Status.EMPLOYED else "retired"
            return MonthState(month, True, why, paid.get(month))
        paid_on = paid.get(month)
        if paid_on is not None and paid_on <= month.plus(rules.restore_within_months).last_day:
            return self._paid(month, paid_on, span, rules)
        return self._unpaid(month, paid_on, rules)

    def _paid(
        self, month: Month, paid_on: date, span: RosterSpan, rules: BenefitRules
    ) -> MonthState:
        if self.last_held is None or _apart(self.last_held, month) > rules.new_after_months + 1:
            self.flexible = span.psn_type in rules.flexible_types
            self.waiting = rules.waiting_months_flexible if self.flexible else rules.waiting_months
        stopped = not self._recent(month, rules)
        self.last_paid = self.last_held = month
        if self.waiting:
            self.waiting -= 1
            return MonthState(month, False, "waiting", paid_on, self.flexible)
        restored = stopped and paid_on > month.last_day
        return MonthState(month, True, "restored" if restored else "paid", paid_on)

    def _recent(self, month: Month, rules: BenefitRules) -> bool:
        """Does the last contribution still carry the month?"""
        if self.last_paid is None:
            return False
        return _apart(self.last_paid, month) <= rules.grace_months

    def _unpaid(self, month: Month, paid_on: date | None, rules: BenefitRules) -> MonthState:
        recent = self._recent(month, rules)
        if recent and self.waiting:
            return MonthState(month, False, "waiting", paid_on, self.flexible)
        if recent:
            self.last_held = month
            return MonthState(month, True, "grace", paid_on)
        return MonthState(month, False, "arrears" if paid_on is None else "paid_late", paid_on)


def _touching(spans: Sequence[RosterSpan], month: Month) -> RosterSpan | None:
    """What the person counts as in a month: the span of its first covered day."""
    first, after = month.first_day, month.next().first_day
    return next((s for s in spans if s.valid_from < after and s.valid_until > first), None)


def _horizon(first: Month, paid: Mapping[Month, date], timeline: Timeline) -> Month:
    """The last month that a contribution or a change of the rules can reach."""
    grace = max((rules.grace_months for rules in timeline.rules if rules is not None), default=0)
    last = max([first, *paid, *timeline.starts])
    return last.plus(grace + 1)


def _covered_runs(states: Sequence[MonthState], timeline: Timeline) -> list[tuple[date, date]]:
    """The days that the months leave to the roster, [start, until) each, oldest first."""
    since = timeline.since
    if since is None:
        return [(date.min, FAR)]
    runs = [(date.min, since.first_day)]
    runs += [(s.month.first_day, s.month.next().first_day) for s in states if s.covered]
    if states and timeline.on(states[-1].month) is None:
        runs.append((states[-1].month.next().first_day, FAR))
    joined = [runs[0]]
    for start, until in runs[1:]:
        if start == joined[-1][1]:
            joined[-1] = (joined[-1][0], until)
        else:
            joined.append((start, until))
    return joined


def _apart(earlier: Month, later: Month) -> int:
    return (later.year - earlier.year) * 12 + later.month - earlier.month


def first_difference(before: Sequence[BenefitSpan], after: Sequence[BenefitSpan]) -> date | None:
    """The first day on which two lists of periods say something else; None: they are equal."""
    changes = {day for spans in (before, after) for span in spans for day in span[:2]}
    for day in sorted(changes):
        if _on(before, day) != _on(after, day):
            return day
    return None


def _on(spans: Sequence[BenefitSpan], day: date) -> tuple[str, str] | None:
    return next(((s.status, s.plan) for s in spans if s.covers(day)), None)
