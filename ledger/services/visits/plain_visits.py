"""Plain visits settled person by person, and written column by column.

It decides by the same rules as the desk: who is covered is `pool_share`'s word, the amounts are
the kernel's, the account pays by `pay_from_accounts`, the legs are `plain_legs`. What it leaves
out are the objects of the books, one for each visit, entry and leg: they cost more than all the
deciding. A test settles the same files both ways and compares every row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, repeat
from typing import Any, NamedTuple

from ledger.benefits.account_use import pay_from_accounts, payable_by_account
from ledger.benefits.kernel import Amounts, YearSoFar, add_to_year, settle_amounts
from ledger.benefits.outpatient import NOTHING, PoolShare, Reason
from ledger.benefits.settlement import Settlement
from ledger.books.kinds import TRANSFER_KINDS, EntryKind
from ledger.core.ids import EntryId
from ledger.core.people import Status
from ledger.core.visits import AccountUse, VisitRecord, bill_of
from ledger.journalizing.settlement import plain_legs
from ledger.services.visits.decided_visits import Decided
from ledger.services.visits.desk_knowledge import EMPTY_YEAR, DeskKnowledge, visit_hash
from ledger.services.visits.plain_cases import PlainVisit, Where
from ledger.storage.books.journal import ENTRY_COLUMNS, TRANSFER_COLUMNS
from ledger.storage.database.bulk import Insert, Row, inserts
from ledger.storage.database.engine import instant_text
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.visits.settlements import AccumulatorRow, VisitRow

_ENTRY = tuple(ENTRY_COLUMNS.split())
_SETTLEMENT = str(EntryKind.SETTLEMENT)
_ACCOUNTS = {name: (kind.debit, kind.credit) for name, kind in TRANSFER_KINDS.items()}


class Outcome(NamedTuple):
    """What the rules made of a visit."""

    status: str
    tier: int | None
    ratio_bp: int
    reason: str
    amounts: Amounts
    before: YearSoFar
    """The year that the visit met."""
    own_parts: list[tuple[int, int]]
    """What the own account pays: (year of the money, fen)."""
    account_fen: int
    left_fen: int
    """What the own account can pay after that."""


class PlainVisits:
    """Settles plain visits; see the module docstring."""

    def __init__(
        self,
        work: UnitOfWork,
        know: DeskKnowledge,
        decided: Decided,
        policy_version: str,
        ids: Iterator[EntryId],
    ) -> None:
        self._know, self._decided, self._ids = know, decided, ids
        self._version, self._actor = policy_version, work.actor
        self._recorded_at = instant_text(work.recorded_at)

    def take(self, visits: Sequence[PlainVisit]) -> None:
        """Settle visits that stand person by person in order of time."""
        settled = Settled(visits, list(map(self._outcome, visits)), self._ids)
        stretch = self._decided.stretch
        count = len(visits)
        stretch.plain += [
            Insert("visit", VisitRow._fields, settled.visits(), count),
            Insert("entry", _ENTRY, self._entries(settled), count),
            Insert("settlement", Settlement._fields, settled.settlements(self._version), count),
            *inserts("transfer", TRANSFER_COLUMNS, settled.transfers()),
        ]
        stretch.months |= set(settled.where.fiscal_month)
        for person_id, parts in zip(settled.people, settled.outcome.own_parts, strict=True):
            for fund_year, amount in parts:
                self._decided.moves[person_id, fund_year][1] += amount

    def _outcome(self, visit: PlainVisit) -> Outcome:
        person_id, record, place = visit
        rules, know = place.rules, self._know
        status = know.status(person_id, rules.day)
        in_hospital = know.in_hospital(person_id, rules.day, rules.outpatient)
        verdict = place.verdict(status, person_id in know.roster, in_hospital)
        met, amounts = self._count(visit, verdict, status)
        purse = know.purses.get(person_id)
        payable = payable_by_account(
            rules.account, record.total_fen, record.in_scope_fen, amounts[7]
        )
        use = AccountUse.OWN if record.account_use else AccountUse.NONE
        share = pay_from_accounts(payable, use, purse, [], rules.account)
        return Outcome(
            str(status) if status else "",
            verdict.tier,
            verdict.ratio_bp,
            str(verdict.reason),
            amounts,
            met,
            share.own_parts,
            share.account_fen,
            purse.available if purse else 0,
        )

    def _count(
        self, visit: PlainVisit, verdict: PoolShare, status: Status | None
    ) -> tuple[YearSoFar, Amounts]:
        """The year that a visit met, and what the rules made of the visit."""
        rules = visit.place.rules
        key = (visit.person_id, rules.day.year)
        met, version = self._know.years.get(key, EMPTY_YEAR)
        amounts = NOTHING
        if verdict.reason is Reason.COVERED and verdict.tier is not None:
            retired = int(status is Status.RETIRED)
            scope = visit.record.in_scope_fen
            amounts = settle_amounts(rules.parameters, met, retired, verdict.tier, scope)
        after = AccumulatorRow(add_to_year(met, amounts), version + 1)
        self._know.years[key] = self._decided.years[key] = after
        return met, amounts

    def _entries(self, settled: Settled) -> Iterator[Row]:
        """Rows of `entry`."""
        return zip(
            settled.people, settled.numbers, repeat(_SETTLEMENT), map(len, settled.legs),
            settled.where.day, repeat(self._recorded_at), settled.where.fiscal_month,
            repeat(None), repeat(None), repeat(self._version), repeat(self._actor), repeat(""),
        )  # fmt: skip


class Settled:
    """Visits with their outcome, column by column: of `record`, `where` and `outcome`, each field
    is the column of all visits."""

    def __init__(
        self, visits: Sequence[PlainVisit], outcomes: Sequence[Outcome], ids: Iterator[EntryId]
    ) -> None:
        people, self.records, places = zip(*visits, strict=True)
        self.people: Sequence[int] = people
        self.numbers = list(islice(ids, len(visits)))
        self.record: Any = _columns(VisitRecord, self.records)
        self.bill: Any = bill_of(self.record)
        self.where: Any = _columns(Where, [place.where for place in places])
        self.outcome: Any = _columns(Outcome, outcomes)
        self.amounts: Any = _columns(_Amounts, self.outcome.amounts)
        self.times = list(map(instant_text, self.record.settled_at))
        years, own_parts = self.where.year, self.outcome.own_parts
        self.legs = list(map(plain_legs, years, self.amounts.pool, own_parts))

    def visits(self) -> Iterator[Row]:
        """Rows of `visit`: as they were reported. A plain one has no facts."""
        said, where = self.record, self.where
        return zip(
            self.people, said.visit_id, map(visit_hash, self.records), where.provider_id,
            where.prescriber_id, said.med_type, self.times, *self.bill,
            map(int, said.account_use), said.original_visit_id, said.fee_category, repeat(None),
        )  # fmt: skip

    def settlements(self, version: str) -> Iterator[Row]:
        """Rows of `settlement`: what the pool and the account leave is cash. That the parts of
        the bill add up is what `is_possible` said of a plain visit."""
        said, where, outcome, amounts = self.record, self.where, self.outcome, self.amounts
        parties = zip(said.total_fen, amounts.pool, outcome.account_fen, strict=True)
        cash = [total - pool - account for total, pool, account in parties]
        return zip(
            self.people, self.numbers, said.visit_id, where.year, where.fiscal_month, where.day,
            self.times, where.provider_id, said.med_type, outcome.status, outcome.tier,
            outcome.ratio_bp, outcome.reason, *self.bill, amounts.deductible, amounts.pool,
            outcome.account_fen, repeat(0), cash, outcome.left_fen, amounts.beyond, amounts.cost,
            amounts.before_caps, amounts.visit_cut, amounts.year_cut, amounts.overall_cut,
            *zip(*outcome.before, strict=True), repeat(version), repeat(None),
        )  # fmt: skip

    def transfers(self) -> list[Row]:
        """Rows of `transfer`."""
        where = self.where
        visits = zip(
            self.people, self.numbers, self.legs, where.day, where.fiscal_month,
            where.provider_id, where.county, strict=True,
        )  # fmt: skip
        return [
            (person_id, number, leg, kind, day, month, fund_year, None, *_ACCOUNTS[kind], amount,
             provider_id, county)
            for person_id, number, legs, day, month, provider_id, county in visits
            for leg, (kind, fund_year, amount) in enumerate(legs, 1)
        ]  # fmt: skip


class _Amounts(NamedTuple):
    """Names for the kernel's `Amounts`."""

    deductible: int
    beyond: int
    cost: int
    before_caps: int
    visit_cut: int
    year_cut: int
    overall_cut: int
    pool: int


def _columns(kind: Any, rows: Iterable[Row]) -> Any:
    """Rows turned round: each field of `kind` is a column."""
    return kind(*zip(*rows, strict=True))
