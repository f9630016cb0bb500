"""PostgreSQL in bulk: crediting beside bare SQL, and what is read of large books.

GONGJI_BENCH_MONTHS=10    months credited, so ten transfers a person (50: 50 million)
GONGJI_BENCH_GROWTH=1     also 0.1, 1 and 5 times as many people: does an account's time grow?
"""

from __future__ import annotations

import os
import random
import resource
from collections.abc import Callable
from datetime import date
from statistics import median
from time import perf_counter

from sqlalchemy import Connection

from ledger.core.months import Month
from ledger.services.books.read import balance, balance_of_everybody
from ledger.services.books.verify import verify
from ledger.services.context import Context
from ledger.services.crediting.credit_month import credit_month
from ledger.storage.database.embedded_postgres import EmbeddedPostgres
from tests.benchmarks.city import settle_down
from tests.benchmarks.postgres_city import bench_server, fresh_city
from tests.benchmarks.table import Row

PEOPLE = 1_000_000
GOAL, GROWTH_GOAL, BALANCE_GOAL, AS_OF_GOAL, VERIFY_GOAL = 1.3, 1.2, 3, 1.5, 3
ASKED = 10_000
FIRST = Month(2023, 1)

PREPARE = (
    "CREATE TABLE bare_transfer (LIKE transfer INCLUDING CONSTRAINTS)",
    "ALTER TABLE bare_transfer ADD PRIMARY KEY (person_id, entry_id, leg)",
    "CREATE TABLE bare_account (LIKE personal_account INCLUDING CONSTRAINTS)",
    "ALTER TABLE bare_account ADD PRIMARY KEY (person_id)",
    "CREATE TABLE bare_year (LIKE account_year INCLUDING CONSTRAINTS)",
    "ALTER TABLE bare_year ADD PRIMARY KEY (person_id, year)",
    "CREATE TABLE bare_due (person_id bigint PRIMARY KEY, kind text, debit text, fen bigint)",
    "INSERT INTO bare_due SELECT person_id, 'credit_employee', '3202', account_fen "
    "FROM contribution WHERE month = 202301",
    "INSERT INTO bare_due SELECT person_id, 'credit_retiree', '5102', 7700 FROM person_span "
    "WHERE status = '12'",
)
_LEGS = (
    "INSERT INTO bare_transfer (person_id, entry_id, leg, kind, happened_on, fiscal_month, "
    "fund_year, benefit_month, debit_account, credit_account, amount_fen) "
    "SELECT person_id, {month}, 1, kind, '2023-01-01', {month}, {year}, {month}, debit, '3201', "
    "fen FROM bare_due"
)
FIRST_MONTH = (
    _LEGS,
    "INSERT INTO bare_account (person_id, credited_fen, debited_fen, held_fen, status, "
    "opened_on) SELECT person_id, fen, 0, 0, 'open', '2023-01-01' FROM bare_due",
    "INSERT INTO bare_year (person_id, year, credited_fen, debited_fen) "
    "SELECT person_id, {year}, fen, 0 FROM bare_due",
)
LATER_MONTH = (
    _LEGS,
    "UPDATE bare_account AS t SET credited_fen = t.credited_fen + d.fen FROM bare_due AS d "
    "WHERE d.person_id = t.person_id",
    "UPDATE bare_year AS t SET credited_fen = t.credited_fen + d.fen FROM bare_due AS d "
    "WHERE d.person_id = t.person_id AND t.year = {year}",
)
"""The same transfers and totals under the same keys, without triggers; what is due stands ready."""


def measure(scale: float = 1.0) -> list[Row]:
    people = max(int(PEOPLE * scale), 1_000)
    months = int(os.environ.get("GONGJI_BENCH_MONTHS", "10"))
    with bench_server() as server:
        rows, context = _crediting(server, people, months)
        rows += _reading(server, context, people, people * months)
        context.engine.dispose()
        if os.environ.get("GONGJI_BENCH_GROWTH"):
            rows.append(_growth(server, people))
    return rows


# --- crediting ---


def _crediting(server: EmbeddedPostgres, people: int, months: int) -> tuple[list[Row], Context]:
    """Ours and the reference in turn, a month at a time, on a database made just now."""
    context = fresh_city(server, "city")
    credited = [FIRST.plus(number) for number in range(months)]
    settle_down(context, people, tuple(month.number for month in credited))
    with context.engine.begin() as connection:
        for statement in PREPARE:
            connection.exec_driver_sql(statement)
    ours, bare = [], []
    for month in credited:
        bare.append(_bare(context, month))
        begun = perf_counter()
        answer = credit_month(context, month)
        ours.append(perf_counter() - begun)
        assert answer["people"] == people
    every = f"{people:,} accounts, PostgreSQL"
    rows = [_credit_row(f"credit the first month, fresh database, {every}", ours[:1], bare[:1])]
    if months > 1:
        rows.append(_credit_row(f"credit a month, {every}", ours[1:], bare[1:]))
    return rows, context


