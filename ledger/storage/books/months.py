"""Months of account (会计月份): opened by the first event that needs them, closed for ever.

On PostgreSQL a month is opened at once, whatever becomes of the event: as long as its row is not
committed, everybody else who needs the month would wait for that event's end. A month that was
opened for nothing has no entry; nobody sees it, and it closes together with the next one.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from ledger.core.months import Month
from ledger.storage.database.bulk import Row
from ledger.storage.database.busy import waited_too_long
from ledger.storage.database.questions import Question, ask
from ledger.storage.database.triggers_postgres import SHARE_MONTH, TAKE_MONTH

_OPENING = 0
"""No month's number: whoever opens one shares the lock on it, whoever closes one has it alone."""

MOMENT_MS = 300
"""How long a closing waits in everybody's way, before it lets them pass and comes again."""

_PAUSE = "SELECT pg_sleep(0.05)"


def last_closed(connection: Connection) -> Month | None:
    """The newest closed month; every month up to it is closed."""
    number = connection.exec_driver_sql(
        "SELECT max(month) FROM fiscal_month WHERE status = 'closed'"
    ).scalar()
    return None if number is None else Month.from_number(number)


def booked_and_open(connection: Connection, before: Month) -> list[Month]:
    """Earlier months with an entry that are not closed."""
    rows = connection.exec_driver_sql(
        "SELECT m.month FROM fiscal_month AS m WHERE m.status = 'open' AND m.month < ? "
        "AND EXISTS (SELECT 1 FROM entry AS e WHERE e.fiscal_month = m.month) ORDER BY m.month",
        (before.number,),
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
            _open(self._connection, month)
            self._open.add(month)
        return month


_OPEN = """
    INSERT INTO fiscal_month (month, status)
    SELECT n.month, 'open' FROM (SELECT CAST(? AS INTEGER) AS month) AS n
    WHERE NOT EXISTS (
        SELECT 1 FROM fiscal_month AS m WHERE m.status = 'closed' AND m.month >= n.month)
    ON CONFLICT DO NOTHING
"""


def _open(connection: Connection, month: Month) -> None:
    """Open a month that no closing has passed; one that has been passed meanwhile stays shut, so
    that the entry for it is refused and its event takes another month."""
    if connection.dialect.name != "postgresql":
        connection.exec_driver_sql(_OPEN, (month.number,))
        return
    from ledger.storage.database.lines import line_apart  # The driver, only where it is needed.

    with line_apart(connection.engine) as line:
        line.say("BEGIN")
        line.say(f"SELECT {SHARE_MONTH.format(_OPENING)}")
        line.exec_driver_sql(_OPEN, (month.number,))
        line.commit()


def hold(connection: Connection, month: Month) -> None:
    """Let nothing more be booked into the month and the open ones before it, and none be opened,
    until the transaction ends. Whoever waits with an entry finds the month closed, and takes the
    next one.

    A file may keep a month for minutes, and who waits for it alone is in the way of all who come
    later. So it waits a moment, lets them pass, and comes again, as long as anybody may wait.

    Raises:
        DBAPIError: somebody kept the month for too long.
    """
    if connection.dialect.name != "postgresql":
        return
    limit = int(connection.exec_driver_sql(_LIMIT).scalar_one())
    tries_left = max(limit // MOMENT_MS, 1) if limit else -1
    while not _held(connection, month, is_last=tries_left == 1):
        tries_left -= 1
        connection.exec_driver_sql(_PAUSE)
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {limit}")


_LIMIT = "SELECT setting FROM pg_settings WHERE name = 'lock_timeout'"
"""Milliseconds; 0: for ever."""
_OPEN_UP_TO = "SELECT month FROM fiscal_month WHERE status = 'open' AND month <= ? ORDER BY month"


def _held(connection: Connection, month: Month, is_last: bool) -> bool:
    """Are all of them held now? If not, none is.

    Raises:
        DBAPIError: they are not, and this was the last try.
    """
    take = f"SELECT {TAKE_MONTH.format('?')}"
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {MOMENT_MS}")
            connection.exec_driver_sql(take, (_OPENING,))
            opened = connection.exec_driver_sql(_OPEN_UP_TO, (month.number,)).all()
            for (number,) in opened:
                connection.exec_driver_sql(take, (number,))
    except DBAPIError as error:
        if is_last or not waited_too_long(error):
            raise
        return False
    return True


def close_month(connection: Connection, month: Month, instant: datetime, actor: str) -> None:
    """Roll the month's turnover up by account, then lock it, and those before it that were opened
    and never had an entry. Under `hold`."""
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
        "UPDATE fiscal_month SET status = 'closed', closed_at = ?, closed_by = ? "
        "WHERE month <= ? AND status = 'open'",
        (instant, actor, month.number),
    )
