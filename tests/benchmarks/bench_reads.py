"""One balance and one year's statement among a million accounts."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date
from statistics import median
from time import perf_counter

from ledger.core.months import Month
from ledger.services.credit_month import credit_month
from ledger.services.read import balance, statement
from tests.benchmarks.city import empty_city, settle_down
from tests.benchmarks.table import Row

GOAL_MS = 5
ASKED = 200


def measure(scale: float = 1.0) -> list[Row]:
    people = max(int(1_000_000 * scale), 1_000)
    with empty_city() as (context, _path):
        settle_down(context, people, months=(202301, 202302))
        credit_month(context, Month(2023, 2))
        day, until = date(2023, 12, 31), date(2024, 1, 1)
        asked = [f"42030{i:011d}" for i in random.Random(1).sample(range(1, people), ASKED)]
        one = _each(lambda number: balance(context, number, day), asked)
        year = _each(lambda number: statement(context, number, date(2023, 1, 1), until), asked)
        raw = _each(lambda number: _key_lookup(context, int(number[5:])), asked)
    return [
        _row(f"one balance at {people:,} accounts", one, raw),
        _row(f"one year's statement at {people:,} accounts", year, raw),
    ]


def _each(ask: Callable[[str], object], numbers: list[str]) -> float:
    """Median milliseconds of one question."""
    taken = []
    for number in numbers:
        begun = perf_counter()
        ask(number)
        taken.append((perf_counter() - begun) * 1000)
    return median(taken)


def _key_lookup(context: object, person_id: int) -> object:
    from ledger.services.context import Context

    assert isinstance(context, Context)
    with context.reading() as connection:
        return connection.exec_driver_sql(
            "SELECT * FROM personal_account WHERE person_id = ?", (person_id,)
        ).one()


def _row(work: str, ours: float, raw: float) -> Row:
    return Row(
        work,
        f"{ours:.2f} ms",
        f"{raw:.2f} ms one row by its key",
        f"{ours / raw:.1f}",
        f"< {GOAL_MS} ms",
    )


if __name__ == "__main__":
    from tests.benchmarks.table import show

    show(measure())
