"""Plain visits settled person by person, entries and legs straight into the rows they become.

It decides by the same rules as the desk: who is covered is `pool_share`'s word, the amounts are
the kernel's, the account pays by `pay_from_accounts`, the legs are `plain_legs`. What it leaves
out are the objects of the books, which cost as much as all the deciding. A test settles the same
files both ways and compares every row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from ledger.benefits.account_use import pay_from_accounts, payable_by_account
from ledger.benefits.kernel import Amounts, YearSoFar, add_to_year, settle_amounts
from ledger.benefits.outpatient import NOTHING, PoolShare, Reason
from ledger.benefits.settlement import Settlement, settlement_of
from ledger.books.kinds import TRANSFER_KINDS, EntryKind
from ledger.core.ids import EntryId
from ledger.core.people import Status
from ledger.core.visits import AccountUse, bill_of
from ledger.journalizing.settlement import plain_legs
from ledger.services.visits.decided_visits import Decided, visit_row
from ledger.services.visits.desk_knowledge import EMPTY_YEAR, DeskKnowledge, head_of, visit_hash
from ledger.services.visits.plain_cases import PlainVisit
from ledger.storage.books.journal import ENTRY_COLUMNS, TRANSFER_COLUMNS
from ledger.storage.database.bulk import Insert, inserts
from ledger.storage.database.engine import instant_text
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.visits.settlements import AccumulatorRow

_SETTLEMENT = str(EntryKind.SETTLEMENT)


class Rows(NamedTuple):
    """Entries and their legs, which are never objects here."""

    entries: list[tuple[Any, ...]]
    transfers: list[tuple[Any, ...]]

    def inserts(self) -> list[Insert]:
        return [
            *inserts("entry", ENTRY_COLUMNS, self.entries),
            *inserts("transfer", TRANSFER_COLUMNS, self.transfers),
        ]


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
        rows = Rows([], [])
        for visit in visits:
            self._settle(visit, rows)
        stretch = self._decided.stretch
        stretch.plain += rows.inserts()
        stretch.months |= {visit.place.rules.fiscal_month for visit in visits}

    def _settle(self, visit: PlainVisit, rows: Rows) -> None:
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
        head = head_of(record, person_id, next(self._ids), place.provider, rules)
        pool = PoolShare(verdict.reason, verdict.tier, verdict.ratio_bp, amounts)
        account = share.account_fen, 0, purse.available if purse else 0
        settlement = settlement_of(head, bill_of(record), status, pool, account, met, self._version)
        self._report(visit)
        self._decided.stretch.settlements.append(settlement)
        self._book(visit, settlement, share.own_parts, rows)

    def _report(self, visit: PlainVisit) -> None:
        """The visit itself, as it was reported."""
        person_id, record, place = visit
        provider, content = place.provider.provider_id, visit_hash(record)
        row = visit_row(record, person_id, provider, place.prescriber_id, content)
        self._decided.stretch.visits.append(row)

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

    def _book(
        self,
        visit: PlainVisit,
        settlement: Settlement,
        own_parts: list[tuple[int, int]],
        rows: Rows,
    ) -> None:
        """The entry of a visit, its legs, and what they take from the account."""
        person_id, provider, rules = visit.person_id, visit.place.provider, visit.place.rules
        number, day = settlement.settlement_id, rules.day.isoformat()
        legs = plain_legs(rules.day.year, settlement.pool_fen, own_parts)
        rows.entries.append((
            person_id, number, _SETTLEMENT, len(legs), day, self._recorded_at,
            rules.fiscal_month, None, None, self._version, self._actor, "",
        ))  # fmt: skip
        for leg, (kind, fund_year, amount) in enumerate(legs, 1):
            scheme = TRANSFER_KINDS[kind]
            rows.transfers.append((
                person_id, number, leg, kind, day, rules.fiscal_month, fund_year, None,
                scheme.debit, scheme.credit, amount, provider.provider_id, provider.county,
            ))  # fmt: skip
        for fund_year, amount in own_parts:
            self._decided.moves[person_id, fund_year][1] += amount