def _bare(context: Context, month: Month) -> float:
    """The reference takes what is due as given; its tables were filled as ours were."""
    statements = FIRST_MONTH if month == FIRST else LATER_MONTH
    begun = perf_counter()
    with context.engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement.format(month=month.number, year=FIRST.year))
    return perf_counter() - begun


def _credit_row(work: str, ours: list[float], bare: list[float]) -> Row:
    times = f", median of {len(ours)}" if len(ours) > 1 else ""
    return _row(work + times, median(ours), median(bare), "bare SQL, same rows and keys", GOAL)


def _growth(server: EmbeddedPostgres, people: int) -> Row:
    """Microseconds an account at three sizes, each the median of five months."""
    each = {}
    for number, size in enumerate((people // 10, people, people * 5)):
        context = fresh_city(server, f"growth{number}")
        months = [FIRST.plus(i) for i in range(6)]
        settle_down(context, size, tuple(month.number for month in months))
        taken = []
        for month in months:
            begun = perf_counter()
            credit_month(context, month)
            taken.append(perf_counter() - begun)
        context.engine.dispose()
        server.psql("postgres", f"DROP DATABASE growth{number} WITH (FORCE)")
        each[size] = median(taken[1:]) / size * 1e6
    return Row(
        f"credit {people // 10:,}, {people:,} and {people * 5:,} accounts, PostgreSQL",
        ", ".join(f"{micro:.1f}" for micro in each.values()) + " µs each",
        "the smallest",
        f"{max(each.values()) / each[people // 10]:.2f}",
        f"≤ {GROWTH_GOAL}",
    )


# --- reading ---


def _reading(server: EmbeddedPostgres, context: Context, people: int, transfers: int) -> list[Row]:
    with context.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
    # What ten months have changed is on the disk before anybody asks, and not while somebody does.
    server.psql("city", "CHECKPOINT")
    of = f"{people:,} accounts, {transfers:,} transfers, PostgreSQL"
    rows = [_balances_at_the_window(context, people, of)]
    day = date(2023, 6, 30)
    with context.reading() as connection:
        scan = _median_of_three(lambda: _group_by_person(connection))
    as_of = _median_of_three(lambda: balance_of_everybody(context, day))
    rows.append(
        _row(f"as-of balance of everybody, {of}", as_of, scan, "one aggregate scan", AS_OF_GOAL)
    )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = perf_counter()
    found = verify(context)
    proving = perf_counter() - begun
    # The city's contributions were written without an entry.
    assert {breach["code"] for breach in found["breaches"]} <= {"verify/contributions"}, found
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    work = f"verify, {grown} MB more memory, {of}"
    rows.append(_row(work, proving, scan, "one aggregate scan", VERIFY_GOAL))
    return rows


def _group_by_person(connection: Connection) -> int:
    """One pass over the transfers, adding up a person's; the rows come over as ours do."""
    cursor = connection.exec_driver_sql(
        "SELECT person_id, CAST(sum(amount_fen) AS BIGINT) FROM transfer GROUP BY person_id"
    )
    return sum(1 for _ in cursor)


def _balances_at_the_window(context: Context, people: int, of: str) -> Row:
    """Ours and the reference in turn, now one first and now the other: whatever else the machine
    does meanwhile it does to both, and neither finds the pages warm that the other has read."""
    day = date(2023, 12, 31)
    asked = random.Random(1).choices(range(1, people), k=ASKED)
    ways: list[Callable[[int], object]] = [
        lambda person: balance(context, f"42030{person:011d}", day),
        lambda person: _key_lookup(context, person),
    ]
    taken: list[list[float]] = [[], []]
    for turn, person in enumerate(asked):
        for way in (turn % 2, 1 - turn % 2):
            begun = perf_counter()
            ways[way](person)
            taken[way].append((perf_counter() - begun) * 1000)
    ours, raw = map(_p99, taken)
    return Row(
        f"one balance, p99, {of}",
        f"{ours:.2f} ms",
        f"{raw:.2f} ms one row by its key",
        f"{ours / raw:.2f}",
        f"≤ {BALANCE_GOAL}",
    )


def _key_lookup(context: Context, person_id: int) -> object:
    with context.reading() as connection:
        return connection.exec_driver_sql(
            "SELECT * FROM personal_account WHERE person_id = ?", (person_id,)
        ).one()


def _p99(taken: list[float]) -> float:
    return sorted(taken)[len(taken) * 99 // 100]


def _median_of_three(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(3):
        begun = perf_counter()
        work()
        taken.append(perf_counter() - begun)
    return median(taken)


def _row(work: str, ours: float, theirs: float, reference: str, goal: float) -> Row:
    return Row(
        work,
        f"{ours:.2f} s",
        f"{theirs:.2f} s {reference}",
        f"{ours / theirs:.2f}",
        f"≤ {goal}",
    )


if __name__ == "__main__":
    from tests.benchmarks.table import show

    show(measure())
