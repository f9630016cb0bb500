"""What the pooled fund owes people, and what people owe it: as far as resettling has to know."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import Connection

from ledger.benefits.settlement import Settlement
from ledger.books.chart import PAYABLE_PERSONS_POOL
from ledger.storage.database.bulk import keys

_DUE = f"""
    SELECT t.person_id, sum(CASE '{PAYABLE_PERSONS_POOL}'
        WHEN t.credit_account THEN t.amount_fen WHEN t.debit_account THEN -t.amount_fen
        ELSE 0 END)
    FROM json_each(:keys) AS w CROSS JOIN transfer AS t ON t.person_id = w.value
    WHERE t.credit_account = '{PAYABLE_PERSONS_POOL}' OR t.debit_account = '{PAYABLE_PERSONS_POOL}'
    GROUP BY t.person_id
"""


_NOTED = """
    SELECT p.person_id, sum(p.pool_fen) FROM json_each(:keys) AS w
    CROSS JOIN payee AS p ON p.person_id = w.value
    WHERE NOT EXISTS (SELECT 1 FROM payee_payment AS d
        WHERE d.person_id = p.person_id AND d.payee_id = p.payee_id)
    GROUP BY p.person_id
"""


def due_without_payee(connection: Connection, people: Iterable[int]) -> dict[int, int]:
    """What the pooled fund owes people (应付个人款), has not paid, and has no payee for, fen.

    What has a payee will be paid as it was claimed, so it is as good as paid.
    """
    wanted = {"keys": keys(people)}
    due = {int(who): int(fen) for who, fen in connection.exec_driver_sql(_DUE, wanted)}
    for who, fen in connection.exec_driver_sql(_NOTED, wanted):
        due[who] = due.get(who, 0) - fen
    return due


_OWED_BY_RESETTLING = """
    SELECT t.person_id, CAST(sum(CASE WHEN t.kind IN ('owed_pool', 'owed_netted_back')
        THEN t.amount_fen ELSE -t.amount_fen END) AS BIGINT)
    FROM json_each(:keys) AS w CROSS JOIN transfer AS t ON t.person_id = w.value
    LEFT JOIN resettlement AS x ON x.person_id = t.person_id AND x.settlement_id = t.entry_id
    WHERE t.kind IN ('owed_pool_refund', 'owed_netted', 'owed_netted_back')
        OR (t.kind = 'owed_pool' AND x.settlement_id IS NOT NULL)
    GROUP BY t.person_id
"""


def owed_by_resettling(connection: Connection, people: Iterable[int]) -> dict[int, int]:
    """What resettlements that stand have made these numbers owe and was not set off, fen;
    whether it was recovered otherwise is not looked at."""
    rows = connection.exec_driver_sql(_OWED_BY_RESETTLING, {"keys": keys(people)})
    return {int(person_id): int(fen) for person_id, fen in rows}


def owed_of(connection: Connection, people: Iterable[int]) -> dict[int, int]:
    """What people owe the fund (待追回) and have not settled, fen."""
    rows = connection.exec_driver_sql(
        "SELECT d.person_id, d.owed_fen - d.settled_fen FROM json_each(:keys) AS w "
        "CROSS JOIN debtor AS d ON d.person_id = w.value",
        {"keys": keys(people)},
    )
    return {int(person_id): int(fen) for person_id, fen in rows}


def claimed_back(connection: Connection, settlements: Iterable[Settlement]) -> set[int]:
    """Those people of whom a settlement was booked as owed by hand: it is not settled anew
    beside that, or the person would owe it twice."""
    numbers = {of.settlement_id: of.person_id for of in settlements}
    rows = connection.exec_driver_sql(
        "SELECT b.settlement_id FROM json_each(:keys) AS w "
        "CROSS JOIN debt AS b ON b.person_id = w.value WHERE b.settlement_id IS NOT NULL",
        {"keys": keys(numbers.values())},
    )
    return {numbers[number] for (number,) in rows if number in numbers}


def newest_due(connection: Connection, number: int) -> int | None:
    """The entry for which what is due to a number stands: its newest resettlement, or whatever
    else was the last to make anything due."""
    entry_id = connection.exec_driver_sql(
        "SELECT coalesce((SELECT max(settlement_id) FROM resettlement WHERE person_id = :number), "
        "(SELECT max(entry_id) FROM transfer WHERE person_id = :number "
        f"AND credit_account = '{PAYABLE_PERSONS_POOL}'))",
        {"number": number},
    ).scalar()
    return None if entry_id is None else int(entry_id)


def resettled_people(connection: Connection) -> list[int]:
    """Numbers of which anything was settled anew: only to those is money due without a payee."""
    rows = connection.exec_driver_sql("SELECT DISTINCT person_id FROM resettlement ORDER BY 1")
    return [int(person_id) for (person_id,) in rows]


def due_since(connection: Connection, number: int, due_fen: int) -> date:
    """Since when the oldest part of what is due to a number, and has no payee, is due: the
    newest credits add up to it."""
    rows = connection.exec_driver_sql(
        "SELECT happened_on, amount_fen FROM transfer WHERE person_id = ? "
        f"AND credit_account = '{PAYABLE_PERSONS_POOL}' ORDER BY entry_id DESC, leg DESC",
        (number,),
    ).all()
    begun, left = rows[0][0], due_fen
    for day, fen in rows:
        if left > 0:
            begun = day
        left -= fen
    return date.fromisoformat(begun)
