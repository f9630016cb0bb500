"""What a settlement desk knows of people beforehand, and how it changes visit after visit."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection

from ledger.benefits.account_states import Movement, refuse_movement, standing
from ledger.benefits.account_use import PoolQuota, Relative
from ledger.benefits.kernel import NEW_YEAR
from ledger.benefits.kernel_rules import KernelParameters, kernel_parameters
from ledger.benefits.resettlement import taken_off
from ledger.benefits.settlement import Settlement, SettlementHead
from ledger.benefits.stays import in_hospital
from ledger.core.errors import NotInForce, Refused, Unknown
from ledger.core.months import FAR, Month
from ledger.core.people import Status
from ledger.core.providers import ProviderKind
from ledger.core.visits import VisitRecord, bill_of
from ledger.policy.pack import Pack
from ledger.policy.values import AccountRules, OutpatientRules
from ledger.services.visits.shaped_visits import ORDINARY, Benefit, ShapedVisits, other_benefits
from ledger.services.visits.visit_refusals import done_before
from ledger.storage.accounts import merges
from ledger.storage.books.months import BookingMonths
from ledger.storage.pools import incoming_quotas
from ledger.storage.roster import people
from ledger.storage.roster.registry import Provider
from ledger.storage.visits import settlements as store
from ledger.storage.visits.desk_facts import DeskFacts
from ledger.storage.visits.settlements import AccumulatorRow

EMPTY_YEAR = AccumulatorRow(NEW_YEAR, 0)
_STATUS = {status.value: status for status in Status}


class DayRules(NamedTuple):
    """The rules of one day, looked up once."""

    day: date
    outpatient: OutpatientRules
    parameters: KernelParameters
    account: AccountRules
    fiscal_month: int
    settled_here: set[str]
    """Types of visit that were looked at and are not settled elsewhere."""
    others: Mapping[str, Benefit]
    """Type of visit -> the benefit beside ordinary outpatient visits that settles it."""
    resettle_later: bool
    """A visit that comes late, or a refund, marks the year as to be settled anew."""

    def is_stay(self, med_type: str) -> bool:
        """A stay that no benefit of the pack settles is only recorded."""
        return med_type not in self.others and med_type.startswith(
            self.outpatient.inpatient_prefixes
        )

    def benefit(self, med_type: str) -> Benefit:
        """The benefit that settles a type of visit."""
        other = self.others.get(med_type) if self.others else None
        return other or Benefit(ORDINARY, self.outpatient, self.parameters)


def visit_hash(record: VisitRecord) -> str:
    """The same visit has the same hash, whatever file or request brings it, and by whichever of
    his numbers it names the person: who it was is compared beside the hash."""
    (_row, visit_id, provider, _psn_no, _certno, med_type, settled_at, total, own, over, first,
     scope, use, prescriber, _is_refund, original, first_day, last_day, category,
     *few) = record  # fmt: skip
    said = "" if few == _UNSAID else "".join(f"|{fact}" for fact in few)
    return hash_of_visit(
        visit_id, provider, med_type, settled_at, total, own, over, first, scope, int(use),
        prescriber, original, first_day, last_day, category, said,
    )  # fmt: skip


def hash_of_visit(
    visit_id: str,
    provider_code: str,
    med_type: str,
    settled_at: datetime | str,
    total: int,
    own: int,
    over: int,
    first: int,
    scope: int,
    use: int,
    prescriber: str | None,
    original: str | None,
    first_day: date | None,
    last_day: date | None,
    category: str | None,
    few: str = "",
) -> str:
    """`visit_hash` by what a visit says; `few` is what only some pools ask for."""
    # In one expression: a hundred thousand of these are made for a file.
    text = (
        f"{visit_id}|{provider_code}|{med_type}|{settled_at}|{total}|{own}|{over}|{first}|{scope}|"
        f"{use}|{prescriber}|{original}|{first_day}|{last_day}|{category}{few}"
    )
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


_UNSAID = list(VisitRecord._field_defaults.values())[-5:]
"""The facts that only some pools ask for, where nothing is said of them."""


def head_of(
    record: VisitRecord, person_id: int, settlement_id: int, provider: Provider, rules: DayRules
) -> SettlementHead:
    """What a settlement says of its visit before any amount."""
    return SettlementHead(
        person_id,
        settlement_id,
        record.visit_id,
        rules.day.year,
        rules.fiscal_month,
        rules.day,
        record.settled_at,
        provider.provider_id,
        record.med_type,
    )


class DeskKnowledge:
    """The people of `records`, their relatives, providers and rules: one read each, whatever
    the number of visits. All is read beforehand: afterwards the connection may be writing."""

    def __init__(
        self,
        connection: Connection,
        pack: Pack,
        records: Sequence[VisitRecord],
        facts: DeskFacts,
    ) -> None:
        self._pack = pack
        self._months = BookingMonths(connection, may_open=False, known=facts.months)
        self._by_psn, self._by_cert = facts.by_psn, facts.by_cert
        self._patients, self.visits = facts.patients, facts.visits
        self._days: dict[date, DayRules] = {}
        self._providers = facts.providers
        self._agreed: dict[tuple[str, date], Provider] = {}
        self._know_people(facts)
        self._load_originals(connection, records)

    def _know_people(self, facts: DeskFacts) -> None:
        self.roster, self._benefits = facts.roster, facts.benefits
        self.years, self.stays = facts.years, facts.stays
        self._links, self.purses, self._happened = facts.links, facts.purses, facts.happened
        links = [link for of_user in self._links.values() for link in of_user]
        self.used = {link.link_id: link.used_fen for link in links}
        self._incoming = facts.incoming
        self.pool_quotas = {
            quota.quota_id: PoolQuota(quota.quota_id, quota.pool, quota.left_fen)
            for of_patient in self._incoming.values()
            for quota in of_patient
        }

    def _load_originals(self, connection: Connection, records: Sequence[VisitRecord]) -> None:
        wanted = [r.original_visit_id for r in records if r.original_visit_id]
        self.settled = store.settlements_of_visits(connection, wanted) if wanted else {}
        stored = self.settled.values()
        self.shaped = ShapedVisits(connection, self._pack, self._patients, stored)
        self.stored_entries = {s.settlement_id: store.entry_of(connection, s) for s in stored}
        self.stored_draws = {s.settlement_id: store.draws_of(connection, s) for s in stored}
        self.stored_pool_draws = {
            s.settlement_id: incoming_quotas.draws_of(connection, s.person_id, s.settlement_id)
            for s in stored
        }
        touched = {s.person_id for s in stored}
        touched |= {leg.person_id for e in self.stored_entries.values() for leg in e.transfers}
        self.aliases = merges.kept_of(connection, touched) if touched else {}
        owners = {settlement.person_id for settlement in stored}
        self.reversed = store.reversed_settlements(connection, owners) if owners else {}

    # --- looking up ---

    def find(self, record: VisitRecord) -> int | None:
        """The person by number where the record has one, else by identity number."""
        return people.named_by(self._by_psn, self._by_cert, record.psn_no, record.certno)

    def person(self, record: VisitRecord) -> int:
        """Raises: Unknown `person/unknown`, Refused `person/numbers-disagree`."""
        by_psn = self._by_psn.get(record.psn_no or "")
        if by_psn is not None and not record.certno:
            return by_psn
        by_cert = self._by_cert.get(record.certno or "")
        found = self.find(record)
        if found is None:
            number = record.psn_no or record.certno
            raise Unknown("person/unknown", f"“{number}”不在册：没有这个参保人或共济使用人")
        if by_psn is not None and by_cert is not None and by_psn != by_cert:
            raise Refused("person/numbers-disagree", "人员编号与证件号码不是同一个人")
        return found

    def whose(self, record: VisitRecord) -> int | None:
        """The person of a visit; None where `person` refuses."""
        if record.certno:
            try:
                return self.person(record)
            except (Unknown, Refused):
                return None
        return self._by_psn.get(record.psn_no or "")

    def has_aid(self, person_id: int) -> bool:
        """Did anybody, here or in another pool, ever lend the person an account?"""
        return person_id in self._links or person_id in self._incoming

    def touched_by(self, patients: set[int]) -> set[int]:
        """Whose accounts the visits of `patients` may move beside their own, and who needs a
        look at his account's state."""
        holders = {link.holder_id for user in patients for link in self._links.get(user, ())}
        legs = (leg for entry in self.stored_entries.values() for leg in entry.transfers)
        return holders | {self.now(leg.person_id) for leg in legs} | set(self._happened)

    def provider(self, record: VisitRecord, day: date) -> Provider:
        """The provider of a visit of `day`, which must be within its agreement.

        Raises: Unknown `provider/unknown`, Refused `provider/not-in-agreement`."""
        agreed = self._agreed.get((record.provider_code, day))
        if agreed is not None:
            return agreed
        provider = self._providers.on(record.provider_code, day)
        if provider is None:
            raise Unknown("provider/unknown", f"没有编号为“{record.provider_code}”的定点医药机构")
        # A refund undoes business that was done in time: the money goes back all the same.
        if provider.in_agreement(day):
            self._agreed[record.provider_code, day] = provider
        elif not record.is_refund:
            raise Refused(
                "provider/not-in-agreement",
                f"{day} 不在“{provider.name}”的协议期内"
                f"（{_span_text(provider.agreement_from, provider.agreement_until)}）",
            )
        return provider

    def place(self, code: str | None, day: date) -> Provider | None:
        """A provider by its code as it was on a day, in agreement or not."""
        return self._providers.on(code, day)

    def prescriber_id(self, record: VisitRecord, day: date) -> int | None:
        """The institution that prescribed, where the visit names one that is known."""
        place = self.place(record.prescriber_code, day) if record.prescriber_code else None
        return place.provider_id if place else None

    def tier(self, record: VisitRecord, provider: Provider, rules: OutpatientRules) -> int | None:
        """The tier that sets the ratio: at a pharmacy, that of the prescribing hospital.

        Raises: Refused `provider/no-tier`, Unknown `prescriber/unknown`."""
        if provider.kind is not ProviderKind.PHARMACY and (
            record.med_type not in rules.pharmacy_med_types
        ):
            if provider.tier is None:
                raise Refused(
                    "provider/no-tier", f"“{provider.name}”未定级，也不是基层医疗机构，不能结算"
                )
            return provider.tier
        if not record.prescriber_code:
            return None
        prescriber = self.place(record.prescriber_code, record.settled_at.date())
        if prescriber is None or prescriber.kind is ProviderKind.PHARMACY:
            raise Unknown(
                "prescriber/unknown", f"没有编号为“{record.prescriber_code}”的处方医疗机构"
            )
        return prescriber.tier

    def rules_on(self, day: date) -> DayRules:
        """Raises: NotInForce."""
        rules = self._days.get(day)
        if rules is None:
            outpatient = self._pack.outpatient(day)
            rules = self._days[day] = DayRules(
                day,
                outpatient,
                kernel_parameters(outpatient),
                self._pack.account_use(day),
                self._months.of(day).number,
                set(),
                other_benefits(self._pack, day),
                self._pack.resettlement(day).behaviour == "resettle_later",
            )
        return rules

    def unopened(self, months: Iterable[Month]) -> list[Month]:
        """Those of the months that must be opened first."""
        return sorted(month for month in months if not self._months.is_open(month))

    def is_stay(self, record: VisitRecord) -> bool:
        """Is it an inpatient stay: recorded for article 10, never settled here?"""
        try:
            rules = self.rules_on(record.settled_at.date())
        except NotInForce:
            return False
        return rules.is_stay(record.med_type)

    def status(self, person_id: int, day: date) -> Status | None:
        """What the person is insured as on a day; None outside any benefit period."""
        for span in self._benefits.get(person_id, ()):
            if span.covers(day):
                return _STATUS[span.status]
        return None

    def in_hospital(self, person_id: int, day: date, rules: OutpatientRules) -> bool:
        """Article 10; whether the first and last day count is a setting (default 10)."""
        stays = self.stays.get(person_id)
        return stays is not None and in_hospital(stays, day, rules)

    def relatives(self, person_id: int, day: date) -> list[Relative]:
        """Holders whose accounts the person may use on a day, in their order."""
        return [
            Relative(
                link.link_id,
                link.holder_id,
                self.purses[link.holder_id],
                None if link.quota_fen is None else link.quota_fen - self.used[link.link_id],
            )
            for link in self._links.get(person_id, ())
            if link.covers(day)
            and link.holder_id in self.purses
            and self.may(link.holder_id, Movement.AID, day)
        ]

    def may(self, person_id: int, movement: Movement, day: date) -> bool:
        """Does the state of an account on a day allow it? Hardly any account has a state."""
        happened = self._happened.get(person_id)
        return happened is None or standing(happened, day).refusing(movement) is None

    def now(self, person_id: int) -> int:
        """Who a person of an earlier settlement is today: numbers are merged."""
        return self.aliases.get(person_id, person_id)

    def admit_refund(self, person_id: int) -> None:
        """Raises: Refused `account/closed`: nothing comes into an account after its closing."""
        happened = self._happened.get(person_id)
        if happened is not None:
            refuse_movement(standing(happened), Movement.CORRECT)

    def quotas_of_other_pools(self, person_id: int, day: date) -> list[PoolQuota]:
        """Quotas that holders of other pools gave the person, running on a day, in their order."""
        return [
            self.pool_quotas[quota.quota_id]
            for quota in self._incoming.get(person_id, ())
            if quota.covers(day)
        ]

    def original(self, record: VisitRecord, person_id: int, provider: Provider) -> Settlement:
        """The settlement that a refund gives back.

        Raises: Unknown `refund/unknown-visit`, Refused `refund/other-person`, Conflict
        `refund/done-before`, Refused `refund/partial`, in this order.
        """
        original = self.settled.get(record.original_visit_id or "")
        if original is None or original.settled_at > record.settled_at:
            raise Unknown(
                "refund/unknown-visit",
                f"没有可退的原就诊“{record.original_visit_id}”（未结算、被拒绝或晚于退费）",
            )
        if (
            self.now(original.person_id) != person_id
            or provider.provider_id != original.provider_id
        ):
            raise Refused("refund/other-person", f"原就诊“{original.visit_id}”不属于此人或此机构")
        if original.settlement_id in self.reversed or original.reverses_settlement_id:
            raise done_before(original.visit_id, self.reversed.get(original.settlement_id))
        if bill_of(record) != tuple(-fen for fen in bill_of(original)):
            raise Refused(
                "refund/partial", "退费金额必须与原就诊完全相反；部分退费请全额退后重新录入"
            )
        return original


def year_without(before: AccumulatorRow, original: Settlement) -> AccumulatorRow:
    """The year after giving a settlement back, and one settlement more."""
    return AccumulatorRow(taken_off(before.year_so_far, original), before.version + 1)


def _span_text(start: date, until: date) -> str:
    """A half-open span as people say it: first and last day."""
    if until >= FAR:
        return f"{start} 起"
    return f"{start} 至 {until - timedelta(days=1)}"
