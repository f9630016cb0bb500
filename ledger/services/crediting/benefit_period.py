"""Keep the periods of benefit as the pack derives them, and say why they are so.

Everything that touches the roster or contributions calls `follow` with the people it touched;
everything that reads the pack's rules over time calls `follow_rules` first. Where a period
changes back in time, the next crediting run looks again, and the years in which visits were
settled since are marked to be settled anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import astuple
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection

from ledger.benefits.benefit_period import (
    ROSTER,
    WHY,
    BenefitSpan,
    MonthState,
    Timeline,
    benefit_spans,
    first_difference,
    insured_spans,
    month_states,
)
from ledger.benefits.resettlement import Cause
from ledger.core.errors import NotInForce
from ledger.core.months import FAR, Month
from ledger.core.people import Plan, Status
from ledger.policy.pack import Pack
from ledger.policy.values import BenefitRules
from ledger.services.books.read import known_person
from ledger.services.context import Context
from ledger.storage.database.turns import lock_people
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.roster import benefit_spans as store
from ledger.storage.roster import people as roster
from ledger.storage.visits import resettlements

CHUNK = 20_000
"""People derived at a time: what is read of them stays in memory."""

LONG_AGO = date(1900, 1, 1)


def timeline_of(pack: Pack) -> Timeline:
    """The pack's rules by month; `ROSTER` where contributions never decide."""
    days = pack.change_days("benefit_period", LONG_AGO, FAR)
    starts = sorted({Month.of(d) if d.day == 1 else Month.of(d).next() for d in days})
    rules = [_rules(pack, month) for month in starts]
    timeline = Timeline(starts, rules)
    return ROSTER if timeline.since is None else timeline


def _rules(pack: Pack, month: Month) -> BenefitRules | None:
    try:
        return pack.benefit_period(month)
    except NotInForce:
        return None


def _stamp(timeline: Timeline) -> str | None:
    """What tells one timeline from another; None: the roster decides always."""
    if timeline.since is None:
        return None
    told = [
        (str(month), None if rules is None else astuple(rules))
        for month, rules in zip(timeline.starts, timeline.rules, strict=True)
    ]
    text = json.dumps(told, default=sorted)
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def follow(context: Context, work: UnitOfWork, people: Iterable[int], fresh: bool = False) -> None:
    """Derive the periods of people whom the roster or contributions touched.

    Args:
        fresh: they are new, and have none yet.
    """
    wanted = sorted(set(people))
    if follow_rules(context, work) or not wanted:
        return
    timeline = timeline_of(context.pack)
    if timeline.since is not None:
        _derive(work.connection, wanted, timeline)
    elif fresh:
        store.follow_roster(work.connection, wanted, fresh)
    else:
        before = store.spans_of(work.connection, wanted)
        store.follow_roster(work.connection, wanted)
        _mark_changes(work.connection, before, store.spans_of(work.connection, wanted))


def follow_contributions(context: Context, work: UnitOfWork, people: Iterable[int]) -> None:
    """Derive the periods of people for whom contributions arrived, where these decide."""
    if timeline_of(context.pack).since is not None:
        follow(context, work, people)


def follow_rules(context: Context, work: UnitOfWork) -> bool:
    """Derive everybody's periods where the pack's rules are no longer those they follow; were
    they?"""
    timeline = timeline_of(context.pack)
    if _stands(work.connection, timeline):
        return False
    everybody = store.everybody(work.connection)
    for start in range(0, len(everybody), CHUNK):
        context.progress("推定待遇享受期", start, len(everybody))
        _derive(work.connection, everybody[start : start + CHUNK], timeline)
    store.set_derived_by(work.connection, _stamp(timeline))
    return True


def _stands(connection: Connection, timeline: Timeline) -> bool:
    """Were the periods that are kept derived by these rules?"""
    return store.derived_by(connection) == _stamp(timeline)


def _derive(connection: Connection, people: list[int], timeline: Timeline) -> None:
    after = derived(connection, people, timeline)
    before = store.spans_of(connection, people)
    changed = {person: spans for person, spans in after.items() if spans != before.get(person, [])}
    store.replace(connection, changed)
    _mark_changes(connection, before, changed)


def derived(
    connection: Connection, people: list[int], timeline: Timeline
) -> dict[int, list[BenefitSpan]]:
    """What the periods of these people should be."""
    spans = store.roster_of(connection, people)
    settled_up = store.settled_up(connection, people)
    paid = store.paid_months(connection, people) if timeline.since is not None else {}
    return {
        person: benefit_spans(
            spans.get(person, []), settled_up.get(person), paid.get(person, {}), timeline
        )
        for person in people
    }


def spans_under(
    connection: Connection, pack: Pack, people: list[int]
) -> dict[int, list[BenefitSpan]]:
    """The periods of these people under a pack: what is kept, or, where these are of other rules,
    what the pack would make of them."""
    timeline = timeline_of(pack)
    if _stands(connection, timeline):
        return store.spans_of(connection, people)
    return derived(connection, people, timeline)


def follow_the_roster(context: Context, connection: Connection) -> bool:
    """Are everybody's periods kept as the roster says them, and is that the pack's rule?"""
    timeline = timeline_of(context.pack)
    return timeline.since is None and _stands(connection, timeline)


def unlike_rules(context: Context, connection: Connection) -> list[str]:
    """People whose stored periods are not what the pack derives from contributions, with the
    first such day."""
    timeline = timeline_of(context.pack)
    if not _stands(connection, timeline):
        return ["all: 待遇享受期按另一套规则推定，导入或划账时将重新推定"]
    found = []
    everybody = store.everybody(connection)
    for start in range(0, len(everybody), CHUNK):
        people = everybody[start : start + CHUNK]
        stored = store.spans_of(connection, people)
        for person, spans in derived(connection, people, timeline).items():
            day = first_difference(stored.get(person, []), spans)
            if day is not None:
                found.append(f"person {person}: {day}")
    return found


