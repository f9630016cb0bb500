"""What the database does for each statement that is really executed: which tables it reads from
end to end, and which indexes it uses.

SQLite is asked beside each statement. PostgreSQL writes it into its log by itself (auto_explain),
the statements of its triggers and those that no Python layer sees included.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from sqlalchemy import Engine, event
from sqlalchemy.engine import make_url

from ledger.storage.database import years
from ledger.storage.database.embedded_postgres import ADMIN, APPLICATION
from ledger.storage.tables import metadata
from ledger.storage.tables.base import indexes_of
from tests import databases
from tests.plans.crowd import GROWING

_NAMED = re.compile(r"(?:FROM|JOIN|UPDATE|INTO)\s+(\w+)(?:\s+AS\s+(\w+))?")
_PLAN = r" {} LOG:  duration: [\d.]+ ms  plan:\n((?:\t.*\n)+)"
_SCANS = ("Seq Scan", "Index Scan", "Index Only Scan")


PARTIAL = {
    str(index.name)
    for table in metadata.tables.values()
    for index in indexes_of(table, "sqlite")
    if index.dialect_options["sqlite"]["where"] is not None
}
"""Few rows stand in these, so to read one from end to end is to use it."""


LEADING = {
    str(key.name): next(iter(key.columns)).name
    for table in metadata.tables.values()
    for key in (table.primary_key, *table.indexes)
}
"""Index -> the column that it is ordered by first."""


class Plan(NamedTuple):
    """A statement, the growing tables that it reads from end to end, the indexes it uses."""

    statement: str
    scanned: frozenset[str]
    indexes: frozenset[str]


@dataclass
class Recording:
    plans: set[Plan] = field(default_factory=set)

    def scans(self) -> dict[str, set[str]]:
        """Table -> the statements that read all of it."""
        found: dict[str, set[str]] = {}
        for plan in self.plans:
            for table in plan.scanned:
                found.setdefault(table, set()).add(" ".join(plan.statement.split()))
        return found

    def indexes(self) -> set[str]:
        return {index for plan in self.plans for index in plan.indexes}


@contextmanager
def recording(engine: Engine, path: Path) -> Iterator[Recording]:
    """Everything that is executed on the database inside the block."""
    made = Recording()
    record = _in_postgres(engine, path, made) if databases.POSTGRES else _in_sqlite(engine, made)
    with record:
        yield made


@contextmanager
def _in_sqlite(engine: Engine, made: Recording) -> Iterator[None]:
    def look(_c: Any, cursor: Any, statement: str, values: Any, _x: Any, many: bool) -> None:
        if not statement.lstrip().startswith(("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")):
            return
        one = values[0] if many or (values and isinstance(values, list)) else values
        try:
            steps = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", one).fetchall()
        except sqlite3.Error as error:
            raise AssertionError(f"not explained: {statement}") from error
        made.plans.add(_of_sqlite(statement, [str(step[3]) for step in steps]))

    event.listen(engine, "before_cursor_execute", look)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", look)


def _of_sqlite(statement: str, steps: list[str]) -> Plan:
    tables: dict[str, set[str]] = {}
    for table, alias in _NAMED.findall(statement):
        tables.setdefault(alias or table, set()).add(table)
    scanned, indexes = set(), set()
    for step in steps:
        words = step.split()
        index = step.partition(" INDEX ")[2].split(maxsplit=1)[:1]
        if "VIRTUAL TABLE" not in step and (words[0] == "SEARCH" or PARTIAL & set(index)):
            indexes.update(index)
        if words[0] == "SCAN":
            scanned |= tables.get(words[1], {words[1]}) & GROWING
    return Plan(statement, frozenset(scanned), frozenset(indexes))


@contextmanager
def _in_postgres(engine: Engine, path: Path, made: Recording) -> Iterator[None]:
    begun = log_size()
    with explained(engine, path):
        yield
    made.plans.update(map(_of_postgres, told_since(begun, path)))


SETTINGS = (
    "session_preload_libraries = 'auto_explain'",
    "auto_explain.log_min_duration = 0",
    "auto_explain.log_format = json",
    "auto_explain.log_nested_statements = on",
)
MEASURED = ("auto_explain.log_analyze = on", "auto_explain.log_buffers = on",
            "auto_explain.log_timing = off")  # fmt: skip


@contextmanager
def explained(engine: Engine, path: Path, *more: str) -> Iterator[None]:
    """Every statement's plan goes to the server's log. `more`: settings of auto_explain."""
    engine.dispose()  # What is set for a role holds for new connections.
    for setting in (*SETTINGS, *more):
        _set(path, f"SET {setting}")
    try:
        yield
    finally:
        engine.dispose()
        _set(path, "RESET ALL")


def log_size() -> int:
    return _log().stat().st_size


def told_since(begun: int, path: Path) -> list[dict[str, Any]]:
    """What the log says since then about the statements of one database: other tests use others
    of the same server meanwhile."""
    with _log().open("rb") as file:
        file.seek(begun)
        said = file.read().decode("utf-8", "replace")
    name = make_url(databases.address(path)).database
    whole = _whole(path)

    def named(node: dict[str, Any]) -> dict[str, Any]:
        """A year of a table, or of its index, counts as the whole."""
        return {key: whole.get(value, value) if isinstance(value, str) else value
                for key, value in node.items()}  # fmt: skip

    return [json.loads(text, object_hook=named) for text in re.findall(_PLAN.format(name), said)]


def _whole(path: Path) -> dict[str, str]:
    """A year of a table or of an index -> the name of all of it. A year in which nothing stands
    keeps its own: to read it from end to end is to find nothing."""
    with psycopg.connect(databases.address(path, ADMIN)) as connection:
        found = connection.execute(
            "SELECT c.relname, w.relname, c.relkind = 'r' FROM pg_inherits AS i JOIN pg_class AS c "
            "ON c.oid = i.inhrelid JOIN pg_class AS w ON w.oid = i.inhparent"
        ).fetchall()
        return {
            part: whole
            for part, whole, is_table in found
            if not is_table or _has_rows(connection, part)
        }


def _has_rows(connection: psycopg.Connection[tuple[Any, ...]], year: str) -> bool:
    query = f"SELECT 1 FROM {years.SCHEMA}.{year} LIMIT 1".encode()
    return connection.execute(query).fetchone() is not None


def _log() -> Path:
    return databases.server().data / "server.log"


def _set(path: Path, what: str) -> None:
    """For the application's role in this one database."""
    with psycopg.connect(databases.address(path, ADMIN), autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"ALTER ROLE {APPLICATION} IN DATABASE {name} {what}".encode())


def goes_by_key(node: dict[str, Any]) -> bool:
    """Does it enter its index by what the index is ordered by? A condition on a later column
    alone is looked for from end to end."""
    leading = LEADING.get(node.get("Index Name", ""), "no index")
    return re.search(rf"\b{leading}\b", node.get("Index Cond", "")) is not None


def _of_postgres(said: dict[str, Any]) -> Plan:
    scanned, indexes = set(), set()

    def walk(node: dict[str, Any], limited: bool) -> None:
        if "Index Name" in node:
            indexes.add(node["Index Name"])
        reads_all = node["Node Type"] in _SCANS and not goes_by_key(node)
        if reads_all and node.get("Relation Name") in GROWING and not limited:
            scanned.add(node["Relation Name"])
        for child in node.get("Plans", ()):
            walk(child, node["Node Type"] == "Limit" or (limited and node["Node Type"] == "Append"))

    walk(said["Plan"], False)
    return Plan(said["Query Text"], frozenset(scanned), frozenset(indexes))
