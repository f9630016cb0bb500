"""`claim`: manual reimbursement of paper bills for visits elsewhere (手工报销, article 21)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from itertools import chain
from typing import Any, NamedTuple

from ledger.benefits.account_states import Movement
from ledger.benefits.account_use import payable_by_account
from ledger.benefits.claims import deadline, refuse_claim
from ledger.benefits.kernel import NEW_YEAR, add_to_year
from ledger.benefits.outpatient import Case, PoolShare, pool_share
from ledger.benefits.settlement import Settlement, SettlementHead, settlement_of
from ledger.core.batches import Batch, ImportResult
from ledger.core.claims import ClaimRecord
from ledger.core.errors import Conflict, GongjiError, Refused
from ledger.core.visit_facts import VisitFacts
from ledger.core.visits import bill_of
from ledger.journalizing.claims import claim_entry
from ledger.policy.pack import Pack
from ledger.services.accounts.account_gate import admit, purse_of
from ledger.services.books.read import known_person
from ledger.services.claims.pay_person import refuse_incomplete
from ledger.services.context import Context
from ledger.services.importing import ImportOptions, Ledgering, take_in
from ledger.services.once import once
from ledger.services.resettlement.resettle_facts import Facts
from ledger.services.visits.settlement_answer import present
from ledger.services.visits.shaped_visits import ORDINARY, Benefit, ShapedVisits, other_benefits
from ledger.services.visits.visit_refusals import refuse_elsewhere, refuse_impossible
from ledger.storage.accounts.account_events import standing_of
from ledger.storage.books.journal import append
from ledger.storage.books.months import BookingMonths
from ledger.storage.books.payees import insert_payee
from ledger.storage.database.bulk import run_inserts
from ledger.storage.database.engine import instant_text
from ledger.storage.database.turns import lock_patients
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.database.visit_ids import IdsOfFile
from ledger.storage.roster import people
from ledger.storage.visits import claims as claim_store
from ledger.storage.visits import resettlements
from ledger.storage.visits import settlements as store
from ledger.storage.visits.claims import ClaimRow
from ledger.storage.visits.resettlements import ELSEWHERE
from ledger.storage.visits.settlements import AccumulatorRow, VisitRow
from ledger.storage.visits.visit_facts import facts_text_of

NO_USE, OWN_ACCOUNT = 0, 1
"""`acct_used_flag` of a claim: relatives' accounts pay at the window only."""
EMPTY_YEAR = AccumulatorRow(NEW_YEAR, 0)

FIELD_OF = {
    "visit/duplicate-id": "claim_no",
    "person/unknown": "psn_no",
    "person/numbers-disagree": "certno",
    "policy/not-in-force": "visited_at",
    "claim/before-visit": "received_on",
    "claim/too-late": "received_on",
    "claim/papers-missing": "papers",
    "visit/elsewhere": "med_type",
    "provider/no-tier": "place_grade",
    "payee/incomplete": "bank_account",
    "payee/bad-number": "bank_account",
    "claim/double": "bill_no",
}
"""Which column of a file a refusal is about."""


def claim(
    context: Context, record: ClaimRecord, request_id: str | None = None, dry_run: bool = False
) -> dict[str, Any]:
    """Take in one paper bill and make what the fund pays of it due to the person.

    The same request id, or the same claim number with the same content, gives the first answer.

    Raises:
        Unknown, Refused, Conflict, NotInForce: the first of `benefits.claims.REFUSALS`.
    """
    person_id = _person_of(context, record)
    content = {"verb": "claim", "claim": [str(field) for field in record.said]}

    def act(work: UnitOfWork) -> dict[str, Any]:
        desk = _Desk(context, work, [record])
        answer = desk.answer(record, request_id)
        desk.ids.prove()
        return answer

    return once(context, person_id, request_id, content, act, dry_run)


def import_claims(
    context: Context, batch: Batch[ClaimRecord], options: ImportOptions
) -> ImportResult:
    """Take in a file of paper bills in the order of the visits."""

    def take(work: UnitOfWork, books: Ledgering) -> None:
        numbers = chain.from_iterable((r.psn_no, r.certno) for r in batch.records)
        lock_patients(work.connection, numbers, relatives=False)
        desk = _Desk(context, work, batch.records)
        for record in sorted(batch.records, key=lambda r: (r.visited_at, r.row)):
            try:
                books.accept(unchanged=not desk.take(record))
            except GongjiError as error:
                books.refuse_with(record.row, FIELD_OF.get(error.code, ""), error)
        desk.ids.prove()

    return take_in(context, batch, options, take)


def _person_of(context: Context, record: ClaimRecord) -> int:
    with context.reading() as connection:
        return people.find_person(connection, record.psn_no or record.certno or "") or 0


def claim_hash(record: ClaimRecord) -> str:
    """The same bill has the same hash, whatever row or request brings it."""
    text = "|".join(str(field) for field in (*record.said[:1], *record.said[3:]))
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


