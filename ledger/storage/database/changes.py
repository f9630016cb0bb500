"""What changes many rows by key is one statement, and one round trip.

Its whole numbers go to SQLite as JSON, and to PostgreSQL as one array for each column: to read
JSON took PostgreSQL about as long as to change the rows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from sqlalchemy import Connection


def numbers(names: str) -> str:
    """A table of whole numbers in a FROM, its rows given to `change_rows`.

    Args:
        names: of its columns, separated by spaces.
    """
    columns = ", ".join(
        f"CAST(w.value ->> {place} AS BIGINT) AS {name}" for place, name in enumerate(names.split())
    )
    return f"(SELECT {columns} FROM json_each(:pairs) AS w) AS v"


_NUMBERS = re.compile(
    r"\(SELECT ((?:CAST\(w\.value ->> \d+ AS BIGINT\) AS \w+(?:, )?)+) "
    r"FROM json_each\(:pairs\) AS w\) AS v"
)
_COLUMN = re.compile(r"AS (\w+)(?:,|$)")


@lru_cache(maxsize=512)
def without_json(statement: str, one: bool) -> str:
    """A statement that reads `numbers`, for one row of them or for columns, marked `:n0`, `:n1`, …:
    of a single row the planner makes a look by key with nothing to join."""

    def rows(found: re.Match[str]) -> str:
        names = _COLUMN.findall(found[1])
        marks = [f"CAST(:n{at} AS BIGINT{'' if one else '[]'})" for at in range(len(names))]
        if one:
            columns = ", ".join(map("{} AS {}".format, marks, names))
            return f"(SELECT {columns}) AS v"
        return f"unnest({', '.join(marks)}) AS v({', '.join(names)})"

    return _NUMBERS.sub(rows, statement)


def turned(rows: Iterable[Sequence[int]]) -> list[str]:
    """Rows of numbers as one array for each column, for `without_json`."""
    return ["{" + ",".join(map(str, column)) + "}" for column in zip(*rows, strict=True)]


def change_rows(connection: Connection, statement: str, rows: Sequence[Sequence[int]]) -> None:
    """Run a statement that reads `numbers`; these are its rows."""
    change = getattr(connection, "change_rows", None)
    if not rows:
        return
    if change is not None:
        change(statement, rows)
    elif connection.dialect.name == "postgresql":
        marks = {f"n{at}": column for at, column in enumerate(turned(rows))}
        connection.exec_driver_sql(without_json(statement, one=False), marks)
    else:
        connection.exec_driver_sql(statement, {"pairs": json.dumps(list(map(tuple, rows)))})
