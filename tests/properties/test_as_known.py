"""As of a day, as known at an instant: what is asked later about a moment is what the program
answered in it. And statements chain: what one closes with, the next opens with."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from ledger.core.errors import GongjiError
from ledger.core.money import fen_from_yuan
from ledger.core.people import Relation
from ledger.services.accounts.interest import post_interest
from ledger.services.books import reporting
from ledger.services.books.read import balance, statement
from tests.people import CHEN, LIN, ZHAO
from tests.world import CLOCK, World

QUICK = (Phase.explicit, Phase.reuse, Phase.generate)
"""A failing history is short: making it shorter takes minutes."""
HOLDER, RETIRED, OTHER = (str(person.psn_no) for person in (CHEN, LIN, ZHAO))
PEOPLE = (HOLDER, RETIRED, OTHER)
FIRST, LAST = date(2023, 1, 1), date(2024, 6, 30)

days = st.dates(FIRST, LAST)
people = st.sampled_from(PEOPLE)
amounts = st.integers(1, 900_00)
months = st.sampled_from(["2023-01", "2023-06", "2023-12", "2024-02"])
steps = st.one_of(
    st.tuples(st.just("visit"), people, days, amounts),
    st.tuples(st.just("refund"), st.integers(0, 5), days, st.just(0)),
    st.tuples(st.just("contribution"), st.sampled_from([HOLDER, OTHER]), months, amounts),
    st.tuples(st.just("credit"), st.just(""), months, st.just(0)),
    st.tuples(st.just("interest"), st.just(""), st.just(date(2023, 12, 31)), st.just(0)),
)
histories = st.lists(steps, min_size=2, max_size=10)


@contextmanager
def a_family() -> Iterator[World]:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder) / "world.db")
        world.enrol(CHEN, LIN, ZHAO)
        world.open_with(HOLDER, 500_00)
        world.link(world.relation(CHEN.certno, LIN.certno, Relation.SPOUSE))
        yield world
        world.close()


def do(world: World, settled: list[dict[str, Any]], step: tuple[Any, ...]) -> None:
    what, who, when, fen = step
    if what == "visit":
        number = f"V{len(settled)}-{CLOCK()}"
        settled.append(world.settle(world.visit(number, who, when, fen, use=2)))
    elif what == "refund" and who < len(settled):
        day = max(when, date.fromisoformat(str(settled[who]["setl_time"])[:10]))
        world.reverse(settled[who], datetime(day.year, day.month, day.day, 20))
    elif what == "contribution":
        world.contribute(world.contribution(who, when, fen * 50))
    elif what == "credit":
        world.credit(when)
    elif what == "interest":
        post_interest(world.context, when)


def answers(world: World, on: date, **moment: Any) -> dict[str, Any]:
    """What the program says of everybody, less the moment itself."""
    said: dict[str, Any] = {}
    for number in PEOPLE:
        said[f"balance {number}"] = balance(world.context, number, on, **moment)
        known = {key: value for key, value in moment.items() if key == "known_at"}
        said[f"statement {number}"] = statement(world.context, number, **known)
    for answer in said.values():
        answer.pop("known_at")
    return said


def reports(world: World, known_at: datetime | None = None) -> dict[str, Any]:
    """The fund's month, an employer's list and the journal, as rows."""
    month = reporting.Month(2023, 6)
    rows: dict[str, Any] = {}
    with reporting.opened(world.context, "fund-report", None, known_at, month=month) as report:
        rows["fund-report"] = (report.trial, report.flows)
    with reporting.opened(
        world.context, "crediting-list", None, known_at, employer_no="E001", month=month
    ) as report:
        rows["crediting-list"] = sorted(report.lines)
    with reporting.opened(world.context, "journal", None, known_at) as report:
        rows["journal"] = list(report.legs)
    return rows


@settings(max_examples=12, phases=QUICK)
@given(histories, days)
def test_as_known_is_what_the_program_answered_then(
    history: list[tuple[Any, ...]], on: date
) -> None:
    with a_family() as world:
        settled: list[dict[str, Any]] = []
        seen = []
        for step in history:
            try:
                do(world, settled, step)
            except GongjiError:
                continue
            of_day = answers(world, on, as_of_day=on)
            seen.append((CLOCK(), answers(world, on), of_day, reports(world)))
        for instant, now, of_day, workbooks in seen:
            assert answers(world, on, known_at=instant) == now
            assert answers(world, on, as_of_day=on, known_at=instant) == of_day
            assert reports(world, instant) == workbooks


@settings(max_examples=25, phases=QUICK)
@given(histories, st.lists(days, min_size=1, max_size=4))
def test_statements_chain(history: list[tuple[Any, ...]], cuts: list[date]) -> None:
    with a_family() as world:
        settled: list[dict[str, Any]] = []
        for step in history:
            try:
                do(world, settled, step)
            except GongjiError:
                continue
        for number in PEOPLE:
            chain(world, number, sorted(set(cuts) | {date(2024, 1, 1)}))


def chain(world: World, number: str, cuts: list[date]) -> None:
    """Statements between the cuts: closing = next opening, in both buckets, and the lines of all
    of them are the lines of the whole."""
    bounds = [date(2022, 1, 1), *cuts, LAST + timedelta(days=1)]
    parts = [
        statement(world.context, number, start, until)
        for start, until in itertools.pairwise(bounds)
    ]
    for before, after in itertools.pairwise(parts):
        for bucket in ("", "_this_year", "_carried"):
            assert before[f"closing{bucket}"] == after[f"opening{bucket}"]
    whole = statement(world.context, number, bounds[0], bounds[-1])
    assert [line for part in parts for line in part["lines"]] == whole["lines"]
    for line in whole["lines"]:
        both = fen_from_yuan(line["this_year"]) + fen_from_yuan(line["carried"])
        assert both == fen_from_yuan(line["balance"])
        assert line["booked_on"] or late_elsewhere(whole) or both >= 0
    closing = balance(world.context, number, LAST)
    assert closing["balc"] == whole["closing"]
    assert (closing["this_year"], closing["carried"]) == (
        whole["closing_this_year"],
        whole["closing_carried"],
    )


def late_elsewhere(whole: dict[str, Any]) -> bool:
    """A balance looks overdrawn only where something was booked late."""
    return any(line["booked_on"] for line in whole["lines"])
