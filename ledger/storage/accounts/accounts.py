"""A person's account: totals, years, lines of the statement, debts; now, as of a day, and as
known at an instant."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import NamedTuple

from sqlalchemy import Connection

from ledger.books.chart import OWED_BY_PERSONS, PERSONAL_ACCOUNT_FUND
from ledger.reports.account_statement import YearTotal
from ledger.storage.as_of import BOOKED, NOW, AsOf
from ledger.storage.database.bulk import make_room
from ledger.storage.database.engine import instant_text
from ledger.storage.database.kept_plans import ask_again


class AccountTotals(NamedTuple):
    """Running totals, fen; `status` is "none" for a person who never had an account."""

    credited_fen: int
    debited_fen: int
    held_fen: int
    status: str

    @property
    def balance_fen(self) -> int:
        return self.credited_fen - self.debited_fen


class AccountLine(NamedTuple):
    """One movement of an account; money in is positive."""

    happened_on: date
    entry_id: int
    kind: str
    benefit_month: int | None
    provider_name: str | None
    amount_fen: int


def totals(connection: Connection, person_id: int) -> AccountTotals:
    row = connection.exec_driver_sql(
        "SELECT credited_fen, debited_fen, held_fen, status FROM personal_account "
        "WHERE person_id = ?",
        (person_id,),
    ).first()
    return AccountTotals(0, 0, 0, "none") if row is None else AccountTotals(*row)


def by_year(connection: Connection, person_id: int) -> list[tuple[int, int]]:
    """(year of the money, fen left of it)."""
    return [(year.year, year.left_fen) for year in year_totals(connection, person_id)]


_MOVED = (
    "sum(CASE WHEN t.credit_account = :account THEN t.amount_fen "
    "WHEN t.debit_account = :account THEN -t.amount_fen ELSE 0 END)"
)
_YEARS = f"""
    SELECT t.fund_year, sum(CASE WHEN t.credit_account = :account THEN t.amount_fen ELSE 0 END),
        sum(CASE WHEN t.debit_account = :account THEN t.amount_fen ELSE 0 END)
    FROM transfer AS t
    WHERE {BOOKED} AND (t.credit_account = :account OR t.debit_account = :account)
    GROUP BY t.fund_year ORDER BY t.fund_year
"""


def year_totals(connection: Connection, person_id: int, view: AsOf = NOW) -> tuple[YearTotal, ...]:
    """The account by the year of its money, oldest first."""
    if view.now:
        rows = connection.exec_driver_sql(
            "SELECT year, credited_fen, debited_fen FROM account_year WHERE person_id = ? "
            "ORDER BY year",
            (person_id,),
        )
    else:
        marks = view.marks(person_id) | {"account": PERSONAL_ACCOUNT_FUND}
        return tuple(YearTotal(*row) for row in ask_again(connection, _YEARS, marks))
    return tuple(YearTotal(*row) for row in rows)


_EVERYBODY = """
    SELECT t.person_id, CAST(sum(CASE WHEN t.credit_account = :account THEN t.amount_fen
        ELSE -t.amount_fen END) AS BIGINT)
    FROM transfer AS t
    WHERE t.happened_on <= :last_day AND t.entry_id < :before
        AND (t.credit_account = :account OR t.debit_account = :account)
    GROUP BY t.person_id
"""


def balances(connection: Connection, view: AsOf) -> Iterator[tuple[int, int]]:
    """(person, balance in fen) of everybody whose account ever moved, in no order: one pass over
    the transfers."""
    make_room(connection)
    marks = {"last_day": view.last_day, "before": view.before, "account": PERSONAL_ACCOUNT_FUND}
    for row in connection.exec_driver_sql(_EVERYBODY, marks):
        yield row[0], row[1]


def owed(connection: Connection, person_id: int, view: AsOf = NOW) -> int:
    """What a person owes (待追回), fen."""
    query = f"SELECT coalesce(-{_MOVED}, 0) FROM transfer AS t WHERE {BOOKED}"
    marks = view.marks(person_id) | {"account": OWED_BY_PERSONS}
    return int(ask_again(connection, query, marks)[0][0])


_HELD = """
    SELECT coalesce(sum(CASE WHEN q.kind IN ('given', 'reversed') THEN q.amount_fen
        ELSE -q.amount_fen END), 0)
    FROM quota_event AS q
    WHERE q.person_id = :person AND q.happened_on <= :last_day AND q.recorded_at <= :known_at
        AND NOT (q.kind = 'reversed' AND EXISTS (
            SELECT 1 FROM quota_event AS r WHERE r.person_id = q.person_id
                AND r.hold_id = q.hold_id AND r.kind = 'returned' AND r.event_no < q.event_no))
