"""A line to PostgreSQL for what happens a thousand times a second: a visit settled while the
patient waits.

What is written over a line is kept back until something is read or committed, and then goes to
the server as one message; statements are prepared on the server once for each line. It offers of
an SQLAlchemy connection what the storage layer uses of one, so that whatever writes a file of
visits writes one visit, too: a unit of work cannot tell the two apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter
from types import SimpleNamespace
from typing import Any

import psycopg
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, TransactionStatus
from sqlalchemy import Engine

from ledger.core.errors import Refused
from ledger.storage.database.busy import replaced
from ledger.storage.database.changes import turned
from ledger.storage.database.line_words import at_once, changing, literal, named, numbered, record
from ledger.storage.database.postgres import as_of_sqlalchemy, in_words_of_postgres, read_as_text

_DONE = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK, ExecStatus.EMPTY_QUERY)


_Way = tuple[str, Callable[[Sequence[Any]], Sequence[Any]] | None]
"""The statement that adds rows, and what puts a row in the order of the table; None: it is."""


class Found:
    """The rows of a query, all of them here."""

    def __init__(self, rows: list[tuple[Any, ...]]) -> None:
        self._rows = rows

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self._rows)

    def all(self) -> list[tuple[Any, ...]]:
        return self._rows

    def first(self) -> tuple[Any, ...] | None:
        return self._rows[0] if self._rows else None

    def one(self) -> tuple[Any, ...]:
        (row,) = self._rows
        return row

    def one_or_none(self) -> tuple[Any, ...] | None:
        return self.one() if self._rows else None

    def scalar(self) -> Any:
        return self._rows[0][0] if self._rows else None

    def scalar_one(self) -> Any:
        return self.one()[0]


class Line:
    """One connection; see the module docstring. Never two threads at once."""

    dialect = SimpleNamespace(name="postgresql")

    def __init__(self, driver: psycopg.Connection[Any]) -> None:
        self._driver = driver
        self._kept: list[str] = []
        self._names: dict[str, str] = {}
        self._preparing: list[str] = []
        self._added: dict[str, str] = {}
        self._added_at = 0
        self._number = 0
        self.info: dict[str, Any] = {}
        self.listeners: Any = None
        """Of commits; an engine's, called with the line."""
        self.engine: Engine | None = None
        """Whose line it is while somebody has it."""
        self._ways: dict[tuple[str, tuple[str, ...]], _Way] = {}
        read_as_text(driver)

    # --- what the storage layer uses ---

    def exec_driver_sql(self, statement: str, parameters: Any = None) -> Found:
        """Read now; keep what writes until then. Its marks are `?`, or `:name` in what reads."""
        if statement.lstrip().startswith(("SELECT", "WITH")):
            return self._read(statement, parameters)
        if isinstance(parameters, dict):
            prepared, names = named(statement)
            self.keep(prepared, [parameters[name] for name in names])
            return Found([])
        many = parameters if isinstance(parameters, list) else [parameters or ()]
        prepared = numbered(statement)
        for values in many:
            self.keep(prepared, values)
        return Found([])

    def append_rows(
        self, table: str, columns: tuple[str, ...], rows: Iterable[Sequence[Any]]
    ) -> None:
        """Add rows to a table: however many they are, it is one prepared statement with one
        value, since the server reads a row of the table's own type fastest."""
        way = self._ways.get((table, columns))
        if way is None:
            way = self._ways[table, columns] = self._way(table, columns)
        statement, pick = way
        records = ",".join([record(row if pick is None else pick(row)) for row in rows])
        if statement in self._added:
            self._send_rows()
        elif not self._added:
            self._added_at = len(self._kept)
        self._added[statement] = "{" + records + "}"

    def change_rows(self, statement: str, rows: Sequence[Sequence[int]]) -> None:
        """Run a statement that reads `changes.numbers`; these are its rows."""
        if len(rows) == 1:
            self.keep(changing(statement, one=True), rows[0])
        else:
            self.keep(changing(statement, one=False), turned(rows))

    def _send_rows(self) -> None:
        """Rows of several tables go in one statement, at the place of the first: their triggers
        see them all, whatever the order."""
        if not self._added:
            return
        behind = self._kept[self._added_at :]
        del self._kept[self._added_at :]
        self.keep(at_once(tuple(self._added)), list(self._added.values()))
        self._kept += behind
        self._added.clear()

    def _way(self, table: str, columns: tuple[str, ...]) -> _Way:
        """How rows with these columns are added: their values in the order of the table's."""
        names = ", ".join(columns)
        taken = ", ".join(f"r.{name}" for name in columns)
        statement = (
            f"INSERT INTO {table} ({names}) SELECT {taken} FROM unnest(${{}}::{table}[]) AS r"
        )
        physical = self._physical(table)
        if physical == list(columns):
            return statement, None
        if set(physical) == set(columns):
            return statement, itemgetter(*map(columns.index, physical))
        places = [columns.index(name) if name in columns else None for name in physical]
        return statement, lambda row: [None if at is None else row[at] for at in places]

    def commit(self) -> None:
        self._send_rows()
        if self.listeners:
            self.flush()
            self.listeners(self)
        self._kept.append("COMMIT")
        self.flush()

    def rollback(self) -> None:
        """The server rolls back for itself where the line is dead, which may only show here."""
        self._forget()
        if self.usable and self._driver.pgconn.transaction_status != TransactionStatus.IDLE:
            try:
                self._driver.pgconn.exec_(b"ROLLBACK")
            except psycopg.Error:
                self.close()

    # --- messages ---

    def say(self, statement: str) -> None:
        """Keep a statement without values."""
        self._kept.append(statement)

    def keep(self, prepared: str, values: Sequence[Any]) -> None:
        """Keep a statement with `$1` marks."""
        given = ", ".join(map(literal, values))
        self._kept.append(f"EXECUTE {self._name(prepared)}" + (f" ({given})" if given else ""))

    def flush(self) -> bytes | None:
        """Send what was kept; the first value of the last statement."""
        self._send_rows()
        if not self._kept:
            return None
        message = ";".join(self._kept)
        if "\x00" in message:
            raise Refused("text/unstorable", "文字中有数据库不能保存的字符")
        result = self._driver.pgconn.exec_(message.encode())
        if result.status not in _DONE:
            self._forget()
            error = as_of_sqlalchemy(message, error_from_result(result))
            error.connection_invalidated = not self.usable
            if replaced(error):
                self.close()  # What it has prepared is of tables that are no more.
            raise error
        self._kept.clear()
        self._preparing.clear()
        return result.get_value(0, 0) if result.ntuples else None

    def _forget(self) -> None:
        """What was kept is not sent; of what was to be prepared nothing is known."""
        self._kept.clear()
        self._added.clear()
        for prepared in self._preparing:
            del self._names[prepared]
        self._preparing.clear()

    def _name(self, prepared: str) -> str:
        name = self._names.get(prepared)
        if name is None:
            self._number += 1
            name = self._names[prepared] = f"gongji_{self._number}"
            self._preparing.append(prepared)
            self._kept.append(f"PREPARE {name} AS {prepared}")
        return name

    def _read(self, statement: str, parameters: Any) -> Found:
        self.flush()
        try:
            cursor = self._driver.execute(in_words_of_postgres(statement).encode(), parameters)
            return Found(cursor.fetchall())
        except psycopg.Error as error:
            raise as_of_sqlalchemy(statement, error) from error

    def _physical(self, table: str) -> list[str]:
        """The columns of a table as they lie in it."""
        described = self._driver.execute(f"SELECT * FROM {table} LIMIT 0".encode()).description
        return [column.name for column in described or ()]

    # --- life ---

    @property
    def usable(self) -> bool:
        return not self._driver.closed and not self._driver.broken

    def close(self) -> None:
        self._driver.close()
