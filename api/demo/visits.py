"""Who goes where, when, and for how much: the visits of three months, in order of time."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import accumulate
from random import Random
from typing import NamedTuple

from api.demo.cast import Cast
from api.demo.world import (
    FEBRUARY,
    JANUARY,
    MARCH,
    MONTHS,
    UNGRADED,
    Child,
    Person,
    Provider,
    World,
)
from ledger.core.months import Month

VISITS = {JANUARY: 8300, FEBRUARY: 8100, MARCH: 8600}
"""25,000 visits that settle; stays, refunds and faulty rows come on top."""
STAYS = {JANUARY: 9, FEBRUARY: 8, MARCH: 8}
REFUNDS = {JANUARY: 14, FEBRUARY: 26, MARCH: 30}
CHILD_WEIGHT = 8


class Parts(NamedTuple):
    """The four parts of a bill, fen."""

    self_paid: int
    over_limit: int
    paid_first: int
    in_scope: int

    @property
    def total(self) -> int:
        return sum(self)

    def negative(self) -> Parts:
        return Parts(*(-part for part in self))


@dataclass(frozen=True, slots=True)
class Visit:
    """One row of a provider's file. `psn_no` or `certno` may be missing, never both."""

    visit_id: str
    provider: Provider
    psn_no: str | None
    certno: str | None
    med_type: str
    at: datetime
    parts: Parts
    use: int
    prescriber: str | None = None
    original: str | None = None
    first_day: date | None = None
    last_day: date | None = None
    fault: str | None = None
    is_repeat: bool = False

    @property
    def is_refund(self) -> bool:
        return self.parts.total < 0


def ordinary_parts(rng: Random, in_scope: int | None = None) -> Parts:
    """A bill of an outpatient visit: in scope 30 to 1,500 yuan, mostly low."""
    if in_scope is None:
        in_scope = min(150_000, max(3_000, round(rng.lognormvariate(9.55, 0.75))))
    paid_first = round(in_scope * rng.uniform(0.01, 0.08)) if rng.random() < 0.4 else 0
    return Parts(
        self_paid=rng.randint(500, 6_000) if rng.random() < 0.3 else 0,
        over_limit=rng.randint(33, 999) if rng.random() < 0.15 else 0,
        paid_first=paid_first,
        in_scope=in_scope,
    )


class _Crowd:
    """Those who may turn up in one month, drawn by weight."""

    def __init__(self, world: World, month: Month) -> None:
        self._who: list[Person | Child] = [
            person for person in world.people if person.visits_weight and person.joined <= month
        ]
        weights = [person.visits_weight for person in self._who if isinstance(person, Person)]
        children = world.children
        self._who += children
        self._steps = list(accumulate([*weights, *[CHILD_WEIGHT] * len(children)]))

    def anybody(self, rng: Random) -> Person | Child:
        return self._who[bisect_left(self._steps, rng.randint(1, self._steps[-1]))]


class _Institutions:
    """Those under agreement in one month, by county."""

    def __init__(self, providers: Sequence[Provider], month: Month) -> None:
        usable = [p for p in providers if p.open_in(month) and p.name != UNGRADED]
        self.hospitals = [p for p in usable if not p.is_pharmacy]
        self._pharmacies = [p for p in usable if p.is_pharmacy]

    def near(self, rng: Random, county: str | None, pharmacy: bool) -> Provider:
        """Three times out of four in one's own county."""
        every = self._pharmacies if pharmacy else self.hospitals
        near = [provider for provider in every if provider.county == county]
        return rng.choice(near if near and rng.random() < 0.75 else every)


def _at(rng: Random, month: Month) -> datetime:
    day = rng.randint(2, month.last_day.day)
    seconds = rng.randint(8 * 3600, 17 * 3600 + 1800)
    return datetime(month.year, month.month, day) + timedelta(seconds=seconds)


def _named(rng: Random, who: Person | Child) -> tuple[str | None, str | None]:
    """Some files name the person by number, some by identity number, some by both."""
    if isinstance(who, Child):
        return None, who.certno
    return rng.choice(((who.psn_no, None), (None, who.certno), (who.psn_no, who.certno)))


def _ordinary(rng: Random, crowd: _Crowd, places: _Institutions, month: Month) -> Visit:
    who = crowd.anybody(rng)
    pharmacy = rng.random() < 0.2
    provider = places.near(rng, who.county if isinstance(who, Person) else None, pharmacy)
    prescribed = pharmacy and rng.random() < 0.35
    return Visit(
        "",
        provider,
        *_named(rng, who),
        med_type="41" if pharmacy else "13" if rng.random() < 0.08 else "11",
        at=_at(rng, month),
        parts=ordinary_parts(rng),
        use=2 if isinstance(who, Child) else rng.choices((0, 1, 2), (25, 45, 30))[0],
        prescriber=rng.choice(places.hospitals).code if prescribed else None,
    )


