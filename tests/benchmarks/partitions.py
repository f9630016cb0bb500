"""Would transfers partitioned by year be faster? Tried by hand, not by `make bench`: it takes half
an hour and 40 GB. The figures it gave stand in DECISIONS.md.

    python -m tests.benchmarks.partitions [--people 1000000] [--years 10]

Each person has ten transfers a year. The tables have the columns, the key and the indexes of
`transfer`, and no triggers; one is whole, the other in partitions by year of account, whose key
then has to hold the month as well. Both lie in the order in which months were booked.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from time import perf_counter

import psycopg

from ledger.storage.database.embedded_postgres import ADMIN
from tests.benchmarks.postgres_city import SERVER, bench_server, fresh_city

MONTHS = 10
FIRST_YEAR = 2013
ASKED = 2_000
SETTINGS = SERVER | {"wal_level": "minimal", "max_wal_senders": "0"}

Connection = psycopg.Connection[tuple[object, ...]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--years", type=int, default=10)
    options = parser.parse_args()
    with bench_server(SETTINGS) as server:
        fresh_city(server, "city").engine.dispose()
        address = server.url(ADMIN, "city")
        for partitioned in (False, True):
            with _table(address, options.people, options.years, partitioned) as connection:
                _measure(connection, options.people, options.years, partitioned)


@contextmanager
def _table(address: str, people: int, years: int, partitioned: bool) -> Iterator[Connection]:
    """The table `t`, filled, indexed and analysed."""
    with psycopg.connect(address, autocommit=True) as connection:
        begun = perf_counter()
        with connection.transaction():
            _create(connection, years, partitioned)
            for year in range(FIRST_YEAR, FIRST_YEAR + years):
                for month in range(1, MONTHS + 1):
                    connection.execute(_rows(people, year * 100 + month))
        key = "person_id, entry_id, leg" + (", fiscal_month" if partitioned else "")
        for index in (
            "SET maintenance_work_mem = '2GB'",
            f"ALTER TABLE t ADD PRIMARY KEY ({key})",
            "CREATE INDEX ON t (fiscal_month)",
            "VACUUM ANALYZE t",
            "CHECKPOINT",
        ):
            connection.execute(index)
        print(f"filled in {perf_counter() - begun:.0f} s", flush=True)
        yield connection
        connection.execute("DROP TABLE t")
        connection.execute("CHECKPOINT")


def _create(connection: Connection, years: int, partitioned: bool) -> None:
    by_year = " PARTITION BY RANGE (fiscal_month)" if partitioned else ""
    connection.execute(f"CREATE TABLE t (LIKE transfer INCLUDING CONSTRAINTS){by_year}")
    if partitioned:
        for year in range(FIRST_YEAR, FIRST_YEAR + years + 1):
            connection.execute(
                f"CREATE TABLE t{year} PARTITION OF t "
                f"FOR VALUES FROM ({year * 100}) TO ({(year + 1) * 100})"
            )


def _rows(people: int, month: int) -> str:
    """A month's credit of everybody."""
    year, of_year = divmod(month, 100)
    return (
        "INSERT INTO t (person_id, entry_id, leg, kind, happened_on, fiscal_month, fund_year, "
        "benefit_month, debit_account, credit_account, amount_fen) "
        f"SELECT i, {month}, 1, 'credit_employee', '{year}-{of_year:02}-20', {month}, {year}, "
        f"{month}, '3202', '3201', 10000 + i % 5000 FROM generate_series(1, {people}) AS i"
    )


def _measure(connection: Connection, people: int, years: int, partitioned: bool) -> None:
    last = FIRST_YEAR + years - 1
    asked = random.Random(1).choices(range(1, people + 1), k=ASKED)
    everything = "SELECT sum(amount_fen) FROM t WHERE person_id = %s"
    one_year = (
        "SELECT happened_on, kind, amount_fen FROM t WHERE person_id = %s "
        f"AND fiscal_month BETWEEN {last}01 AND {last}12 ORDER BY happened_on"
    )
    print("by year" if partitioned else "whole", flush=True)
    for name, statement in (("all of one person", everything), ("a year of one", one_year)):
        taken = sorted(
            _seconds(lambda s=statement, p=person: connection.execute(s, (p,)).fetchall()) * 1e3
            for person in asked
        )
        print(
            f"  {name}: median {median(taken):.2f} ms, p99 {taken[-ASKED // 100]:.2f} ms",
            flush=True,
        )
    next_month = _rows(people, (last + 1) * 100 + 1)
    for name, statement in (
        ("the next month of everybody", next_month),
        (
            "a month's turnover",
            "SELECT debit_account, credit_account, sum(amount_fen) FROM t "
            f"WHERE fiscal_month = {last}05 GROUP BY 1, 2",
        ),
        (
            "everybody as of the middle",
            "SELECT count(*) FROM (SELECT person_id, sum(amount_fen) FROM t "
            f"WHERE happened_on <= '{FIRST_YEAR + years // 2}-06-30' GROUP BY 1) AS q",
        ),
    ):
        print(f"  {name}: {_seconds(lambda s=statement: connection.execute(s)):.1f} s", flush=True)


def _seconds(work: Callable[[], object]) -> float:
    begun = perf_counter()
    work()
    return perf_counter() - begun


if __name__ == "__main__":
    main()
