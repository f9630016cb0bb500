"""Many rows into PostgreSQL by binary COPY: no statement to parse, no marks to fill in.

Triggers of a statement fire under COPY as under INSERT, with all its rows as one table, so
nothing slips past them. The types of the columns are those that the tables describe.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from functools import lru_cache
from io import BytesIO
from itertools import repeat
from operator import floordiv, sub
from struct import Struct
from typing import Any

import psycopg
from psycopg.adapt import Dumper
from psycopg.copy import FileWriter
from psycopg.pq import Format
from sqlalchemy import Connection

from ledger.storage.database.postgres import as_of_sqlalchemy
from ledger.storage.tables import metadata

_TYPES = {
    "BIGINT": "int8",
    "INTEGER": "int4",
    "VARCHAR": "text",
    "TEXT": "text",
    "DATE": "date",
    "DATETIME": "timestamp",
    "BOOLEAN": "bool",
}
"""Type of a column as the tables say it -> PostgreSQL's name."""

_FIRST_DAY = date(2000, 1, 1)
"""From where PostgreSQL counts."""
_FIRST_INSTANT = datetime(2000, 1, 1)
_MICROSECOND = timedelta(microseconds=1)
_DAYS, _MICROSECONDS = Struct("!i"), Struct("!q")


@lru_cache(maxsize=4096)
def _day(day: str | date) -> int:
    """Days repeat a million times in a bulk write."""
    day = date.fromisoformat(day) if isinstance(day, str) else day
    return (day - _FIRST_DAY).days


@lru_cache(maxsize=65_536)
def _instant(at: str | datetime) -> int:
    """Instants do, too: when rows were recorded, and each visit's in several tables."""
    at = datetime.fromisoformat(at) if isinstance(at, str) else at
    return (at - _FIRST_INSTANT) // _MICROSECOND


def _days(values: Sequence[str | date]) -> list[int]:
    return list(map(_day, values))


def _instants(values: Sequence[Any]) -> list[int]:
    """All alike, or hardly two: a visit's instant is sooner counted than remembered."""
    if values.count(values[0]) == len(values):
        return [_instant(values[0])] * len(values)
    instants = map(datetime.fromisoformat, values) if isinstance(values[0], str) else values
    return list(map(floordiv, map(sub, instants, repeat(_FIRST_INSTANT)), repeat(_MICROSECOND)))


_AS_NUMBERS = {"date": ("int4", _days), "timestamp": ("int8", _instants)}
"""Type of a column -> the type of number that COPY spells the same way, and how to count it: the
driver's writer calls Python for no number."""


class _Day(Dumper):
    """A date or its text, as the bulk writers hand it over."""

    oid = psycopg.adapters.types["date"].oid
    format = Format.BINARY

    def dump(self, obj: Any) -> bytes:
        return _DAYS.pack(_day(obj))


class _Instant(Dumper):
    """An instant without a zone, or its text."""

    oid = psycopg.adapters.types["timestamp"].oid
    format = Format.BINARY

    def dump(self, obj: Any) -> bytes:
        return _MICROSECONDS.pack(_instant(obj))


def copy_rows(
    connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Append `rows` to `table`, in the transaction of `connection`.

    Raises:
        DBAPIError: what a trigger, a key or a CHECK refuses, as of any statement.
    """
    with _copying(connection, table, columns) as copy:
        _write(copy, _types(table, tuple(columns)), rows)


def encoded(
    connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> bytes:
    """`rows` for `copy_encoded`. The connection only says how values are spelt: another thread
    may be writing with it."""
    return _spelt(connection, _types(table, tuple(columns)), rows)


def encoded_columns(
    connection: Connection, table: str, columns: Mapping[str, Sequence[Any]]
) -> bytes:
    """As `encoded`, for rows turned round: name -> values."""
    types, turned = [], []
    for type_, values in zip(_types(table, tuple(columns)), columns.values(), strict=True):
        if type_ in _AS_NUMBERS and None not in values:
            type_, count = _AS_NUMBERS[type_]
            values = count(values)
        types.append(type_)
        turned.append(values)
    return _spelt(connection, types, zip(*turned, strict=True))


def _spelt(connection: Connection, types: list[str], rows: Iterable[Sequence[Any]]) -> bytes:
    file = BytesIO()
    with psycopg.Copy(_cursor(connection), binary=True, writer=FileWriter(file)) as copy:
        _write(copy, types, rows)
    return file.getvalue()


def copy_encoded(connection: Connection, table: str, columns: Sequence[str], rows: bytes) -> None:
    """As `copy_rows`: nothing is left to do but to wait for the server, without the lock of the
    interpreter."""
    with _copying(connection, table, columns) as copy:
        copy.write(rows)


@contextmanager
def _copying(connection: Connection, table: str, columns: Sequence[str]) -> Iterator[psycopg.Copy]:
    if not connection.in_transaction():
        connection.begin()
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)"
    try:
        with _cursor(connection) as cursor, cursor.copy(statement) as copy:
            yield copy
    except psycopg.Error as error:
        raise as_of_sqlalchemy(statement, error) from error


def _cursor(connection: Connection) -> psycopg.Cursor[Any]:
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    cursor = driver.cursor()
    for dumper in (_Day, _Instant):
        cursor.adapters.register_dumper(None, dumper)
    return cursor


def _write(copy: psycopg.Copy, types: list[str], rows: Iterable[Sequence[Any]]) -> None:
    copy.set_types(types)
    for row in rows:
        copy.write_row(row)


@lru_cache(maxsize=256)
def _types(table: str, columns: tuple[str, ...]) -> list[str]:
    described = metadata.tables[table].columns
    return [_TYPES[str(described[name].type).partition("(")[0]] for name in columns]
