"""Interest on personal accounts (个人账户计息): of one account before it is emptied, and of
everybody by a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from itertools import islice
from typing import Any

from ledger.benefits.interest import (
    YearInterest,
    first_paid_day,
    money_of,
    spans_through,
    unposted,
)
from ledger.books.entry import Entry, Transfer
from ledger.core.errors import Refused
from ledger.core.ids import NOBODY, EntryId
from ledger.core.money import Fen
from ledger.core.months import Month
from ledger.journalizing.interest import (
    interest_back_legs,
    interest_entry,
    interest_leg,
    kind_of_run,
)
from ledger.policy.pack import Pack
from ledger.services.carry_out import carry_out
from ledger.services.context import Context
from ledger.storage.accounts import interest as store
from ledger.storage.books.journal import add_legs, append
from ledger.storage.books.months import BookingMonths
from ledger.storage.database.turns import Turn, lock_people, moment_alone
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.policy import remember_version
from ledger.storage.visits.settlements import purses_of


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
    money = money_of(pack, row.year, happened_on)
    if row.delta_fen > 0:
        kind = "interest_daily" if this_year else "interest_yearly"
        return [interest_leg(person_id, kind, money, row.delta_fen, month)]
    purse = purses_of(work.connection, [person_id])[person_id]
    taken = purse.take(-row.delta_fen, oldest_first=False, before_all=money)
    return interest_back_legs(person_id, taken, month)


# --- a run for everybody ---


class _HasToBeAloneError(Exception):
    """A run beside visits would wait for people who may wait for what it holds."""


_YEARS = 100
"""More than a run ever posts: there were no accounts before 1994."""


@dataclass(slots=True)
class _Run:
    """What a run has posted, year by year."""

    entry_ids: Iterator[EntryId]
    alone: bool
    """Nobody settles meanwhile."""
    locked: set[int] = field(default_factory=set)
    entry_id: EntryId | None = None
    years: list[dict[str, Any]] = field(default_factory=list)

    def lock(self, work: UnitOfWork, people: Iterable[int]) -> None:
        """Before anything is taken from their accounts.

        Raises:
            _HasToBeAloneError: totals are held already, and visits hold people and wait for totals.
        """
        missing = set(people) - self.locked
        if self.alone or not missing:
            return
        if self.entry_id is not None:
            raise _HasToBeAloneError
        lock_people(work.connection, missing)
        self.locked |= missing

    def total(self, key: str) -> int:
        return sum(year[key] for year in self.years)


def post_interest(context: Context, through: date, dry_run: bool = False) -> dict[str, Any]:
    """Bring the interest of every account that is not closed to what is due up to `through`.

    Each year is an entry of its own, dated on its last day (102) or on `through` (103). What was
    booked late for earlier years is made good in them.

    On PostgreSQL visits go on meanwhile. A run's entries have the ids of a moment at its beginning
    at which nobody settled, so that what it does not see has later ones and is late for the next.

    Returns:
        `through, run, people, interest_fen, taken_back_fen, not_covered_fen, years`. `people`
        counts the postings of all years.

    Raises:
        Refused: `interest/counted-further`: a run has counted beyond `through` before.
    """

    def act(work: UnitOfWork, alone: bool) -> _Run:
        with moment_alone(work.connection):
            run = _Run(iter(list(islice(work.ids.run(), _YEARS))), alone)
        last = store.last_run(work.connection)
        if last is not None and last.through > through:
            raise Refused(
                "interest/counted-further",
                f"已结息至 {last.through}，不能再只结到 {through}；请重结至 {last.through}，"
                "以前各期的差额会一并补记",
            )
        mark = None if last is None else last.entry_id
        year = _first_year(work, last, through)
        while year is not None and year <= through.year:
            late = _run_year(context, work, run, year, through, mark)
            year = late if late is not None and late < year else year + 1
            mark = None
        return run

    try:
        run = carry_out(context, partial(act, alone=False), dry_run)
    except _HasToBeAloneError:
        run = carry_out(context, partial(act, alone=True), dry_run, Turn.STANDSTILL)
    return {
        "through": through.isoformat(),
        "run": None if run.entry_id is None else str(run.entry_id),
        "people": run.total("people"),
        "interest_fen": run.total("interest_fen"),
        "taken_back_fen": run.total("taken_back_fen"),
        "not_covered_fen": run.total("not_covered_fen"),
        "years": run.years,
        "assumed": _assumed(context.pack, through),
        "dry_run": dry_run,
    }


def _assumed(pack: Pack, day: date) -> list[str]:
    """The settings on which the interest rests and which no text gives."""
    return sorted(
        value.key
        for value in pack.values()
        if value.key.startswith("interest.")
        and value.assumed
        and value.valid_from <= day < value.valid_until
    )


def _first_year(work: UnitOfWork, last: store.LastRun | None, through: date) -> int | None:
    """The first year that no run has counted to its end; None where no account ever moved."""
    if last is not None:
        done = last.through == date(last.through.year, 12, 31)
        return min(last.through.year + done, through.year)
    first = store.first_movement(work.connection)
    return None if first is None else first.year


def _run_year(
    context: Context, work: UnitOfWork, run: _Run, year: int, through: date, mark: int | None
) -> int | None:
    """Post one year, or nothing where an earlier year must be looked at first: that year."""
    connection, pack = work.connection, context.pack
    last_day = min(date(year, 12, 31), through)
    spans = spans_through(pack, date(year, 1, 1), last_day)
    if first_paid_day(spans, date(year, 1, 1), last_day) is None:
        return None
    context.progress(f"{year} 年计息", 0, 1)
    store.stage_year(connection, year, last_day, spans, mark)
    totals = store.stage_totals(connection)
    run.lock(work, store.staged_apart(connection))
    if totals.first_late is not None:
        return totals.first_late.year
    money = money_of(context.pack, year, last_day)
    back, lacking = _back_legs(work, store.staged_back(connection), Month.of(last_day), money)
    row = {
        "year": year,
        "people": totals.people + len({leg.person_id for leg in back}),
        "interest_fen": totals.paid_fen,
        "taken_back_fen": sum(leg.amount_fen for leg in back),
        "not_covered_fen": lacking,
    }
    if row["people"]:
        run.entry_id = next(run.entry_ids)
        _post_year(context, work, run.entry_id, last_day, totals.people, back)
    if row["people"] or lacking:
        run.years.append(row)
    context.progress(f"{year} 年计息", 1, 1)
    return None


def _back_legs(
    work: UnitOfWork, wanted: list[tuple[int, int]], month: Month, money: int
) -> tuple[list[Transfer], int]:
    """Legs that take back what was paid too much, as far as it is there; and what is not, fen.

    Args:
        money: the year of the money that the interest became. It goes first: taken from another
            year's, the years behind would earn some fen otherwise than if it had never been paid.
    """
    purses = purses_of(work.connection, [person for person, _fen in wanted])
    legs: list[Transfer] = []
    for person, fen in wanted:
        taken = purses[person].take(fen, oldest_first=False, before_all=money)
        legs += interest_back_legs(person, taken, month)
    return legs, sum(fen for _person, fen in wanted) - sum(leg.amount_fen for leg in legs)


def _post_year(
    context: Context,
    work: UnitOfWork,
    entry_id: EntryId,
    day: date,
    people: int,
    back: list[Transfer],
) -> None:
    """One entry with a leg for everybody whom the staged year pays, and those taken back."""
    pack = context.pack
    month = BookingMonths(work.connection).of(day)
    version, memo = context.stamp_policy(work), f"结息至 {day}"
    entry = interest_entry(NOBODY, entry_id, day, month, (), version, memo)
    append(work, [entry], more_legs=people + len(back))
    store.post_stage(
        work.connection, entry_id, day, month, kind_of_run(day), money_of(pack, day.year, day)
    )
    add_legs(work.connection, [entry._replace(transfers=tuple(back))])