"""


def held(connection: Connection, person_id: int, last_day: date, known_at: datetime | None) -> int:
    """What quotas across pools held back of the account, fen: given less used and returned. A
    use taken back after the return is no longer held."""
    instant = "9999-12-31" if known_at is None else instant_text(known_at.astimezone(UTC))
    marks = {"person": person_id, "last_day": last_day, "known_at": instant}
    return int(connection.exec_driver_sql(_HELD, marks).scalar_one())


_POSITION = """
    SELECT coalesce(sum(in_scope), 0), coalesce(sum(deductible_fen), 0),
        coalesce(sum(cost_fen), 0), coalesce(sum(paid_fen), 0), coalesce(sum(version), 0)
    FROM (
        SELECT deductible_fen + beyond_deductible_fen AS in_scope, deductible_fen, cost_fen,
            pool_fen AS paid_fen, 1 AS version FROM settlement
        WHERE person_id = :person AND year = :year AND happened_on <= :last_day
            AND settlement_id < :before
        UNION ALL
        SELECT -w.in_scope_fen, -w.deductible_fen, -w.cost_fen, -w.paid_fen, -1
        FROM settlement AS s JOIN settlement_window AS w ON w.person_id = s.person_id
            AND w.settlement_id = s.settlement_id AND w.benefit NOT LIKE '%/%'
        WHERE s.person_id = :person AND s.year = :year AND s.happened_on <= :last_day
            AND s.settlement_id < :before
        UNION ALL
        SELECT a.in_scope_fen, a.deductible_fen, a.cost_fen, a.paid_fen, a.version
        FROM accumulator_move AS a
        JOIN entry AS e ON e.entry_id = a.merge_id AND e.happened_on <= :last_day
        WHERE a.person_id = :person AND a.year = :year AND a.merge_id < :before
            AND a.benefit = 'outpatient')
"""


class YearPosition(NamedTuple):
    """What a person-year has used of deductible and limit, fen; `visits` counts settlements."""

    in_scope_fen: int
    deductible_fen: int
    cost_fen: int
    paid_fen: int
    visits: int


def year_position(connection: Connection, person_id: int, year: int, view: AsOf) -> YearPosition:
    """The accumulators of a person-year, folded anew from what a question looks at."""
    (row,) = ask_again(connection, _POSITION, view.marks(person_id) | {"year": year})
    return YearPosition(*row)


def lines(connection: Connection, person_id: int, start: date, until: date) -> list[AccountLine]:
    """Movements in [start, until), by day and then in the order of posting."""
    rows = connection.exec_driver_sql(
        "SELECT t.happened_on, t.entry_id, t.kind, t.benefit_month, p.name, "
        "CASE WHEN t.credit_account = :account THEN t.amount_fen ELSE -t.amount_fen END "
        "FROM transfer AS t LEFT JOIN provider AS p ON p.provider_id = t.provider_id "
        "WHERE t.person_id = :person AND t.happened_on >= :start AND t.happened_on < :until "
        "AND (t.credit_account = :account OR t.debit_account = :account) "
        "ORDER BY t.happened_on, t.entry_id, t.leg",
        {
            "account": PERSONAL_ACCOUNT_FUND,
            "person": person_id,
            "start": start,
            "until": until,
        },
    )
    return [AccountLine(date.fromisoformat(row[0]), *row[1:]) for row in rows]
