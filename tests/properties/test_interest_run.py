"""A run for everybody posts exactly what the rule gives account by account, also where visits and
credits are booked late, in any order, between runs."""

from __future__ import annotations

import tempfile
from datetime import date, timedelta
from pathlib import Path

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from ledger.benefits.interest import Movement, rate_spans
from ledger.books.entry import Entry, Transfer
from ledger.books.kinds import EntryKind
from ledger.core.ids import NOBODY, PersonId
from ledger.services.accounts.interest import post_interest, settle_interest
from ledger.storage.accounts import interest as store
from ledger.storage.books.journal import append
from ledger.storage.books.months import BookingMonths
from ledger.storage.visits.settlements import purses_of
from tests.people import psn_no, somebody
from tests.properties.test_interest import day_by_day, half_up, interest_of, posted
from tests.world import World, shiyan

PEOPLE = 3
QUICK = (Phase.explicit, Phase.reuse, Phase.generate)
"""A failing history is short: making it shorter takes minutes."""
FIRST, LAST = date(2022, 12, 20), date(2025, 12, 31)
SPANS = rate_spans(shiyan(), date(2022, 1, 1), LAST + timedelta(days=1))

days = st.dates(FIRST, LAST)
amounts = st.integers(1, 9_000_00)
steps = st.one_of(
    st.tuples(st.just("in"), st.integers(1, PEOPLE), days, amounts),
    st.tuples(st.just("out"), st.integers(1, PEOPLE), days, amounts),
    st.tuples(st.just("run"), st.just(0), days, st.just(0)),
)
histories = st.lists(steps, min_size=1, max_size=14)


def move(world: World, way: str, person: int, day: date, fen: int) -> None:
    """Put money in, or take what is there out, as the oldest money first."""
    with world.context.writing() as work:
        legs = [(day.year, fen)]
        if way == "out":
            purse = purses_of(work.connection, [person]).get(person)
            legs = purse.take(fen, oldest_first=True) if purse else []
        kind = "credit_employee" if way == "in" else "clawback_employee"
        entry = Entry(
            NOBODY,
            work.ids.next(),
            EntryKind.CREDIT,
            day,
            BookingMonths(work.connection).of(day),
            tuple(
                Transfer(PersonId(person), leg, kind, year, part)
                for leg, (year, part) in enumerate(legs, start=1)
            ),
        )
        append(work, [entry])
        work.commit()


def movements(world: World, person: int) -> list[Movement]:
    with world.context.reading() as connection:
        return store.movements_of(connection, [person]).get(person, [])


def went_back_from_elsewhere(known: list[Movement]) -> bool:
    """Was interest, when it had to go back, spent already, so that other money went?"""
    return any(m.interest and m.amount_fen < 0 and m.fund_year != m.happened_on.year for m in known)


@settings(max_examples=50, phases=QUICK)
@given(histories, st.sampled_from([date(2023, 6, 30), date(2024, 12, 31), LAST]))
def test_the_set_based_run_is_the_rule_account_by_account(
    history: list[tuple[str, int, date, int]], end: date
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder) / "world.db")
        world.enrol(*(somebody(number) for number in range(1, PEOPLE + 1)))
        reached, lacking = FIRST, 0
        for way, person, day, fen in history:
            if way == "run":
                reached = max(reached, day)
                lacking += post_interest(world.context, reached)["not_covered_fen"]
            else:
                move(world, way, person, day, fen)
        end = max(end, reached)
        wanted = {
            person: interest_of(posted(movements(world, person), end, SPANS))
            for person in range(1, PEOPLE + 1)
        }
        lacking += post_interest(world.context, end)["not_covered_fen"]
        if not lacking:
            for person, years in wanted.items():
                found = movements(world, person)
                assert posted(found, end, SPANS) == found
                # Other years' money earns at other rates: some fen more or less.
                assert went_back_from_elsewhere(found) or interest_of(found) == years
        assert post_interest(world.context, end)["people"] == 0
        world.close()


@settings(max_examples=15, phases=QUICK)
@given(st.lists(st.tuples(days, amounts), min_size=1, max_size=6), days)
def test_a_pay_out_gives_the_exact_sum_of_all_days_before_it(
    credits: list[tuple[date, int]], day: date
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder) / "world.db")
        world.enrol(*(somebody(number) for number in range(1, PEOPLE + 1)))
        for on, fen in credits:
            move(world, "in", 1, on, fen)
        known, exact = movements(world, 1), {}
        for year in range(2022, day.year + 1):
            through = min(date(year, 12, 31), day - timedelta(days=1))
            fen = half_up(day_by_day(known, year, through, shiyan()))
            if fen:
                exact[year] = fen
                known.append(Movement(date(year, 12, 31), year, fen, True, True))
        with world.context.writing() as work:
            paid = settle_interest(work, shiyan(), world.person_id(psn_no(1)), day)
            work.commit()
        assert paid == sum(exact.values())
        assert interest_of(movements(world, 1)) == exact
        world.close()
