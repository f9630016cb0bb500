"""When others are at work: a race that was lost, and a wait that took too long.

Nothing of the transaction stays in either case, so the same request may come again.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ledger.core.errors import Refused


class Limits(NamedTuple):
    """How long the database may keep somebody waiting before it is busy. Milliseconds; 0: for
    ever."""

    lock_ms: int = 60_000
    """For what somebody else holds: a person, a month, the turn; on SQLite the file."""
    idle_ms: int = 600_000
    """Between two statements of a transaction on PostgreSQL: a process that stands still lets go
    what it holds."""
    statement_ms: int = 900_000
    """For one statement on PostgreSQL; those of commands and runs may take as long as they do."""


DEFAULT_LIMITS = Limits()


class LostRace(Refused):
    """Another transaction came first: the very same may be tried again at once."""


_LOST = ("40001", "40P01", "23505")
"""SQLSTATE: not serializable, a deadlock, and a key that somebody else took in between."""

_WAITED = {
    "55P03": "等待其他业务超过了时限",
    "57014": "一条语句的执行超过了时限",
    "25P03": "业务在中途停顿超过了时限，已被放弃",
    "53300": "数据库的连接已用完",
}
_WORDS = {
    "database is locked": "55P03",
    "database table is locked": "55P03",
    "database is busy": "55P03",
    "too many clients": "53300",  # While connecting, the driver gives no code.
    "too many connections for": "53300",
    "remaining connection slots": "53300",
}
_REPLACED = ("cache lookup failed for", "could not open relation with OID")


def busy(error: SQLAlchemyError) -> Refused | None:
    """The refusal where others were in the way; None for any other error."""
    if isinstance(error, PoolTimeout):
        return _refusal(_WAITED["53300"])
    if not isinstance(error, DBAPIError):
        return None
    state, text = getattr(error.orig, "sqlstate", None), str(error.orig)
    state = next((code for words, code in _WORDS.items() if words in text), state)
    if state in _LOST or replaced(error):
        return LostRace("database/busy", _text("多次让给了同时进行的其他业务"))
    return _refusal(_WAITED[state]) if state in _WAITED else None


def replaced(error: DBAPIError) -> bool:
    """Are the tables that a connection knew no more, since a backup was restored in their place.
    These words are in no other language."""
    return any(words in str(error.orig) for words in _REPLACED)


def waited_too_long(error: DBAPIError) -> bool:
    """Was it a lock on PostgreSQL that somebody else kept?"""
    return getattr(error.orig, "sqlstate", None) == "55P03"


def _refusal(why: str) -> Refused:
    return Refused("database/busy", _text(why))


def _text(why: str) -> str:
    return f"数据库正忙：{why}。本次没有入账，请稍后用同一请求号重试"
