"""What a window asks: a person's balance, statement and this year's deductible and cap."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection

from ledger.books.kinds import kind_name
from ledger.core.errors import NotInForce, Unknown
from ledger.core.money import yuan_text
from ledger.core.months import FAR, Month
from ledger.services.context import Context
from ledger.storage import accounts, family
from ledger.storage.people import PersonRow, find_person, person, span_on, spans_of
from ledger.storage.settlements import accumulators_of

ASSUMED_MARK = "【假定】"
"""Stands beside every amount that rests on a value the rules do not give."""


def known_person(connection: Connection, number: str) -> PersonRow:
    """Raises: Unknown `person/unknown`."""
    person_id = find_person(connection, number)
    if person_id is None:
        raise Unknown("person/unknown", f"“{number}”不在册：没有这个人员编号或证件号码")
    return person(connection, person_id)


def balance(context: Context, number: str, on: date) -> dict[str, Any]:
    """Balance now, by year of the money, and the accumulators of the year of `on`.

    Args:
        number: person number or identity number.
        on: which year's deductible and limit, and which status, are shown.
    """
    with context.reading() as connection:
        who = known_person(connection, number)
        account = accounts.totals(connection, who.person_id)
        years = accounts.by_year(connection, who.person_id)
        owed = accounts.owed(connection, who.person_id)
        span = span_on(spans_of(connection, [who.person_id])[who.person_id], on)
        accumulators = accumulators_of(connection, [who.person_id]).get((who.person_id, on.year))
    year_so_far = accumulators.year_so_far if accumulators else (0, 0, 0, 0, 0)
    return {
        "psn_no": who.psn_no,
        "certno": who.certno,
        "psn_name": who.name,
        "psn_type": span.psn_type if span else None,
        "plan": span.plan if span else None,
        "account_status": account.status,
        "balc": yuan_text(account.balance_fen),
        "held": yuan_text(account.held_fen),
        "available": yuan_text(account.balance_fen - account.held_fen),
        "by_year": {str(year): yuan_text(left) for year, left in years},
        "owed": yuan_text(owed),
        "year": on.year,
        **_year_position(context, on, span.status if span else "11", year_so_far),
    }


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
    deductible = max(rules.deductible_fen[index][0] - year[1], 0)
    cap = rules.annual_cap_fen
    left = None if cap is None else yuan_text(max(cap[index] - year[3], 0))
    return used | {"deductible_left": yuan_text(deductible), "cap_left": left}


def statement(
    context: Context, number: str, start: date | None = None, until: date | None = None
) -> dict[str, Any]:
    """Every movement of an account in [start, until), oldest first, with the running balance."""
    first = start or date(1900, 1, 1)
    with context.reading() as connection:
        who = known_person(connection, number)
        opening = accounts.balance_before(connection, who.person_id, first)
        movements = accounts.lines(connection, who.person_id, first, until or FAR)
    running, lines = opening, []
    for line in movements:
        running += line.amount_fen
        month = line.benefit_month
        assumed = "retiree" in line.kind and _flat_assumed(context, month)
        lines.append(
            {
                "happened_on": line.happened_on.isoformat(),
                "entry_id": str(line.entry_id),
                "kind": line.kind,
                "name": kind_name(line.kind) + (ASSUMED_MARK if assumed else ""),
                "assumed": assumed,
                "benefit_month": None if month is None else str(Month.from_number(month)),
                "fixmedins_name": line.provider_name,
                "amount": yuan_text(line.amount_fen),
                "balance": yuan_text(running),
            }
        )
    return {
        "psn_no": who.psn_no,
        "psn_name": who.name,
        "from": start.isoformat() if start else None,
        "until": until.isoformat() if until else None,
        "opening": yuan_text(opening),
        "closing": yuan_text(running),
        "lines": lines,
    }


def _flat_assumed(context: Context, month: int | None) -> bool:
    """Does the retirees' flat amount of a month rest on an assumed value?"""
    if month is None:
        return False
    return context.pack.crediting(Month.from_number(month)).retiree_flat_assumed


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
