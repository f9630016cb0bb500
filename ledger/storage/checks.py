"""Running the invariants against the books: what breaks them, how often, and where first."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection

from ledger.storage import (
    checks_accounts,
    checks_crediting,
    checks_debts,
    checks_merges,
    checks_pools,
    checks_proposals,
    checks_resettlement,
    checks_windows,
    invariants,
)
from ledger.storage.bulk import make_room
from ledger.storage.invariants import Check


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


def failing(connection: Connection, checks: tuple[Check, ...] = ALL_CHECKS) -> list[Breach]:
    """Run the checks; what breaks them, with the first places."""
    make_room(connection)
    breaches = []
    for check in checks:
        rows = connection.exec_driver_sql(
            f"SELECT *, count(*) OVER () FROM ({check.sql}) AS found LIMIT {SHOWN}"
        ).all()
        if rows:
            where = [f"{row[0]}: {row[1]}" for row in rows]
            breaches.append(Breach(check.code, check.invariant, check.title, rows[0][-1], where))
    return breaches


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
