"""`import people`: enrol, and turn a changed row into a dated span.

A row for somebody who is on the roster already, with another status, plan, unit, county or
state, holds from its day of change (变更日期; for a retirement the day of settling up; else a
later start of benefits) up to the next span. Another name corrects the name. The same row again
changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from ledger.core.batches import Batch, ImportResult
from ledger.core.months import Month, day_after
from ledger.core.people import Insured, PersonRecord, Plan, Status
from ledger.services.context import Context
from ledger.services.crediting.benefit_period import follow
from ledger.services.importing import ImportOptions, Ledgering, take_in
from ledger.services.roster.dated_changes import with_change
from ledger.storage.accounts.account_events import died_of
from ledger.storage.database.bulk import execute_rows, insert_rows
from ledger.storage.database.turns import lock_people
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.roster import people as store
from ledger.storage.roster.benefit_spans import settled_up
from ledger.storage.roster.people import CERTNO, PSN_NO, Span
from ledger.storage.roster.registry import Employers

PERSON_COLUMNS = "person_id psn_no cert_type certno name settled_up_on"
SPAN_COLUMNS = "person_id valid_from valid_until status psn_type plan employer_id county insured"

_CODES: dict[str, str] = {
    member: member.value for kind in (Status, Plan, Insured) for member in kind
}
"""Enum members to plain text: the driver binds plain text, and a look-up beats `.value`."""


def import_people(
    context: Context, batch: Batch[PersonRecord], options: ImportOptions
) -> ImportResult:
    """Enrol and change people.

    Row faults: `identity/used-twice`, `identity/disagrees`, `person/change-without-date`, and
    `import/unknown-person-type` for 离休 where the pack has them elsewhere.
    """

    def take(work: UnitOfWork, books: Ledgering) -> None:
        roster = _Roster(context, work, batch.records, books)
        for record in batch.records:
            roster.take(record)
        roster.save()

    return take_in(context, batch, options, take)


@dataclass(slots=True)
class _Changes:
    people: list[tuple[object, ...]] = field(default_factory=list)
    identities: list[tuple[str, str, int]] = field(default_factory=list)
    new_spans: list[Span] = field(default_factory=list)
    respanned: set[int] = field(default_factory=set)
    look_again: dict[int, Month] = field(default_factory=dict)
    settled_up: list[tuple[date, int]] = field(default_factory=list)
    retired: list[tuple[int, date]] = field(default_factory=list)
    renamed: dict[int, str] = field(default_factory=dict)
    enrolled: list[tuple[object, ...]] = field(default_factory=list)


class _Roster:
    """The people whom a file names, before and after it."""

    def __init__(
        self, context: Context, work: UnitOfWork, records: list[PersonRecord], books: Ledgering
    ) -> None:
        self._context, self._work, self._connection = context, work, work.connection
        self._books = books
        self._by_psn = store.identities(work.connection, PSN_NO, (r.psn_no for r in records))
        self._by_cert = store.identities(work.connection, CERTNO, (r.certno for r in records))
        known = set(self._by_psn.values()) | set(self._by_cert.values())
        self._spans = store.spans_of(work.connection, known) if known else {}
        self._settled_up = settled_up(work.connection, known) if known else {}
        self._died = died_of(work.connection, known) if known else {}
        self._names = store.names_of(work.connection, known) if known else {}
        self._last_row = {self._by_psn.get(r.psn_no): r.row for r in records} if known else {}
        self._psn_of = {person: number for number, person in self._by_psn.items()}
        self._employers = Employers(work.connection)
        self._next_id = store.next_person_id(work.connection)
        self._credited = store.credited_through(work.connection)
        self._fresh: set[int] = set()
        self._changes = _Changes()

    def take(self, record: PersonRecord) -> None:
        last_day = record.benefit_until - timedelta(days=1)
        veteran = record.status is Status.VETERAN
        if veteran and not self._context.pack.retired_cadres_insured(last_day):
            self._books.refuse(
                record.row,
                "psn_type",
                "import/unknown-person-type",
                f"人员类别“{record.psn_type}”：离休人员不参加本统筹区的职工医保",
            )
            return
        by_psn = self._by_psn.get(record.psn_no)
        by_cert = self._by_cert.get(record.certno)
        if by_psn is None and by_cert is None:
            self._enrol(record, None)
        elif by_psn is None and by_cert is not None:
            self._known_by_certificate(record, by_cert)
        elif by_psn != by_cert:
            self._books.refuse(
                record.row,
                "certno",
                "identity/disagrees",
                f"人员编号 {record.psn_no} 在册的证件号码与“{record.certno}”不同",
            )
        elif by_psn is not None:
            self._change(record, by_psn)

    def _known_by_certificate(self, record: PersonRecord, person_id: int) -> None:
        if self._spans.get(person_id) or self._psn_of.get(person_id):
            self._books.refuse(
                record.row,
                "certno",
                "identity/used-twice",
                f"证件号码“{record.certno}”已用于另一个人员编号",
            )
        else:
            self._enrol(record, person_id)

    def _enrol(self, record: PersonRecord, known_as_user: int | None) -> None:
        """A new person, or a family member who now becomes insured."""
        changes = self._changes
        person_id = self._next_id if known_as_user is None else known_as_user
        if known_as_user is None:
            self._next_id += 1
            changes.people.append(
                (person_id, record.psn_no, record.cert_type, record.certno, record.name,
                 record.settled_up_on)
            )  # fmt: skip
            changes.identities.append((CERTNO, record.certno, person_id))
        else:
            changes.enrolled.append((record.psn_no, record.name, record.settled_up_on, person_id))
        changes.identities.append((PSN_NO, record.psn_no, person_id))
        self._by_psn[record.psn_no] = self._by_cert[record.certno] = person_id
        self._psn_of[person_id] = record.psn_no
        span = self._span(record, person_id, record.benefit_from, record.benefit_until)
        self._spans[person_id] = [span]
        self._names[person_id] = record.name
        if record.settled_up_on is not None:
            self._settled_up[person_id] = record.settled_up_on
        self._fresh.add(person_id)
        self._look_again(person_id, span.valid_from)
        self._books.accept()

    def _span(self, record: PersonRecord, person_id: int, start: date, until: date) -> Span:
        employer = self._employers.id_of(record.employer_no, record.employer_name)
        return Span(
            person_id,
            start,
            until,
            _CODES[record.status],
            record.psn_type,
            _CODES[record.plan],
            employer,
            record.county,
            _CODES[record.insured],
        )

    def _change(self, record: PersonRecord, person_id: int) -> None:
        spans = self._spans.get(person_id, [])
        stated = self._span(record, person_id, record.benefit_from, record.benefit_until)
        day = self._day_of_change(record, spans, stated)
        if day is None:
            self._books.refuse(
                record.row,
                "changed_on",
                "person/change-without-date",
                "人员已在册且信息有变化，但没有变更日期（退休人员可填清算日期）",
            )
            return
        after = with_change(spans, stated._replace(valid_from=day))
        died_on = self._died.get(person_id)
        if died_on is not None and _insured_after(after, died_on):
            self._books.refuse(
                record.row,
                "psn_no",
                "person/registered-dead",
                f"此人已登记 {died_on} 死亡，名册不能让其继续参保；登记有误的请先撤销",
            )
            return
        settled_before = self._settled_up.get(person_id)
        settled = settled_before if record.settled_up_on is None else record.settled_up_on
        unchanged = after == spans and settled == settled_before
        if not unchanged:
            self._spans[person_id] = after
            self._changes.respanned.add(person_id)
            self._look_again(person_id, day)
            if settled is not None and settled != settled_before:
                self._settled_up[person_id] = settled
                self._changes.settled_up.append((settled, person_id))
            was, now = _retirements(spans, settled_before), _retirements(after, settled)
            self._changes.retired += [(person_id, on) for on in sorted(now - was)]
        renamed = self._renamed(record, person_id)
        self._books.accept(unchanged and not renamed)

    def _renamed(self, record: PersonRecord, person_id: int) -> bool:
        """A name is no matter of days: the file's last row of a person corrects it."""
        last = self._last_row.get(person_id, record.row) == record.row
        if not last or self._names.get(person_id) == record.name:
            return False
        self._names[person_id] = self._changes.renamed[person_id] = record.name
        return True

    def _day_of_change(self, record: PersonRecord, spans: list[Span], stated: Span) -> date | None:
        """From which day the row holds; None when it differs and names no day. Never from before
        its benefits begin: whoever settled up long ago is on the roster from that later day."""
        if record.changed_on is not None:
            return max(record.changed_on, record.benefit_from)
        if record.settled_up_on is not None and record.status is Status.RETIRED:
            return max(record.settled_up_on, record.benefit_from)
        if not spans or record.benefit_from > spans[-1].valid_from:
            return record.benefit_from
        same = [span for span in spans if _says_the_same(span, stated)]
        return same[-1].valid_from if same else None

    def _look_again(self, person_id: int, since: date) -> None:
        if self._credited is None:
            return
        month = Month.of(since)
        if month <= self._credited:
            earlier = self._changes.look_again.get(person_id, month)
            self._changes.look_again[person_id] = min(month, earlier)

    def _is_credited(self, day: date) -> bool:
        return self._credited is not None and Month.of(day) <= self._credited

    def save(self) -> None:
        connection, changes = self._connection, self._changes
        # In order, before any of their rows is changed.
        lock_people(connection, changes.respanned | {p for _on, p in changes.settled_up})
        self._employers.rename()
        self._employers.save()
        insert_rows(connection, "person", PERSON_COLUMNS, changes.people)
        insert_rows(
            connection, "person_identity", "kind number person_id", sorted(changes.identities)
        )
        execute_rows(
            connection,
            "UPDATE person SET psn_no = ?, name = ?, settled_up_on = ? WHERE person_id = ?",
            changes.enrolled,
        )
        execute_rows(
            connection,
            "UPDATE person SET settled_up_on = ? WHERE person_id = ?",
            changes.settled_up,
        )
        execute_rows(
            connection,
            "UPDATE person SET name = ? WHERE person_id = ?",
            [(name, person_id) for person_id, name in sorted(changes.renamed.items())],
        )
        respanned = changes.respanned - self._fresh
        execute_rows(
            connection,
            "DELETE FROM person_span WHERE person_id = ?",
            [(person_id,) for person_id in respanned],
        )
        people = self._fresh | respanned
        insert_rows(
            connection,
            "person_span",
            SPAN_COLUMNS,
            [span for person_id in sorted(people) for span in self._spans[person_id]],
        )
        retirements = [
            (person, self._work.ids.next(), on, self._is_credited(on))
            for person, on in changes.retired
        ]
        columns = "person_id recorded_id effective_from late"
        insert_rows(connection, "retirement", columns, retirements)
        store.look_again(connection, changes.look_again)
        follow(self._context, self._work, self._fresh, fresh=True)
        follow(self._context, self._work, respanned)


def _retirements(spans: list[Span], settled_up_on: date | None) -> set[date]:
    """From which days the person is a retiree after having been employed (S3c-11.3, 11.5)."""
    employed = {span.valid_until for span in spans if span.status == Status.EMPLOYED}
    days = {
        span.valid_from
        for span in spans
        if span.status == Status.RETIRED and span.valid_from in employed
    }
    late = settled_up_on is not None and any(
        span.status == Status.RETIRED and span.valid_from < settled_up_on < span.valid_until
        for span in spans
    )
    return days | {settled_up_on} if late and settled_up_on is not None else days


def _insured_after(spans: list[Span], died_on: date) -> bool:
    """Would the person be insured beyond the day of death?"""
    return any(
        span.insured == Insured.NORMAL and span.valid_until > day_after(died_on) for span in spans
    )


def _says_the_same(span: Span, stated: Span) -> bool:
    return span[3:] == stated[3:] and (
        span.valid_until == stated.valid_until or span.valid_from == stated.valid_from
    )
