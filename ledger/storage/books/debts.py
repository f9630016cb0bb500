"""What people owe: totals, the transfers behind them, and recovery from a run's credits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import Connection

from ledger.benefits.debts import DebtLine
from ledger.books.chart import OWED_BY_PERSONS
from ledger.books.kinds import TRANSFER_KINDS
from ledger.core.months import Month
from ledger.storage.books.journal import TRANSFER_COLUMNS
from ledger.storage.database.bulk import BY_PERSON, insert_rows


class DebtorTotals(NamedTuple):
    """Fen: what came to be owed, and what of it was settled."""

    owed_fen: int
    settled_fen: int

    @property
    def open_fen(self) -> int:
        return self.owed_fen - self.settled_fen


def debtor(connection: Connection, person_id: int) -> DebtorTotals:
    row = connection.exec_driver_sql(
        "SELECT owed_fen, settled_fen FROM debtor WHERE person_id = ?", (person_id,)
    ).first()
    return DebtorTotals(0, 0) if row is None else DebtorTotals(*row)


def booked_on(connection: Connection, person_id: int, settlement_id: int) -> int:
    """What was booked as owed of one settlement already, fen."""
    fen = connection.exec_driver_sql(
        "SELECT coalesce(sum(amount_fen), 0) FROM debt WHERE person_id = ? AND settlement_id = ?",
        (person_id, settlement_id),
    ).scalar_one()
    return int(fen)


def insert_debt(
    connection: Connection,
    person_id: int,
    entry_id: int,
    cause: str,
    settlement_id: int | None,
    amount_fen: int,
) -> None:
    insert_rows(
        connection,
        "debt",
        "person_id entry_id cause settlement_id amount_fen",
        [(person_id, entry_id, cause, settlement_id, amount_fen)],
    )


# --- lists ---


class Movement(NamedTuple):
    """A transfer on 待追回款, by which a person came to owe money or which settled debts."""

    person_id: int
    line: DebtLine
    memo: str
    settles: bool

    @property
    def fen(self) -> int:
        """What came to be owed; below zero what settled debts."""
        return -self.line.amount_fen if self.settles else self.line.amount_fen


# A claw-back's cause is the reason of its difference; whatever was booked has its own; a debt
# that came with another number of the person has neither, and its kind says all.
_MOVEMENTS = f"""
    SELECT t.person_id, t.happened_on, t.entry_id, t.kind,
        coalesce(b.cause, c.reason, t.kind), t.benefit_month, b.settlement_id, t.amount_fen,
        e.memo, t.credit_account = '{OWED_BY_PERSONS}'
    FROM debtor AS d
    CROSS JOIN transfer AS t ON t.person_id = d.person_id
    JOIN entry AS e ON e.entry_id = t.entry_id
    LEFT JOIN debt AS b ON b.person_id = t.person_id AND b.entry_id = t.entry_id
    LEFT JOIN credit_difference AS c ON c.person_id = t.person_id AND c.entry_id = t.entry_id
        AND c.benefit_month = t.benefit_month AND t.kind = 'owed_' || c.source
    WHERE (t.debit_account = '{OWED_BY_PERSONS}' OR t.credit_account = '{OWED_BY_PERSONS}')
        AND t.happened_on <= :day AND (:month IS NULL OR t.fiscal_month <= :month)
        AND (:person IS NULL OR d.person_id = :person)
    ORDER BY t.person_id, t.happened_on, t.entry_id, t.leg
"""


def movements(
    connection: Connection, day: date, person_id: int | None = None, month: Month | None = None
) -> Iterator[tuple[int, list[Movement]]]:
    """(person, movements up to and on a day), person by person; all debtors or one.

    Args:
        month: only what is booked up to this month of account.
    """
    marks = {"day": day, "person": person_id, "month": None if month is None else month.number}
    rows = connection.exec_driver_sql(_MOVEMENTS, marks)
    found = (
        Movement(
            row[0],
            DebtLine(date.fromisoformat(row[1]), row[2], row[3], row[4], row[5], row[6], row[7]),
            row[8],
            bool(row[9]),
        )
        for row in rows
    )
    for person, of_person in groupby(found, key=BY_PERSON):
        yield person, list(of_person)


# --- recovery from credits ---

# What the run brought each debtor, claw-backs of the same run deducted, beside what is open and
# what the account still holds of the year's money.
_BROUGHT = """
    SELECT d.person_id, d.owed_fen - d.settled_fen AS open_fen,
        CAST(sum(CASE WHEN t.kind LIKE 'credit_%' THEN t.amount_fen
            WHEN t.kind LIKE 'clawback_%' THEN -t.amount_fen ELSE 0 END) AS BIGINT) AS credited_fen
    FROM debtor AS d CROSS JOIN transfer AS t
        ON t.person_id = d.person_id AND t.entry_id = :run
    WHERE d.owed_fen > d.settled_fen GROUP BY d.person_id, d.owed_fen, d.settled_fen
"""
STAGE_RECOVERIES = f"""
    INSERT INTO temp.recovery_stage (person_id, amount_fen)
    SELECT person_id, fen FROM (
        SELECT b.person_id, min(b.open_fen, b.credited_fen * :share / 10000,
            p.credited_fen - p.debited_fen - p.held_fen, y.credited_fen - y.debited_fen) AS fen
        FROM ({_BROUGHT}) AS b
        CROSS JOIN personal_account AS p ON p.person_id = b.person_id
        CROSS JOIN account_year AS y ON y.person_id = b.person_id AND y.year = :year) AS staged
    WHERE fen > 0
"""


def stage_recoveries(connection: Connection, run: int, year: int, share_bp: int) -> int:
    """Stage what of the credits of a run goes to what their people owe; how many people."""
    connection.exec_driver_sql("DROP TABLE IF EXISTS temp.recovery_stage")
    connection.exec_driver_sql(
        "CREATE TEMP TABLE recovery_stage (person_id INTEGER PRIMARY KEY, amount_fen INTEGER)"
    )
    connection.exec_driver_sql(STAGE_RECOVERIES, {"run": run, "year": year, "share": share_bp})
    people = connection.exec_driver_sql("SELECT count(*) FROM temp.recovery_stage").scalar_one()
    return int(people)


def post_recoveries(
    connection: Connection, entry_id: int, happened_on: date, fiscal_month: int
) -> int:
    """Write the staged recoveries as legs of one entry and move the totals; their sum, fen."""
    scheme = TRANSFER_KINDS["owed_recovered"]
    marks = {
        "entry": entry_id,
        "day": happened_on,
        "month": fiscal_month,
        "year": happened_on.year,
    }
    connection.exec_driver_sql(
        f"INSERT INTO transfer ({', '.join(TRANSFER_COLUMNS.split())}) "
        f"SELECT person_id, :entry, 1, '{scheme.kind}', :day, :month, :year, NULL, "
        f"'{scheme.debit}', '{scheme.credit}', amount_fen, NULL, NULL "
        "FROM temp.recovery_stage ORDER BY person_id",
        marks,
    )
    for table, column, where in (
        ("personal_account", "debited_fen", ""),
        ("account_year", "debited_fen", " AND account_year.year = :year"),
        ("debtor", "settled_fen", ""),
    ):
        connection.exec_driver_sql(
            f"UPDATE {table} SET {column} = {column} + s.amount_fen "
            f"FROM temp.recovery_stage AS s WHERE s.person_id = {table}.person_id{where}",
            marks,
        )
    fen = connection.exec_driver_sql(
        "SELECT coalesce(sum(amount_fen), 0) FROM temp.recovery_stage"
    ).scalar_one()
    return int(fen)
