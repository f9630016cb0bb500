"""Long rounds of everything at once, by a seed that a failure prints; `make soak`."""

from __future__ import annotations

import random
from datetime import date, datetime

import pytest

from ledger.benefits.account_states import Event
from ledger.core.money import Fen
from ledger.core.months import Month
from ledger.core.people import ContributionKind, Relation
from tests import databases
from tests.concurrency.windows import Found, Task, Windows
from tests.people import certno, psn_no, somebody
from tests.world import World, code_of

pytestmark = [pytest.mark.xdist_group("windows"), pytest.mark.slow]

PEOPLE = range(100, 140)
ROUNDS = 12
NEVER = ("database/", "ledger/", "account/overdraft", "family/quota-exceeded", "owed/")
"""What a user could only be told where somebody else was in the way; all else is a matter of the
people and the books, such as a visit that was given back before."""


class Round:
    """Tasks of one round, made of what the rounds before it left."""

    def __init__(self, world: World, seed: int, number: int) -> None:
        self._world, self._number = world, number
        self._dice = random.Random(f"{seed}-{number}")
        self._settled = [
            int(row[0])
            for row in world.rows(
                "SELECT settlement_id FROM settlement WHERE reverses_settlement_id IS NULL"
            )
        ]
        self._count = 0

    def tasks(self, windows: int, each: int) -> list[list[Task]]:
        return [[self._task() for _ in range(each)] for _ in range(windows)]

    def _task(self) -> Task:
        self._count += 1
        kinds = [self._visit] * 12 + [self._refund] * 3 + [self._run, self._file, self._desk]
        return self._dice.choice(kinds)()

    def _visit(self) -> Task:
        dice, day = self._dice, date(2023, self._dice.randint(1, 4), self._dice.randint(1, 28))
        visit = self._world.visit(
            f"v{self._number}-{self._count}", self._somebody(), day,
            dice.randint(100, 90_000), dice.choice(["hospital-3", "hospital-2", "pharmacy"]),
            use=dice.randint(0, 2), med_type="11",
        )  # fmt: skip
        if visit.provider_code == code_of("pharmacy"):
            visit = visit._replace(med_type="41", prescriber_code=code_of("hospital-1"))
        return ("settle", (visit, f"r{self._number}-{self._count}"))

    def _refund(self) -> Task:
        if not self._settled:
            return self._visit()
        return ("reverse", (self._dice.choice(self._settled), datetime(2023, 5, 1, 9)))

    def _run(self) -> Task:
        month = Month(2023, self._dice.randint(1, 4))
        runs: list[Task] = [
            ("credit", (month,)),
            ("interest", (date(2023, 12, 31),)),
            ("close", (Month(2022, 12),)),
            ("pay all", (month, date(2023, 5, 2))),
            ("adopt", ("420300-shiyan",)),
            ("move", ("fiscal", Fen(self._dice.randint(1, 1_000)), date(2023, 4, 30))),
        ]
        return self._dice.choice(runs)

    def _file(self) -> Task:
        world, dice = self._world, self._dice
        stem = f"{self._number}-{self._count}"
        visits = [
            world.visit(f"f{stem}-{n}", self._somebody(), date(2023, 2, 2), 3_000, use=1)
            for n in range(10)
        ]
        months = [f"2023-0{dice.randint(1, 4)}" for _ in range(4)]
        paid = [
            world.contribution(
                self._somebody(), month, 100_000 * dice.randint(1, 9),
                ContributionKind.BASE_DIFFERENCE,
            )
            for month in months
        ]  # fmt: skip
        people = [somebody(number) for number in dice.sample(PEOPLE, 5)]
        new = [somebody(200 + self._number * 20 + n) for n in range(3)]
        files: list[Task] = [
            ("visits", (visits,)),
            ("contributions", (paid,)),
            ("people", ([*people, *new],)),
        ]
        return dice.choice(files)

    def _desk(self) -> Task:
        who, dice = self._somebody(), self._dice
        event = dice.choice([Event.FREEZE, Event.UNFREEZE])
        return ("state", (who, event, date(2023, 5, 1 + self._number), "一轮"))

    def _somebody(self) -> str:
        return psn_no(self._dice.choice(PEOPLE))


@pytest.fixture
def city(world: World) -> World:
    world.enrol(*(somebody(number) for number in PEOPLE))
    for month in ("2023-01", "2023-02", "2023-03"):
        world.contribute(*(world.contribution(psn_no(n), month, 400_000) for n in PEOPLE))
    world.credit("2023-02")
    world.link(
        *(
            world.relation(certno(holder), certno(100 + (holder - 100 + 1) % 40), Relation.SPOUSE)
            for holder in PEOPLE
        )
    )
    return world


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_rounds_of_everything_at_once_leave_books_that_prove(
    windows: Windows, city: World, seed: int
) -> None:
    for number in range(ROUNDS):
        tasks = Round(city, seed, number).tasks(windows=5, each=25)
        found: list[Found] = windows.at_once(databases.address(city.path), tasks)
        refused = {code for code, _answer in found if code.startswith(NEVER)}
        assert not refused, f"seed {seed}, round {number}: {refused}"
        city.prove()
