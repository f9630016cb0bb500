"""Credits that are due while the state of an account forbids them: kept back, shown, released."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import Connection

from ledger.benefits.account_states import Movement, standing
from ledger.core.months import Month
from ledger.storage.accounts.account_events import happened_to
from ledger.storage.database.bulk import execute_rows, keys

UPSERT = """
    INSERT INTO credit_withheld (person_id, month, source, amount_fen, state)
    VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (person_id, month, source)
    DO UPDATE SET amount_fen = excluded.amount_fen, state = excluded.state
"""


class Withheld(NamedTuple):
    """A row of `credit_withheld`: what is due for a month, and the state that keeps it back."""

    person_id: int
    month: int
    source: str
    amount_fen: int
    state: str


def barred(connection: Connection, people: Iterable[int]) -> dict[int, str]:
    """Person -> the state of the account that takes no credits, where one holds."""
    result = {}
    for person_id, events in happened_to(connection, people).items():
        state = standing(events).refusing(Movement.CREDIT)
        if state is not None:
            result[person_id] = str(state)
    return result


def staged_with_events(connection: Connection) -> list[int]:
    """Those of the stage whose account's state ever changed: the only ones to look at."""
    rows = connection.exec_driver_sql(
        "SELECT DISTINCT e.person_id FROM account_event AS e WHERE EXISTS ("
        "SELECT 1 FROM temp.credit_stage AS s WHERE s.person_id = e.person_id)"
    )
    return [int(person_id) for (person_id,) in rows]


def take_out_of_stage(connection: Connection, states: Mapping[int, str]) -> list[Withheld]:
    """Keep credits of these people out of the stage; a shift of plan stays in it."""
    rows = connection.exec_driver_sql(
        "SELECT s.person_id, s.month, s.kind, s.amount_fen FROM json_each(:keys) AS w "
        "CROSS JOIN temp.credit_stage AS s ON s.person_id = w.value WHERE s.amount_fen > 0",
        {"keys": keys(states)},
    )
    found = [
        Withheld(person, month, kind.removeprefix("credit_"), fen, states[person])
        for person, month, kind, fen in rows
    ]
    for change in (
        "DELETE FROM temp.credit_stage WHERE shift_fen = 0",
        "UPDATE temp.credit_stage SET amount_fen = 0 WHERE true",
    ):
        connection.exec_driver_sql(
            f"{change} AND amount_fen > 0 "
            "AND person_id IN (SELECT w.value FROM json_each(:keys) AS w)",
            {"keys": keys(states)},
        )
    return found


def keep(connection: Connection, items: Iterable[Withheld]) -> None:
    execute_rows(connection, UPSERT, list(items))


def release(connection: Connection) -> set[tuple[int, int, str]]:
    """Mark people whose account takes credits again, to be looked at by this run.

    Returns:
        (person, month, source) of what was withheld from them.
    """
    rows = [Withheld(*row) for row in connection.exec_driver_sql(_ALL)]
    still = barred(connection, {row.person_id for row in rows})
    released = [row for row in rows if row.person_id not in still]
    execute_rows(
        connection,
        "INSERT INTO credit_again (person_id, from_month) VALUES (?, ?) "
        "ON CONFLICT (person_id) DO UPDATE "
        "SET from_month = min(credit_again.from_month, excluded.from_month)",
        [(row.person_id, row.month) for row in released],
    )
    return {(row.person_id, row.month, row.source) for row in released}


def forget_marked(connection: Connection, through: Month) -> None:
    """What is looked at again is withheld again, if it still has to be."""
    connection.exec_driver_sql(
        "DELETE FROM credit_withheld WHERE month <= :through AND EXISTS ("
        "SELECT 1 FROM credit_again AS a WHERE a.person_id = credit_withheld.person_id "
        "AND a.from_month <= credit_withheld.month)",
        {"through": through.number},
    )


_ALL = (
    "SELECT person_id, month, source, amount_fen, state FROM credit_withheld "
    "ORDER BY person_id, month, source"
)


def all_withheld(connection: Connection) -> list[Withheld]:
    """Everything that is withheld now."""
    return [Withheld(*row) for row in connection.exec_driver_sql(_ALL)]