class _Desk:
    """Takes in claims one after another, each on what the ones before it left."""

    def __init__(self, context: Context, work: UnitOfWork, records: Sequence[ClaimRecord]) -> None:
        self._context, self._work, self._pack = context, work, context.pack
        self.ids = IdsOfFile(work.connection, (record.claim_no for record in records))
        self._version = context.stamp_policy(work)
        self._months = BookingMonths(work.connection)

    def answer(self, record: ClaimRecord, request_id: str | None) -> dict[str, Any]:
        self.take(record, request_id)
        connection = self._work.connection
        settlement = store.settlements_of_visits(connection, [record.claim_no])[record.claim_no]
        row = claim_store.claim_of(connection, settlement.person_id, record.claim_no)
        assert row is not None
        return present(connection, settlement, self._pack) | _said(row, self._pack, record)

    def take(self, record: ClaimRecord, request_id: str | None = None) -> bool:
        """Book a claim; False when this very claim is here already."""
        connection, content = self._work.connection, claim_hash(record)
        person_id = self._person(record)
        known = store.known_visits(connection, [record.claim_no]).get(record.claim_no)
        if known is not None:
            if known == (person_id, content):
                return False
            raise Conflict(
                "visit/duplicate-id", f"编号“{record.claim_no}”已用于另一笔内容不同的业务"
            )
        day = record.visited_at.date()
        row = _row(person_id, record)
        other = other_benefits(self._pack, day).get(record.med_type)
        _refuse(record, self._pack, day, ordinary=other is None)
        counted = self._count(person_id, record, other)
        refuse_incomplete(record.bank_account)
        self._refuse_double(row, day, record.total_fen)
        parts, available = self._own_parts(person_id, record, counted.share.amounts[7])
        settlement = _settlement(
            record,
            Booked(person_id, self._work.ids.next(), self._months.of(record.received_on).number),
            counted,
            (sum(fen for _year, fen in parts), available),
            self._version,
        )
        store.insert_visits(connection, [_visit(record, person_id, content)])
        claim_store.insert_claim(connection, row)
        self._book(record, settlement, parts, counted, request_id)
        return True

    def _person(self, record: ClaimRecord) -> int:
        connection = self._work.connection
        found = known_person(connection, record.psn_no or record.certno or "").person_id
        if record.psn_no and record.certno:
            other = people.find_person(connection, record.certno)
            if other is not None and other != found:
                raise Refused("person/numbers-disagree", "人员编号与证件号码不是同一个人")
        return found

    def _count(self, person_id: int, record: ClaimRecord, other: Benefit | None) -> Counted:
        """What the fund pays, and the year and windows that the visit meets.

        Args:
            other: the benefit beside ordinary visits that settles it, where one does.
        """
        connection, day = self._work.connection, record.visited_at.date()
        facts = Facts(connection, self._pack, [person_id])
        rules = facts.rules_of(day.isoformat())
        benefit = other or Benefit(ORDINARY, *rules)
        listed, status, inside = facts.person_on(person_id, day.isoformat())
        person = listed, status, inside and other is None
        case = Case(record.med_type, record.in_scope_fen, *person, False, None, record.place_tier)
        years = store.accumulators_of(connection, [person_id])
        before = years.get((person_id, day.year), EMPTY_YEAR)
        shaped = ShapedVisits(connection, self._pack, {person_id}, ())
        if not self._pack.has_shapes:
            share = pool_share(case, benefit.rules, before.year_so_far, benefit.parameters)
            return Counted(benefit.name, case, share, before, before, shaped)
        purse = purse_of(connection, person_id) if self._pays_first(person_id, day) else None
        met, share = shaped.share_by_papers(record, person_id, benefit, case, before, purse)
        return Counted(benefit.name, case, share, met, before, shaped)

    def _pays_first(self, person_id: int, day: date) -> bool:
        """Does the person's account pay before the deductible, as far as its state lets it?"""
        standing = standing_of(self._work.connection, person_id)
        first = self._pack.account_use(day).pays_first
        return first and standing.refusing(Movement.USE) is None

    def _refuse_double(self, row: ClaimRow, day: date, total_fen: int) -> None:
        double = claim_store.double_of(self._work.connection, row.person_id, row, day, total_fen)
        if double is not None:
            bill = f"，票据号 {double.bill_no}" if double.bill_no else ""
            raise Conflict(
                "claim/double",
                f"与已结算的就诊重复：{double.visit_id}（{double.settled_at[:10]}，{double.place}"
                f"{bill}，结算ID {double.settlement_id}），不能再报销",
                setl_id=str(double.settlement_id),
            )

    def _book(
        self,
        record: ClaimRecord,
        settlement: Settlement,
        parts: list[tuple[int, int]],
        counted: Counted,
        request_id: str | None,
    ) -> None:
        """The entry, the settlement, the year after it, and to whom the money is due."""
        connection, person_id = self._work.connection, settlement.person_id
        memo = f"手工报销 {record.place_name} 票据 {record.bill_no}"
        append(self._work, [claim_entry(settlement, parts, None, memo)], request_id)
        store.insert_settlements(connection, [settlement])
        self._save_year(settlement, counted)
        if settlement.pool_fen + settlement.account_fen:
            insert_payee(
                self._work,
                person_id,
                settlement.settlement_id,
                record.bank_account,
                record.received_on,
                settlement.account_fen,
                settlement.pool_fen,
            )
        if self._pack.resettlement(record.received_on).behaviour == "resettle_later":
            resettlements.mark_out_of_order(connection, [settlement])

    def _save_year(self, settlement: Settlement, counted: Counted) -> None:
        connection = self._work.connection
        person_id, year = settlement.person_id, settlement.year
        benefit, share = counted.benefit, counted.share
        if self._pack.has_shapes:
            counted.shaped.count_visit(person_id, settlement.settlement_id, benefit, year, share)
            run_inserts(connection, counted.shaped.hand_over())
            counted.shaped.write_changes(connection)
        if benefit == ORDINARY:
            after = add_to_year(counted.met.year_so_far, share.amounts)
            row = AccumulatorRow(after, counted.ordinary.version + 1)
            store.save_accumulators(connection, {(person_id, year): row})

    def _own_parts(
        self, person_id: int, record: ClaimRecord, pool_fen: int
    ) -> tuple[list[tuple[int, int]], int]:
        """(year of the money, fen) of what the person's own account pays; what it can pay then."""
        purse, day = purse_of(self._work.connection, person_id), record.visited_at.date()
        # No choice, where the pool counts on the account.
        if not (record.from_account or self._pays_first(person_id, day)):
            return [], purse.available
        rules = self._pack.account_use(day)
        payable = payable_by_account(rules, record.total_fen, record.in_scope_fen, pool_fen)
        if payable and purse.available:
            admit(self._work.connection, person_id, Movement.USE)
        parts = purse.take(payable, rules.use_order == "oldest_first")
        return parts, purse.available


