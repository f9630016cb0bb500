"""Many rows in one statement. Nothing here goes through the ORM."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection

Row = Sequence[Any]


def insert_rows(connection: Connection, table: str, columns: str, rows: Sequence[Row]) -> None:
    """Append `rows` to `table`; `columns` are their names, separated by spaces.

    Rows become plain tuples, which the driver binds much faster than tuples with names.
    """
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


def keys(values: Iterable[object]) -> str:
    """Distinct keys as one parameter, for `FROM json_each(:keys) AS w CROSS JOIN …`: however
    many they are, it is one statement. CROSS JOIN keeps SQLite reading from the keys' side."""
    return json.dumps(list(dict.fromkeys(values)), ensure_ascii=False)
