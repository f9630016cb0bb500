"""Interest on personal accounts (个人账户计息): of one account before it is emptied, and of
everybody by a run."""

from __future__ import annotations

from datetime import date, timedelta

from ledger.benefits.interest import YearInterest, money_of, spans_through, unposted
from ledger.books.entry import Entry, Transfer
from ledger.core.money import Fen
from ledger.core.months import Month
from ledger.journalizing.interest import interest_back_legs, interest_entry, interest_leg
from ledger.policy.pack import Pack
from ledger.storage import interest as store
from ledger.storage.journal import append
from ledger.storage.months import BookingMonths
from ledger.storage.policy import remember_version
from ledger.storage.unit_of_work import UnitOfWork


def settle_interest(work: UnitOfWork, pack: Pack, person_id: int, day: date) -> Fen:
    """Post what an account has earned up to the day before `day` (103): whoever empties an
    account on `day` calls this first, in the same transaction.

    What earlier years still lack is posted on their last day (102). A closed account earns
    nothing any more. What would have to be taken back and is not there is left alone.

    Returns:
        fen posted; below zero where more was posted before than was due.
    """
    movements = store.movements_of(work.connection, [person_id]).get(person_id, [])
    if not movements or store.is_closed(work.connection, person_id):
        return Fen(0)
    through = day - timedelta(days=1)
    first = min(movement.happened_on for movement in movements)
    found = unposted(movements, spans_through(pack, first, through), through, dated=day)
    return Fen(sum(_post(work, pack, person_id, row, day) for row in found))


def _post(work: UnitOfWork, pack: Pack, person_id: int, row: YearInterest, day: date) -> int:
    """One year's difference, as an entry of its own; returns the fen that moved."""
    this_year = row.year == day.year
    happened_on = day if this_year else date(row.year, 12, 31)
    legs = _legs(work, pack, person_id, row, happened_on, this_year)
    if not legs:
        return 0
    entry = interest_entry(
        person_id,
        work.ids.next(),
        happened_on,
        BookingMonths(work.connection).of(happened_on),
        legs,
        pack.version,
        f"结息至 {day - timedelta(days=1)}" if this_year else f"{row.year} 年结息",
    )
    remember_version(work, pack.version, pack.code, pack.content_json())
    append(work, [entry])
    return moved_fen(entry)


def moved_fen(entry: Entry) -> int:
    """What an entry of interest puts into the accounts, less what it takes back."""
    return sum(
        -leg.amount_fen if leg.kind == "interest_back" else leg.amount_fen
        for leg in entry.transfers
    )


def _legs(
    work: UnitOfWork,
    pack: Pack,
    person_id: int,
    row: YearInterest,
    happened_on: date,
    this_year: bool,
) -> list[Transfer]:
    month = None if this_year else Month.of(happened_on)
    if row.delta_fen > 0:
        kind = "interest_daily" if this_year else "interest_yearly"
        money = money_of(pack, row.year, happened_on)
        return [interest_leg(person_id, kind, money, row.delta_fen, month)]
    purse = store.purses(work.connection, [person_id])[person_id]
    return interest_back_legs(person_id, purse.take(-row.delta_fen, oldest_first=False), month)
