"""A town out of a handful of people: every row of a busy quarter once more for each of many
neighbours, with numbers of their own. The books stay whole, so that a month can still be closed.

Tables in which the quarter left little are filled with rows that say nothing, once that is done:
a plan depends on how many rows there are.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import psycopg
from sqlalchemy import Column, Table

from ledger.storage.database import years
from ledger.storage.database.embedded_postgres import ADMIN
from ledger.storage.database.triggers import sqlite_triggers
from ledger.storage.tables import metadata
from tests import databases

NEIGHBOURS = int(os.environ.get("GONGJI_NEIGHBOURS", "1000"))
"""How often everybody is there again: 6,000 people, and 50,000 transfers."""

SMALL = frozenset(
    (
        *("pool", "policy_version", "account", "fiscal_month", "account_month"),
        *("employer", "provider", "provider_span", "provider_statement", "api_token"),
        *("pool_payment",),
    )
)
"""Tables that do not grow with people: read from end to end, they cost next to nothing."""

GROWING = frozenset(metadata.tables) - SMALL

_PEOPLE = {"person_id", "user_id", "holder_id", "merged_id", "kept_id", "insured_id"}
_PLACES = {"provider_id", "prescriber_id", "employer_id"}
_NUMBERS_AS_TEXT = {
    *("visit_id", "original_visit_id", "request_id", "number", "psn_no", "certno"),
    *("content_hash", "user_certno", "holder_certno", "bill_no", "reference"),
}
_ROLLED_UP = {
    "account_month": ("debit_fen", "credit_fen"),
    "provider_statement": ("pool_fen", "account_fen"),
}
WAITING = {"credit_again", "resettle_again", "credit_withheld"}
"""What a run still has to look at: hardly anything, at any size."""
_SAYS_SOMETHING = {
    "direction": "'in'",
    "decision": "'approved'",
    "debit_account": "'1'",
    "merged_id": "1000000001 + i",
    "holder_id": "1000000001 + i",
    "total_fen": "3",
    "fully_self_paid_fen": "0",
    "held_fen": "0",
    "moved": "'{}'",
    "content": "'{}'",
    "event": "'lose'",
}
"""What CHECKs and readers ask for."""
_KINDS = {"quota_event": "'given'"}


def _many(times: int) -> str:
    return f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {times}) "


def _neighbours(column: Column[object]) -> str:
    """A column of the same row in the life of neighbour number `n.i`."""
    name = f"t.{column.name}"
    if column.name in _PLACES:
        return name
    if column.name in _PEOPLE:
        return f"CASE WHEN {name} = 0 THEN 0 ELSE {name} + n.i * 100 END"
    if column.name in _NUMBERS_AS_TEXT:
        return f"{name} || '-' || n.i"
    if column.name.endswith("_id") or column.name == "undoes":
        return f"{name} + n.i * 16"
    return name


def _says_nothing(table: Table, column: Column[object]) -> str:
    """A value for a row that nobody asks for."""
    if column.nullable:
        return "NULL"
    if column.name == "kind" and table.name in _KINDS:
        return _KINDS[table.name]
    if column.name in _SAYS_SOMETHING:
        return _SAYS_SOMETHING[column.name]
    kind = str(column.type)
    if kind in ("DATE", "DATETIME"):
        return "'1900-02-01'" if column.name == "valid_until" else "'1900-01-01'"
    if kind in ("BIGINT", "INTEGER"):
        return "1000000000 + i" if column.name.endswith("_id") else "1"
    if kind == "BOOLEAN":
        return "true"
    return "'x' || i" if column.name in _NUMBERS_AS_TEXT else "'x'"


def _insert(table: Table, values: Iterable[str], rest: str, times: int) -> str:
    columns = ", ".join(column.name for column in table.columns)
    return f"INSERT INTO {table.name} ({columns}) {_many(times)}SELECT {', '.join(values)} {rest}"


def move_in(path: Path, looked_at: bool = True) -> None:
    """Let everybody have neighbours.

    Args:
        looked_at: with the statistics of that; False: the database knows nothing of them yet.
    """
    statements = [
        _insert(
            table, map(_neighbours, table.columns), f"FROM {name} AS t CROSS JOIN n", NEIGHBOURS
        )
        for name, table in metadata.tables.items()
        if name in GROWING - WAITING
    ]
    statements += [
        f"UPDATE {table} SET " + ", ".join(f"{c} = {c} * {NEIGHBOURS + 1}" for c in columns)
        for table, columns in _ROLLED_UP.items()
    ]
    _run(path, statements, looked_at)


def fill_the_rest(path: Path, empty: Iterable[str]) -> None:
    """Rows for tables in which little has happened yet."""
    tables = [metadata.tables[name] for name in empty]
    times = NEIGHBOURS * 20
    _run(
        path,
        [
            _insert(t, (_says_nothing(t, column) for column in t.columns), "FROM n", times)
            for t in tables
        ],
    )


KEPT_APART = f"""
    SELECT CAST(oid AS regclass)::text FROM pg_class WHERE relkind = 'r'
    AND relnamespace::regnamespace::text IN ('public', '{years.SCHEMA}')
"""
"""Tables as they lie on the disk: of those that are kept by year, each year."""


def never_look(path: Path) -> None:
    """Look at every table of a PostgreSQL now, and never again: what is planned from here on is
    planned as on the first day, and stays so."""
    with psycopg.connect(databases.address(path, ADMIN), autocommit=True) as connection:
        for (table,) in connection.execute(KEPT_APART).fetchall():
            connection.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)".encode())
        connection.execute("ANALYZE")


def _run(path: Path, statements: list[str], looked_at: bool = True) -> None:
    """With every guard down, and statistics afterwards on PostgreSQL, which looks at them by
    itself; SQLite has none in service, and gets none here."""
    if databases.POSTGRES:
        address = databases.address(path, ADMIN)
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            for statement in statements:
                connection.execute(statement)
            if looked_at:
                connection.execute("VACUUM ANALYZE")
        return
    with closing(sqlite3.connect(path)) as connection:
        for name in sqlite_triggers():
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
        for trigger in sqlite_triggers().values():
            connection.execute(trigger)
        connection.commit()
