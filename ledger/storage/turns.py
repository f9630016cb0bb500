"""Whose turn it is on PostgreSQL, where many write at once. SQLite lets one write at a time.

Locks are taken in one order by everybody: the turn, people by their number, months.
"""

from __future__ import annotations

from enum import Enum

from sqlalchemy import Connection


class Turn(Enum):
    """How a transaction stands to the others. The value is its lock on the pool's one row."""

    RUN = "LOCK TABLE pool IN EXCLUSIVE MODE"
    """Works on many people, or on what all share: alone among runs and commands."""
    DESK = "LOCK TABLE pool IN ROW SHARE MODE"
    """A command about one person or few: beside other commands, not beside a run."""
    VISIT = ""
    """Settles visits, which wait for no run, only for the people and the month they touch."""


def take_turn(connection: Connection, turn: Turn) -> None:
    """Wait for the turn; the first statement of a transaction, since what it then sees of others
    is fixed by the next one."""
    if turn.value and connection.dialect.name == "postgresql":
        connection.exec_driver_sql(turn.value)
