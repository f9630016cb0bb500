"""Settling anew: what stands is the fold in the order of the visits, however they arrived."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from ledger.benefits.kernel import add_to_year
from ledger.benefits.outpatient import Case, pool_share
from ledger.benefits.resettlement import StandingVisit
from ledger.benefits.stays import in_hospital
from ledger.core.errors import GongjiError
from ledger.core.people import Status
from ledger.core.providers import ProviderKind
from ledger.core.visits import VisitRecord
from ledger.services.resettlement import resettle
from ledger.services.resettlement.adopt_pack import adopt_pack
from ledger.services.resettlement.resettle_payee import note_payee
from ledger.services.resettlement.resettle_plan import Scope, whole_people
from ledger.services.visits.settle_visit import reverse, settle
from ledger.storage.roster.benefit_spans import spans_of
from ledger.storage.roster.people import on_roster
from ledger.storage.roster.registry import DatedProviders
from ledger.storage.visits.resettlements import ELSEWHERE, PersonYear, claimed_places, person_years
from ledger.storage.visits.settlements import stays_of
from tests.people import psn_no
from tests.properties.life.frame import (
    BANK,
    FIRST,
    LAST,
    NUMBERS,
    PACKS,
    amounts,
    lately,
    pack_of,
    patients,
    people,
)
from tests.properties.life.visits import Visits, places, uses
from tests.world import World, code_of

YEARS = range(FIRST.year - 1, LAST.year + 1)
Standing = dict[tuple[int, Any], tuple[int, ...]]
"""(person, visit or year) -> what it comes to."""


class Again(Visits):
    @rule(who=st.one_of(st.none(), people), year=st.sampled_from([*YEARS, None]))
    def resettle(self, who: int | None, year: int | None) -> None:
        self.day()
        person = None if who is None or year is None else psn_no(who)
        self._resettle(self.world, Scope(year, person))

    @rule(place=st.sampled_from(["hospital-1", "hospital-2", "hospital-3"]))
    def resettle_an_institution(self, place: str) -> None:
        year = self.day().year
        self._resettle(self.world, Scope(year, provider=code_of(place)))

    @rule(number=st.integers(0, len(PACKS) - 1))
    def another_version_of_the_pack(self, number: int) -> None:
        """The pool is settled by other settings from now on, and back in time once resettled."""
        self.pack = pack_of(number)
        self.world.context = replace(self.world.context, pack=self.pack)
        self.reviewer = replace(self.reviewer, pack=self.pack)
        self.attempt(adopt_pack, self.world.context, self.pack.code)

    @rule()
    def resettle_everybody_and_look(self) -> None:
        """A pure fold in the order of the visits comes to what stands, and to the years."""
        self.day()
        self._resettle_all(self.world)
        without = self.left_out(self.world)
        _same(self.standing(self.world, without), self.folded(self.world, without))

    @rule(
        drawn=st.lists(st.tuples(patients, lately, amounts, places), min_size=2, max_size=4),
        use=uses,
        back=st.integers(0, 2),
        data=st.data(),
    )
    def in_another_order(
        self,
        drawn: list[tuple[str | None, int, int, str]],
        use: int,
        back: int,
        data: st.DataObject,
    ) -> None:
        """A second world gets the same visits in another order; resettled, both stand equal."""
        records = [
            self.visit(patient, self.day(ago), amount, at, use)
            for patient, ago, amount, at in drawn
        ]
        other = self.twin()
        try:
            shuffled = data.draw(st.permutations(range(len(records))))
            self._arrive(self.world, records, records[:back])
            self._arrive(other, [records[number] for number in shuffled], records[:back])
            for world in (self.world, other):
                self._resettle_all(world)
                world.prove()
            without = self.left_out(self.world, other)
            _same(self.standing(self.world, without), self.standing(other, without))
        finally:
            other.close()

    def _arrive(
        self, world: World, records: list[VisitRecord], given_back: list[VisitRecord]
    ) -> None:
        """Settle visits as they come, and give some back as soon as they are there."""
        for record in records:
            try:
                answer = settle(world.context, record)
            except GongjiError:
                continue
            self.proved = False
            if record in given_back:
                moment = record.settled_at + timedelta(hours=1)
                reverse(world.context, int(answer["setl_id"]), moment)

    @precondition(lambda self: self.has("resettlement"))
    @rule(number=st.sampled_from(NUMBERS))
    def note_payees(self, number: int) -> None:
        """From one on: whoever got something by a resettlement says where it shall go."""
        for who in NUMBERS[NUMBERS.index(number) :]:
            self.attempt(note_payee, self.world.context, psn_no(who), BANK, self.today)

    # --- doing ---

    def _resettle(self, world: World, scope: Scope) -> None:
        shown = resettle.show(world.context, scope, self.noon())
        if shown["plan"] is None:
            return
        booked = self.attempt(resettle.approve, world.context, scope, self.noon(), shown["plan"])
        if booked is not None:
            again = resettle.show(world.context, scope, self.noon())
            assert again["plan"] is None, f"resettled, and yet to be resettled: {again}"

    def _resettle_all(self, world: World) -> None:
        for year in YEARS:
            self._resettle(world, Scope(year))

    # --- looking ---

    def left_out(self, *worlds: World) -> set[int]:
        """Who is not settled anew, and the list says so: an account that paid is closed, or a
        visit was booked as owed by hand."""
        numbers = {
            row["psn"]
            for world in worlds
            for year in YEARS
            for row in resettle.show(world.context, Scope(year), self.noon())["left_out"]
        }
        rows = self.world.rows("SELECT person_id, psn_no, certno FROM person")
        return {int(who) for who, *names in rows if numbers & set(names)}

    @staticmethod
    def person_years(world: World, without: set[int]) -> dict[tuple[int, int], PersonYear]:
        """Args:
        without: people left out, by whichever of their numbers they are asked for.
        """
        everybody = [int(who) for (who,) in world.rows("SELECT person_id FROM person")]
        found: dict[tuple[int, int], PersonYear] = {}
        with world.context.reading() as connection:
            whole, aliases = whole_people(connection, everybody)
            for year in YEARS:
                of_year = person_years(connection, whole, year, aliases)
                found |= {(p, year): held for p, held in of_year.items() if p not in without}
        return found

    def standing(self, world: World, without: set[int]) -> Standing:
        """Of every visit that stands: deductible, beyond it, cost, pool; of every person-year
        its accumulators."""
        found: Standing = {}
        for key, held in self.person_years(world, without).items():
            found[key] = held.now
            for v in held.visits:
                amounts = v.deductible_fen, v.beyond_deductible_fen, v.cost_fen, v.pool_fen
                found[key[0], v.visit_id] = amounts
        return found

    def folded(self, world: World, without: set[int]) -> Standing:
        """The same by folding the visits in their order, whatever the ledger has made of them."""
        found: Standing = {}
        for key, held in self.person_years(world, without).items():
            so_far = held.start
            for visit in sorted(held.visits, key=lambda v: (v.settled_at, v.arrival)):
                day = date.fromisoformat(visit.settled_at[:10])
                rules = self.pack.outpatient(day)
                share = pool_share(_case(world, key[0], visit, day, rules), rules, so_far)
                so_far = add_to_year(so_far, share.amounts)
                found[key[0], visit.visit_id] = (*share.amounts[:3], share.amounts[7])
            found[key] = so_far
        return found


def _case(world: World, person: int, visit: StandingVisit, day: date, rules: Any) -> Case:
    """What a visit is by what is known now, asked one by one."""
    with world.context.reading() as connection:
        numbers = [person, *whole_people(connection, [person])[1]]
        listed = bool(on_roster(connection, numbers))
        spans = [s for n in numbers for s in spans_of(connection, [n])[n] if s.covers(day)]
        stays = stays_of(connection, [person]).get(person, [])
        places = DatedProviders(connection)
        claimed = claimed_places(connection, numbers)
    at_pharmacy, pools = False, None
    by_papers = claimed.get((visit.person_id, visit.visit_id))
    tier = None if by_papers is None else by_papers.tier
    if visit.provider_id != ELSEWHERE:
        place = places.by_id(visit.provider_id, day)
        assert place is not None
        at_pharmacy, pools, tier = (
            place.kind is ProviderKind.PHARMACY,
            place.pharmacy_pooling,
            place.tier,
        )
        if at_pharmacy or visit.med_type in rules.pharmacy_med_types:
            wrote = places.by_id(visit.prescriber_id or 0, day)
            tier = None if wrote is None else wrote.tier
    status = Status(spans[0].status) if spans else None
    inside = in_hospital(stays, day, rules)
    return Case(
        visit.med_type, visit.in_scope_fen, listed, status, inside, at_pharmacy, pools, tier
    )


def _same(one: Standing, other: Standing) -> None:
    differ = {v: (one.get(v), other.get(v)) for v in one | other if one.get(v) != other.get(v)}
    assert not differ, f"visits that stand otherwise: {differ}"
