"""What a window asks: a person's balance, statement and this year's deductible and cap."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection

from ledger.benefits.account_states import standing
from ledger.core.errors import NotInForce, Unknown
from ledger.core.money import yuan_text
from ledger.core.months import FAR
from ledger.reports.account_statement import this_years
from ledger.services.accounts.account_statements import late_bookings, statement_answer
from ledger.services.context import Context
from ledger.storage.accounts import accounts
from ledger.storage.accounts.account_events import events_of
from ledger.storage.accounts.merges import named_then
from ledger.storage.as_of import as_of, known_before
from ledger.storage.roster import family
from ledger.storage.roster.people import PersonRow, find_person, person, span_on, spans_of
from ledger.storage.visits.settlements import accumulators_of


def known_person(
    connection: Connection, number: str, known_at: datetime | None = None
) -> PersonRow:
    """Args:
    known_at: whom the number named at this instant; two numbers may be one person since.

    Raises: Unknown `person/unknown`.
    """
    person_id = find_person(connection, number)
    if person_id is None:
        raise Unknown("person/unknown", f"“{number}”不在册：没有这个人员编号或证件号码")
    if known_at is not None:
        before = known_before(connection, known_at)
        person_id = named_then(connection, person_id, number, before)
    return person(connection, person_id)


def person_id_of(context: Context, number: str) -> int:
    """Whose number it is, for a command that opens its transaction afterwards.

    Raises:
        Unknown: `person/unknown`.
    """
    with context.reading() as connection:
        return known_person(connection, number).person_id


def balance(
    context: Context,
    number: str,
    on: date,
    as_of_day: date | None = None,
    known_at: datetime | None = None,
) -> dict[str, Any]:
    """The balance, by year of the money, and the accumulators of a year.

    As of a day counts by business day, whatever was known then: a visit that came late counts on
    the day of the visit, though it spent what arrived afterwards. So an earlier day can show less
    than nothing; `late_bookings` then names what was booked after later days' entries.

    Args:
        number: person number or identity number.
        on: which year's deductible and limit, and which status, are shown.
        as_of_day: as of the end of this business day; None: everything booked.
        known_at: as the books stood at this instant; None: as they stand.
    """
    with context.reading() as connection:
        who = known_person(connection, number, known_at)
        account = _account(connection, who.person_id, on, as_of_day, known_at)
        span = span_on(spans_of(connection, [who.person_id])[who.person_id], on)
        this_year = this_years(account.years, on.year)
        below = min(this_year, account.balance_fen - this_year, account.balance_fen) < 0
        late = late_bookings(connection, who.person_id, as_of_day, known_at) if below else []
    return {
        "psn_no": who.psn_no,
        "certno": who.certno,
        "psn_name": who.name,
        "psn_type": span.psn_type if span else None,
        "plan": span.plan if span else None,
        "on": as_of_day.isoformat() if as_of_day else None,
        "known_at": known_at.isoformat() if known_at else None,
        "account_status": account.status,
        "balc": yuan_text(account.balance_fen),
        "this_year": yuan_text(this_year),
        "carried": yuan_text(account.balance_fen - this_year),
        "held": yuan_text(account.held_fen),
        "available": yuan_text(account.balance_fen - account.held_fen),
        "by_year": {str(year): yuan_text(left) for year, left in account.years.items()},
        "owed": yuan_text(account.owed_fen),
        "late_bookings": late,
        "year": on.year,
        **_year_position(context, on, span.status if span else "11", account.year_so_far),
    }


def balance_of_everybody(
    context: Context, on: date | None, known_at: datetime | None = None
) -> tuple[int, int]:
    """How many accounts ever moved, and their balance together, fen; account by account, so that
    it may be held against the control account.

    Args:
        on: as of the end of this business day; None: everything booked.
        known_at: as the books stood at this instant; None: as they stand.
    """
    with context.reading() as connection:
        found = accounts.balances(connection, as_of(connection, on, known_at))
        left = [fen for _person, fen in found]
    return len(left), sum(left)


class _Account(NamedTuple):
    """An account at the moment in question, fen."""

    status: str
    held_fen: int
    years: dict[int, int]
    owed_fen: int
    year_so_far: tuple[int, int, int, int, int]

    @property
    def balance_fen(self) -> int:
        return sum(self.years.values())


def _account(
    connection: Connection,
    person_id: int,
    on: date,
    as_of_day: date | None,
    known_at: datetime | None,
) -> _Account:
    """Stored totals for now; anything else is added up from what was booked."""
    view = as_of(connection, as_of_day, known_at)
    years = {year.year: year.left_fen for year in accounts.year_totals(connection, person_id, view)}
    owed = accounts.owed(connection, person_id, view)
    # A state and a held quota change without an entry: later than an instant may be later still.
    if as_of_day is None and known_at is None:
        stored = accounts.totals(connection, person_id)
        row = accumulators_of(connection, [person_id]).get((person_id, on.year))
        year_so_far = row.year_so_far if row else (0, 0, 0, 0, 0)
        return _Account(stored.status, stored.held_fen, years, owed, year_so_far)
    used = accounts.year_position(connection, person_id, on.year, view)
    events = events_of(connection, person_id, known_at)
    status = "none"
    if years or events:
        status = str(standing((event.happened for event in events), as_of_day).state)
    held = accounts.held(connection, person_id, view.last_day, known_at)
    return _Account(status, held, years, owed, (*used[:4], used.paid_fen))


def _year_position(
    context: Context, on: date, status: str, year: tuple[int, int, int, int, int]
) -> dict[str, Any]:
    """Deductible and limit of the year: used and left."""
    used = {"deductible_used": yuan_text(year[1]), "pool_paid": yuan_text(year[3])}
    try:
        rules = context.pack.outpatient(on)
    except NotInForce:
        return used | {"deductible_left": None, "cap_left": None}
    index = 1 if status == "12" else 0
    deductible = rules.yearly_deductible_fen(index)
    open_left = None if deductible is None else yuan_text(max(deductible - year[1], 0))
    cap = rules.annual_cap_fen
    left = None if cap is None else yuan_text(max(cap[index] - year[3], 0))
    return used | {"deductible_left": open_left, "cap_left": left}


def statement(
    context: Context,
    number: str,
    start: date | None = None,
    until: date | None = None,
    known_at: datetime | None = None,
) -> dict[str, Any]:
    """Every movement of an account in [start, until), oldest first, with the running balances of
    the account and of this year's money in it.

    Args:
        known_at: as the books stood at this instant; None: as they stand.
    """
    with context.reading() as connection:
        who = known_person(connection, number, known_at)
        return statement_answer(context, connection, who, start, until, known_at)


def family_links(context: Context, number: str) -> list[dict[str, Any]]:
    """Links in which a person is the holder or the user, oldest first."""
    with context.reading() as connection:
        who = known_person(connection, number)
        links = family.links_with(connection, who.person_id)
        names = {
            person_id: person(connection, person_id)
            for person_id in {p for link in links for p in (link.holder_id, link.user_id)}
        }
    return [
        {
            "holder": f"{names[link.holder_id].name} {names[link.holder_id].certno}",
            "user": f"{names[link.user_id].name} {names[link.user_id].certno}",
            "relation": link.relation,
            "valid_from": link.valid_from.isoformat(),
            "last_day": None
            if link.valid_until >= FAR
            else (link.valid_until - timedelta(days=1)).isoformat(),
            "quota": None if link.quota_fen is None else yuan_text(link.quota_fen),
            "used": yuan_text(link.used_fen),
        }
        for link in links
    ]
