"""Premiums paid from accounts (代缴保费), and what of them still waits to be paid over."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection

from ledger.books.chart import CLEARING_OTHER_FUNDS
from ledger.storage.database.bulk import insert_rows, keys


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
    connection: Connection, insured_id: int, premium_kind: str, year: int, standing: bool = True
) -> PremiumRow | None:
    """The newest premium of this kind and year that an account has paid.

    Args:
        standing: only one that was not given back.
    """
    row = connection.exec_driver_sql(
        f"SELECT {', '.join(f'p.{name}' for name in PremiumRow._fields)} FROM premium AS p "
        "WHERE p.insured_id = :insured AND p.premium_kind = :kind AND p.year = :year "
        "AND (NOT :standing OR NOT EXISTS (SELECT 1 FROM entry AS r "
        "WHERE r.person_id = p.person_id AND r.reverses_entry_id = p.entry_id)) "
        "ORDER BY p.entry_id DESC LIMIT 1",
        {"insured": insured_id, "kind": premium_kind, "year": year, "standing": standing},
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


def given_back(connection: Connection, premiums_paid: Iterable[PremiumRow]) -> dict[int, date]:
    """The entry of a premium -> the day on which it was given back."""
    rows = connection.exec_driver_sql(
        "SELECT p.entry_id, r.happened_on FROM json_each(:keys) AS w "
        "CROSS JOIN entry AS p ON p.entry_id = w.value "
        "JOIN entry AS r ON r.person_id = p.person_id AND r.reverses_entry_id = p.entry_id",
        {"keys": keys(row.entry_id for row in premiums_paid)},
    )
    return {int(entry_id): date.fromisoformat(day) for entry_id, day in rows}


def waiting_to_be_paid_over(connection: Connection) -> int:
    """What accounts have paid as premiums and the fund still holds, fen; below zero, what the
    other funds have to pay back for premiums given back."""
    fen = connection.exec_driver_sql(
        "SELECT coalesce(sum(CASE WHEN credit_account = :account THEN amount_fen "
        "ELSE -amount_fen END), 0) FROM transfer "
        "WHERE kind IN ('premium', 'premiums_paid_over', 'premium_refund', "
        "'premiums_paid_over_refund') "
        "AND (credit_account = :account OR debit_account = :account)",
        {"account": CLEARING_OTHER_FUNDS},
    ).scalar_one()
    return int(fen)


def _row(row: tuple[Any, ...]) -> PremiumRow:
    holder, entry, insured, kind, year, fen, paid_on, relation = row
    return PremiumRow(
        holder, entry, insured, kind, year, fen, date.fromisoformat(paid_on), relation
    )
