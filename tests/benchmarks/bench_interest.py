"""A year's interest for everybody, beside a bare SQL sum that writes the same rows."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from time import perf_counter

from ledger.services.accounts.interest import post_interest
from tests.benchmarks.city import context_on, empty_city
from tests.benchmarks.history import CREDITS, VISITS, a_year_for_everybody
from tests.benchmarks.table import Row

GOAL = 2

# What an account moved, times a rate: the same transfers and totals under the same keys and
# triggers, without days.
BARE = (
    "INSERT INTO entry (person_id, entry_id, kind, legs, happened_on, recorded_at, fiscal_month, "
    "actor, memo) VALUES (0, 1000, 'interest', 1, '2023-12-31', '2024-01-01', 202312, 'bare', '')",
    "CREATE TEMP TABLE bare_sum (person_id INTEGER PRIMARY KEY, amount_fen INTEGER) WITHOUT ROWID",
    "INSERT INTO bare_sum SELECT person_id, sum(CASE credit_account WHEN '3201' THEN amount_fen "
    "ELSE -amount_fen END) * 35 / 10000 FROM transfer WHERE happened_on <= '2023-12-31' "
    "AND (credit_account = '3201' OR debit_account = '3201') GROUP BY person_id",
    "INSERT INTO transfer (person_id, entry_id, leg, kind, happened_on, fiscal_month, fund_year, "
    "benefit_month, debit_account, credit_account, amount_fen) SELECT person_id, 1000, 1, "
    "'interest_yearly', '2023-12-31', 202312, 2023, 202312, '4102', '3201', amount_fen "
    "FROM bare_sum ORDER BY person_id",
    "UPDATE personal_account SET credited_fen = credited_fen + s.amount_fen FROM bare_sum AS s "
    "WHERE s.person_id = personal_account.person_id",
    "INSERT INTO account_year (person_id, year, credited_fen, debited_fen) SELECT person_id, "
    "2023, amount_fen, 0 FROM bare_sum WHERE true ON CONFLICT (person_id, year) DO UPDATE SET "
    "credited_fen = credited_fen + excluded.credited_fen",
)


def measure(scale: float = 1.0) -> list[Row]:
    people = max(int(1_000_000 * scale), 1_000)
    with empty_city() as (context, path):
        a_year_for_everybody(context, people)
        context.engine.dispose()
        bare_path = path.with_name("bare.db")
        shutil.copy(path, bare_path)
        # Both find their file in the system's memory, as far as it fits.
        ours = _interest(path, people)
        bare = _bare(bare_path)
    return [
        Row(
            f"a year's interest, {people:,} accounts, {people * (CREDITS + VISITS):,} transfers",
            f"{ours:.2f} s",
            f"{bare:.2f} s bare SQL sum, same writes, keys, triggers",
            f"{ours / bare:.2f}",
            f"≤ {GOAL}",
        )
    ]


def _interest(path: Path, people: int) -> float:
    context = context_on(path)
    with context.reading() as connection:
        connection.exec_driver_sql("SELECT sum(amount_fen) FROM transfer").one()
    begun = perf_counter()
    answer = post_interest(context, date(2023, 12, 31))
    taken = perf_counter() - begun
    assert answer["people"] == people
    context.engine.dispose()
    return taken


def _bare(path: Path) -> float:
    context = context_on(path)
    with context.reading() as connection:
        connection.exec_driver_sql("SELECT sum(amount_fen) FROM transfer").one()
    begun = perf_counter()
    with context.writing() as work:
        for statement in BARE:
            work.connection.exec_driver_sql(statement)
        work.commit()
    taken = perf_counter() - begun
    context.engine.dispose()
    return taken


if __name__ == "__main__":
    from tests.benchmarks.table import show

    show(measure())
