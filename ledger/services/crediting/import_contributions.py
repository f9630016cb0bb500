"""`import contributions`: what arrived, for whom, for which month; and the entry for it.

`划入个人账户金额` must be what the rules credit for the row's base. A contribution for months
before the pack's first credit is taken as it stands.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from datetime import date

from sqlalchemy import Connection

from ledger.benefits.crediting import employee_credit
from ledger.core.batches import Batch, ImportResult
from ledger.core.errors import NotInForce
from ledger.core.ids import EntryId
from ledger.core.money import yuan_text
from ledger.core.months import Month
from ledger.core.people import ContributionRecord, Plan
from ledger.journalizing.contributions import contribution_entry
from ledger.services.context import Context
from ledger.services.crediting.benefit_period import follow_contributions
from ledger.services.importing import ImportOptions, Ledgering, take_in
from ledger.storage.books.journal import append
from ledger.storage.books.months import BookingMonths
from ledger.storage.credits import contributions as store
from ledger.storage.credits.contributions import ContributionRow
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.roster import people
from ledger.storage.roster.people import CERTNO, PSN_NO, Span
from ledger.storage.roster.registry import Employers


def import_contributions(
    context: Context, batch: Batch[ContributionRecord], options: ImportOptions
) -> ImportResult:
    """Take contributions in.

    Row faults: `person/unknown`, `person/numbers-disagree`, `contribution/account-amount`.
    """

    def take(work: UnitOfWork, books: Ledgering) -> None:
        intake = _Intake(context, work, batch, books)
        for record in batch.records:
            intake.take(record)
        intake.save()

    return take_in(context, batch, options, take)


class _Intake:
    def __init__(
        self,
        context: Context,
        work: UnitOfWork,
        batch: Batch[ContributionRecord],
        books: Ledgering,
    ) -> None:
        self._context, self._work, self._books, self._file = context, work, books, batch.file
        connection, records = work.connection, batch.records
        self._by_psn = people.identities(connection, PSN_NO, (r.psn_no for r in records))
        self._by_cert = people.identities(connection, CERTNO, (r.certno for r in records))
        known = set(self._by_psn.values()) | set(self._by_cert.values())
        self._spans = people.spans_of(connection, known)
        named = ((self._found(r), r.month.number) for r in records)
        self._present = store.keys_of(
            connection, ((person, month) for person, month in named if person is not None)
        )
        self._employers = Employers(connection)
        self._entries: dict[date, EntryId] = {}
        self._rows: list[ContributionRow] = []

    def take(self, record: ContributionRecord) -> None:
        person_id = self._person(record)
        if person_id is None:
            return
        key = (person_id, record.month.number, _content_hash(record, person_id))
        if key in self._present:
            # Taken before: whatever the roster says by now, it is not judged a second time.
            self._books.accept(unchanged=True)
            return
        span = _span_for(self._spans.get(person_id, []), record.month)
        if span is None:
            self._books.refuse(
                record.row, "psn_no", "person/unknown", "该人员不在参保名册中，缴费无法入账"
            )
            return
        if not self._amount_is_right(record, span):
            return
        self._books.accept()
        self._present.add(key)
        self._rows.append(self._row(record, key, span))

    def _person(self, record: ContributionRecord) -> int | None:
        by_psn = self._by_psn.get(record.psn_no or "")
        by_cert = self._by_cert.get(record.certno or "")
        if by_psn is not None and by_cert is not None and by_psn != by_cert:
            self._books.refuse(
                record.row, "certno", "person/numbers-disagree", "人员编号与证件号码不是同一个人"
            )
            return None
        found = self._found(record)
        if found is None:
            field, number = (
                ("psn_no", record.psn_no) if record.psn_no else ("certno", record.certno)
            )
            self._books.refuse(
                record.row, field, "person/unknown", f"“{number}”不在参保名册中，请先导入人员"
            )
        return found

    def _found(self, record: ContributionRecord) -> int | None:
        """The person by number where the row has one, else by identity number."""
        return people.named_by(self._by_psn, self._by_cert, record.psn_no, record.certno)

    def _amount_is_right(self, record: ContributionRecord, span: Span) -> bool:
        try:
            rules = self._context.pack.crediting(record.month)
        except NotInForce:
            return True
        due = employee_credit(record.base_fen, Plan(span.plan), rules)
        if record.account_fen == due:
            return True
        self._books.refuse(
            record.row,
            "account_fen",
            "contribution/account-amount",
            f"划入个人账户金额 {yuan_text(record.account_fen)} 应为 {yuan_text(due)}"
            f"（{'统账结合，缴费基数' if span.plan == Plan.COMBINED else '单建统筹，缴费基数'} "
            f"{yuan_text(record.base_fen)}）",
        )
        return False

    def _row(
        self, record: ContributionRecord, key: tuple[int, int, str], span: Span
    ) -> ContributionRow:
        entry_id = self._entries.get(record.arrived_on)
        if entry_id is None:
            entry_id = self._entries[record.arrived_on] = self._work.ids.next()
        return ContributionRow(
            *key,
            self._employers.id_of(record.employer_no, record.employer_name),
            record.kind.value,
            record.base_fen,
            record.employer_fen,
            record.personal_fen,
            record.account_fen,
            record.arrived_on,
            span.county,
            entry_id,
        )

    def save(self) -> None:
        connection = self._work.connection
        self._employers.save()
        store.insert(connection, self._rows)
        months = BookingMonths(connection)
        by_day: dict[date, list[tuple[str, int, int]]] = defaultdict(list)
        for row in self._rows:
            pool_fen = row.employer_fen + row.personal_fen - row.account_fen
            by_day[row.arrived_on].append((row.county, pool_fen, row.account_fen))
        append(
            self._work,
            [
                contribution_entry(self._entries[day], day, months.of(day), rows, self._file)
                for day, rows in sorted(by_day.items())
            ],
        )
        self._look_again(connection)
        follow_contributions(self._context, self._work, {row.person_id for row in self._rows})

    def _look_again(self, connection: Connection) -> None:
        credited = people.credited_through(connection)
        if credited is None:
            return
        since: dict[int, Month] = {}
        for row in self._rows:
            if row.month <= credited.number:
                month = Month.from_number(row.month)
                since[row.person_id] = min(month, since.get(row.person_id, month))
        people.look_again(connection, since)


def _span_for(spans: list[Span], month: Month) -> Span | None:
    """What the person counts as in the month; outside every span, the nearest one."""
    inside = people.span_in_month(spans, month)
    if inside is not None or not spans:
        return inside
    earlier = [span for span in spans if span.valid_from <= month.last_day]
    return earlier[-1] if earlier else spans[0]


def _content_hash(record: ContributionRecord, person_id: int) -> str:
    """The same contribution has the same hash, whatever file brings it."""
    text = (
        f"{person_id}|{record.month}|{record.kind}|{record.employer_no}|{record.base_fen}|"
        f"{record.employer_fen}|{record.personal_fen}|{record.account_fen}|{record.arrived_on}|"
        f"{record.receipt_no}"
    )
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
