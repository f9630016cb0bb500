"""Money due to persons (应付个人款): who gets it, by which bank account, and when it was paid."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection

from ledger.core.people import BankAccount
from ledger.storage.database.bulk import insert_rows
from ledger.storage.database.engine import instant_text
from ledger.storage.database.unit_of_work import UnitOfWork


class Payee(NamedTuple):
    """What is due to one receiver by one entry, fen by payable; `paid_on` None: not yet paid."""

    person_id: int
    payee_id: int
    entry_id: int
    entry_kind: str
    bank_account: BankAccount
    account_fen: int
    pool_fen: int
    claimed_on: date
    paid_on: date | None
    paid_by_entry: int | None
    returned_on: date | None
    """When the bank returned the payment; what was due is due again by another row."""


_SELECT = """
    SELECT p.person_id, p.payee_id, p.entry_id, e.kind, p.name, p.bank, p.bank_account,
        p.account_fen, p.pool_fen, p.claimed_on, d.paid_on, d.entry_id, r.happened_on
    FROM payee AS p
    JOIN entry AS e ON e.person_id = p.person_id AND e.entry_id = p.entry_id
    LEFT JOIN payee_payment AS d ON d.person_id = p.person_id AND d.payee_id = p.payee_id
    LEFT JOIN entry AS r ON r.person_id = d.person_id AND r.reverses_entry_id = d.entry_id
"""


def insert_payee(
    work: UnitOfWork,
    person_id: int,
    entry_id: int,
    bank_account: BankAccount,
    claimed_on: date,
    account_fen: int = 0,
    pool_fen: int = 0,
) -> int:
    """Note to whom what an entry made payable is due; returns the payee's id.

    Args:
        entry_id: the entry that credits 应付个人款 under this person.
        account_fen, pool_fen: the parts on 2104 and 2103; their sum is above zero.
    """
    payee_id = work.ids.next()
    insert_rows(
        work.connection,
        "payee",
        "person_id payee_id entry_id name bank bank_account account_fen pool_fen claimed_on "
        "recorded_at actor",
        [
            (
                person_id,
                payee_id,
                entry_id,
                *bank_account,
                account_fen,
                pool_fen,
                claimed_on,
                instant_text(work.recorded_at),
                work.actor,
            )
        ],
    )
    return payee_id


def insert_payment(connection: Connection, payee: Payee, entry_id: int, paid_on: date) -> None:
    insert_rows(
        connection,
        "payee_payment",
        "person_id payee_id entry_id paid_on",
        [(payee.person_id, payee.payee_id, entry_id, paid_on)],
    )


def find_payee(connection: Connection, payee_id: int) -> Payee | None:
    row = connection.exec_driver_sql(f"{_SELECT} WHERE p.payee_id = ?", (payee_id,)).first()
    return None if row is None else _payee(tuple(row))


def payees(
    connection: Connection, person_id: int | None = None, unpaid: bool = True
) -> list[Payee]:
    """Oldest claim first; of one person, where one is given."""
    rows = connection.exec_driver_sql(
        f"{_SELECT} WHERE (:person IS NULL OR p.person_id = :person) "
        "AND (NOT :unpaid OR d.payee_id IS NULL) ORDER BY p.claimed_on, p.payee_id",
        {"person": person_id, "unpaid": unpaid},
    )
    return [_payee(tuple(row)) for row in rows]


def _payee(row: tuple[Any, ...]) -> Payee:
    person_id, payee_id, entry_id, kind, name, bank, number, account, pool = row[:9]
    claimed_on, paid_on, paid_by, returned_on = row[9:]
    return Payee(
        person_id,
        payee_id,
        entry_id,
        kind,
        BankAccount(name, bank, number),
        account,
        pool,
        date.fromisoformat(claimed_on),
        None if paid_on is None else date.fromisoformat(paid_on),
        paid_by,
        None if returned_on is None else date.fromisoformat(returned_on),
    )