def _mark_changes(
    connection: Connection,
    before: dict[int, list[BenefitSpan]],
    after: dict[int, list[BenefitSpan]],
) -> None:
    """Credits and settlements since the first day that changed are looked at again."""
    changed: dict[int, date] = {}
    for person, spans in after.items():
        day = first_difference(before.get(person, []), spans)
        if day is not None:
            changed[person] = day
    credited = roster.credited_through(connection)
    if credited is not None:
        since = {person: Month.of(day) for person, day in changed.items()}
        roster.look_again(connection, {p: month for p, month in since.items() if month <= credited})
    lock_people(connection, changed)  # A visit under way is waited for, and marked too.
    years = store.settled_years(connection, changed)
    resettlements.mark(connection, [(person, year, str(Cause.STATUS)) for person, year in years])


# --- why ---


def explain(context: Context, number: str, on: date | None = None) -> dict[str, Any]:
    """A person's periods of benefit; month by month why, where contributions decide.

    Args:
        on: a day of which to say whether it is covered, and why.

    Raises:
        Unknown: `person/unknown`.
    """
    timeline = timeline_of(context.pack)
    with context.reading() as connection:
        who = known_person(connection, number)
        spans = spans_under(connection, context.pack, [who.person_id])[who.person_id]
        listed = store.roster_of(connection, [who.person_id]).get(who.person_id, [])
        paid = store.paid_months(connection, [who.person_id])[who.person_id]
    insured = insured_spans(listed, who.settled_up_on)
    states = month_states(insured, paid, timeline, None if on is None else Month.of(on))
    answer: dict[str, Any] = {
        "psn_no": who.psn_no,
        "psn_name": who.name,
        "source": "roster" if timeline.since is None else "contributions",
        "settled_up_on": None if who.settled_up_on is None else who.settled_up_on.isoformat(),
        "periods": [
            _said(span) | _begun_by(context, span, who.settled_up_on, timeline) for span in spans
        ],
        "months": [_month_said(context, state) for state in states],
    }
    if on is not None:
        answer["on"] = _on(context, on, spans, states)
    return answer


def _said(span: BenefitSpan) -> dict[str, Any]:
    last = None if span.valid_until >= FAR else span.valid_until - timedelta(days=1)
    return {
        "from": span.valid_from.isoformat(),
        "last_day": None if last is None else last.isoformat(),
        "status": span.status,
        "status_name": "退休" if span.status == Status.RETIRED else "在职",
        "plan": span.plan,
        "plan_name": "统账结合" if span.plan == Plan.COMBINED else "单建统筹",
    }


def _begun_by(
    context: Context, span: BenefitSpan, settled_up_on: date | None, timeline: Timeline
) -> dict[str, str]:
    """Which rule made the period what it is, by the pack's own citation."""
    if settled_up_on is not None and span.valid_from == settled_up_on:
        why, name, key = "settled_up", "退休一次性清算", "crediting.retiree_rate"
    elif settled_up_on is not None and span.valid_until == settled_up_on:
        why, name = "not_settled_up", "清算之前按在职"
        key = "crediting.past_age_not_settled_up_rate"
    elif span.status == Status.EMPLOYED and timeline.since is not None:
        why, name, key = "contributions", "按缴费到账推定", "benefit_period.source"
    else:
        why, name, key = "roster", "参保名册", "benefit_period.source"
    return {"why": why, "why_name": name, "cite": _cite(context, key, span)}


def _cite(context: Context, key: str, span: BenefitSpan) -> str:
    """Where the pack has a rule from: on the first day of a period, or, for one that began before
    the rules, on its last; "" where it has none."""
    for day in (span.valid_from, span.valid_until - timedelta(days=1)):
        try:
            return context.pack.cite(key, day).cite.id
        except NotInForce:
            continue
    return ""


_SETTINGS = {
    "restored": "restore_within_months",
    "grace": "grace_months",
    "waiting": "waiting_months",
    "arrears": "grace_months",
    "paid_late": "restore_within_months",
}
"""Why -> the setting that decided; everything else is decided by the source."""


def _month_said(context: Context, state: MonthState) -> dict[str, Any]:
    setting = "waiting_months_flexible" if state.flexible else _SETTINGS.get(state.why, "source")
    key = f"benefit_period.{setting}"
    try:
        rule: dict[str, Any] = _rule(context, key, state.month.first_day)
    except NotInForce:
        rule = {}
    return {
        "month": str(state.month),
        "covered": state.covered,
        "why": state.why,
        "why_name": WHY[state.why],
        "paid_on": None if state.paid_on is None else state.paid_on.isoformat(),
        "rule": rule or None,
    }


def _rule(context: Context, key: str, day: date) -> dict[str, Any]:
    cited = context.pack.cite(key, day)
    return {
        "key": key,
        "title": cited.title,
        "value": cited.value,
        "cite": cited.cite.id,
        "assumed": cited.assumed,
    }


def _on(
    context: Context, day: date, spans: list[BenefitSpan], states: list[MonthState]
) -> dict[str, Any]:
    covering = next((span for span in spans if span.covers(day)), None)
    state = next((state for state in states if state.month == Month.of(day)), None)
    why = "roster" if covering is not None else "not_insured"
    if covering is not None and covering.status == Status.RETIRED:
        why = "retired"
    elif state is not None and state.covered == (covering is not None):
        why = state.why
    return {
        "day": day.isoformat(),
        "covered": covering is not None,
        "why": why,
        "why_name": WHY[why],
        "period": None if covering is None else _said(covering),
        "month": None if state is None else _month_said(context, state),
    }
