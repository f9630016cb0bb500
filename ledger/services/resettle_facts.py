"""What is known now of people, institutions and rules, for settling their years anew: one read
each, whatever the number of people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection

from ledger.benefits.kernel_rules import kernel_parameters
from ledger.benefits.outpatient import Case
from ledger.benefits.resettlement import DayRules, StandingVisit
from ledger.benefits.stays import in_hospital
from ledger.core.people import Insured, Status
from ledger.core.providers import ProviderKind
from ledger.policy.loader import pack_from_content
from ledger.policy.pack import Pack
from ledger.policy.values import OutpatientRules
from ledger.storage import people, policy
from ledger.storage import settlements as store
from ledger.storage.registry import DatedProviders, Provider
from ledger.storage.resettlements import ELSEWHERE, claimed_tiers

_STATUS = {status.value: status for status in Status}


class Facts:
    """Answers what `benefits.resettlement.refold` asks of every visit."""

    def __init__(self, connection: Connection, pack: Pack, who: Sequence[int]) -> None:
        self._connection, self._pack = connection, pack
        self._roster = people.on_roster(connection, who)
        self._spans = people.spans_of(connection, who)
        self._stays = store.stays_of(connection, who)
        self._claimed = claimed_tiers(connection, who)
        self._providers = DatedProviders(connection)
        self._places: dict[tuple[int, str], Provider | None] = {}
        self._rules: dict[str, DayRules] = {}
        self._same: dict[tuple[str, str], bool] = {}
        self._packs = {pack.version: pack}

    def rules_of(self, day: str) -> DayRules:
        """Raises: NotInForce."""
        rules = self._rules.get(day)
        if rules is None:
            outpatient = self._pack.outpatient(date.fromisoformat(day))
            rules = self._rules[day] = DayRules(outpatient, kernel_parameters(outpatient))
        return rules

    def same_rules(self, version: str, day: str) -> bool:
        """Does the pack's version that settled a visit of the day say what the pack says now?"""
        if version == self._pack.version:
            return True
        same = self._same.get((version, day))
        if same is None:
            then = self._pack_of(version).outpatient(date.fromisoformat(day))
            same = self._same[version, day] = then == self.rules_of(day).outpatient
        return same

    def case_of(self, visit: StandingVisit) -> Case:
        """What the rules look at in a visit, by what is known now."""
        person_id, day = visit.person_id, visit.settled_at[:10]
        rules = self.rules_of(day).outpatient
        on = date.fromisoformat(day)
        span = people.span_on(self._spans.get(person_id, []), on)
        insured = span is not None and span.insured == Insured.NORMAL
        stays = self._stays.get(person_id)
        provider = self._place(visit.provider_id, day)
        return Case(
            visit.med_type,
            visit.in_scope_fen,
            person_id in self._roster,
            _STATUS[span.status] if span is not None and insured else None,
            bool(stays) and in_hospital(stays or (), on, rules),
            provider is not None and provider.kind is ProviderKind.PHARMACY,
            None if provider is None else provider.pharmacy_pooling,
            self._tier(visit, provider, rules),
        )

    def _tier(
        self, visit: StandingVisit, provider: Provider | None, rules: OutpatientRules
    ) -> int | None:
        """The tier that sets the ratio: at a pharmacy, that of the prescribing hospital."""
        if visit.provider_id == ELSEWHERE:
            return self._claimed.get((visit.person_id, visit.visit_id))
        if provider is None:
            return visit.tier
        at_pharmacy = provider.kind is ProviderKind.PHARMACY
        if not at_pharmacy and visit.med_type not in rules.pharmacy_med_types:
            return provider.tier
        if visit.prescriber_id is None:
            return None
        prescriber = self._place(visit.prescriber_id, visit.settled_at[:10])
        return None if prescriber is None else prescriber.tier

    def _place(self, provider_id: int, day: str) -> Provider | None:
        key = provider_id, day
        if key not in self._places:
            self._places[key] = self._providers.by_id(provider_id, date.fromisoformat(day))
        return self._places[key]

    def _pack_of(self, version: str) -> Pack:
        pack = self._packs.get(version)
        if pack is None:
            content = policy.version_content(self._connection, version)
            pack = self._pack if content is None else pack_from_content(content)
            self._packs[version] = pack
        return pack
