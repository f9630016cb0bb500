"""The desk at which visits are settled: it knows everything about a set of people beforehand,
decides visit after visit in memory, and writes all it decided at once.

One visit at a window and a month's file are the same code: the window's desk knows one person.
The order of refusals is `benefits.outpatient.REFUSALS`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Connection

from ledger.benefits.account_use import (
    AccountShare,
    Purse,
    Relative,
    pay_from_accounts,
    payable_by_account,
)
from ledger.benefits.kernel import NEW_YEAR, add_to_year
from ledger.benefits.outpatient import REASON_ARTICLE, Case, PoolShare, Reason, pool_share
from ledger.benefits.settlement import Settlement, mirror
from ledger.books.entry import Entry
from ledger.books.kinds import EntryKind
from ledger.core.errors import Conflict, NotInForce, Refused, Unknown
from ledger.core.people import Insured, Status
from ledger.core.providers import ProviderKind
from ledger.core.visits import VisitRecord
from ledger.journalizing.settlement import refund_entry, settlement_entry
from ledger.policy.pack import Pack
from ledger.policy.values import OutpatientRules
from ledger.storage import family, journal, people
from ledger.storage import settlements as store
from ledger.storage.family import Link
from ledger.storage.months import BookingMonths
from ledger.storage.people import CERTNO, PSN_NO, Span
from ledger.storage.registry import Provider, providers
from ledger.storage.settlements import AccumulatorRow, DrawRow, StayRow, VisitRow
from ledger.storage.unit_of_work import UnitOfWork

EMPTY_YEAR = AccumulatorRow(NEW_YEAR, 0)


def visit_hash(record: VisitRecord) -> str:
    """The same visit has the same hash, whatever file or request brings it."""
    text = "|".join(map(str, record[1:]))
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


@dataclass(slots=True)
class Decided:
    """What a desk has decided and not yet written."""

    visits: list[VisitRow] = field(default_factory=list)
    stays: list[StayRow] = field(default_factory=list)
    settlements: list[Settlement] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    draws: list[DrawRow] = field(default_factory=list)
    years: dict[tuple[int, int], AccumulatorRow] = field(default_factory=dict)


class SettlementDesk:
    """Knows the people of `records` and their relatives; see the module docstring."""

    def __init__(
        self, work: UnitOfWork, pack: Pack, policy_version: str, records: Sequence[VisitRecord]
    ) -> None:
        self._work, self._pack, self._version = work, pack, policy_version
        connection = work.connection
        self._by_psn = people.identities(connection, PSN_NO, (r.psn_no for r in records))
        self._by_cert = people.identities(connection, CERTNO, (r.certno for r in records))
        self._providers = providers(connection)
        self._months = BookingMonths(connection)
        self._visits = store.known_visits(connection, (r.visit_id for r in records))
        self._load_people(connection)
        self._load_originals(connection, records)
        self._entries: dict[int, Entry] = {}
        self._rules: dict[date, OutpatientRules] = {}
        self.decided = Decided()

    def _load_people(self, connection: Connection) -> None:
        patients = set(self._by_psn.values()) | set(self._by_cert.values())
        self._roster = people.on_roster(connection, patients)
        self._spans = people.spans_of(connection, patients)
        self._years = store.accumulators_of(connection, patients)
        self._stays = store.stays_of(connection, patients)
        self._links: dict[int, list[Link]] = family.links_of(connection, patients)
        holders = {link.holder_id for links in self._links.values() for link in links}
        self._purses: dict[int, Purse] = store.purses_of(connection, patients | holders)
        self._used = {
            link.link_id: link.used_fen for links in self._links.values() for link in links
        }

    def _load_originals(self, connection: Connection, records: Iterable[VisitRecord]) -> None:
        wanted = [r.original_visit_id for r in records if r.original_visit_id]
        self._settled = store.settlements_of_visits(connection, wanted) if wanted else {}
        self._reversed = store.reversed_settlements(
            connection, {s.person_id for s in self._settled.values()}
        )
        self._stored = set(self._settled)

    # --- one visit ---

    def known_before(self, record: VisitRecord) -> bool:
        """Is this very visit here already?

        Raises:
            Conflict: `visit/duplicate-id` when the id stands for another visit.
        """
        known = self._visits.get(record.visit_id)
        if known is None:
            return False
        if known[1] != visit_hash(record):
            raise Conflict(
                "visit/duplicate-id", f"就诊ID“{record.visit_id}”已用于另一次内容不同的就诊"
            )
        return True

    def is_stay(self, record: VisitRecord) -> bool:
        """Is it an inpatient stay: recorded for article 10, never settled here?"""
        try:
            rules = self._rules_on(record.settled_at.date())
        except NotInForce:
            return False
        return record.med_type.startswith(rules.inpatient_prefixes)

    def take(self, record: VisitRecord) -> Settlement | None:
        """Decide one visit, refund or stay; None for a stay, which has no settlement.

        Raises:
            Unknown, Refused, Conflict, NotInForce: the first of `REFUSALS` that fits.
        """
        person_id = self._person(record)
        provider = self._provider(record)
        if record.is_refund:
            settlement: Settlement | None = self._refund(record, person_id)
        else:
            settlement = self._settle(record, person_id, provider)
        self._visits[record.visit_id] = (person_id, visit_hash(record))
        return settlement

    def _person(self, record: VisitRecord) -> int:
        by_psn = self._by_psn.get(record.psn_no or "")
        by_cert = self._by_cert.get(record.certno or "")
        found = by_psn if record.psn_no else by_cert
        if found is None:
            number = record.psn_no or record.certno
            raise Unknown("person/unknown", f"“{number}”不在册：没有这个参保人或共济使用人")
        if by_psn is not None and by_cert is not None and by_psn != by_cert:
            raise Refused("person/numbers-disagree", "人员编号与证件号码不是同一个人")
        return found

    def _provider(self, record: VisitRecord) -> Provider:
        provider = self._providers.get(record.provider_code)
        if provider is None:
            raise Unknown("provider/unknown", f"没有编号为“{record.provider_code}”的定点医药机构")
        # A refund undoes business that was done in time: the money goes back all the same.
        if not record.is_refund and not provider.in_agreement(record.settled_at.date()):
            raise Refused(
                "provider/not-in-agreement",
                f"{record.settled_at.date()} 不在“{provider.name}”的协议期内"
                f"（{provider.agreement_from} 起）",
            )
        return provider

    def _rules_on(self, day: date) -> OutpatientRules:
        rules = self._rules.get(day)
        if rules is None:
            rules = self._rules[day] = self._pack.outpatient(day)
        return rules

    def _settle(self, record: VisitRecord, person_id: int, provider: Provider) -> Settlement | None:
        day = record.settled_at.date()
        rules = self._rules_on(day)
        if record.med_type.startswith(rules.inpatient_prefixes):
            self._record_stay(record, person_id, provider)
            return None
        self._refuse_elsewhere(record, rules)
        tier = self._tier(record, provider, rules)
        self._refuse_forbidden(record)
        status = self._status(person_id, day)
        case = Case(
            record.med_type,
            record.in_scope_fen,
            person_id in self._roster,
            status,
            self._in_hospital(person_id, day, rules),
            provider.kind is ProviderKind.PHARMACY,
            provider.pharmacy_pooling,
            tier,
        )
        before = self._years.get((person_id, day.year), EMPTY_YEAR)
        pool = pool_share(case, rules, before.year_so_far)
        share = self._share(record, person_id, pool)
        settlement = self._settlement(record, person_id, provider, pool, share, before, status)
        entry = settlement_entry(settlement, share, provider.county)
        self._write_down(record, settlement, entry, provider)
        after = add_to_year(before.year_so_far, pool.amounts)
        self._remember_year(person_id, day.year, AccumulatorRow(after, before.version + 1))
        self.decided.draws += [
            DrawRow(person_id, settlement.settlement_id, d.link_id, d.holder_id, d.amount_fen)
            for d in share.draws
        ]
        for draw in share.draws:
            self._used[draw.link_id] += draw.amount_fen
        return settlement

    @staticmethod
    def _refuse_elsewhere(record: VisitRecord, rules: OutpatientRules) -> None:
        for prefix, article in rules.elsewhere_med_types.items():
            if record.med_type == prefix or record.med_type.startswith(prefix):
                raise Refused(
                    "visit/elsewhere",
                    f"医疗类别 {record.med_type} 另有规定（{article}），不在普通门诊统筹结算",
                    article=article,
                )

    def _tier(self, record: VisitRecord, provider: Provider, rules: OutpatientRules) -> int | None:
        """The tier that sets the ratio: at a pharmacy, that of the prescribing hospital."""
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
        prescriber = self._providers.get(record.prescriber_code)
        if prescriber is None or prescriber.kind is ProviderKind.PHARMACY:
            raise Unknown(
                "prescriber/unknown", f"没有编号为“{record.prescriber_code}”的处方医疗机构"
            )
        return prescriber.tier

    def _refuse_forbidden(self, record: VisitRecord) -> None:
        if record.account_use == 0 or not record.fee_category:
            return
        rules = self._pack.account_use(record.settled_at.date())
        for category in rules.forbidden_categories:
            if category in record.fee_category:
                raise Refused(
                    "account/forbidden-category",
                    f"个人账户不得用于“{record.fee_category}”（S3c-14）",
                    article="S3c-14",
                )

    def _status(self, person_id: int, day: date) -> Status | None:
        span: Span | None = people.span_on(self._spans.get(person_id, []), day)
        if span is None or span.insured != Insured.NORMAL:
            return None
        return Status(span.status)

    def _in_hospital(self, person_id: int, day: date, rules: OutpatientRules) -> bool:
        for first, last in self._stays.get(person_id, ()):
            if first < day < last:
                return True
            if day == first and rules.blocked_on_admission_day:
                return True
            if day == last and rules.blocked_on_discharge_day:
                return True
        return False

    def _share(self, record: VisitRecord, person_id: int, pool: PoolShare) -> AccountShare:
        day = record.settled_at.date()
        rules = self._pack.account_use(day)
        payable = payable_by_account(rules, record.total_fen, record.in_scope_fen, pool.amounts[7])
        relatives = self._relatives(person_id, day) if record.account_use == 2 else []
        return pay_from_accounts(
            payable, record.account_use, self._purses.get(person_id), relatives, rules
        )

    def _relatives(self, person_id: int, day: date) -> list[Relative]:
        return [
            Relative(
                link.link_id,
                link.holder_id,
                self._purses[link.holder_id],
                None if link.quota_fen is None else link.quota_fen - self._used[link.link_id],
            )
            for link in self._links.get(person_id, ())
            if link.covers(day) and link.holder_id in self._purses
        ]

    def _settlement(
        self,
        record: VisitRecord,
        person_id: int,
        provider: Provider,
        pool: PoolShare,
        share: AccountShare,
        before: AccumulatorRow,
        status: Status | None,
    ) -> Settlement:
        deductible, beyond, cost, before_caps, visit_cut, year_cut, overall_cut, pay = pool.amounts
        day = record.settled_at.date()
        purse = self._purses.get(person_id)
        return Settlement(
            person_id,
            self._work.ids.next(),
            record.visit_id,
            day.year,
            self._months.of(day).number,
            day,
            record.settled_at,
            provider.provider_id,
            record.med_type,
            status.value if status else "",
            pool.tier,
            pool.ratio_bp,
            pool.reason.value,
            record.total_fen,
            record.fully_self_paid_fen,
            record.over_limit_fen,
            record.paid_first_fen,
            record.in_scope_fen,
            deductible,
            pay,
            share.account_fen,
            share.family_fen,
            record.total_fen - pay - share.account_fen,
            purse.available if purse else 0,
            beyond,
            cost,
            before_caps,
            visit_cut,
            year_cut,
            overall_cut,
            *before.year_so_far,
            self._version,
        )

    # --- refunds and stays ---

    def _refund(self, record: VisitRecord, person_id: int) -> Settlement:
        original = self._original(record, person_id)
        entry = self._entry_of(original)
        for leg in entry.transfers:
            if leg.kind in ("account_pay", "family_draw"):
                purse = self._purses.setdefault(leg.person_id, Purse(0, {}))
                purse.give_back(leg.fund_year, leg.amount_fen)
        purse_after = self._purses.get(person_id)
        refund = mirror(
            original,
            self._work.ids.next(),
            record.visit_id,
            record.settled_at,
            self._months.of(record.settled_at.date()).number,
            purse_after.available if purse_after else 0,
        )
        before = self._years[person_id, original.year]
        refund = refund._replace(
            in_scope_before_fen=before.year_so_far[0],
            deductible_before_fen=before.year_so_far[1],
            cost_before_fen=before.year_so_far[2],
            paid_before_fen=before.year_so_far[3],
            overall_before_fen=before.year_so_far[4],
        )
        provider = self._providers[record.provider_code]
        self._write_down(record, refund, refund_entry(refund, entry), provider)
        self._give_back_draws(original, refund)
        self._remember_year(person_id, original.year, _without(before, original))
        self._reversed.add(original.settlement_id)
        return refund

    def _original(self, record: VisitRecord, person_id: int) -> Settlement:
        original = self._settled.get(record.original_visit_id or "")
        if original is None or original.settled_at > record.settled_at:
            raise Unknown(
                "refund/unknown-visit",
                f"没有可退的原就诊“{record.original_visit_id}”（未结算、被拒绝或晚于退费）",
            )
        if original.person_id != person_id or (
            self._providers[record.provider_code].provider_id != original.provider_id
        ):
            raise Refused("refund/other-person", f"原就诊“{original.visit_id}”不属于此人或此机构")
        if original.settlement_id in self._reversed or original.reverses_settlement_id:
            raise Conflict("refund/done-before", f"原就诊“{original.visit_id}”已经退过费")
        parts = (
            record.total_fen,
            record.fully_self_paid_fen,
            record.over_limit_fen,
            record.paid_first_fen,
            record.in_scope_fen,
        )
        if parts != tuple(-fen for fen in original[13:18]):
            raise Refused(
                "refund/partial", "退费金额必须与原就诊完全相反；部分退费请全额退后重新录入"
            )
        return original

    def _entry_of(self, settlement: Settlement) -> Entry:
        entry = self._entries.get(settlement.settlement_id)
        return entry or store.entry_of(self._work.connection, settlement)

    def _give_back_draws(self, original: Settlement, refund: Settlement) -> None:
        if original.visit_id in self._stored:
            draws = store.draws_of(self._work.connection, original)
        else:
            draws = [
                draw for draw in self.decided.draws if draw.settlement_id == original.settlement_id
            ]
        for draw in draws:
            self.decided.draws.append(
                draw._replace(settlement_id=refund.settlement_id, amount_fen=-draw.amount_fen)
            )
            if draw.link_id in self._used:
                self._used[draw.link_id] -= draw.amount_fen

    def _record_stay(self, record: VisitRecord, person_id: int, provider: Provider) -> None:
        first = record.first_day or record.settled_at.date()
        last = record.last_day or record.settled_at.date()
        self.decided.stays.append(
            StayRow(
                person_id,
                record.visit_id,
                visit_hash(record),
                provider.provider_id,
                first,
                last,
            )
        )
        self._stays.setdefault(person_id, []).append((first, last))

    # --- writing down ---

    def _write_down(
        self, record: VisitRecord, settlement: Settlement, entry: Entry, provider: Provider
    ) -> None:
        prescriber = self._providers.get(record.prescriber_code or "")
        self.decided.visits.append(
            VisitRow(
                settlement.person_id,
                record.visit_id,
                visit_hash(record),
                provider.provider_id,
                prescriber.provider_id if prescriber else None,
                record.med_type,
                record.settled_at,
                record.total_fen,
                record.fully_self_paid_fen,
                record.over_limit_fen,
                record.paid_first_fen,
                record.in_scope_fen,
                int(record.account_use),
                record.original_visit_id,
                record.fee_category,
            )
        )
        self.decided.settlements.append(settlement)
        self.decided.entries.append(entry)
        self._settled[record.visit_id] = settlement
        if entry.kind is EntryKind.SETTLEMENT:
            self._entries[settlement.settlement_id] = entry

    def _remember_year(self, person_id: int, year: int, row: AccumulatorRow) -> None:
        self._years[person_id, year] = self.decided.years[person_id, year] = row

    def save(self, request_id: str | None = None) -> None:
        """Write everything decided, in one go."""
        connection, decided = self._work.connection, self.decided
        store.insert_visits(connection, decided.visits)
        store.insert_stays(connection, decided.stays)
        journal.append(self._work, decided.entries, request_id)
        store.insert_settlements(connection, decided.settlements)
        store.insert_draws(connection, decided.draws)
        store.save_accumulators(connection, decided.years)


def _without(before: AccumulatorRow, original: Settlement) -> AccumulatorRow:
    """The year after giving a settlement back: exactly what it added is taken off."""
    in_scope, deductible, cost, paid, overall = before.year_so_far
    return AccumulatorRow(
        (
            in_scope - original.deductible_fen - original.beyond_deductible_fen,
            deductible - original.deductible_fen,
            cost - original.cost_fen,
            paid - original.pool_fen,
            overall - original.pool_fen,
        ),
        before.version + 1,
    )


def article_of(settlement: Settlement) -> str:
    """The article behind the fund's share of a settlement, or behind its absence."""
    return REASON_ARTICLE[Reason(settlement.reason)]
