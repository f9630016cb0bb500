"""Settling 10,000 people's year anew: the fold alone, and the whole plan with what it reads.

The visits of the second half of the year arrive first, so that nearly everybody's year changes.
"""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from time import perf_counter

from ledger.benefits.kernel import NEW_YEAR, add_to_year, settle_amounts
from ledger.benefits.resettlement import in_order, refold
from ledger.core.batches import Batch
from ledger.core.money import Fen
from ledger.core.visits import AccountUse, VisitRecord
from ledger.services.context import Context
from ledger.services.importing import ImportOptions
from ledger.services.resettlement.resettle_facts import Facts
from ledger.services.resettlement.resettle_plan import Scope, make_plan
from ledger.services.visits.import_visits import import_visits
from ledger.storage.visits import resettlements as store
from tests.benchmarks.city import PROVIDERS, empty_city, settle_down
from tests.benchmarks.table import Row

PEOPLE, VISITS_EACH = 10_000, 10
GOAL_SECONDS = 1


def measure(scale: float = 1.0) -> list[Row]:
    people = max(int(PEOPLE * scale), 100)
    with empty_city() as (context, _path):
        settle_down(context, people, months=())
        for first in (datetime(2023, 7, 1, 8), datetime(2023, 1, 2, 8)):
            _import(context, people, first)
        with context.reading() as connection:
            everybody = store.people_of_year(connection, 2023)
            years = store.person_years(connection, everybody, 2023)
            facts = Facts(connection, context.pack, everybody)
            begun = perf_counter()
            for held in years.values():
                refold(
                    in_order(held.visits, "settlement_time"),
                    held.given_back,
                    held.start,
                    facts.turn_of,
                    facts.same_rules,
                )
            folding = perf_counter() - begun
            begun = perf_counter()
            _bare_kernel(facts, years)
            bare = perf_counter() - begun
            begun = perf_counter()
            plan = make_plan(connection, context.pack, Scope(2023), date(2023, 12, 31))
            planning = perf_counter() - begun
    visits = plan.years[0].visits
    goal = f"< {GOAL_SECONDS} s"
    return [
        Row(
            f"fold {visits:,} visits of {people:,} people anew",
            f"{folding:.2f} s",
            f"the kernel alone, plain Python: {bare:.2f} s",
            f"{folding / bare:.1f}",
            goal,
        ),
        Row(
            f"plan of it with reading and {len(plan.replacements):,} visits that change",
            f"{planning:.2f} s",
            "–",
            "–",
            "–",
        ),
    ]


def _bare_kernel(facts: Facts, years: dict[int, store.PersonYear]) -> None:
    for held in years.values():
        year = NEW_YEAR
        for visit in held.visits:
            rules = facts.rules_of(visit.settled_at[:10]).parameters
            year = add_to_year(year, settle_amounts(rules, year, 0, 3, visit.in_scope_fen))


def _import(context: Context, people: int, first: datetime) -> None:
    dice = random.Random(first.toordinal())
    records = [_visit(i, people, first, dice) for i in range(people * VISITS_EACH // 2)]
    batch = Batch("visits", "visits.csv", len(records), records, [])
    result = import_visits(context, batch, ImportOptions())
    assert not result.errors, result.errors[:3]


def _visit(i: int, people: int, first: datetime, dice: random.Random) -> VisitRecord:
    in_scope, outside = Fen(dice.randrange(2000, 150000)), Fen(dice.randrange(0, 3000))
    return VisitRecord(
        i,
        f"{first:%m}-{i:07d}",
        f"H420302{dice.randrange(1, PROVIDERS + 1):05d}",
        f"42030{i % people + 1:011d}",
        None,
        "11",
        first + timedelta(seconds=dice.randrange(0, 170 * 86400)),
        Fen(in_scope + outside),
        outside,
        Fen(0),
        Fen(0),
        in_scope,
        AccountUse.NONE,
    )


if __name__ == "__main__":
    from tests.benchmarks.table import show

    show(measure())
