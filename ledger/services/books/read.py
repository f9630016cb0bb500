"""What a window asks: a person's balance, statement and this year's deductible and cap."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from ledger.benefits.account_states import standing
from ledger.core.errors import NotInForce, Unknown
from ledger.core.money import yuan_text
from ledger.core.months import FAR
from ledger.core.people import Status
from ledger.reports.account_statement import this_years
from ledger.services.accounts.account_statements import late_bookings, statement_answer
from ledger.services.context import Context
from ledger.storage.accounts import accounts
from ledger.storage.accounts.account_events import events_of
from ledger.storage.accounts.account_now import AccountFound, account_now
from ledger.storage.accounts.merges import named_then
from ledger.storage.as_of import as_of, known_before
from ledger.storage.roster import family
from ledger.storage.roster.people import PersonRow, find_person, person, span_on, spans_of


def known_person(
    connection: Connection, number: str, known_at: datetime | None = None
) -> PersonRow:
    """Args:
    known_at: whom the number named at this instant; two numbers may be one person since.

    Raises: Unknown `person/unknown`.
    """
    person_id = find_person(connection, number)
    if person_id is None:
        raise _unknown(number)
    if known_at is not None:
        before = known_before(connection, known_at)
        person_id = named_then(connection, person_id, number, before)
    return person(connection, person_id)


def _unknown(number: str) -> Unknown:
    return Unknown("person/unknown", f"“{number}”不在册：没有这个人员编号或证件号码")


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
        if as_of_day is None and known_at is None:
            found = account_now(connection, number, on)
        else:
            found = _account_then(connection, number, on, as_of_day, known_at)
        if found is None:
            raise _unknown(number)
        this_year = this_years(found.years, on.year)
        below = min(this_year, found.balance_fen - this_year, found.balance_fen) < 0
        late = late_bookings(connection, found.person_id, as_of_day, known_at) if below else []
    return {
        "psn_no": found.psn_no,
        "certno": found.certno,
        "psn_name": found.name,
        "psn_type": found.psn_type,
        "plan": found.plan,
        "on": as_of_day.isoformat() if as_of_day else None,
        "known_at": known_at.isoformat() if known_at else None,
        "account_status": found.status,
        "balc": yuan_text(found.balance_fen),
        "this_year": yuan_text(this_year),
        "carried": yuan_text(found.balance_fen - this_year),
        "held": yuan_text(found.held_fen),
        "available": yuan_text(found.balance_fen - found.held_fen),
        "by_year": {str(year): yuan_text(left) for year, left in found.years.items()},
        "owed": yuan_text(found.owed_fen),
        "late_bookings": late,
        "year": on.year,
        **_year_position(context, on, found),
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


def _account_then(
    connection: Connection,
    number: str,
    on: date,
    as_of_day: date | None,
    known_at: datetime | None,
) -> AccountFound:
    """Added up from what was booked; the insurance is as the roster says today."""
    who = known_person(connection, number, known_at)
    person_id = who.person_id
    view = as_of(connection, as_of_day, known_at)
    years = {year.year: year.left_fen for year in accounts.year_totals(connection, person_id, view)}
    used = accounts.year_position(connection, person_id, on.year, view)
    # A state and a held quota change without an entry: what was known of them has its instant.
    events = events_of(connection, person_id, known_at)
    status = "none"
    if years or events:
        status = str(standing((event.happened for event in events), as_of_day).state)
    span = span_on(spans_of(connection, [person_id])[person_id], on)
    return AccountFound(
        person_id=person_id,
        psn_no=who.psn_no,
        certno=who.certno,
        name=who.name,
        insured_as=span.status if span else None,
        psn_type=span.psn_type if span else None,
        plan=span.plan if span else None,
        status=status,
        held_fen=accounts.held(connection, person_id, view.last_day, known_at),
        owed_fen=accounts.owed(connection, person_id, view),
        deductible_fen=used.deductible_fen,
        pool_fen=used.paid_fen,
        years=years,
    )


def _year_position(context: Context, on: date, found: AccountFound) -> dict[str, Any]:
    """Deductible and limit of the year: used and left."""
    used = {
        "deductible_used": yuan_text(found.deductible_fen),
        "pool_paid": yuan_text(found.pool_fen),
    }
    try:
        rules = context.pack.outpatient(on)
    except NotInForce:
        return used | {"deductible_left": None, "cap_left": None}
    index = int(found.insured_as == Status.RETIRED)
    deductible = rules.yearly_deductible_fen(index)
    open_left = None if deductible is None else yuan_text(max(deductible - found.deductible_fen, 0))
    cap = rules.annual_cap_fen
    left = None if cap is None else yuan_text(max(cap[index] - found.pool_fen, 0))
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
