"""Questions about one person that the server plans once for each connection.

A table that is kept by year is planned year by year: with ten of them that takes several times as
long as to look at a person's rows in all. So what a window asks of such a table is prepared; the
server drops a plan by itself when it has looked at a table anew, or when a year comes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection


def ask_again(
    connection: Connection, statement: str, marks: Mapping[str, object]
) -> list[tuple[Any, ...]]:
    """The rows of a question that is asked again and again, each time of somebody else.

    Its marks must stand where the server can tell what they are: beside a column, say.
    """
    if connection.dialect.name != "postgresql":
        return [tuple(row) for row in connection.exec_driver_sql(statement, dict(marks))]
    from ledger.storage.database.line_words import named  # Its driver, only where needed.

    prepared, names = named(statement)
    kept: dict[str, str] = connection.info.setdefault("kept_plans", {})
    known = kept.get(prepared)
    name = known or f"gongji_kept_{len(kept) + 1}"
    # By the driver: a number that somebody typed is no SQL to be put in other words.
    given = ", ".join(f":{mark}" for mark in names)
    if known is None:
        # Planned on the first day it must still go by key when the books are full.
        connection.exec_driver_sql(f"PREPARE {name} AS {prepared}")
        kept[prepared] = name
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    rows = [tuple(row) for row in connection.exec_driver_sql(f"EXECUTE {name} ({given})", marks)]
    if known is None:
        connection.exec_driver_sql("SET LOCAL enable_seqscan = on")
    return rows