class Counted(NamedTuple):
    """A claim's share of the pool, and what it was counted against: the year that it `met`, of its
    benefit, and the `ordinary` one as it is stored."""

    benefit: str
    case: Case
    share: PoolShare
    met: AccumulatorRow
    ordinary: AccumulatorRow
    shaped: ShapedVisits


class Booked(NamedTuple):
    """Where a claim is booked: whose, its settlement's number, the month of account."""

    person_id: int
    settlement_id: int
    fiscal_month: int


def _settlement(
    record: ClaimRecord,
    booked: Booked,
    counted: Counted,
    account: tuple[int, int],
    version: str,
) -> Settlement:
    """Args:
    account: what the account pays, and what it can pay after that, fen.
    """
    head = SettlementHead(
        booked.person_id,
        booked.settlement_id,
        record.claim_no,
        record.visited_at.year,
        booked.fiscal_month,
        record.received_on,
        record.visited_at,
        ELSEWHERE,
        record.med_type,
    )
    pays, left = account
    bill, year = bill_of(record), counted.met.year_so_far
    status, share = counted.case.status, counted.share
    return settlement_of(head, bill, status, share, (pays, 0, left), year, version)


def _refuse(record: ClaimRecord, pack: Pack, day: date, ordinary: bool) -> None:
    """The refusals that the record and the rules of its day decide alone, in their order."""
    outpatient, rules = pack.outpatient(day), pack.claims(day)
    refuse_impossible(record)
    refuse_claim(day, record.received_on, record.papers, rules)
    if ordinary:
        refuse_elsewhere(record.med_type, outpatient)
    if record.place_tier is None:
        raise Refused(
            "provider/no-tier", f"“{record.place_name}”未定级，也不是基层医疗机构，不能报销"
        )


def _row(person_id: int, record: ClaimRecord) -> ClaimRow:
    return ClaimRow(
        person_id,
        record.claim_no,
        record.received_on,
        record.place_name,
        record.place_grade,
        record.place_tier,
        record.filed,
        record.bill_no,
        "、".join(record.papers),
    )


def _visit(record: ClaimRecord, person_id: int, content: str) -> VisitRow:
    return VisitRow(
        person_id,
        record.claim_no,
        content,
        ELSEWHERE,
        None,
        record.med_type,
        instant_text(record.visited_at),
        *bill_of(record),
        OWN_ACCOUNT if record.from_account else NO_USE,
        None,
        None,
        facts_text_of(VisitFacts(record.disease_code, record.contracted)),
    )


def _said(row: ClaimRow, pack: Pack, record: ClaimRecord) -> dict[str, Any]:
    day = record.visited_at.date()
    return {
        "fixmedins_name": row.place_name,
        "filed": row.filed,
        "bill_no": row.bill_no,
        "papers": row.papers.split("、"),
        "received_on": row.received_on.isoformat(),
        "last_day": deadline(day, pack.claims(day)).isoformat(),
        "payee": record.bank_account._asdict(),
    }
