"""How many rows each table has: what a backup promises, and whether a database has books."""

from __future__ import annotations

from sqlalchemy import Connection, inspect

MADE_BY_INIT = frozenset({"account", "alembic_version", "fiscal_month", "policy_version", "pool"})
"""Rows of these are there once a database is made, before anything was entered."""


def table_counts(connection: Connection) -> dict[str, int]:
    """Table -> rows, in the order of their names."""
    return {
        table: int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())
        for table in sorted(inspect(connection).get_table_names())
    }


def has_books(connection: Connection) -> bool:
    """Was anything entered here."""
    return any(
        connection.exec_driver_sql(f"SELECT 1 FROM {table} LIMIT 1").first() is not None
        for table in inspect(connection).get_table_names()
        if table not in MADE_BY_INIT
    )
