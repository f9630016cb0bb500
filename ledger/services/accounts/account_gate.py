"""What every movement of an account asks first: does its state allow it, and is there enough?"""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection

from ledger.benefits.account_states import Movement, refuse_movement
from ledger.benefits.account_use import Purse
from ledger.core.errors import Refused
from ledger.core.money import yuan_text
from ledger.journalizing.accounts import Occasion
from ledger.policy.pack import Pack
from ledger.storage.accounts import accounts
from ledger.storage.accounts.account_events import standing_of
from ledger.storage.books.months import BookingMonths
from ledger.storage.database.unit_of_work import UnitOfWork


def admit(connection: Connection, person_id: int, movement: Movement) -> None:
    """Whatever day a movement is dated, the account must allow it now: nothing is dated back
    past a freeze.

    Raises:
        Refused: `account/lost`, `account/frozen`, …, naming the state and since when.
    """
    refuse_movement(standing_of(connection, person_id), movement)


FIRST_YEAR = 1990
"""No account holds money of an earlier year: the first pilots began in 1994."""


def refuse_year(year: int | None, on: date) -> None:
    """Money of a year comes in within that year or later, and none before there were accounts.

    Args:
        year: of the money; None for that of `on`.

    Raises:
        Refused: `account/no-such-year`.
    """
    if on.year < FIRST_YEAR:
        raise Refused(
            "account/no-such-year",
            f"入账日 {on} 早于 {FIRST_YEAR} 年，那时还没有个人账户；请核对日期",
        )
    if year is not None and not FIRST_YEAR <= year <= on.year:
        raise Refused(
            "account/no-such-year",
            f"没有 {year} 年的资金：年度应在 {FIRST_YEAR} 年至入账日所在的 {on.year} 年之间",
        )


def purse_of(connection: Connection, person_id: int) -> Purse:
    """What is in the account and not held, whatever its state; empty for a person without one."""
    account = accounts.totals(connection, person_id)
    return Purse(
        account.balance_fen - account.held_fen, dict(accounts.by_year(connection, person_id))
    )


def take(
    connection: Connection, pack: Pack, person_id: int, amount_fen: int, on: date
) -> list[tuple[int, int]]:
    """Take an amount out of an account, in the order that the pack sets.

    Returns:
        (year of the money, fen) of each part.

    Raises:
        Refused: `account/not-above-zero`, `account/insufficient`.
    """
    if amount_fen <= 0:
        raise Refused("account/not-above-zero", "金额必须大于零")
    purse = purse_of(connection, person_id)
    if purse.available < amount_fen:
        raise Refused(
            "account/insufficient",
            f"个人账户可用余额 {yuan_text(purse.available)} 元，不足 {yuan_text(amount_fen)} 元",
        )
    return purse.take(amount_fen, pack.account_use(on).use_order == "oldest_first")


def occasion(work: UnitOfWork, person_id: int, on: date, memo: str = "") -> Occasion:
    """An entry's head: a new id, the month of account that takes the day."""
    month = BookingMonths(work.connection).of(on)
    return Occasion(person_id, work.ids.next(), on, month, memo)
