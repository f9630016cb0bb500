"""Premiums paid from accounts (代缴保费), and what of them still waits to be paid over."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection

from ledger.books.chart import CLEARING_OTHER_FUNDS
from ledger.storage.bulk import insert_rows


class PremiumRow(NamedTuple):
    """`person_id` paid for `insured_id`; `year` is the year that is insured."""

    person_id: int
    entry_id: int
    insured_id: int
    premium_kind: str
    year: int
    amount_fen: int
    paid_on: date
    relation: str | None


_COLUMNS = " ".join(PremiumRow._fields)


def insert_premium(connection: Connection, row: PremiumRow) -> None:
    insert_rows(connection, "premium", _COLUMNS, [row])


def paid_for(
    connection: Connection, insured_id: int, premium_kind: str, year: int
) -> PremiumRow | None:
    """The premium of this kind and year, if an account has paid one."""
    row = connection.exec_driver_sql(
        f"SELECT {', '.join(PremiumRow._fields)} FROM premium "
        "WHERE insured_id = ? AND premium_kind = ? AND year = ?",
        (insured_id, premium_kind, year),
    ).first()
    return None if row is None else _row(tuple(row))


def premiums(
    connection: Connection, start: date, until: date, person_id: int | None = None
) -> list[PremiumRow]:
    """Premiums paid in [start, until), of one payer where one is given, oldest first."""
    rows = connection.exec_driver_sql(
        f"SELECT {', '.join(PremiumRow._fields)} FROM premium "
        "WHERE paid_on >= :start AND paid_on < :until "
        "AND (:person IS NULL OR person_id = :person) ORDER BY paid_on, entry_id",
        {"start": start, "until": until, "person": person_id},
    )
    return [_row(tuple(row)) for row in rows]


def waiting_to_be_paid_over(connection: Connection) -> int:
    """What accounts have paid as premiums and the fund still holds, fen."""
    fen = connection.exec_driver_sql(
        "SELECT coalesce(sum(CASE WHEN credit_account = :account THEN amount_fen "
        "ELSE -amount_fen END), 0) FROM transfer "
        "WHERE kind IN ('premium', 'premiums_paid_over') "
        "AND (credit_account = :account OR debit_account = :account)",
        {"account": CLEARING_OTHER_FUNDS},
    ).scalar_one()
    return int(fen)


def _row(row: tuple[Any, ...]) -> PremiumRow:
    holder, entry, insured, kind, year, fen, paid_on, relation = row
    return PremiumRow(
        holder, entry, insured, kind, year, fen, date.fromisoformat(paid_on), relation
    )
