"""What a line says to the server: our statements with the server's marks, values as SQL has them,
rows as elements of an array of the table's own row type."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from ledger.storage.database.bulk import quoted
from ledger.storage.database.changes import without_json
from ledger.storage.database.postgres import in_words_of_postgres


@lru_cache(maxsize=512)
def numbered(statement: str) -> str:
    """Our SQL with `?` marks as the server prepares it."""
    parts = in_words_of_postgres(statement).replace("%%", "%").split("%s")
    marked = (
        part + (f"${number}" if number < len(parts) else "") for number, part in enumerate(parts, 1)
    )
    return "".join(marked)


@lru_cache(maxsize=512)
def named(statement: str) -> tuple[str, tuple[str, ...]]:
    """The same for `:name` marks, and the names in the order of their numbers."""
    said = in_words_of_postgres(statement).replace("%%", "%")
    names = tuple(dict.fromkeys(_NAME.findall(said)))
    return _NAME.sub(lambda found: f"${names.index(found[1]) + 1}", said), names


_NAME = re.compile(r"%\((\w+)\)s")


@lru_cache(maxsize=512)
def changing(statement: str, one: bool) -> str:
    """A statement that reads `changes.numbers`, for one row of them or for columns."""
    return named(without_json(statement, one))[0]


@lru_cache(maxsize=512)
def at_once(statements: tuple[str, ...]) -> str:
    """Statements that add rows, `{}` for the number of their mark, as one."""
    *first, last = (each.format(number) for number, each in enumerate(statements, 1))
    parts = [f"t{number} AS ({each})" for number, each in enumerate(first, 1)]
    return (f"WITH {', '.join(parts)} " if parts else "") + last


def literal(value: Any) -> str:
    """A value as SQL says it."""
    if value is None:
        return "NULL"
    if value.__class__ is int:
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"


_EMPTY = {None: "", "": '""', 0: "0"}
_NEEDS_QUOTES = re.compile(r'[",()\\\s]')


def record(row: Sequence[Any]) -> str:
    """A row as an element of an array of the table's own row type."""
    # Most values are whole numbers, and a call for each would be half of the time.
    fields = [repr(v) if v.__class__ is int else _field(v) if v else _EMPTY[v] for v in row]
    return quoted("(" + ",".join(fields) + ")")


def _field(value: Any) -> str:
    text = str(value)
    if not _NEEDS_QUOTES.search(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '""') + '"'
