"""The desk at which visits are settled: it knows everything about a set of people beforehand,
decides visit after visit in memory, and writes all it decided at once.

One visit at a window and a month's file are the same code: the window's desk knows one person.
The order of refusals is `benefits.outpatient.REFUSALS`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ledger.benefits.account_states import Movement
from ledger.benefits.account_use import (
    AccountShare,
    Purse,
    pay_from_accounts,
    pay_from_other_pools,
    payable_by_account,
)
from ledger.benefits.explanation_shapes import Traces
from ledger.benefits.kernel import add_to_year
from ledger.benefits.outpatient import Case, PoolShare, pool_share
from ledger.benefits.settlement import Settlement, mirror, settlement_of
from ledger.core.errors import Conflict
from ledger.core.people import Status
from ledger.core.providers import ProviderKind
from ledger.core.visits import AccountUse, VisitRecord, bill_of
from ledger.journalizing.merging import carried_over
from ledger.journalizing.settlement import refund_entry, settlement_entry
from ledger.policy.pack import Pack
from ledger.services.visits.decided_visits import Decided, Prepared, visit_row
from ledger.services.visits.desk_knowledge import (
    EMPTY_YEAR,
    DayRules,
    DeskKnowledge,
    head_of,
    visit_hash,
    year_without,
)
from ledger.services.visits.plain_cases import PlainVisit, SortedOut, sort_out
from ledger.services.visits.plain_visits import PlainVisits
from ledger.services.visits.shaped_visits import ORDINARY
from ledger.services.visits.visit_refusals import (
    refuse_elsewhere,
    refuse_forbidden,
    refuse_impossible,
)
from ledger.storage.accounts.merges import CarriedOver
from ledger.storage.books.journal import NO_ORIGINS, Origin
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.pools.incoming_quotas import IncomingDraw
from ledger.storage.roster.registry import Provider
from ledger.storage.visits.desk_facts import DeskFacts, facts_of
from ledger.storage.visits.settlements import AccumulatorRow, DrawRow, StayRow


class SettlementDesk:
    """Settles visits of the people of `records`; see the module docstring.

    Until `save` nothing is written, not even a month of account opened: a refused visit of a
    mistyped year leaves no month that somebody would have to close.
    """

    def __init__(
        self,
        work: UnitOfWork,
        pack: Pack,
        policy_version: str,
        records: Sequence[VisitRecord],
        facts: DeskFacts | None = None,
    ) -> None:
        """`facts`: what was read of these visits already; None: it is read here."""
        self._work, self._version = work, policy_version
        self._ids = work.ids.run()
        facts = facts or facts_of(work.connection, records)
        self._know = DeskKnowledge(work.connection, pack, records, facts)
        self._decided = Decided()
        self._shaped = pack.has_shapes
        self._plain = PlainVisits(work, self._know, self._decided, policy_version, self._ids)

    def is_stay(self, record: VisitRecord) -> bool:
        """Is it an inpatient stay: recorded for article 10, never settled here?"""
        return self._know.is_stay(record)

    def sort_out(self, records: Sequence[VisitRecord]) -> SortedOut:
        """Part the plain visits of a file, which `take_plain` settles, from the others."""
        if self._shaped:
            return SortedOut([], list(records))
        return sort_out(self._know, records)

    def take_plain(self, visits: Sequence[PlainVisit]) -> None:
        """Decide visits that `sort_out` found plain, in its order."""
        self._plain.take(visits)

    def known_before(self, record: VisitRecord) -> bool:
        """Is this very visit here already?

        Raises:
            Conflict: `visit/duplicate-id` when the id stands for another visit.
        """
        known = self._know.visits.get(record.visit_id)
        if known is None:
            return False
        if known != (self._know.find(record), visit_hash(record)):
            raise Conflict(
                "visit/duplicate-id", f"就诊ID“{record.visit_id}”已用于另一次内容不同的就诊"
            )
        return True

    def take(self, record: VisitRecord) -> Settlement | None:
        """Decide one visit, refund or stay; None for a stay, which has no settlement.

        Raises:
            Unknown, Refused, Conflict, NotInForce: the first of `REFUSALS` that fits.
        """
        person_id = self._know.person(record)
        day = record.settled_at.date()
        provider = self._know.provider(record, day)
        rules = self._know.rules_on(day)
        content = visit_hash(record)
        settlement: Settlement | None = None
        if record.is_refund:
            settlement = self._refund(record, person_id, provider, rules)
        elif rules.is_stay(record.med_type):
            self._record_stay(record, person_id, provider, content)
        else:
            settlement = self._settle(record, person_id, provider, rules)
        if settlement is not None:
            self._write_down(record, settlement, provider, content)
            if rules.resettle_later:
                self._decided.marking.append(settlement)
        self._know.visits[record.visit_id] = (person_id, content)
        return settlement

    # --- a visit ---

    def _settle(
        self, record: VisitRecord, person_id: int, provider: Provider, rules: DayRules
    ) -> Settlement:
        know, day = self._know, rules.day
        refuse_impossible(record)
        benefit = rules.benefit(record.med_type)
        if benefit.name == ORDINARY and record.med_type not in rules.settled_here:
            refuse_elsewhere(record.med_type, rules.outpatient)
            rules.settled_here.add(record.med_type)
        tier = know.tier(record, provider, benefit.rules)
        refuse_forbidden(record, rules.account)
        status = know.status(person_id, day)
        case = Case(
            record.med_type,
            record.in_scope_fen,
            person_id in know.roster,
            status,
            benefit.name == ORDINARY and know.in_hospital(person_id, day, rules.outpatient),
            provider.kind is ProviderKind.PHARMACY,
            provider.pharmacy_pooling,
            tier,
        )
        before = know.years.get((person_id, day.year), EMPTY_YEAR)
        if self._shaped:
            first = rules.account.pays_first and know.may(person_id, Movement.USE, day)
            purse = know.purses.get(person_id) if first else None
            before, pool = know.shaped.share(
                record, person_id, provider, benefit, case, before, purse
            )
        else:
            pool = pool_share(case, rules.outpatient, before.year_so_far, rules.parameters)
        share = self._share(record, person_id, pool, rules)
        settlement = self._settlement(
            record, person_id, provider, pool, share, before, rules, status
        )
        number = settlement.settlement_id
        self._decided.post(settlement_entry(settlement, share, provider.county))
        if share.draws:
            self._decided.draws[number] = [
                DrawRow(person_id, number, draw.link_id, draw.holder_id, draw.amount_fen)
                for draw in share.draws
            ]
            for draw in share.draws:
                know.used[draw.link_id] += draw.amount_fen
        if share.pool_draws:
            self._decided.pool_draws[number] = [
                IncomingDraw(person_id, number, draw.quota_id, draw.amount_fen)
                for draw in share.pool_draws
            ]
        if self._shaped:
            know.shaped.count_visit(person_id, number, benefit.name, day.year, pool)
        if benefit.name == ORDINARY:
            after = add_to_year(before.year_so_far, pool.amounts)
            self._remember_year(person_id, day.year, AccumulatorRow(after, before.version + 1))
        return settlement

    def _share(
        self, record: VisitRecord, person_id: int, pool: PoolShare, rules: DayRules
    ) -> AccountShare:
        payable = payable_by_account(
            rules.account, record.total_fen, record.in_scope_fen, pool.amounts[7]
        )
        relatives = self._know.relatives(person_id, rules.day) if record.account_use == 2 else []
        usable = self._know.may(person_id, Movement.USE, rules.day)
        own = self._know.purses.get(person_id) if usable else None
        use = record.account_use
        if rules.account.pays_first and use == AccountUse.NONE:
            use = AccountUse.OWN  # No choice, where the pool counts on the account.
        share = pay_from_accounts(payable, use, own, relatives, rules.account)
        if record.account_use == 2:
            quotas = self._know.quotas_of_other_pools(person_id, rules.day)
            if quotas:
                return pay_from_other_pools(share, payable, quotas)
        return share

    def _settlement(
        self,
        record: VisitRecord,
        person_id: int,
        provider: Provider,
        pool: PoolShare,
        share: AccountShare,
        before: AccumulatorRow,
        rules: DayRules,
        status: Status | None,
    ) -> Settlement:
        head = head_of(record, person_id, next(self._ids), provider, rules)
        purse = self._know.purses.get(person_id)
        account = share.account_fen, share.family_fen, purse.available if purse else 0
        year = before.year_so_far
        return settlement_of(head, bill_of(record), status, pool, account, year, self._version)

    # --- refunds and stays ---

    def _refund(
        self, record: VisitRecord, person_id: int, provider: Provider, rules: DayRules
    ) -> Settlement:
        know = self._know
        original = know.original(record, person_id, provider)
        merged = original.person_id != person_id
        entry = (
            self._decided.entries.get(original.settlement_id)
            or know.stored_entries[original.settlement_id]
        )
        for leg in entry.transfers:
            if leg.kind in ("account_pay", "family_draw"):
                whose = know.now(leg.person_id)
                know.admit_refund(whose)
                purse = know.purses.setdefault(whose, Purse(0, {}))
                purse.give_back(leg.fund_year, leg.amount_fen)
        benefit = know.shaped.benefit_of(original.settlement_id)
        ordinary = know.years.get((person_id, original.year), EMPTY_YEAR)
        year = know.shaped.year_of(person_id, benefit, original.year, ordinary.year_so_far)
        own = know.purses.get(person_id)
        refund = mirror(
            original,
            next(self._ids),
            record.visit_id,
            record.settled_at,
            rules.fiscal_month,
            own.available if own else 0,
            year,
        )
        self._decided.post(carried_over(refund_entry(refund, entry), know.aliases))
        self._give_back_draws(original, refund)
        know.shaped.give_back(original, refund, person_id)
        if merged:
            # Its year counts for the person now: taken off there, and the move of it taken back.
            uses = know.shaped.uses_of(refund.settlement_id)
            self._decided.carried.append(CarriedOver(person_id, refund, uses))
        if benefit == ORDINARY:
            self._remember_year(person_id, original.year, year_without(ordinary, original))
        know.reversed[original.settlement_id] = refund.settlement_id
        return refund

    def _give_back_draws(self, original: Settlement, refund: Settlement) -> None:
        number = original.settlement_id
        draws = self._decided.draws.get(number) or self._know.stored_draws.get(number, [])
        self._decided.draws[refund.settlement_id] = [
            draw._replace(settlement_id=refund.settlement_id, amount_fen=-draw.amount_fen)
            for draw in draws
        ]
        for draw in draws:
            if draw.link_id in self._know.used:
                self._know.used[draw.link_id] -= draw.amount_fen
        self._give_back_to_pools(number, refund.settlement_id)

    def _give_back_to_pools(self, number: int, refund_number: int) -> None:
        """What quotas of other pools paid may be used again; we owe it to the pools."""
        know = self._know
        draws = self._decided.pool_draws.get(number) or know.stored_pool_draws.get(number, [])
        if not draws:
            return
        self._decided.pool_draws[refund_number] = [
            draw._replace(settlement_id=refund_number, amount_fen=-draw.amount_fen)
            for draw in draws
        ]
        for draw in draws:
            if draw.quota_id in know.pool_quotas:
                know.pool_quotas[draw.quota_id].left += draw.amount_fen

    def _record_stay(
        self, record: VisitRecord, person_id: int, provider: Provider, content: str
    ) -> None:
        first = record.first_day or record.settled_at.date()
        last = record.last_day or record.settled_at.date()
        self._decided.stretch.stays.append(
            StayRow(person_id, record.visit_id, content, provider.provider_id, first, last)
        )
        self._know.stays.setdefault(person_id, []).append((first, last))

    # --- writing down ---

    def _write_down(
        self, record: VisitRecord, settlement: Settlement, provider: Provider, content: str
    ) -> None:
        prescriber = self._know.prescriber_id(record, record.settled_at.date())
        stretch = self._decided.stretch
        stretch.visits.append(
            visit_row(record, settlement.person_id, provider.provider_id, prescriber, content)
        )
        stretch.settlements.append(settlement)
        self._know.settled[record.visit_id] = settlement

    def traces(self, settlement: Settlement) -> Traces:
        """Windows, bands and funds of a settlement that this desk decided."""
        return self._know.shaped.traces(settlement.settlement_id)

    def _remember_year(self, person_id: int, year: int, row: AccumulatorRow) -> None:
        self._know.years[person_id, year] = self._decided.years[person_id, year] = row

    def hand_over(self, origins: Mapping[int, Origin] = NO_ORIGINS) -> Prepared:
        """What was decided since the last call: the caller has it written before `save`, beside
        the deciding of the next visits if it likes. The desk itself reads nothing any more.

        Args:
            origins: settlement -> the request it came by.
        """
        self._decided.stretch.traces += self._know.shaped.hand_over()
        return self._decided.hand_over(self._work, self._know.unopened, origins)

    def save(self, origins: Mapping[int, Origin] = NO_ORIGINS) -> None:
        """Write everything decided that was not handed over, and what all of it changes."""
        self.hand_over(origins).write()
        self._decided.write_changes(self._work)
        self._know.shaped.write_changes(self._work.connection)
