"""Balances of accounts and what providers are owed: sums over transfers, never stored rows.

Closed months are summed from their roll-up, open ones from their transfers, so that a balance
costs no more the longer the books are kept.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection

from ledger.books.kinds import EntryKind
from ledger.core.months import Month
from ledger.storage.books.cash import CASH_OF_PEOPLE
from ledger.storage.database.bulk import insert_rows

_SIGNED = (
    "SELECT CASE WHEN t.debit_account = :account THEN t.amount_fen ELSE -t.amount_fen END "
    "FROM transfer AS t CROSS JOIN fiscal_month AS m "
    "ON m.month = t.fiscal_month AND m.status = 'open' WHERE"
)
_MINE = "AND (t.debit_account = :account OR t.credit_account = :account)"
_CASH = f"""
    SELECT coalesce(sum(fen), 0) FROM (
        SELECT debit_fen - credit_fen AS fen FROM account_month WHERE account = :account
        UNION ALL {_SIGNED} t.person_id = 0 {_MINE}
        UNION ALL {_SIGNED} {CASH_OF_PEOPLE} {_MINE})
"""


def cash_balance(connection: Connection, account: str) -> int:
    """Debit balance of one of the fund's own accounts, fen.

    Closed months from their roll-up; of open months what stands under person 0 (runs and flows
    of the fund) and the few transfers of cash under a person, which have an index of their own.
    """
    row = connection.exec_driver_sql(_CASH, {"account": account}).scalar_one()
    return int(row)


class Payable(NamedTuple):
    """What a provider is owed through a month, fen, over all months up to it."""

    provider_id: int
    pool_fen: int
    account_fen: int


PAYABLES = """
    WITH newest AS (
        SELECT max(:month, coalesce(max(fiscal_month), 0)) AS month
        FROM provider_statement WHERE provider_id = :provider)
    SELECT
        coalesce(sum(CASE kind WHEN 'pool_pay' THEN amount_fen
            WHEN 'pool_pay_refund' THEN -amount_fen
            WHEN 'provider_pay_pool' THEN -amount_fen
            WHEN 'provider_pay_pool_refund' THEN amount_fen ELSE 0 END), 0),
        coalesce(sum(CASE
            WHEN kind IN ('account_pay', 'family_pay', 'aid_pay', 'provider_pay_account_refund')
                THEN amount_fen
            WHEN kind IN ('account_pay_refund', 'family_pay_refund',
                'aid_pay_refund', 'provider_pay_account') THEN -amount_fen ELSE 0 END), 0)
    FROM newest CROSS JOIN transfer
    WHERE provider_id = :provider
        AND (fiscal_month <= newest.month OR kind IN ('provider_pay_pool', 'provider_pay_account',
            'provider_pay_pool_refund', 'provider_pay_account_refund'))
"""


def payable(connection: Connection, provider_id: int, through: Month) -> Payable:
    """What is owed to a provider for all months up to `through`, less everything paid.

    A payment counts for the month it was for, whenever it was booked. Where a later month was
    paid before, that payment settled the months up to it: they are looked at together, so that
    nothing is paid twice, whatever the order of the months.
    """
    marks = {"provider": provider_id, "month": through.number}
    row = connection.exec_driver_sql(PAYABLES, marks).one()
    return Payable(provider_id, row[0], row[1])


def providers_with_business(connection: Connection, month: Month) -> list[int]:
    """Providers that settled or refunded something in a month of account."""
    rows = connection.exec_driver_sql(
        "SELECT DISTINCT provider_id FROM transfer "
        # Provider 0 is wherever paper bills come from: the person is paid, not the place.
        "WHERE provider_id > 0 AND fiscal_month = ? AND person_id <> 0 ORDER BY 1",
        (month.number,),
    )
    return [int(number) for (number,) in rows]


class StatementRow(NamedTuple):
    """A row of `provider_statement`: a provider's month that was paid."""

    provider_id: int
    fiscal_month: int
    pool_fen: int
    account_fen: int
    entry_id: int | None
    paid_on: date


def statement(connection: Connection, provider_id: int, month: Month) -> StatementRow | None:
    row = connection.exec_driver_sql(
        "SELECT provider_id, fiscal_month, pool_fen, account_fen, entry_id, paid_on "
        "FROM provider_statement WHERE provider_id = ? AND fiscal_month = ?",
        (provider_id, month.number),
    ).first()
    if row is None:
        return None
    return StatementRow(row[0], row[1], row[2], row[3], row[4], date.fromisoformat(row[5]))


def paid_with_later(connection: Connection, provider_id: int, month: Month) -> StatementRow | None:
    """The payment of a later month that settled this one too; None while anything is owed."""
    row = connection.exec_driver_sql(
        "SELECT provider_id, fiscal_month, pool_fen, account_fen, entry_id, paid_on "
        "FROM provider_statement WHERE provider_id = ? AND fiscal_month > ? "
        "ORDER BY fiscal_month DESC LIMIT 1",
        (provider_id, month.number),
    ).first()
    if row is None or payable(connection, provider_id, month)[1:] != (0, 0):
        return None
    return StatementRow(row[0], row[1], row[2], row[3], row[4], date.fromisoformat(row[5]))


def unpaid(connection: Connection, month: Month) -> list[int]:
    """Providers that did business in a month and were paid for it neither by itself nor together
    with a later one; and whoever is owed what the bank returned of earlier months."""
    waiting = {*providers_with_business(connection, month), *_owed_again(connection, month)}
    return [
        provider_id
        for provider_id in sorted(waiting)
        if statement(connection, provider_id, month) is None
        and paid_with_later(connection, provider_id, month) is None
    ]


def _owed_again(connection: Connection, month: Month) -> list[int]:
    """Providers whose payment for a month up to this one came back and is still owed."""
    rows = connection.exec_driver_sql(
        "SELECT DISTINCT t.provider_id FROM entry AS e "
        "JOIN transfer AS t ON t.person_id = e.person_id AND t.entry_id = e.entry_id "
        "WHERE e.person_id = 0 AND e.kind = ? AND t.benefit_month <= ?",
        (EntryKind.PROVIDER_PAYMENT_RETURN.value, month.number),
    )
    owed = (payable(connection, int(provider_id), month) for (provider_id,) in rows.all())
    return [found.provider_id for found in owed if max(found.pool_fen, found.account_fen) > 0]


def delete_statement(connection: Connection, row: StatementRow) -> bool:
    """Take the note of a payment away, which the bank returned; False where it is gone already."""
    gone = connection.exec_driver_sql(
        "DELETE FROM provider_statement "
        "WHERE provider_id = ? AND fiscal_month = ? AND entry_id = ?",
        (row.provider_id, row.fiscal_month, row.entry_id),
    )
    return gone.rowcount == 1


def insert_statement(connection: Connection, row: StatementRow) -> None:
    insert_rows(connection, "provider_statement", " ".join(StatementRow._fields), [row])
