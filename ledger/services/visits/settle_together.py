"""Visits that are settled in one transaction, each with a verdict of its own.

One visit at a window is a group of one. Where many arrive in the same few milliseconds
(`services.shared_commit`) they share what a transaction costs; a refusal is the refusal of one
visit and spoils no other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, cast

from sqlalchemy import Connection

from ledger.benefits.explanation import explain
from ledger.benefits.settlement import Settlement
from ledger.core.errors import GongjiError, Refused
from ledger.core.ids import NOBODY
from ledger.core.visits import VisitRecord
from ledger.services.accounts.account_reason import reason_among
from ledger.services.carry_out import until_won
from ledger.services.context import Context
from ledger.services.visits.settlement_answer import About, answer_again, rendered
from ledger.services.visits.settlement_desk import SettlementDesk
from ledger.storage.books.journal import Origin
from ledger.storage.database.nodes import ids_on
from ledger.storage.database.turns import Turn, lock_patients
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.requests import (
    GivenRequest,
    KnownAnswer,
    answer_text,
    content_hash,
    remember_all,
)
from ledger.storage.roster.people import named_by
from ledger.storage.visits.desk_facts import DeskReading, read_for
from ledger.storage.visits.visit_facts import facts_of as said_of
from ledger.storage.visits.visit_facts import facts_text

BUSY = "database/busy"
HELD = "数据库正忙：此人或其亲属的账户正被其他业务占用，请稍后用同一请求号重试"

Answer = dict[str, Any]


class Command(NamedTuple):
    """A visit to settle, and the request it came by."""

    record: VisitRecord
    origin: Origin

    @property
    def content(self) -> dict[str, Any]:
        """What it says; the same request id with other content is refused."""
        return {"verb": "settle", "visit": _said(self.record)}


class Verdict(NamedTuple):
    """What became of one command: its answer, or why it was refused."""

    said: Answer | GongjiError

    def answer(self) -> Answer:
        """Raises: the refusal."""
        if isinstance(self.said, GongjiError):
            raise self.said
        return self.said


def settle_together(
    context: Context, commands: Sequence[Command], dry_run: bool = False, patient: bool = True
) -> list[Verdict]:
    """Settle and post visits (no refunds) in one transaction; their verdicts in their order.

    Where the database refuses what they wrote, each is settled alone, so that only the one at
    fault is refused.

    Args:
        patient: False on PostgreSQL: whose people are held by others gets `database/busy` at
            once.
    """

    def attempt() -> list[Verdict]:
        with _desk(context, commands, dry_run, patient) as group:
            verdicts = [group.verdict(command) for command in commands]
            group.write()
            if not dry_run:
                group.work.commit()
        return verdicts

    try:
        return until_won(attempt)
    except GongjiError as error:
        if len(commands) == 1 or error.code.startswith("database/"):
            return [Verdict(error) for _command in commands]
        return [settle_together(context, [each], dry_run, patient)[0] for each in commands]


def _said(record: VisitRecord) -> list[str]:
    """The fields of a visit for comparison; those that only some pools ask for, where they are
    given: a request of before they were known stays the same request."""
    fields = [str(field) for field in record[1:]]
    asked_by_some = record._fields.index("disease_code")
    while len(fields) >= asked_by_some and record[len(fields)] in (None, ()):
        fields.pop()
    return fields


@contextmanager
def _desk(
    context: Context, commands: Sequence[Command], dry_run: bool, patient: bool
) -> Iterator[_Group]:
    """A transaction with the desk of the commands, everything read. A trial writes at once, so
    that what the database refuses it refuses there, too."""
    records = [command.record for command in commands]
    origins = [command.origin for command in commands]
    if dry_run or context.engine.dialect.name != "postgresql":
        with context.writing(Turn.VISIT) as work:
            numbers = [number for r in records for number in (r.psn_no, r.certno)]
            lock_patients(work.connection, numbers, relatives=True)
            yield _Group(context, work, records, read_for(work.connection, records, origins))
        return
    from ledger.storage.database.lines import line_of
    from ledger.storage.visits.facts_at_once import read_at_once  # The driver, only where needed.

    with line_of(context.engine) as line:
        reading = read_at_once(line, records, origins, context.pack.version, patient)
        connection = cast(Connection, line)  # It offers what the storage layer uses of one.
        ids = ids_on(connection, context.ids)
        work = UnitOfWork(connection, ids, context.now(), context.actor)
        yield _Group(context, work, records, reading)


class _Group:
    """The commands of one transaction."""

    def __init__(
        self,
        context: Context,
        work: UnitOfWork,
        records: Sequence[VisitRecord],
        reading: DeskReading,
    ) -> None:
        self.work, self._context, self._facts = work, context, reading.facts
        self._locked = reading.locked
        if not reading.version_kept:
            context.stamp_policy(work)
        version = context.pack.version
        self._desk = SettlementDesk(work, context.pack, version, records, reading.facts)
        self._answers = reading.answers
        self._new: dict[GivenRequest, KnownAnswer] = {}
        self._settled: dict[str, Answer] = {}
        self._origins: dict[int, Origin] = {}

    def verdict(self, command: Command) -> Verdict:
        if not self._holds(command.record):
            return Verdict(Refused(BUSY, HELD))
        try:
            return Verdict(self._once(command))
        except GongjiError as error:
            return Verdict(error)

    def _holds(self, record: VisitRecord) -> bool:
        """Are the patient and his relatives locked, so that what was read of them stands?"""
        numbers = (
            self._facts.by_psn.get(record.psn_no or ""),
            self._facts.by_cert.get(record.certno or ""),
        )
        patients = {person for person in numbers if person is not None}
        relatives = {
            link.holder_id for person in patients for link in self._facts.links.get(person, ())
        }
        return patients | relatives <= self._locked

    def _once(self, command: Command) -> Answer:
        """The same request gives the first answer again, also within the group."""
        request_id, actor = command.origin
        if request_id is None:
            return self._settle(command)
        record, facts = command.record, self._facts
        person = named_by(facts.by_psn, facts.by_cert, record.psn_no, record.certno)
        given = GivenRequest(person or NOBODY, actor, request_id)
        hashed = content_hash(command.content)
        known = self._answers.get(given)
        if known is not None:
            return known.again(request_id, hashed)
        answer = self._settle(command)
        known = KnownAnswer(hashed, answer_text(answer))
        self._answers[given] = self._new[given] = known
        return answer

    def _settle(self, command: Command) -> Answer:
        record = command.record
        if self._desk.known_before(record):
            here = self._settled.get(record.visit_id)
            return here or answer_again(self._context, self.work.connection, record)
        settlement = self._desk.take(record)
        if settlement is None:
            answer: Answer = {"mdtrt_id": record.visit_id, "setl_id": None, "stay": True}
        else:
            self._origins[settlement.settlement_id] = command.origin
            answer = self._answer(record, settlement)
        self._settled[record.visit_id] = answer
        return answer

    def _answer(self, record: VisitRecord, settlement: Settlement) -> Answer:
        facts, patient = self._facts, settlement.person_id
        who = facts.people[patient]
        place = facts.providers.on(record.provider_code, settlement.happened_on)
        assert place is not None  # Or the desk would have refused.
        about = About(
            who.psn_no,
            who.name,
            place.code,
            place.name,
            said_of(facts_text(record)),
            None,
            reason_among(
                settlement, record.account_use, facts.links.get(patient, ()), facts.happened
            ),
        )
        steps = explain(settlement, self._context.pack, self._desk.traces(settlement))
        return rendered(settlement, about, steps)

    def write(self) -> None:
        """Write what was decided, and the answers of its requests."""
        if self._settled:
            self._desk.save(self._origins)
        remember_all(self.work.connection, self._new)
