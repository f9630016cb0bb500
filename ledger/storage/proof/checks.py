"""Running the invariants against the books: what breaks them, how often, and where first."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple

from sqlalchemy import Connection
from sqlalchemy.exc import DataError

from ledger.storage.database.bulk import Row, make_room
from ledger.storage.database.engine import reading
from ledger.storage.proof import (
    checks_accounts,
    checks_chart,
    checks_crediting,
    checks_debts,
    checks_merges,
    checks_pools,
    checks_proposals,
    checks_resettlement,
    checks_windows,
    invariants,
)
from ledger.storage.proof.fen_sum import adding_up
from ledger.storage.proof.invariants import Check
from ledger.storage.proof.seldom import found_by, is_about_seldom


class Breach(NamedTuple):
    """One check that failed: how often, and where first."""

    code: str
    invariant: int
    title: str
    times: int
    where: list[str]


SHOWN = 10

ALL_CHECKS: tuple[Check, ...] = (
    *invariants.CHECKS,
    *checks_chart.CHECKS,
    *checks_windows.CHECKS,
    *checks_accounts.CHECKS,
    *checks_proposals.CHECKS,
    *checks_crediting.CHECKS,
    *checks_debts.CHECKS,
    *checks_merges.CHECKS,
    *checks_pools.CHECKS,
    *checks_resettlement.CHECKS,
)
"""Every invariant as SQL: those of the books, then those of each noun."""


def failing(
    connection: Connection,
    checks: Sequence[Check] = ALL_CHECKS,
    by_two: bool = False,
    tell: Callable[[int, int], None] = lambda _done, _whole: None,
) -> list[Breach]:
    """Run the checks; what breaks them, with the first places.

    Args:
        by_two: on PostgreSQL a second connection runs every other check, in the same view of the
            books. Not for a transaction that has written: the other would not see it.
        tell: told (checks begun, checks in all).
    """
    make_room(connection)
    waiting = deque(_together(checks))

    def begun() -> None:
        tell(len(checks) - sum(map(len, waiting)), len(checks))

    if not by_two or connection.dialect.name != "postgresql":
        found = _run(connection, waiting, begun, str)
    else:
        with _same_view(connection) as other, ThreadPoolExecutor(1) as helper:
            beside = helper.submit(_run, other, waiting, begun, adding_up(other))
            found = _run(connection, waiting, begun, adding_up(connection)) | beside.result()
    return [found[check.code] for check in checks if check.code in found]


def _together(checks: Sequence[Check]) -> list[list[Check]]:
    """What is asked in one statement; those about transfers of which there are few are one. What
    goes through all transfers comes first: whoever takes the longest last is waited for."""
    seldom = [check for check in checks if is_about_seldom(check)]
    alone = [[check] for check in checks if not is_about_seldom(check)]
    groups = [seldom, *alone] if seldom else alone
    return sorted(groups, key=lambda group: " FROM transfer " not in group[0].sql)


@contextmanager
def _same_view(connection: Connection) -> Iterator[Connection]:
    """Another connection that sees what this one sees."""
    snapshot = connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
    with reading(connection.engine) as other:
        other.exec_driver_sql(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
        make_room(other)
        for each in (connection, other):
            # Two are at work already. Where there were no more than two processors, others beside
            # them took a third longer: each adds up most groups, and all are added up again.
            each.exec_driver_sql("SET LOCAL max_parallel_workers_per_gather = 0")
        yield other


def _run(
    connection: Connection,
    waiting: deque[list[Check]],
    begun: Callable[[], None],
    said: Callable[[str], str],
) -> dict[str, Breach]:
    """Take checks until none is left; code -> breach."""
    breaches: dict[str, Breach] = {}
    while waiting:
        try:
            checks = waiting.popleft()
        except IndexError:
            break  # The other took the last one.
        begun()
        rows = _asked(connection, found_by(checks, SHOWN), said)
        for check in checks:
            broken = [row for row in rows if row[0] == check.code]
            if broken:
                where = [f"{place}: {found}" for _code, place, found, _times in broken]
                breaches[check.code] = Breach(*check[:3], broken[0][-1], where)
    return breaches


def _asked(connection: Connection, statement: str, said: Callable[[str], str]) -> Sequence[Row]:
    if said is str:
        return connection.exec_driver_sql(statement).all()
    try:
        with connection.begin_nested():
            return connection.exec_driver_sql(said(statement)).all()
    except DataError:  # A sum that leaves 64 bits: of amounts that somebody has tampered with.
        return connection.exec_driver_sql(statement).all()


def above_limit(
    connection: Connection, year: int, windows: str, on_cost: bool, cap_fen: int
) -> tuple[int, list[str]]:
    """Accumulators of a year, their benefit like a LIKE pattern, with more than a limit.

    Each number of a person that had two of them was under the limit of its own: what a merge
    brought is left aside.
    """
    column = "cost_fen" if on_cost else "paid_fen"
    rows = connection.exec_driver_sql(
        f"SELECT person_id, benefit, fen, count(*) OVER () FROM ("
        f"SELECT a.person_id, a.benefit, a.{column} - coalesce((SELECT sum(m.{column}) "
        "FROM accumulator_move AS m WHERE m.person_id = a.person_id AND m.year = a.year "
        "AND m.benefit = a.benefit), 0) AS fen FROM accumulator AS a "
        f"WHERE a.year = ? AND a.benefit LIKE ?) AS own WHERE fen > ? LIMIT {SHOWN}",
        (year, windows, cap_fen),
    ).all()
    where = [f"person {row[0]} year {year} {row[1]}: {row[2]}" for row in rows]
    return (rows[0][3] if rows else 0), where


def years_settled(connection: Connection) -> list[int]:
    rows = connection.exec_driver_sql("SELECT DISTINCT year FROM accumulator ORDER BY year")
    return [int(year) for (year,) in rows]
