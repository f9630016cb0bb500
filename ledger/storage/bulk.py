"""Many rows in one statement. Nothing here goes through the ORM."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection

Row = Sequence[Any]


def insert_rows(connection: Connection, table: str, columns: str, rows: Sequence[Row]) -> None:
    """Append `rows` to `table`; `columns` are their names, separated by spaces."""
    if not rows:
        return
    names = columns.split()
    marks = ", ".join("?" * len(names))
    connection.exec_driver_sql(
        f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", list(map(tuple, rows))
    )


def execute_rows(connection: Connection, statement: str, rows: Sequence[Row]) -> None:
    """Run one statement with `?` marks for each of `rows`."""
    if rows:
        connection.exec_driver_sql(statement, list(map(tuple, rows)))


def stage_keys(connection: Connection, name: str, keys: Iterable[object]) -> None:
    """Fill the temporary table `name(key)` with distinct keys, to be joined with."""
    connection.exec_driver_sql(f"DROP TABLE IF EXISTS temp.{name}")
    connection.exec_driver_sql(f"CREATE TEMP TABLE {name} (key PRIMARY KEY) WITHOUT ROWID")
    insert_rows(connection, f"temp.{name}", "key", [(key,) for key in dict.fromkeys(keys)])
