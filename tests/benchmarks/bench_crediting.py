"""Crediting a month for everybody, beside bare SQL that writes the same rows."""

from __future__ import annotations

import shutil
from pathlib import Path
from time import perf_counter

from ledger.core.months import Month
from ledger.services.crediting.credit_month import credit_month
from tests.benchmarks.city import context_on, empty_city, settle_down
from tests.benchmarks.table import Row

GOAL = 1.5

# The same transfers and totals under the same keys and triggers; what is due stands ready.
BARE = (
    "INSERT INTO entry (person_id, entry_id, kind, legs, happened_on, recorded_at, fiscal_month, "
    "actor, memo) VALUES (0, 1, 'credit', 1, '2023-01-01', '2023-01-31', 202301, 'bare', '')",
    "INSERT INTO transfer (person_id, entry_id, leg, kind, happened_on, fiscal_month, fund_year, "
    "benefit_month, debit_account, credit_account, amount_fen) SELECT person_id, 1, 1, kind, "
    "'2023-01-01', 202301, 2023, 202301, debit, '3201', amount_fen FROM bare_due",
    "INSERT INTO personal_account (person_id, credited_fen, debited_fen, held_fen, status, "
    "opened_on) SELECT person_id, amount_fen, 0, 0, 'open', '2023-01-01' FROM bare_due WHERE true "
    "ON CONFLICT (person_id) DO UPDATE SET credited_fen = credited_fen + excluded.credited_fen",
    "INSERT INTO account_year (person_id, year, credited_fen, debited_fen) SELECT person_id, "
    "2023, amount_fen, 0 FROM bare_due WHERE true ON CONFLICT (person_id, year) DO UPDATE SET "
    "credited_fen = credited_fen + excluded.credited_fen",
)

PREPARE = (
    "CREATE TABLE bare_due (person_id INTEGER PRIMARY KEY, kind TEXT, debit TEXT, amount_fen INT)",
    "INSERT INTO bare_due SELECT person_id, 'credit_employee', '3202', account_fen "
    "FROM contribution",
    "INSERT INTO bare_due SELECT person_id, 'credit_retiree', '5102', 7700 FROM person_span "
    "WHERE status = '12'",
    "INSERT INTO fiscal_month (month, status) VALUES (202301, 'open')",
)


def measure(scale: float = 1.0) -> list[Row]:
    people = max(int(1_000_000 * scale), 1_000)
    with empty_city() as (context, path):
        settle_down(context, people)
        context.engine.dispose()
        bare_path = path.with_name("bare.db")
        shutil.copy(path, bare_path)
        ours = _credit(path)
        bare = _bare(bare_path)
    return [
        Row(
            f"credit a month, {people:,} accounts, SQLite",
            f"{ours:.2f} s",
            f"{bare:.2f} s bare SQL, same rows, keys, triggers",
            f"{ours / bare:.2f}",
            f"≤ {GOAL}",
        )
    ]


def _credit(path: Path) -> float:
    context = context_on(path)
    with context.reading():
        begun = perf_counter()
    credit_month(context, Month(2023, 1))
    taken = perf_counter() - begun
    context.engine.dispose()
    return taken


def _bare(path: Path) -> float:
    context = context_on(path)
    with context.writing() as work:
        for statement in PREPARE:
            work.connection.exec_driver_sql(statement)
        work.commit()
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
