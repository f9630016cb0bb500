"""Many rows in one statement. Nothing here goes through the ORM."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection

Row = Sequence[Any]

BY_PERSON = itemgetter(0)
"""The order of rows whose first column is the person."""

MARKS = 2_000
"""About how many values one INSERT carries: SQLite takes 32,766."""


def insert_rows(connection: Connection, table: str, columns: str, rows: Sequence[Row]) -> None:
    """Append `rows` to `table`; `columns` are their names, separated by spaces.

    Many rows go into one INSERT: a statement for each row took a third longer, triggers and
    indexes included.
    """
    names = columns.split()
    mark = f"({', '.join('?' * len(names))})"
    head = f"INSERT INTO {table} ({', '.join(names)}) VALUES "
    size = MARKS // len(names)
    whole = len(rows) - len(rows) % size
    flat = chain.from_iterable
    if whole:
        connection.exec_driver_sql(
            head + ", ".join([mark] * size),
            [tuple(flat(rows[start : start + size])) for start in range(0, whole, size)],
        )
    if whole < len(rows):
        rest = rows[whole:]
        connection.exec_driver_sql(head + ", ".join([mark] * len(rest)), tuple(flat(rest)))


def execute_rows(connection: Connection, statement: str, rows: Sequence[Row]) -> None:
    """Run one statement with `?` marks for each of `rows`.

    Rows become plain tuples, which the driver binds much faster than tuples with names.
    """
    if rows:
        connection.exec_driver_sql(statement, list(map(tuple, rows)))


def keys(values: Iterable[object]) -> str:
    """Distinct keys as one parameter, for `FROM json_each(:keys) AS w CROSS JOIN …`: however
    many they are, it is one statement. CROSS JOIN keeps SQLite reading from the keys' side."""
    return json.dumps(list(dict.fromkeys(values)), ensure_ascii=False)
