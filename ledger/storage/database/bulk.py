"""Many rows in one statement. Nothing here goes through the ORM."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from functools import partial
from itertools import chain, islice
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection

Row = Sequence[Any]

BY_PERSON = itemgetter(0)
"""The order of rows whose first column is the person."""

MARKS = 32_000
"""About how many values one INSERT carries: SQLite takes 32,766. It runs without the lock of the
interpreter, so the longer it is, the less often a thread that decides has to let it in."""


COPY_FROM = 8
"""From how many rows on PostgreSQL takes them by COPY: of one row its two round trips cost what
the marks of an INSERT cost, of five half, of many a sixth."""


class Insert(NamedTuple):
    """Rows for a table, ready to be appended by whoever holds the connection."""

    table: str
    columns: tuple[str, ...]
    rows: Iterable[Row]
    """Walked through once."""
    size: int


class Columns(NamedTuple):
    """Rows for a table turned round: the name of each column -> its values in all rows. Without
    columns there are no rows."""

    table: str
    values: Mapping[str, Sequence[Any]]

    def as_rows(self) -> Insert:
        columns = tuple(self.values)
        size = len(self.values[columns[0]])
        return Insert(self.table, columns, zip(*self.values.values(), strict=True), size)


Step = Callable[[], object]
"""A statement with all its values, for whoever holds the connection."""


def inserts(table: str, columns: str, rows: Sequence[Row]) -> list[Insert]:
    """What appends `rows` to `table`; `columns` are their names, separated by spaces."""
    return [Insert(table, tuple(columns.split()), rows, len(rows))] if rows else []


def run_inserts(connection: Connection, prepared: Iterable[Insert]) -> None:
    """Append the rows. A trigger sees them under COPY as under INSERT."""
    for insert in prepared:
        if _is_copied(connection, insert):
            # The driver is loaded only where it is needed.
            from ledger.storage.database.postgres_copy import copy_rows

            copy_rows(connection, insert.table, insert.columns, insert.rows)
        else:
            for step in steps(connection, insert):
                step()


def steps(connection: Connection, insert: Insert | Columns) -> list[Step]:
    """What appends the rows, for a thread beside this one: the values are as the database takes
    them, so that it has little to do but to wait, without the lock of the interpreter."""
    if isinstance(insert, Columns) and not insert.values:
        return []
    rows = insert.as_rows() if isinstance(insert, Columns) else insert
    if _is_copied(connection, rows):
        from ledger.storage.database.postgres_copy import copy_encoded, encoded, encoded_columns

        if isinstance(insert, Columns):
            data = encoded_columns(connection, insert.table, insert.values)
        else:
            data = encoded(connection, insert.table, insert.columns, insert.rows)
        return [partial(copy_encoded, connection, rows.table, rows.columns, data)]
    append = getattr(connection, "append_rows", None)
    if append is not None:
        return [partial(append, rows.table, rows.columns, rows.rows)]
    if isinstance(insert, Columns) and rows.size > 1 and connection.dialect.name == "sqlite":
        return _statements(connection, *_parted(connection, insert))
    return _statements(connection, rows, {})


def _is_copied(connection: Connection, insert: Insert) -> bool:
    """A line appends in a way of its own."""
    postgres = connection.dialect.name == "postgresql" and not hasattr(connection, "append_rows")
    return postgres and insert.size >= COPY_FROM


def _parted(connection: Connection, insert: Columns) -> tuple[Insert, dict[str, Any]]:
    """The columns in which the rows differ, and what is the same in all of them: of a stretch of
    a file nearly half the values. (All columns never are: no table takes a row twice.)

    A column that differed once counts as differing as long as the connection lives. Else each
    stretch might be a statement of its own, and SQLite takes as long to prepare one as to run it.
    """
    differing = connection.info.setdefault(_DIFFERING, {}).setdefault(insert.table, set())
    same = {
        name: values[0]
        for name, values in insert.values.items()
        if name not in differing and _are_alike(values)
    }
    others = {name: values for name, values in insert.values.items() if name not in same}
    differing |= others.keys()
    return Columns(insert.table, others).as_rows(), same


_DIFFERING = "columns that differ"


def _are_alike(values: Sequence[Any]) -> bool:
    first = values[0]
    return bool(first == values[-1] and values.count(first) == len(values))


def _statements(connection: Connection, insert: Insert, same: Mapping[str, Any]) -> list[Step]:
    """Many rows go into one INSERT: a statement for each row took a third longer, triggers and
    indexes included. A value that is the `same` in all rows is handed over once, and has a
    number (SQLite alone has such marks): a value takes as long to hand over as to store."""
    table, columns, rows, size = insert
    width = len(columns)
    mark = f"({', '.join([*(f'?{at}' for at in range(1, len(same) + 1)), *'?' * width])})"
    head = f"INSERT INTO {table} ({', '.join([*same, *columns])}) VALUES "
    values, once = chain.from_iterable(rows), tuple(same.values())
    block = MARKS // (len(once) + width)
    found: list[Step] = []
    if whole := size // block:
        filled = [once + tuple(islice(values, block * width)) for _ in range(whole)]
        text = head + ", ".join([mark] * block)
        found.append(partial(connection.exec_driver_sql, text, filled))
    if rest := size % block:
        text = head + ", ".join([mark] * rest)
        found.append(partial(connection.exec_driver_sql, text, once + tuple(values)))
    return found


def insert_rows(connection: Connection, table: str, columns: str, rows: Sequence[Row]) -> None:
    """Append `rows` to `table`, see `inserts`."""
    run_inserts(connection, inserts(table, columns, rows))


def execute_rows(connection: Connection, statement: str, rows: Sequence[Row]) -> None:
    """Run one statement with `?` marks for each of `rows`.

    Rows become plain tuples, which the driver binds much faster than tuples with names.
    """
    if rows:
        connection.exec_driver_sql(statement, list(map(tuple, rows)))


def make_room(connection: Connection) -> None:
    """For the rest of the transaction: memory to sort and join everybody in, and time. What
    PostgreSQL has of both by default is meant for a hundred desks at once; a run would be sent to
    the disk, or cut off."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            "SET LOCAL work_mem = '256MB'; SET LOCAL statement_timeout = 0; "
            "SET LOCAL idle_in_transaction_session_timeout = 0"
        )


