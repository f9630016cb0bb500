"""Interest on a personal account (个人账户计息): daily products, kept whole until one rounding.

For every year there is an amount due: the sum over its days of the balance at the end of the day
times the day's rate; this year's money at one rate, what earlier years left at another. Posting
brings what was posted in the year to what is due, so any days of posting give the same sum.
Interest that a run posts earns from the next 1 January, as the national rule says of principal
and interest carried over; interest posted at a pay-out leaves with the money on the same day.

The same rule in two places: here for one account, in `storage/accounts/interest.py` for everybody
at once; a property test holds the two equal, and both to an exact sum day by day.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import pairwise
from math import lcm
from typing import NamedTuple

from ledger.core.errors import NotInForce
from ledger.core.money import BASIS
from ledger.core.months import FAR
from ledger.policy.pack import Pack

ARTICLES = ("国发〔1998〕44号-计息",)

_WHOLE = lcm(360, 365)
DENOMINATOR = BASIS * _WHOLE
"""One fen of interest in units of (fen x basis point x day), for a basis of 360 or 365 days."""


class RateSpan(NamedTuple):
    """Days from `start` up to but without `until`, and what one fen earns on each of them."""

    start: date
    until: date
    this_year: int
    carried: int


class Movement(NamedTuple):
    """One movement of the account; money in is positive."""

    happened_on: date
    fund_year: int
    amount_fen: int
    interest: bool = False
    waits: bool = False
    """Interest that a run posted: it earns from the next 1 January."""


class YearInterest(NamedTuple):
    """What one year's interest comes to, and what was posted of it before."""

    year: int
    due_fen: int
    posted_fen: int

    @property
    def delta_fen(self) -> int:
        return self.due_fen - self.posted_fen


def rate_spans(pack: Pack, first: date, until: date) -> list[RateSpan]:
    """The spans of equal rates from `first` up to but without `until`.

    Days without rules, or on which the pool pays none, earn nothing.
    """
    if until <= first:
        return []
    days = [first, *pack.change_days("interest", first, until), until]
    return [RateSpan(start, end, *_daily(pack, start)) for start, end in pairwise(days)]


def _daily(pack: Pack, day: date) -> tuple[int, int]:
    try:
        rules = pack.interest(day)
    except NotInForce:
        return 0, 0
    scale = _WHOLE // rules.day_basis
    return rules.this_year_bp * scale, rules.carried_bp * scale


def weights(spans: Iterable[RateSpan], first: date, through: date) -> tuple[int, int]:
    """What one fen earns from `first` to `through`, both included: (this year's, carried)."""
    this_year = carried = 0
    after = through + timedelta(days=1)
    for span in spans:
        days = (min(span.until, after) - max(span.start, first)).days
        if days > 0:
            this_year += days * span.this_year
            carried += days * span.carried
    return this_year, carried


def first_paid_day(spans: Iterable[RateSpan], first: date, through: date) -> date | None:
    """The first day from `first` to `through` on which interest is paid; None: on none.

    What an earlier system posted before it is money like any other, and never taken back.
    """
    paid = (span for span in spans if (span.this_year or span.carried) and span.until > first)
    day = next((max(span.start, first) for span in paid), None)
    return None if day is None or day > through else day


def products(
    movements: Iterable[Movement], spans: Sequence[RateSpan], year: int, through: date
) -> int:
    """The year's daily products up to `through`, in units of 1 / DENOMINATOR fen: exact.

    A movement counts from its day, what was there before from 1 January.
    """
    begin = date(year, 1, 1)
    whole = weights(spans, begin, through)
    total = 0
    for movement in movements:
        day = movement.happened_on
        if day > through or (movement.waits and day >= begin):
            continue
        this_year, carried = whole if day <= begin else weights(spans, day, through)
        total += movement.amount_fen * (carried if movement.fund_year < year else this_year)
    return total


def due_fen(exact: int) -> int:
    """A year's products as fen, half up. Nobody is charged: where visits booked late made days
    with less than nothing, the least is nothing."""
    return max((2 * exact + DENOMINATOR) // (2 * DENOMINATOR), 0)


def unposted(
    movements: Iterable[Movement],
    spans: Sequence[RateSpan],
    through: date,
    dated: date | None = None,
    first_year: int | None = None,
) -> list[YearInterest]:
    """The years, up to that of `through`, whose posted interest is not what is due, oldest first.

    What a year lacks counts as posted on its last day when the next year is looked at. Where
    interest was posted for days after `dated`, the year is left as it is: it was counted further
    than asked for.

    Args:
        through: the last day that is counted.
        dated: the day on which the last year's difference would be posted; `through` by default.
        first_year: the first year to look at; that of the first rate or movement by default.

    Source: 国发〔1998〕44号; the setting `interest.rounding` for the one rounding of a year.
    """
    known = list(movements)
    if not known or not spans:
        return []
    begun = max(spans[0].start.year, min(m.happened_on for m in known).year)
    found = []
    for year in range(max(begun, first_year or begun), through.year + 1):
        last = min(date(year, 12, 31), through)
        start = first_paid_day(spans, date(year, 1, 1), last)
        if start is None:
            continue
        of_year = [m for m in known if m.interest and start <= m.happened_on <= date(year, 12, 31)]
        if any(m.happened_on > (dated or through) for m in of_year):
            continue
        due = due_fen(products(known, spans, year, last))
        row = YearInterest(year, due, sum(m.amount_fen for m in of_year))
        if row.delta_fen:
            found.append(row)
            known.append(Movement(date(year, 12, 31), year, row.delta_fen, True, True))
    return found


def money_of(pack: Pack, year: int, day: date) -> int:
    """The year whose money the interest of `year` is, when it is posted on `day`."""
    return year if pack.interest(day).posted_money == "its_year" else year - 1


def spans_through(pack: Pack, first: date, through: date) -> list[RateSpan]:
    """`rate_spans` with the last day included."""
    return rate_spans(pack, first, min(through + timedelta(days=1), FAR))


class Stretch(NamedTuple):
    """Days of one balance and one pair of rates, both included."""

    first: date
    last: date
    this_year_fen: int
    carried_fen: int
    daily: tuple[int, int]
    """What one fen of either earns a day, in units of 1 / DENOMINATOR fen."""

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def exact(self) -> int:
        """Its part of the year's `products`."""
        this_year, carried = self.daily
        return self.days * (self.this_year_fen * this_year + self.carried_fen * carried)


def stretches(
    movements: Iterable[Movement], spans: Iterable[RateSpan], year: int, through: date
) -> list[Stretch]:
    """The year's products laid out for a reader: where the balance or a rate changes, a new
    stretch begins. Their sum is `products`; stretches that earn nothing are left out."""
    begin, after = date(year, 1, 1), through + timedelta(days=1)
    counted = [m for m in movements if not (m.waits and m.happened_on >= begin)]
    found = []
    for span in spans:
        start, end = max(span.start, begin), min(span.until, after)
        if start >= end:
            continue
        inside = {m.happened_on for m in counted if start < m.happened_on < end}
        for first, following in pairwise([start, *sorted(inside), end]):
            there = [m for m in counted if m.happened_on <= first]
            carried = sum(m.amount_fen for m in there if m.fund_year < year)
            this_year = sum(m.amount_fen for m in there) - carried
            last = following - timedelta(days=1)
            found.append(Stretch(first, last, this_year, carried, (span.this_year, span.carried)))
    return [stretch for stretch in found if stretch.exact]