def _planned(
    rng: Random, person: Person, provider: Provider, at: datetime, in_scope: int, use: int = 1
) -> Visit:
    return Visit("", provider, *_named(rng, person), "11", at, Parts(0, 0, 0, in_scope), use)


def _of_the_cast(rng: Random, cast: Cast, places: _Institutions, month: Month) -> list[Visit]:
    """The visits that the story needs, at fixed places and amounts."""
    big = next(provider for provider in places.hospitals if provider.tier == 3)
    small = next(provider for provider in places.hospitals if provider.tier == 1)
    first = month.first_day
    at = datetime(first.year, first.month, 20, 10, 15)
    visits = []
    if month == JANUARY:
        # The deductible is crossed inside this visit, while still an employee.
        visits.append(_planned(rng, cast.retires, big, at, 80_000))
        visits += [_planned(rng, one, small, at, 12_000) for one in cast.starts_later]
    if month == FEBRUARY:
        # One day before and five days after retiring: 50 % and 60 % at the same hospital.
        visits.append(_planned(rng, cast.retires, big, at.replace(day=14), 20_000))
        visits.append(_planned(rng, cast.retires, big, at, 20_000))
        visits += [_planned(rng, cast.overdrawn, big, at, 60_000) for _ in range(2)]
        visits.append(_planned(rng, cast.paid_but_paused, small, at, 15_000))
    if month == MARCH:
        visits.append(_planned(rng, cast.retired_late, small, at, 56_789))
        visits.append(_planned(rng, cast.wrong_plan, small, at, 23_456))
    return visits


def _stays(rng: Random, world: World, places: _Institutions, month: Month) -> list[Visit]:
    """Inpatient stays, each with one outpatient visit in its middle (article 10)."""
    visits = []
    graded = [provider for provider in places.hospitals if provider.tier in (2, 3)]
    candidates = [p for p in world.people if p.visits_weight and p.joined == JANUARY]
    for person in rng.sample(candidates, STAYS[month]):
        start = month.first_day + timedelta(days=rng.randint(2, 12))
        end = start + timedelta(days=rng.randint(4, 11))
        hospital = rng.choice(graded)
        parts = Parts(
            rng.randint(0, 90_000), 0, rng.randint(0, 60_000), rng.randint(3, 19) * 100_000
        )
        discharged = datetime(end.year, end.month, end.day, 11, rng.randint(0, 59))
        visits.append(
            Visit("", hospital, *_named(rng, person), "21", discharged, parts, 0,
                  first_day=start, last_day=end)
        )  # fmt: skip
        inside = datetime(start.year, start.month, start.day, 15, 20) + timedelta(days=2)
        visits.append(_planned(rng, person, rng.choice(places.hospitals), inside, 8_888))
    return visits


def _refunds(rng: Random, earlier: Sequence[Visit], month: Month, used: set[str]) -> list[Visit]:
    """Whole visits given back, some of them visits of an earlier month."""
    candidates = [
        visit
        for visit in earlier
        if visit.med_type in ("11", "13", "41")
        and not visit.is_refund
        and visit.visit_id not in used
        and visit.at < datetime(month.year, month.month, month.last_day.day)
        and (visit.provider.open_in(month))
    ]
    chosen = rng.sample(candidates, REFUNDS[month])
    used |= {visit.visit_id for visit in chosen}
    return [refund_of(rng, visit, month) for visit in chosen]


def refund_of(rng: Random, visit: Visit, month: Month) -> Visit:
    """The exact mirror, later: in the visit's own month some days after, else in `month`."""
    at = visit.at + timedelta(hours=1, minutes=rng.randint(0, 50))
    if Month.of(visit.at.date()) != month:
        at = _at(rng, month)
    return replace(visit, visit_id="R" + visit.visit_id[1:], at=at, parts=visit.parts.negative(),
                   original=visit.visit_id, prescriber=None)  # fmt: skip


def _number(visits: list[Visit], month: Month) -> list[Visit]:
    """Sort by time and give ids in that order."""
    ordered = sorted(visits, key=lambda visit: visit.at)
    return [
        replace(visit, visit_id=f"M{month.number % 10_000:04d}{i:05d}")
        for i, visit in enumerate(ordered, 1)
    ]


def make_visits(rng: Random, world: World, cast: Cast) -> dict[Month, list[Visit]]:
    """Every good row of every month, in order of settlement time."""
    by_month: dict[Month, list[Visit]] = {}
    earlier: list[Visit] = []
    refunded: set[str] = set()
    for month in MONTHS:
        places = _Institutions(world.providers, month)
        crowd = _Crowd(world, month)
        special = _of_the_cast(rng, cast, places, month)
        stays = _stays(rng, world, places, month)
        ordinary = VISITS[month] - len(special) - len(stays) // 2
        visits = _number(
            [
                *special,
                *stays,
                *(_ordinary(rng, crowd, places, month) for _ in range(ordinary)),
            ],
            month,
        )
        earlier += visits
        refunds = _refunds(rng, earlier, month, refunded)
        by_month[month] = sorted([*visits, *refunds], key=lambda visit: visit.at)
    return by_month
