"""One balance, one year's statement and forty years' among a million accounts."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date
from statistics import median
from time import perf_counter

from ledger.core.months import Month
from ledger.services.books.read import balance, statement
from ledger.services.books.reporting import opened
from ledger.services.context import Context
from ledger.services.crediting.credit_month import credit_month
from tests.benchmarks.city import empty_city, settle_down
from tests.benchmarks.history import forty_years
from tests.benchmarks.table import Row

GOAL_MS = 5
GOAL_FORTY_YEARS_MS = 10
ASKED = 200
OLD_ACCOUNTS = 20


def measure(scale: float = 1.0) -> list[Row]:
    people = max(int(1_000_000 * scale), 1_000)
    with empty_city() as (context, _path):
        settle_down(context, people, months=(202301, 202302))
        credit_month(context, Month(2023, 2))
        day, until = date(2023, 12, 31), date(2024, 1, 1)
        asked = [f"42030{i:011d}" for i in random.Random(1).sample(range(1, people), ASKED)]
        one = _each(lambda number: balance(context, number, day), asked)
        year = _each(lambda number: statement(context, number, date(2023, 1, 1), until), asked)
        old = random.Random(2).sample(range(1, people), OLD_ACCOUNTS)
        lines = forty_years(context, old)
        oldest = [f"42030{i:011d}" for i in old] * 3
        life = _each(lambda number: statement(context, number), oldest)
        paper = _each(lambda number: _on_paper(context, number), oldest)
        raw = _each(lambda number: _key_lookup(context, int(number[5:])), asked)
    return [
        _row(f"one balance at {people:,} accounts", one, raw),
        _row(f"one year's statement at {people:,} accounts", year, raw),
        _row(f"40 years' statement, {lines} movements", life, raw, GOAL_FORTY_YEARS_MS),
        _row("the same with years, limits, family, debts", paper, raw, GOAL_FORTY_YEARS_MS),
    ]


def _on_paper(context: Context, number: str) -> object:
    """The statement as the workbook takes it."""
    with opened(context, "statement", person=number) as report:
        return report


def _each(ask: Callable[[str], object], numbers: list[str]) -> float:
    """Median milliseconds of one question."""
    taken = []
    for number in numbers:
        begun = perf_counter()
        ask(number)
        taken.append((perf_counter() - begun) * 1000)
    return median(taken)


def _key_lookup(context: Context, person_id: int) -> object:
    with context.reading() as connection:
        return connection.exec_driver_sql(
            "SELECT * FROM personal_account WHERE person_id = ?", (person_id,)
        ).one()


def _row(work: str, ours: float, raw: float, goal_ms: int = GOAL_MS) -> Row:
    return Row(
        work,
        f"{ours:.2f} ms",
        f"{raw:.2f} ms one row by its key",
        f"{ours / raw:.1f}",
        f"< {goal_ms} ms",
    )


if __name__ == "__main__":
    from tests.benchmarks.table import show

    show(measure())
