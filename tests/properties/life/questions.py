"""What a window asks: statements chain, and what was answered once is answered again as known
then."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from ledger.core.money import fen_from_yuan
from ledger.services.books.read import balance, statement
from tests.people import psn_no
from tests.properties.life.frame import FIRST, LAST, Frame, people
from tests.world import CLOCK

BUCKETS = ("", "_this_year", "_carried")
BALANCE = (
    "balc", "held", "available", "this_year", "carried", "by_year", "owed", "account_status",
    "deductible_used", "pool_paid",
)  # fmt: skip
LINE = ("happened_on", "entry_id", "kind", "amount", "balance", "this_year", "carried")


class Asked(NamedTuple):
    """A question, when it was asked, and what was answered."""

    number: str
    on: date
    instant: datetime
    answer: tuple[Any, ...]


class Questions(Frame):
    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Asked] = []

    @rule(who=people, ago=st.integers(0, 400))
    def ask(self, who: int, ago: int) -> None:
        number, on, instant = psn_no(who), self.day(ago), CLOCK()
        self.asked.append(Asked(number, on, instant, self._answer(number, on, None)))

    def _answer(self, number: str, on: date, known_at: datetime | None) -> tuple[Any, ...]:
        """The balance of all that is booked, that of a day, and the statement up to the day."""
        now = balance(self.world.context, number, on, known_at=known_at)
        then = balance(self.world.context, number, on, on, known_at)
        until = on + timedelta(days=1)
        told = statement(self.world.context, number, None, until, known_at)
        lines = [tuple(line[key] for key in LINE) for line in told["lines"]]
        of_now = [("now", key, now[key]) for key in BALANCE]
        of_then = [("then", key, then[key]) for key in BALANCE]
        return (*of_now, *of_then, ("lines", len(lines)), *lines)

    @invariant()
    def what_was_answered_is_answered_again(self) -> None:
        """A few at a time; the end of a life asks them all."""
        for asked in self.asked[self.steps % 5 :: 5]:
            again = self._answer(asked.number, asked.on, asked.instant)
            differ = [pair for pair in zip(asked.answer, again, strict=False) if pair[0] != pair[1]]
            assert not differ, f"{asked.number}, known at {asked.instant}, then and now: {differ}"

    @rule(who=people, cuts=st.lists(st.dates(FIRST, LAST), min_size=2, max_size=4, unique=True))
    def statements_chain(self, who: int, cuts: list[date]) -> None:
        number, days = psn_no(who), sorted(cuts)
        before = None
        for start, until in pairwise(days):
            told = statement(self.world.context, number, start, until)
            opening = [told[f"opening{bucket}"] for bucket in BUCKETS]
            closing = [told[f"closing{bucket}"] for bucket in BUCKETS]
            assert before is None or opening == before, f"{start}: opens with other than it closed"
            moved = sum(fen_from_yuan(line["amount"]) for line in told["lines"])
            assert fen_from_yuan(opening[0]) + moved == fen_from_yuan(closing[0])
            last = until - timedelta(days=1)
            shown = balance(self.world.context, number, last, last)
            assert [shown["balc"], shown["this_year"], shown["carried"]] == closing
            before = closing
