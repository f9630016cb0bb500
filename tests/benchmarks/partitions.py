"""Transfers by year, as PostgreSQL keeps them, beside the same rows in one table. Tried by hand,
not by `make bench`: see DECISIONS.md for the figures that it gave, and how long it took.

    python -m tests.benchmarks.partitions [--people 200000] [--years 10]

Each person has ten transfers a year, one a month, and the months come one after another. Both
tables have the columns, the key and the indexes of `transfer`, and no trigger fires; one is
`transfer` itself, in whose years the rows lie by their ids.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import LiteralString, NamedTuple, cast

import psycopg

from ledger.core.ids import first_id_of
from ledger.storage.database.embedded_postgres import ADMIN, EmbeddedPostgres
from tests.benchmarks.postgres_city import SERVER, bench_server, fresh_city, server_seconds

MONTHS = 10
FIRST_YEAR = 2021
ASKED = 1_000
PEOPLE = 200_000

Connection = psycopg.Connection[tuple[object, ...]]


class Taken(NamedTuple):
    """What a statement took: seconds, processor seconds of the server, megabytes of its log."""

    seconds: float
    processor: float
    log_mb: float

    def text(self) -> str:
        return f"{self.seconds:.1f} s, processor {self.processor:.1f} s, log {self.log_mb:,.0f} MB"


class Try(NamedTuple):
    """One of the two tables, and where it is."""

    server: EmbeddedPostgres
    connection: Connection
    table: str
    people: int
    years: int

    def run(self, statement: str) -> Taken:
        log, processor, begun = self._log(), server_seconds(self.server), perf_counter()
        self.connection.execute(_sql(statement))
        taken = perf_counter() - begun
        return Taken(taken, server_seconds(self.server) - processor, self._log() - log)

    def _log(self) -> float:
        query = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0') / 1e6"
        row = self.connection.execute(query).fetchone()
        assert row is not None
        return float(str(row[0]))


def _settings(people: int) -> dict[str, str]:
    """Memory as much smaller than an agency's as the rows are fewer."""
    megabytes = max(256 * people // PEOPLE, 128)
    return SERVER | {"shared_buffers": f"{megabytes}MB", "checkpoint_timeout": "30min"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--years", type=int, default=10)
    options = parser.parse_args()
    with bench_server(_settings(options.people)) as server:
        fresh_city(server, "city").engine.dispose()
        with psycopg.connect(server.url(ADMIN, "city"), autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute("CREATE TABLE whole (LIKE transfer INCLUDING ALL)")
            for year in range(FIRST_YEAR, FIRST_YEAR + options.years + 1):
                connection.execute("SELECT open_years(%s)", (year,))
            for table in ("whole", "transfer"):
                one = Try(server, connection, table, options.people, options.years)
                print("one table" if table == "whole" else "by year", flush=True)
                _fill(one)
                _measure(one)
                if table == "whole":
                    connection.execute("DROP TABLE whole")


def _fill(one: Try) -> None:
    """Month after month; of some years what a month took, its first after a checkpoint."""
    for year in range(FIRST_YEAR, FIRST_YEAR + one.years):
        for month in range(1, MONTHS + 1):
            if month in (1, MONTHS):
                one.connection.execute("CHECKPOINT")
            taken = one.run(_rows(one, year, month))
            if month in (1, MONTHS):
                print(f"  everybody's {year}-{month:02}: {taken.text()}", flush=True)
    one.connection.execute(_sql(f"VACUUM ANALYZE {one.table}"))
    one.connection.execute("CHECKPOINT")


def _rows(one: Try, year: int, month: int) -> str:
    """A month's credit of everybody."""
    number = first_id_of(year) + (month << 40)
    return (
        f"INSERT INTO {one.table} (person_id, entry_id, leg, kind, happened_on, fiscal_month, "
        "fund_year, benefit_month, debit_account, credit_account, amount_fen) "
        f"SELECT i, {number}, 1, 'credit_employee', '{year}-{month:02}-20', {year}{month:02}, "
        f"{year}, {year}{month:02}, '3202', '3201', 10000 + i % 5000 "
        f"FROM generate_series(1, {one.people}) AS i"
    )


def _measure(one: Try) -> None:
    last = FIRST_YEAR + one.years - 1
    known = f"AND entry_id >= {first_id_of(last)}"
    of_one = f"SELECT sum(amount_fen) FROM {one.table} WHERE person_id = "
    _ask(one, "all of one person", of_one + "%s")
    _ask(one, "of one, by the number of an entry", f"{of_one}%s AND entry_id = "
         f"{first_id_of(last) + (5 << 40)}")  # fmt: skip
    _ask(one, "of one, since the year's first id", f"{of_one}%s {known}")
    kept = f"PREPARE kept (bigint) AS {of_one}$1"
    one.connection.execute(_sql(f"{kept}; SET plan_cache_mode = force_generic_plan"))
    _ask(one, "all of one person, planned once", "EXECUTE kept (%s)")
    one.connection.execute("DEALLOCATE kept; RESET plan_cache_mode")
    for name, statement in (
        (
            "a month's turnover",
            f"SELECT debit_account, credit_account, sum(amount_fen) FROM {one.table} "
            f"WHERE fiscal_month = {last}05 GROUP BY 1, 2",
        ),
        (
            "everybody as of the middle",
            f"SELECT count(*) FROM (SELECT person_id, sum(amount_fen) FROM {one.table} "
            f"WHERE happened_on <= '{FIRST_YEAR + one.years // 2}-06-30' GROUP BY 1) AS q",
        ),
        ("the first month of the next year", _rows(one, last + 1, 1)),
    ):
        print(f"  {name}: {one.run(statement).text()}", flush=True)


def _ask(one: Try, name: str, statement: str) -> None:
    """The same of many people, one after another."""
    asked = random.Random(1).choices(range(1, one.people + 1), k=ASKED)
    with psycopg.ClientCursor(one.connection) as cursor:

        def of(person: int) -> Callable[[], object]:
            return lambda: cursor.execute(_sql(statement), (person,)).fetchall()

        processor = server_seconds(one.server)
        taken = sorted(_seconds(of(person)) * 1e3 for person in asked)
        each = (server_seconds(one.server) - processor) / ASKED * 1e3
    print(
        f"  {name}: median {median(taken):.2f} ms, p99 {taken[-ASKED // 100]:.2f} ms, "
        f"processor {each:.2f} ms",
        flush=True,
    )


def _seconds(work: Callable[[], object]) -> float:
    begun = perf_counter()
    work()
    return perf_counter() - begun


def _sql(text: str) -> LiteralString:
    """The statements here are all our own."""
    return cast(LiteralString, text)


if __name__ == "__main__":
    main()
