"""Months of account (会计月份): opened by the first event that needs them, closed for ever."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection

from ledger.core.months import Month
from ledger.storage.database.bulk import Row
from ledger.storage.database.questions import Question, ask
from ledger.storage.database.triggers_postgres import TAKE_MONTH


def last_closed(connection: Connection) -> Month | None:
    """The newest closed month; every month up to it is closed."""
    number = connection.exec_driver_sql(
        "SELECT max(month) FROM fiscal_month WHERE status = 'closed'"
    ).scalar()
    return None if number is None else Month.from_number(number)


def open_months(connection: Connection) -> list[Month]:
    rows = connection.exec_driver_sql(
        "SELECT month FROM fiscal_month WHERE status = 'open' ORDER BY month"
    )
    return [Month.from_number(number) for (number,) in rows]


class KnownMonths(NamedTuple):
    """The newest closed month, and those that are open."""

    closed: Month | None
    opened: set[Month]


def known_months(connection: Connection) -> KnownMonths:
    return ask(connection, MONTHS)


def _months(rows: Iterable[Row]) -> KnownMonths:
    closed: Month | None = None
    opened: set[Month] = set()
    for number, status in rows:
        month = Month.from_number(number)
        if status == "open":
            opened.add(month)
        elif closed is None or month > closed:
            closed = month
    return KnownMonths(closed, opened)


MONTHS = Question(
    "SELECT m.month, m.status FROM fiscal_month AS m WHERE m.status = 'open' OR m.month = "
    "(SELECT max(c.month) FROM fiscal_month AS c WHERE c.status = 'closed')",
    _months,
)


class BookingMonths:
    """Which month of account takes an event of a given day: its own, or, once that is closed,
    the first one that is not. Opens months on the way; reads the database once."""

    def __init__(
        self, connection: Connection, may_open: bool = True, known: KnownMonths | None = None
    ) -> None:
        self._connection, self._may_open = connection, may_open
        self._closed, self._open = known or known_months(connection)

    def is_open(self, month: Month) -> bool:
        return month in self._open

    def of(self, day: date) -> Month:
        month = Month.of(day)
        if self._closed is not None and month <= self._closed:
            month = self._closed.next()
        if month not in self._open and self._may_open:
            self._connection.exec_driver_sql(
                "INSERT INTO fiscal_month (month, status) VALUES (?, 'open') "
                "ON CONFLICT DO NOTHING",
                (month.number,),
            )
            self._open.add(month)
        return month


def hold(connection: Connection, month: Month) -> None:
    """Let nothing more be booked into the month until the transaction ends. Whoever waits with
    an entry for it finds it closed, and takes the next one."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT {TAKE_MONTH.format('?')}", (month.number,))


def close_month(connection: Connection, month: Month, instant: datetime, actor: str) -> None:
    """Roll the month's turnover up by account, then lock it."""
    connection.exec_driver_sql(
        """
        INSERT INTO account_month (fiscal_month, account, debit_fen, credit_fen)
        SELECT fiscal_month, account, sum(debit), sum(credit) FROM (
            SELECT fiscal_month, debit_account AS account, amount_fen AS debit, 0 AS credit
            FROM transfer WHERE fiscal_month = :month
            UNION ALL
            SELECT fiscal_month, credit_account, 0, amount_fen
            FROM transfer WHERE fiscal_month = :month)
        GROUP BY fiscal_month, account
        """,
        {"month": month.number},
    )
    connection.exec_driver_sql(
        "UPDATE fiscal_month SET status = 'closed', closed_at = ?, closed_by = ? WHERE month = ?",
        (instant, actor, month.number),
    )
