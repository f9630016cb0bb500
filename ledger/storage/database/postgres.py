"""PostgreSQL: the same statements, said in its words.

Our SQL keeps to what both databases understand; what differs is turned round here, once a
statement: marks of parameters, lists of keys, and the types in which days and sums come back.
Days and instants are read as text and sums of fen as whole numbers, as SQLite gives them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import psycopg
from psycopg.adapt import Loader
from psycopg.conninfo import make_conninfo
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError

from ledger.core.errors import Refused
from ledger.storage.database.busy import DEFAULT_LIMITS, Limits

_TOKENS = re.compile(r"'(?:[^']|'')*'|::|:[a-z_][a-z_0-9]*|\?|%")
# SQLite keeps the order of a CROSS JOIN; PostgreSQL plans for itself and takes no ON there.
_ORDERED_JOIN = re.compile(r"CROSS JOIN (\w[\w.]* AS \w+)\s+ON")
_MIN_MAX = re.compile(r"\b(min|max)\(", re.IGNORECASE)
# SQLite counts days from noon and drops the half when it casts: a day less than the number.
_JULIAN = re.compile(r"CAST\(julianday\(([\w.]+)\) AS INTEGER\)")
_OF_SEVERAL = {"min": "least", "max": "greatest"}
_LIST = re.compile(r"json_each\(:(keys|texts|pairs)\) AS (\w+)")
# Of an array the planner knows how many there are: it reads by key for a few, and from end to end
# for a file's. Of JSON it takes ten or a hundred for granted.
_AS_ROWS = {
    "keys": "unnest(CAST(translate(:keys, '[]', '{{}}') AS bigint[])) AS {0}(value)",
    "texts": "unnest(CAST(:texts AS text[])) AS {0}(value)",
    "pairs": "unnest(ARRAY(SELECT json_array_elements(CAST(:pairs AS json)))) AS {0}(value)",
}


@lru_cache(maxsize=4096)
def in_words_of_postgres(statement: str) -> str:
    """Our SQL as the driver takes it."""
    statement = _LIST.sub(lambda found: _AS_ROWS[found[1]].format(found[2]), statement)

    statement = _ORDERED_JOIN.sub(r"JOIN \1 ON", statement)

    statement = statement.replace(" temp.", " pg_temp.")
    if statement.startswith("CREATE TEMP"):
        statement = statement.replace("WITHOUT ROWID", "").replace("INTEGER", "BIGINT")
    statement = statement.replace("group_concat(", "string_agg(")
    statement = _JULIAN.sub(r"(to_char(\1, 'J')::integer - 1)", statement)
    # The plus before a day takes SQLite's affinity away; PostgreSQL has none to take.
    statement = statement.replace(" +t.happened_on", " t.happened_on")
    statement = _MIN_MAX.sub(lambda found: _scalar(found, statement), statement)

    def token(match: re.Match[str]) -> str:
        found = match[0]
        if found == "%":
            return "%%"
        if found == "?":
            return "%s"
        if found.startswith("'"):
            return found.replace("%", "%%")
        return found if found == "::" else f"%({found[1:]})s"

    return _TOKENS.sub(token, statement)


def _scalar(found: re.Match[str], statement: str) -> str:
    """`min(a, b)` of SQLite is `least(a, b)`; with one argument it is the aggregate in both."""
    depth = 1
    for character in statement[found.end() :]:
        if character == "," and depth == 1:
            return _OF_SEVERAL[found[1].lower()] + "("
        depth += (character == "(") - (character == ")")
        if depth == 0:
            break
    return found[0]


class _AsText(Loader):
    def load(self, data: Any) -> str:
        return bytes(data).decode()


class _WholeNumber(Loader):
    """Sums of whole numbers are whole, though PostgreSQL types them numeric."""

    def load(self, data: Any) -> int:
        return int(bytes(data))


GONE_MS = 1_000
"""How often the server looks whether somebody still waits for a statement's answer: one for a
process that was killed would go on, and hold what it holds, to its end."""


CONNECT_SECONDS = 20
"""A machine that is switched off, or a firewall, gives no answer at all; the driver would wait for
two minutes. `connect_timeout` in the address says otherwise."""


def open_postgres(url: URL, limits: Limits = DEFAULT_LIMITS) -> Engine:
    """Raises: ArgumentError for what is no option of a connection."""
    url = url.update_query_dict({"connect_timeout": str(CONNECT_SECONDS)} | dict(url.query))
    _refuse_unknown(url)
    options = (
        f"-c lock_timeout={limits.lock_ms} -c statement_timeout={limits.statement_ms} "
        f"-c idle_in_transaction_session_timeout={limits.idle_ms} "
        f"-c client_connection_check_interval={GONE_MS} "
        # What is prepared (`kept_plans`) is planned once.
        "-c plan_cache_mode=force_generic_plan "
        # A run keeps everybody in a temporary table. Memory is taken as it fills, and a session
        # cannot ask for more once it has seen such a table.
        "-c temp_buffers=256MB"
    )
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=8,
        connect_args={"cursor_factory": psycopg.ClientCursor, "options": options},
        execution_options={"server_options": options},
    )
    # Before SQLAlchemy's own first look, which fails on what we refuse.
    event.listen(engine, "connect", _on_connect, insert=True)
    event.listen(engine, "before_cursor_execute", _translate, retval=True)
    return engine


def _refuse_unknown(url: URL) -> None:
    """Now, and not as a fault of the first statement."""
    options: dict[str, Any] = dict(url.query)
    seconds = options["connect_timeout"]
    try:
        make_conninfo(**options)
    except psycopg.ProgrammingError as error:
        raise ArgumentError(str(error)) from error
    if not str(seconds).isdecimal():
        raise ArgumentError(f"not seconds: {seconds}")


def _on_connect(connection: psycopg.Connection[Any], _record: object) -> None:
    refuse_server(connection.info.server_version, connection.info.parameter_status)
    read_as_text(connection)


OLDEST = 18
"""An earlier release takes the tables and the files, and then fails in `verify`."""


def refuse_server(version: int, told: Callable[[str], str | None]) -> None:
    """Raises: Refused: `database/unsupported`, before anything is made there."""
    if version // 10_000 < OLDEST:
        raise Refused(
            "database/unsupported",
            f"数据库服务器是 PostgreSQL {version // 10_000}；须为 {OLDEST} 或更新的版本",
        )
    encoding = told("server_encoding")
    if encoding != "UTF8":
        raise Refused(
            "database/unsupported",
            f"数据库的编码是 {encoding}；请以 ENCODING 'UTF8' TEMPLATE template0 重新建立数据库",
        )


def read_as_text(connection: psycopg.Connection[Any]) -> None:
    """Days and instants as SQLite gives them; sums as whole numbers."""
    for kind in ("date", "timestamp"):
        connection.adapters.register_loader(kind, _AsText)
    connection.adapters.register_loader("numeric", _WholeNumber)


def as_of_sqlalchemy(statement: str, error: psycopg.Error) -> DBAPIError:
    """An error of the driver's, of the class that it would have come in through SQLAlchemy: one
    that says "the connection broke" is told from one that refuses a row by its class alone."""
    ours = DBAPIError.instance(statement[:200], None, error, psycopg.Error)
    assert isinstance(ours, DBAPIError)
    return ours


def _translate(
    connection: Connection,
    _cursor: object,
    statement: str,
    parameters: Any,
    context: Any,
    _many: bool,
) -> tuple[str, Any]:
    if context is None or (context.compiled is None and not context.isddl):
        return in_words_of_postgres(statement), parameters
    return statement, parameters
