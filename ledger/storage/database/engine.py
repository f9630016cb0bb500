"""Engines. SQLite: WAL, foreign keys, `BEGIN IMMEDIATE` for what writes, durable commits.

The driver's own idea of transactions lets two read-then-write transactions lose an update
without an error; so it is switched off and every BEGIN is ours.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ledger.core.errors import GongjiError, Refused
from ledger.storage.database.busy import DEFAULT_LIMITS, Limits, LostRace, busy
from ledger.storage.database.outages import outage, unopened

PRAGMAS = (
    "PRAGMA foreign_keys = ON",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -131072",
)


def instant_text(instant: datetime) -> str:
    """As columns keep it. UTC or local and naive, never another zone: what stands behind a "+"
    is the zone."""
    return instant.isoformat(" ").partition("+")[0]


def instant_with_zone(stored: str) -> str:
    """A recorded instant (naive UTC, as columns keep it) as an answer says it: ISO 8601 with its
    zone, so that `--known-at` takes it as it stands."""
    return f"{stored.replace(' ', 'T')}+00:00"


# Bulk writers hand over texts: a look for an adapter costs more than all else about a value.
sqlite3.register_adapter(date, date.isoformat)
sqlite3.register_adapter(datetime, instant_text)

MESSAGES = {
    "ledger/append-only": "账簿只增不改：已入账的内容不能修改或删除",
    "ledger/month-closed": "该会计月份未开启或已结账，不能再入账",
    "ledger/reversed-before": "这笔业务已经退过，不能再退",
    "ledger/not-reversible": "退费和批量业务不能被冲销",
    "ledger/unknown-entry": "分录不属于任何开放月份的业务",
    "ledger/unknown-account": "会计科目表中没有该科目",
    "ledger/no-such-year": "系统时钟的年份不在 2020 至 2088 之间，不能编号入账；请校正时钟",
    "approval/same-actor": "提案须由提出人以外的另一人复核",
}


NO_LIMIT = 2_000_000
"""Seconds that SQLite waits where it should wait for ever: 23 days."""


def open_engine(url: str, limits: Limits = DEFAULT_LIMITS) -> Engine:
    """An engine for a database URL.

    Raises:
        Refused: `database/unsupported` for anything but SQLite and PostgreSQL.
    """
    if make_url(url).get_backend_name() == "postgresql":
        # The driver is loaded only where it is needed.
        from ledger.storage.database.postgres import open_postgres

        return open_postgres(make_url(url), limits)
    if make_url(url).get_backend_name() != "sqlite":
        raise Refused("database/unsupported", f"暂不支持的数据库地址：{make_url(url)!r}")
    engine = create_engine(url, connect_args={"timeout": limits.lock_ms / 1000 or NO_LIMIT})
    event.listen(engine, "connect", partial(_on_connect, engine.url.database))
    event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(file: str | None, connection: Any, _record: object) -> None:
    connection.isolation_level = None
    try:
        for pragma in PRAGMAS:
            connection.execute(pragma)
    except sqlite3.OperationalError as error:
        # A file in WAL mode needs files beside it, so that a disk that is full or for reading only
        # cannot even be read.
        refused = unopened(file)
        if refused is None:
            raise
        raise refused from error


def _on_begin(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("immediate", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent view of the database; nothing is written."""
    options = _level(engine, "REPEATABLE READ")
    try:
        with engine.connect().execution_options(**options) as connection:
            yield connection
    except SQLAlchemyError as error:
        refused = _in_the_way(error)
        if refused is None:
            raise
        raise refused from error


def _level(engine: Engine, level: str) -> dict[str, Any]:
    """PostgreSQL sees as much of other transactions as it is told to; SQLite nothing ever."""
    return {"isolation_level": level} if engine.dialect.name == "postgresql" else {}


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that writes. On SQLite it holds the write lock from its first statement,
    on PostgreSQL it locks what it decides upon: see `storage.turns`.

    The caller commits; leaving without a commit rolls back. What a trigger or a CHECK refuses
    becomes an error of ours with its stable code.
    """
    options = {"immediate": True} | _level(engine, "READ COMMITTED")
    try:
        with engine.connect().execution_options(**options) as connection:
            yield connection
    except PoolTimeout as error:
        raise busy(error) or error from error
    except DBAPIError as error:
        raise translate(error) from error


def _in_the_way(error: SQLAlchemyError) -> Refused | None:
    """What neither a reader nor a writer can help: others at work, or a machine that fails."""
    return busy(error) or (outage(error) if isinstance(error, DBAPIError) else None)


def translate(error: DBAPIError) -> GongjiError:
    """The database's refusal in the user's words."""
    text = str(error.orig)
    code = text.partition(":")[0]
    if code == "ledger/month-closed":
        return LostRace(code, MESSAGES[code])  # It was open when the event chose it.
    if code in MESSAGES:
        return Refused(code, MESSAGES[code])
    if "uq_entry_reverses" in text or "uq_settlement_reverses" in text:
        return Refused("ledger/reversed-before", MESSAGES["ledger/reversed-before"])
    if "no_overdraft" in text:
        return Refused("account/overdraft", "个人账户余额不足，数据库拒绝透支")
    if "not_more_than_owed" in text:
        return Refused("owed/more-than-owed", "超过此人尚未追回的金额")
    if "family_link_quota" in text:
        return Refused("family/quota-exceeded", "超过家庭共济额度")
    refused = _in_the_way(error)
    if refused is not None:
        return refused
    if "no such table" in text or ("relation" in text and "does not exist" in text):
        return Refused("database/not-initialised", "数据库尚未初始化，请先运行 gongji init")
    return Refused("database/error", f"数据库拒绝了这一操作：{text}")