@contextmanager
def for_everybody(connection: Connection) -> Iterator[None]:
    """Statements inside join whole tables. A database that was filled just now has no statistics
    of them: PostgreSQL would plan for a few dozen people and compare each with all the others."""
    if connection.dialect.name != "postgresql":
        yield
        return
    connection.exec_driver_sql("SET LOCAL enable_nestloop = off")
    yield
    connection.exec_driver_sql("SET LOCAL enable_nestloop = on")


def add_to_totals(
    connection: Connection,
    table: str,
    key: str,
    column: str,
    amounts: str,
    fresh: dict[str, str],
    marks: dict[str, object],
) -> None:
    """Add to a column of running totals for many at once; who has no row yet gets one.

    PostgreSQL does both by one join: an INSERT that runs into its conflicts a million times took
    twice as long. The first run of all finds nobody, and only adds: the join would take half as
    long again. The caller holds the table (`turns.lock_totals`), so nobody comes in between.

    Args:
        key: the names of the key's columns, separated by spaces.
        amounts: SQL that gives the key and the column, each key once, in order.
        fresh: the other columns of a new row, as SQL.
        marks: the parameters of all of them.
    """
    names = key.split()
    columns = ", ".join([*names, column, *fresh])
    values = ", ".join([*names, column, *fresh.values()])
    new_rows = f"INSERT INTO {table} ({columns}) SELECT {values} FROM ({amounts}) AS s WHERE true"
    if connection.dialect.name != "postgresql":
        statement = (
            f"{new_rows} ON CONFLICT ({', '.join(names)}) DO UPDATE "
            f"SET {column} = {table}.{column} + excluded.{column}"
        )
    elif connection.exec_driver_sql(f"SELECT 1 FROM {table} LIMIT 1").first() is None:
        statement = new_rows
    else:
        same = " AND ".join(f"t.{name} = s.{name}" for name in names)
        found = ", ".join([*(f"s.{name}" for name in [*names, column]), *fresh.values()])
        statement = (
            f"MERGE INTO {table} AS t USING ({amounts}) AS s ON {same} "
            f"WHEN MATCHED THEN UPDATE SET {column} = t.{column} + s.{column} "
            f"WHEN NOT MATCHED THEN INSERT ({columns}) VALUES ({found})"
        )
    connection.exec_driver_sql(statement, marks)


def keys(values: Iterable[object]) -> str:
    """Distinct keys as one parameter, for `FROM json_each(:keys) AS w CROSS JOIN …`: however
    many they are, it is one statement. CROSS JOIN keeps SQLite reading from the keys' side."""
    return json.dumps(list(dict.fromkeys(values)), ensure_ascii=False)


def texts(connection: Connection, values: Iterable[str]) -> str:
    """As `keys`, for `json_each(:texts)`: JSON, or the array that PostgreSQL is asked for."""
    if connection.dialect.name != "postgresql":
        return keys(values)
    return array(dict.fromkeys(values))


def array(values: Iterable[str]) -> str:
    """Texts as PostgreSQL spells an array."""
    return "{" + ",".join(map(quoted, values)) + "}"


def quoted(text: str) -> str:
    """An element of PostgreSQL's spelling of an array."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def day_once(text: str, known: dict[str, date]) -> date:
    """Days repeat a million times in a bulk read; `known` keeps each that was parsed."""
    day = known.get(text)
    if day is None:
        day = known[text] = date.fromisoformat(text)
    return day
