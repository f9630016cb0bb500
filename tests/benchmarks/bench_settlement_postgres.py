"""A month's visits of a big city, settled and posted from a file into PostgreSQL, beside COPY of
the very same rows into the same tables of a like database."""

from __future__ import annotations

import tempfile
from pathlib import Path
from time import perf_counter

from sqlalchemy import Engine

from api.files import import_path
from ledger.core.months import Month
from ledger.services.context import Context
from ledger.services.crediting.credit_month import credit_month
from ledger.services.importing import ImportOptions
from ledger.storage.database.embedded_postgres import EmbeddedPostgres
from tests.benchmarks.bench_settlement import write_visits
from tests.benchmarks.city import settle_down
from tests.benchmarks.postgres_city import bench_server, fresh_city
from tests.benchmarks.table import Row

VISITS = 1_000_000
GOAL, GOAL_PER_SECOND = 3, 15_000
TABLES = {
    "visit": "visit",
    "entry": "entry WHERE kind = 'settlement'",
    "transfer": "transfer WHERE kind IN ('pool_pay', 'account_pay')",
    "settlement": "settlement",
}
"""Table -> those of its rows that settling wrote, in an order in which the triggers let them in."""
BLOCK = 1 << 20


def measure(scale: float = 1.0) -> list[Row]:
    visits = max(int(VISITS * scale), 2_000)
    with bench_server() as server, tempfile.TemporaryDirectory() as folder:
        context, other = (_city(server, name, visits // 4) for name in ("city", "like_it"))
        file = Path(folder) / "visits.csv"
        write_visits(file, visits, visits // 4)
        begun = perf_counter()
        result = import_path(context, "visits", file, ImportOptions())
        taken = perf_counter() - begun
        assert result.accepted == visits, result.errors[:3]
        _save(context.engine, Path(folder))
        context.engine.dispose()
        copied = _copy(other.engine, Path(folder))
        other.engine.dispose()
    return [
        Row(
            f"settle and post {visits:,} visits from a csv into PostgreSQL",
            f"{taken:.1f} s, {visits / taken:,.0f}/s",
            f"{copied:.1f} s COPY of the same rows",
            f"{taken / copied:.2f}",
            f"≤ {GOAL}, ≥ {GOAL_PER_SECOND:,}/s",
        )
    ]


def _city(server: EmbeddedPostgres, name: str, people: int) -> Context:
    """People whose accounts were credited once. The server tidies up after that now, and not
    beside what is measured."""
    context = fresh_city(server, name)
    settle_down(context, people)
    credit_month(context, Month(2023, 1))
    with context.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
    server.psql(name, "CHECKPOINT")
    return context


def _save(engine: Engine, folder: Path) -> None:
    with engine.connect() as connection:
        cursor = connection.connection.cursor()
        for table, rows in TABLES.items():
            select = f"COPY (SELECT * FROM {rows}) TO STDOUT (FORMAT binary)"
            with cursor.copy(select) as copy, (folder / table).open("wb") as file:
                for block in copy:
                    file.write(block)


def _copy(engine: Engine, folder: Path) -> float:
    """Seconds; in one transaction, durable, as ours is."""
    begun = perf_counter()
    with engine.begin() as connection:
        cursor = connection.connection.cursor()
        for table in TABLES:
            with (
                cursor.copy(f"COPY {table} FROM STDIN (FORMAT binary)") as copy,
                (folder / table).open("rb") as file,
            ):
                while block := file.read(BLOCK):
                    copy.write(block)
    return perf_counter() - begun


if __name__ == "__main__":
    from tests.benchmarks.table import show

    show(measure())
