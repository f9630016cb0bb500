"""How an account's interest of a year comes about: stretch by stretch, with rates and sources."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

from ledger.benefits.interest import (
    DENOMINATOR,
    Stretch,
    due_fen,
    products,
    spans_through,
    stretches,
)
from ledger.core.money import yuan_text
from ledger.policy.pack import Pack
from ledger.services.books.read import known_person
from ledger.services.context import Context
from ledger.storage.accounts import interest as store


def explain_interest(context: Context, number: str, through: date) -> dict[str, Any]:
    """What an account has earned from 1 January to `through`, and what was posted of it. What
    earlier years still lack is not in the balances yet.

    Args:
        number: person number or identity number.

    Raises:
        Unknown: `person/unknown`.
    """
    with context.reading() as connection:
        who = known_person(connection, number)
        movements = store.movements_of(connection, [who.person_id]).get(who.person_id, [])
        closed = store.is_closed(connection, who.person_id)
    year, pack = through.year, context.pack
    spans = spans_through(pack, date(year, 1, 1), through)
    exact = 0 if closed else products(movements, spans, year, through)
    due = due_fen(exact)
    posted = sum(m.amount_fen for m in movements if m.interest and m.happened_on.year == year)
    parts = [] if closed else stretches(movements, spans, year, through)
    return {
        "psn_no": who.psn_no,
        "psn_name": who.name,
        "through": through.isoformat(),
        "closed": closed,
        "stretches": [_answer(pack, part) for part in parts],
        "exact": _decimals(exact),
        "due": yuan_text(due),
        "posted": yuan_text(posted),
        "lacking": yuan_text(0 if closed else due - posted),
    }


def _answer(pack: Pack, part: Stretch) -> dict[str, Any]:
    """One stretch: days x balance x rate / day basis, with the source of each rate."""
    rules = pack.interest(part.first)
    return {
        "from": part.first.isoformat(),
        "to": part.last.isoformat(),
        "days": part.days,
        "day_basis": rules.day_basis,
        "this_year": _bucket(pack, part, part.this_year_fen, "this_year", rules.this_year_kind),
        "carried": _bucket(pack, part, part.carried_fen, "carried_over", rules.carried_kind),
        "interest": _decimals(part.exact),
    }


def _bucket(pack: Pack, part: Stretch, fen: int, rule: str, kind: str) -> dict[str, str]:
    cite = pack.cite(f"interest.{rule}", part.first)
    said = {"balance": yuan_text(fen), "rule": cite.value, "article": cite.cite.id}
    if kind == "none":
        return said | {"rate": "0", "rate_source": cite.cite.id}
    rate = pack.cite(f"interest.{kind}_rate", part.first)
    return said | {"rate": rate.value, "rate_source": rate.cite.id}


def _decimals(exact: int) -> str:
    """Products as yuan with six decimals, for a reader who adds up."""
    micro = Fraction(exact * 10_000, DENOMINATOR)
    whole, rest = divmod(abs(round(micro)), 1_000_000)
    return f"{'-' if exact < 0 else ''}{whole}.{rest:06d}"
