"""Which visits of a file are plain: they touch nobody but the patient.

A plain visit needs the person's own year and own account, and nothing can be refused in it: no
refund and nothing given back later in the file, no stay, no relative's account, no quota of
another pool, no fact that only some pools ask for. A person is plain while all his visits in the
file are, and no other person's visit may touch his account. All others go to the desk.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from operator import attrgetter, itemgetter
from typing import NamedTuple

from ledger.benefits.kernel import NEW_YEAR
from ledger.benefits.outpatient import Case, Reason, pool_share
from ledger.core.errors import GongjiError
from ledger.core.people import Status
from ledger.core.providers import ProviderKind
from ledger.core.visits import AccountUse, VisitRecord
from ledger.services.visits.desk_knowledge import DayRules, DeskKnowledge
from ledger.services.visits.shaped_visits import ORDINARY
from ledger.services.visits.visit_refusals import is_possible, refuse_elsewhere
from ledger.storage.roster.registry import Provider

_SAID_BY_FEW = VisitRecord._fields.index("is_refund")
_UNSAID = tuple(VisitRecord._field_defaults[name] for name in VisitRecord._fields[_SAID_BY_FEW:])


class Where(NamedTuple):
    """What the rows of a visit say of its place."""

    provider_id: int
    county: str
    prescriber_id: int | None
    day: str
    year: int
    fiscal_month: int


class Verdict(NamedTuple):
    """Whether the pool pays at a place for a person of some status, as rows say it."""

    status: str
    tier: int | None
    ratio_bp: int
    reason: str
    pays_at: tuple[int, int] | None
    """Status and tier as the kernel takes them; None where the pool pays nothing."""


class Verdicts(dict[tuple[Status | None, bool, bool], Verdict]):
    """Status, on the roster, in hospital -> the verdict, which is `pool_share`'s of a visit of
    nothing."""

    def __init__(self, rules: DayRules, provider: Provider, med_type: str, tier: int | None):
        super().__init__()
        self._rules, self._provider = rules, provider
        self._med_type, self._tier = med_type, tier

    def __missing__(self, key: tuple[Status | None, bool, bool]) -> Verdict:
        status, on_roster, in_hospital = key
        case = Case(
            self._med_type,
            0,
            on_roster,
            status,
            in_hospital,
            self._provider.kind is ProviderKind.PHARMACY,
            self._provider.pharmacy_pooling,
            self._tier,
        )
        share = pool_share(case, self._rules.outpatient, NEW_YEAR, self._rules.parameters)
        at = None
        if share.reason is Reason.COVERED and share.tier is not None:
            at = int(status is Status.RETIRED), share.tier
        found = self[key] = Verdict(
            str(status) if status else "",
            share.tier,
            share.ratio_bp,
            str(share.reason),
            at,
        )
        return found


class Place(NamedTuple):
    """Where and when: the visits of one day, provider, type and prescriber are alike."""

    rules: DayRules
    where: Where
    verdicts: Verdicts


class PlainVisit(NamedTuple):
    """A visit that is nobody else's business."""

    person_id: int
    record: VisitRecord
    place: Place


class SortedOut(NamedTuple):
    """The visits of a file."""

    plain: list[PlainVisit]
    """Person by person, each in order of settlement time, ties in file order."""
    others: list[VisitRecord]


def sort_out(know: DeskKnowledge, records: Sequence[VisitRecord]) -> SortedOut:
    """Part the plain visits of a file from those that a desk has to look at one by one."""
    apart = _named_elsewhere(know, records)
    places: dict[_Alike, Place | None] = {}
    found: list[PlainVisit] = []
    others: list[VisitRecord] = []
    busy: set[int] = set()
    for record in records:
        person_id = know.whose(record)
        place = _place(know, record, places)
        if person_id is None:
            others.append(record)
        elif place is None or record.visit_id in apart or not _is_plain(know, record, person_id):
            others.append(record)
            busy.add(person_id)
        else:
            found.append(PlainVisit(person_id, record, place))
    busy |= know.touched_by(busy)
    plain = found
    if not busy.isdisjoint(map(_PERSON, found)):
        plain = [visit for visit in found if visit.person_id not in busy]
        others += [visit.record for visit in found if visit.person_id in busy]
    # One after the other, each keeping the order before it: by a key of both took twice as long.
    plain.sort(key=_SETTLED_AT)
    plain.sort(key=_PERSON)
    return SortedOut(plain, others)


_Alike = tuple[str, date, str, str | None]
_PERSON, _SETTLED_AT = itemgetter(0), attrgetter("record.settled_at")


def _named_elsewhere(know: DeskKnowledge, records: Sequence[VisitRecord]) -> set[str]:
    """Visit ids that are here already, stand twice in the file, or are given back in it."""
    ids = [record.visit_id for record in records]
    twice = set()
    if len(set(ids)) < len(ids):
        twice = {visit_id for visit_id, count in Counter(ids).items() if count > 1}
    given_back = {r.original_visit_id for r in records if r.original_visit_id}
    return twice | given_back | set(know.visits)


def _is_plain(know: DeskKnowledge, record: VisitRecord, person_id: int) -> bool:
    """Has the visit nothing but ordinary amounts, and only the person's own account to pay?"""
    return (
        record[_SAID_BY_FEW:] == _UNSAID
        and is_possible(record)
        and (record.account_use != AccountUse.OWN_THEN_RELATIVES or not know.has_aid(person_id))
    )


def _place(
    know: DeskKnowledge, record: VisitRecord, places: dict[_Alike, Place | None]
) -> Place | None:
    """The place of a visit; None where it is refused, or settled in a way of its own."""
    day = record.settled_at.date()
    key = (record.provider_code, day, record.med_type, record.prescriber_code)
    if key not in places:
        try:
            places[key] = _plain_place(know, record, day)
        except GongjiError:  # The desk says it to the visit.
            places[key] = None
    return places[key]


def _plain_place(know: DeskKnowledge, record: VisitRecord, day: date) -> Place | None:
    provider, rules = know.provider(record, day), know.rules_on(day)
    ordinary = rules.benefit(record.med_type).name == ORDINARY
    if rules.is_stay(record.med_type) or not ordinary:
        return None
    if rules.resettle_later or rules.account.pays_first:
        return None
    refuse_elsewhere(record.med_type, rules.outpatient)
    tier = know.tier(record, provider, rules.outpatient)
    where = Where(
        provider.provider_id,
        provider.county,
        know.prescriber_id(record, day),
        day.isoformat(),
        day.year,
        rules.fiscal_month,
    )
    return Place(rules, where, Verdicts(rules, provider, record.med_type, tier))
