"""The rule of crediting said in SQL for everybody equals the rule said in Python for one person,
whatever the roster went through and in whatever order it was credited."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.benefits.crediting import employee_credit, retiree_credit
from ledger.core.errors import Refused
from ledger.core.money import Fen
from ledger.core.months import FAR, Month
from ledger.core.people import ContributionKind, Insured, Plan, Status
from ledger.policy.loader import load_pack
from ledger.services.crediting.advance_credit import advance_credit
from ledger.storage.roster.people import spans_of
from tests.people import psn_no, somebody
from tests.world import World, shiyan

BY_CONTRIBUTIONS = {
    "benefit_period.source": "contributions",
    "benefit_period.grace_months": "1",
    "benefit_period.restore_within_months": "1",
    "benefit_period.waiting_months": "1",
    "benefit_period.new_after_months": "1",
}
STANDS = 2
ADVANCING = {"advance.credit": "all_employers", "advance.back_after_months": str(STANDS)}
FIRST, LAST = Month(2023, 1), Month(2023, 4)
MONTHS = [str(month) for month in FIRST.through(LAST)]
PEOPLE = 3

days = st.integers(0, 150).map(lambda n: date(2022, 12, 15) + timedelta(days=n))
person = st.integers(1, PEOPLE)
bases = st.one_of(
    st.integers(1, 2_000_000),
    st.sampled_from([25, 75, 800_025, -25, -800_025, -500_000]),
)


class Paid(NamedTuple):
    person: int
    month: str
    base: int


class Changed(NamedTuple):
    person: int
    on: date
    status: Status
    plan: Plan
    insured: Insured
    until: date
    settled_up_after: int | None


class Credited(NamedTuple):
    month: str


class Advanced(NamedTuple):
    month: str


class Spent(NamedTuple):
    person: int
    fen: int


changes = st.builds(
    Changed,
    person,
    days,
    st.sampled_from([Status.EMPLOYED, Status.RETIRED]),  # 离休 are no members of this pool.
    st.sampled_from(Plan),
    st.sampled_from([Insured.NORMAL, Insured.NORMAL, Insured.NORMAL, Insured.PAUSED]),
    st.one_of(st.just(FAR), st.integers(160, 200).map(lambda n: date(2022, 12, 15) + timedelta(n))),
    st.one_of(st.none(), st.none(), st.integers(0, 60)),
)
events = st.lists(
    st.one_of(
        st.builds(Paid, person, st.sampled_from(MONTHS), bases),
        st.builds(Paid, person, st.sampled_from(MONTHS), bases),
        changes,
        st.builds(Credited, st.sampled_from(MONTHS)),
        st.builds(Spent, person, st.integers(1, 30_000)),
    ),
    min_size=3,
    max_size=14,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(events=events)
def test_sql_credits_what_the_rule_says_person_by_person(events: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder) / "world.db")
        try:
            play(world, events)
        finally:
            world.close()


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(events=events)
def test_so_it_does_where_contributions_decide_about_the_benefit_period(events: list[Any]) -> None:
    pack = load_pack("420300-shiyan", BY_CONTRIBUTIONS)
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder) / "world.db", pack)
        try:
            play(world, events)
        finally:
            world.close()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    events=events,
    advances=st.lists(
        st.tuples(st.integers(0, 13), st.builds(Advanced, st.sampled_from(MONTHS))), max_size=4
    ),
)
def test_so_it_does_where_accounts_are_credited_in_advance(
    events: list[Any], advances: list[tuple[int, Advanced]]
) -> None:
    pack = load_pack("420300-shiyan", ADVANCING)
    mixed = list(events)
    for place, advance in advances:
        mixed.insert(place, advance)
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder) / "world.db", pack)
        try:
            play(world, mixed)
        finally:
            world.close()


def play(world: World, events: list[Any]) -> None:
    world.enrol(*(somebody(number) for number in range(1, PEOPLE + 1)))
    received: list[tuple[Paid, int]] = []
    for number, event in enumerate(events):
        if isinstance(event, Paid):
            received += pay(world, event)
        elif isinstance(event, Changed):
            world.enrol(
                somebody(
                    event.person, status=event.status, plan=event.plan, insured=event.insured,
                    benefit_until=event.until, changed_on=event.on,
                    settled_up_on=settled_up_on(event),
                )
            )  # fmt: skip
        elif isinstance(event, Advanced):
            with suppress(Refused):
                advance_credit(world.context, Month.parse(event.month))
        elif isinstance(event, Credited):
            world.credit(event.month)
        else:
            world.settle(
                world.visit(f"v{number}", psn_no(event.person), date(2023, 4, 1), event.fen, use=1)
            )
    world.credit(str(LAST))
    assert posted(world) == due(world, received)
    assert world.credit(str(LAST))["run"] is None
    world.prove()


def settled_up_on(event: Changed) -> date | None:
    if event.settled_up_after is None or event.status is Status.EMPLOYED:
        return None
    return event.on + timedelta(days=event.settled_up_after)


def pay(world: World, event: Paid) -> list[tuple[Paid, int]]:
    """A contribution; `account_fen` is what the plan known on the day of arrival makes of it."""
    with world.context.reading() as connection:
        spans = spans_of(connection, [event.person])[event.person]
    month = Month.parse(event.month)
    inside = [span for span in spans if span.touches(month.span)]
    earlier = [span for span in spans if span.valid_from <= month.last_day]
    span = inside[0] if inside else earlier[-1] if earlier else spans[0]
    rules = shiyan().crediting(month)
    account = employee_credit(Fen(event.base), Plan(span.plan), rules)
    kind = ContributionKind.NORMAL if event.base > 0 else ContributionKind.REFUND
    world.contribute(
        world.contribution(psn_no(event.person), event.month, event.base, kind, account_fen=account)
    )
    return [(event, account)]


def due(world: World, received: list[tuple[Paid, int]]) -> dict[tuple[int, int, str], int]:
    """(person, month, source) -> fen, by the rule for one person and one contribution."""
    result: dict[tuple[int, int, str], int] = {}
    spans = world.rows(
        "SELECT person_id, valid_from, valid_until, status, plan FROM benefit_span "
        "ORDER BY person_id, valid_from"
    )
    advanced = {
        (who, month): fen
        for who, month, fen in world.rows("SELECT person_id, month, amount_fen FROM advance_credit")
    }
    for month in FIRST.through(LAST):
        rules = shiyan().crediting(month)
        for number in range(1, PEOPLE + 1):
            counts_as = next(
                (
                    (Status(status), Plan(plan))
                    for who, start, until, status, plan in spans
                    if who == number
                    and date.fromisoformat(start) <= month.last_day
                    and date.fromisoformat(until) > month.first_day
                ),
                None,
            )
            if counts_as is None:
                continue
            status, plan = counts_as
            result[number, month.number, "retiree"] = retiree_credit(status, plan, rules)
            if status is Status.EMPLOYED:
                parts = [
                    (employee_credit(Fen(paid.base), plan, rules), account)
                    for paid, account in received
                    if (paid.person, paid.month) == (number, str(month))
                ]
                due_fen = sum(part for part, _ in parts)
                if not parts and plan is Plan.COMBINED and month >= LAST.plus(-STANDS):
                    due_fen = advanced.get((number, month.number), 0)
                result[number, month.number, "employee"] = due_fen
                result[number, month.number, "shift"] = sum(part - was for part, was in parts)
    return {key: fen for key, fen in result.items() if fen}


def posted(world: World) -> dict[tuple[int, int, str], int]:
    """The same, from the books."""
    rows = world.rows(
        "SELECT person_id, benefit_month, "
        "CASE WHEN kind LIKE '%employee' OR kind = 'credit_advance' THEN 'employee' "
        "WHEN kind LIKE '%retiree' THEN 'retiree' ELSE 'shift' END AS source, "
        "sum(CASE WHEN kind LIKE 'credit_%' OR kind = 'plan_to_account' THEN amount_fen "
        "ELSE -amount_fen END) FROM transfer WHERE benefit_month IS NOT NULL "
        "AND person_id <> 0 GROUP BY 1, 2, 3"
    )
    return {(who, month, source): fen for who, month, source, fen in rows if fen}
