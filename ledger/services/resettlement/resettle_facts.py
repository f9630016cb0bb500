"""What is known now of people, institutions and rules, for settling their years anew: one read
each, whatever the number of people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import Connection

from ledger.benefits.benefit_period import BenefitSpan
from ledger.benefits.kernel_rules import kernel_parameters
from ledger.benefits.outpatient import Case
from ledger.benefits.resettlement import DayRules, StandingVisit, Turn, turn_of
from ledger.benefits.stays import in_hospital
from ledger.benefits.windows import NO_FACTS, ORDINARY
from ledger.benefits.windows import Facts as VisitFacts
from ledger.core.people import Status, age_on, born_on
from ledger.core.providers import ProviderKind
from ledger.policy.loader import pack_from_content
from ledger.policy.pack import Pack
from ledger.policy.values import OutpatientRules
from ledger.services.crediting.benefit_period import spans_under
from ledger.services.visits.shaped_visits import Benefit, other_benefits, refuse_other_items
from ledger.storage import policy
from ledger.storage.roster import people
from ledger.storage.roster.registry import DatedProviders, Provider
from ledger.storage.visits import settlements as store
from ledger.storage.visits.resettlements import (
    ELSEWHERE,
    NOBODY_MERGED,
    ClaimedPlace,
    claimed_places,
)
from ledger.storage.visits.visit_facts import facts_of

_STATUS = {status.value: status for status in Status}

PersonOnDay = tuple[bool, Status | None, bool]
"""On the roster? Insured as what? In hospital?"""


class Facts:
    """Answers what `benefits.resettlement.refold` asks of every visit."""

    def __init__(
        self,
        connection: Connection,
        pack: Pack,
        who: Sequence[int],
        aliases: Mapping[int, int] = NOBODY_MERGED,
    ) -> None:
        self._connection, self._pack, self._aliases = connection, pack, aliases
        everybody = [*who, *aliases]
        self._roster = people.on_roster(connection, everybody)
        self._spans = spans_under(connection, pack, everybody)
        for merged, kept in aliases.items():
            self._put_together(merged, kept)
        self._stays = store.stays_of(connection, who)
        self._claimed = claimed_places(connection, everybody)
        self._providers = DatedProviders(connection)
        self._shaped = pack.has_shapes
        self._certnos = people.certnos_of(connection, everybody) if self._shaped else {}
        self._turns: dict[tuple[object, ...], Turn] = {}
        self._kinds: dict[PersonOnDay, int] = {}
        self._steady = {
            who: self._same_on_all_days(who, spans[0])
            for who, spans in self._spans.items()
            if len(spans) == 1 and who not in self._stays and who not in aliases
        }
        self._days: dict[str, date] = {}
        self._rules: dict[str, DayRules] = {}
        self._others: dict[str, Mapping[str, Benefit]] = {}
        self._alike: dict[int, DayRules] = {}
        self._same: dict[tuple[str, str], bool] = {}
        self._packs = {pack.version: pack}

    def _put_together(self, merged: int, kept: int) -> None:
        """Two numbers of one person: insured where either is, as what the kept one is first."""
        self._spans[kept] = [*self._spans.get(kept, ()), *self._spans.get(merged, ())]
        if merged in self._roster:
            self._roster.add(kept)

    def rules_of(self, day: str) -> DayRules:
        """Raises: NotInForce."""
        rules = self._rules.get(day)
        if rules is None:
            self._days[day] = date.fromisoformat(day)
            outpatient = self._pack.outpatient(self._days[day])
            # Days of equal rules share them, so that what was found for one holds for all.
            alike = self._alike.get(id(outpatient))
            if alike is None:
                alike = DayRules(outpatient, kernel_parameters(outpatient))
                self._alike[id(outpatient)] = alike
            rules = self._rules[day] = alike
        return rules

    def same_rules(self, version: str, day: str) -> bool:
        """Does the pack's version that settled a visit of the day say what the pack says now?"""
        if version == self._pack.version:
            return True
        same = self._same.get((version, day))
        if same is None:
            then, on = self._pack_of(version), date.fromisoformat(day)
            if self._shaped or then.has_shapes:
                same = then.benefits(on) == self._pack.benefits(on)
            else:
                same = then.outpatient(on) == self.rules_of(day).outpatient
            self._same[version, day] = same
        return same

    def turn_of(self, visit: StandingVisit) -> Turn:
        """What the rules make of a visit, by what is known now, its amount aside."""
        day = visit.settled_at[:10]
        steady = self._steady.get(visit.person_id)
        if steady is not None and steady[0] <= day < steady[1]:
            kind = steady[2]
        else:
            kind = self._kind(self.person_on(visit.person_id, day))
        provider_id, prescriber_id = visit.provider_id, visit.prescriber_id
        changing = self._providers.changed(provider_id) or self._providers.changed(prescriber_id)
        rules = self._rules.get(day) or self.rules_of(day)
        alike = provider_id, prescriber_id, visit.med_type, kind, id(rules), changing and day
        turn = self._turns.get(alike)
        if turn is None:
            turn = self._turn(visit, day, rules)
            # Under rules of other shapes, and by papers, each visit is a case of its own.
            if not self._shaped and provider_id != ELSEWHERE:
                self._turns[alike] = turn
        return turn

    def _turn(self, visit: StandingVisit, day: str, rules: DayRules) -> Turn:
        on_roster, status, in_hospital = self.person_on(visit.person_id, day)
        facts = NO_FACTS
        if self._shaped:
            other = self._other_benefits(day).get(visit.med_type)
            if other is not None:
                # Only ordinary visits wait for the end of a stay in hospital.
                rules, in_hospital = DayRules(other.rules, other.parameters), False
            facts = self._facts(visit, day, ORDINARY if other is None else other.name)
        institution = self._institution(visit, day, rules.outpatient)
        person = on_roster, status, in_hospital
        case = Case(visit.med_type, 0, *person, *institution, facts)
        if self._shaped:
            items = facts_of(visit.facts).items
            parts = (None, None, None, visit.in_scope_fen)
            refuse_other_items(items, parts, rules.outpatient.shapes)
        first = self._shaped and self._pack.account_use(self._days[day]).pays_first
        return turn_of(case, rules, self._shaped, first)

    def _other_benefits(self, day: str) -> Mapping[str, Benefit]:
        found = self._others.get(day)
        if found is None:
            found = self._others[day] = other_benefits(self._pack, self._days[day])
        return found

    def _same_on_all_days(self, person_id: int, span: BenefitSpan) -> tuple[str, str, int]:
        """First day, day after the last, and kind of somebody who is the same between them."""
        person = person_id in self._roster, _STATUS[span.status], False
        return span.valid_from.isoformat(), span.valid_until.isoformat(), self._kind(person)

    def _kind(self, person: PersonOnDay) -> int:
        """A number for all who are alike: quicker to compare than what it stands for."""
        return self._kinds.setdefault(person, len(self._kinds))

    def _facts(self, visit: StandingVisit, day: str, benefit: str) -> VisitFacts:
        """What rules with shapes of their own may ask, as far as anybody said."""
        on, said = self._days[day], facts_of(visit.facts)
        who = self._aliases.get(visit.person_id, visit.person_id)
        born = said.born_on or born_on(self._certnos.get(who, ""))
        return VisitFacts(
            benefit,
            on,
            self._claim_of(visit).window if visit.provider_id == ELSEWHERE else visit.provider_id,
            None,
            said.stay_id,
            said.first_day,
            None if born is None else age_on(born, on),
            said.contracted,
            said.disease_code,
        )

    def person_on(self, person_id: int, day: str) -> PersonOnDay:
        """Of the person on a day: on the roster? insured as what? in hospital?"""
        person_id = self._aliases.get(person_id, person_id)
        rules, on, status = self.rules_of(day).outpatient, self._days[day], None
        for span in self._spans.get(person_id, ()):
            if span.valid_from <= on < span.valid_until:
                status = _STATUS[span.status]
                break
        stays = self._stays.get(person_id)
        blocked = stays is not None and in_hospital(stays, on, rules)
        return person_id in self._roster, status, blocked

    def _institution(
        self, visit: StandingVisit, day: str, rules: OutpatientRules
    ) -> tuple[bool, bool | None, int | None]:
        """Of the institution on the day: a pharmacy? does it pool? which tier sets the ratio?"""
        if visit.provider_id == ELSEWHERE:
            return False, None, self._claim_of(visit).tier
        provider = self._place(visit.provider_id, day)
        if provider is None:
            return False, None, visit.tier
        at_pharmacy = provider.kind is ProviderKind.PHARMACY
        tier = provider.tier
        if at_pharmacy or visit.med_type in rules.pharmacy_med_types:
            prescriber = self._place(visit.prescriber_id, day)
            tier = None if prescriber is None else prescriber.tier
        return at_pharmacy, provider.pharmacy_pooling, tier

    def _claim_of(self, visit: StandingVisit) -> ClaimedPlace:
        return self._claimed[visit.person_id, visit.visit_id]

    def _place(self, provider_id: int | None, day: str) -> Provider | None:
        if provider_id is None:
            return None
        return self._providers.by_id(provider_id, self._days[day])

    def _pack_of(self, version: str) -> Pack:
        pack = self._packs.get(version)
        if pack is None:
            content = policy.version_content(self._connection, version)
            pack = self._pack if content is None else pack_from_content(content)
            self._packs[version] = pack
        return pack
