"""Whose turn it is on PostgreSQL, where many write at once. SQLite lets one write at a time.

Every transaction says how it stands to the others; what it then decides upon, it locks first and
reads afterwards. Locks are taken in one order by all: the turn, people by their number, months.
A transaction reads what is committed when each statement begins (READ COMMITTED): a run over a
million people would never end if one visit between its first look and its last undid it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import Enum

from sqlalchemy import Connection

from ledger.storage.database.bulk import keys, texts
from ledger.storage.roster.people import CERTNO, PSN_NO


class Turn(Enum):
    """How a transaction stands to the others. The value is its first statement: a lock on the
    pool's one row's table, on the people's, or both, that stands in the way of whom it must."""

    VISIT = "LOCK TABLE person IN ROW SHARE MODE"
    """Settles visits: waits for the people and the month it touches, and for a standstill."""
    FILE = "LOCK TABLE pool, person IN ROW SHARE MODE; SET LOCAL statement_timeout = 0"
    """A file of visits: like visits, but whoever wants a standstill waits for it on the pool's
    side, where no visit queues behind him."""
    COMMAND = "LOCK TABLE pool IN SHARE UPDATE EXCLUSIVE MODE; SET LOCAL statement_timeout = 0"
    """Anything else that a desk or a run does: one after another, while visits are settled."""
    STANDSTILL = "LOCK TABLE pool, person IN EXCLUSIVE MODE; SET LOCAL statement_timeout = 0"
    """Changes what any visit may rest on (rules, institutions, numbers, links): visits wait."""


def take_turn(connection: Connection, turn: Turn) -> None:
    """Wait for the turn: the first statement of a transaction that writes."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(turn.value)


@contextmanager
def moment_alone(connection: Connection) -> Iterator[None]:
    """Inside the block nobody settles: all that began before has ended, and all that comes after
    has later entries. For a command that then goes on beside visits."""
    if connection.dialect.name != "postgresql":
        yield
        return
    moment = connection.begin_nested()
    connection.exec_driver_sql("LOCK TABLE pool, person IN EXCLUSIVE MODE")
    yield
    connection.exec_driver_sql("SELECT pg_sleep(0.002)")  # Ids count milliseconds.
    moment.rollback()  # Lets go of the two locks.


_IN_ORDER = "ORDER BY p.person_id FOR NO KEY UPDATE OF p"

LOCKED = f"SELECT p.person_id FROM person AS p WHERE {{}} {_IN_ORDER}"
"""People by whatever says who, locked."""

LOCK_PEOPLE = f"""
    SELECT count(*) FROM (
        SELECT p.person_id FROM json_each(:keys) AS w JOIN person AS p ON p.person_id = w.value
        {_IN_ORDER}) AS locked
"""
_NAMED = f"""
    SELECT i.person_id FROM json_each(:texts) AS w
    JOIN person_identity AS i ON i.kind IN ('{PSN_NO}', '{CERTNO}') AND i.number = w.value
"""
LOCK_PATIENTS = f"""
    SELECT count(*) FROM (
        SELECT p.person_id FROM person AS p WHERE p.person_id IN ({_NAMED}) {_IN_ORDER}) AS locked
"""
LOCK_FAMILIES = f"""
    WITH named AS ({_NAMED})
    SELECT count(*) FROM (
        SELECT p.person_id FROM person AS p WHERE p.person_id IN (
            SELECT n.person_id FROM named AS n UNION ALL
            SELECT l.holder_id FROM named AS n JOIN family_link AS l ON l.user_id = n.person_id)
        {_IN_ORDER}) AS locked
"""


def lock_people(connection: Connection, people: Iterable[int]) -> None:
    """Let nobody else decide about these people until the transaction ends: no visit is settled,
    no account emptied. Whoever decides upon what they have calls this before reading it."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(LOCK_PEOPLE, {"keys": keys(people)})


def lock_totals(connection: Connection) -> None:
    """Let nobody else move anybody's totals until the transaction ends.

    For a run that moves everybody's: who takes a million rows in the order of a join would sooner
    or later hold the row that a family waits for, and wait for one that it holds. Visits that
    touch an account wait either way, the others do not.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("LOCK TABLE personal_account IN SHARE ROW EXCLUSIVE MODE")


def lock_patients(connection: Connection, numbers: Iterable[str | None], relatives: bool) -> None:
    """`lock_people` for those whom the numbers name, in one statement.

    Args:
        relatives: and the holders of accounts that they may use.
    """
    if connection.dialect.name == "postgresql":
        statement = LOCK_FAMILIES if relatives else LOCK_PATIENTS
        named = texts(connection, filter(None, numbers))
        connection.exec_driver_sql(statement, {"texts": named})
