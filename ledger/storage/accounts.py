"""A person's account: totals, years, lines of the statement, debts."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection

from ledger.books.chart import OWED_BY_PERSONS, PERSONAL_ACCOUNT_FUND


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
    rows = connection.exec_driver_sql(
        "SELECT year, credited_fen - debited_fen FROM account_year WHERE person_id = ? "
        "ORDER BY year",
        (person_id,),
    )
    return [(year, left) for year, left in rows]


_MOVED = (
    "sum(CASE WHEN credit_account = :account THEN amount_fen "
    "WHEN debit_account = :account THEN -amount_fen ELSE 0 END)"
)


def owed(connection: Connection, person_id: int) -> int:
    """What a person owes (待追回), fen."""
    value = connection.exec_driver_sql(
        f"SELECT coalesce(-{_MOVED}, 0) FROM transfer WHERE person_id = :person",
        {"account": OWED_BY_PERSONS, "person": person_id},
    ).scalar_one()
    return int(value)


def balance_before(connection: Connection, person_id: int, day: date) -> int:
    """The balance at the end of the day before `day`, fen."""
    value = connection.exec_driver_sql(
        f"SELECT coalesce({_MOVED}, 0) FROM transfer "
        "WHERE person_id = :person AND happened_on < :day",
        {"account": PERSONAL_ACCOUNT_FUND, "person": person_id, "day": day},
    ).scalar_one()
    return int(value)


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
