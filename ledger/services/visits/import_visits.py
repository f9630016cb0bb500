"""`import visits`: settle each accepted visit of a file in order of its settlement time, ties in
file order. Stays are recorded first, whatever their time: a stay blocks the days it covers."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain

from ledger.core.batches import Batch, ImportResult
from ledger.core.errors import GongjiError
from ledger.core.visit_facts import NATIONAL
from ledger.core.visits import VisitRecord
from ledger.services.context import Context
from ledger.services.importing import ImportOptions, Ledgering, take_in
from ledger.services.visits.decided_visits import Prepared
from ledger.services.visits.settlement_desk import SettlementDesk
from ledger.storage.database.bulk import make_room
from ledger.storage.database.turns import Turn, lock_patients
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.database.visit_ids import IdsOfFile

FIELD_OF = {
    "visit/duplicate-id": "visit_id",
    "person/unknown": "psn_no",
    "person/numbers-disagree": "certno",
    "provider/unknown": "provider_code",
    "provider/not-in-agreement": "provider_code",
    "provider/no-tier": "provider_code",
    "policy/not-in-force": "settled_at",
    "visit/negative-amount": "total_fen",
    "visit/parts-do-not-add-up": "total_fen",
    "visit/elsewhere": "med_type",
    "prescriber/unknown": "prescriber_code",
    "account/forbidden-category": "fee_category",
    "refund/unknown-visit": "original_visit_id",
    "refund/other-person": "original_visit_id",
    "refund/done-before": "original_visit_id",
    "refund/partial": "total_fen",
    "account/closed": "original_visit_id",
    "visit/items-disagree": "items",
    "visit/not-contracted": "contracted",
    "visit/unknown-disease": "disease_code",
}
"""Which column of a file a refusal is about."""

FACT_OF: dict[object, str] = {field: fact for fact, field in NATIONAL.items()}
"""Which column a fact is that a pack asks for and the row does not say."""

STRETCH = 5_000
"""Visits that are decided while those before them are being written."""

TURN_SECONDS = 0.0005
"""How long whoever decides keeps the interpreter from whoever writes: of the usual 5 ms, waited
for at each statement, a file became a tenth slower."""

AHEAD = 2
"""Stretches that may wait to be written: the database takes now more, now less time for one than
deciding the next does."""

PROGRESS_EVERY = 5_000


def import_visits(
    context: Context, batch: Batch[VisitRecord], options: ImportOptions
) -> ImportResult:
    """Settle a file of visits. Row faults: those of `benefits.outpatient.REFUSALS`.

    While the database takes in one stretch of the file, without the interpreter's lock, the next
    is being decided. It is one connection and one transaction all the same: all or nothing.
    """

    def take(work: UnitOfWork, books: Ledgering) -> None:
        make_room(work.connection)
        numbers = chain.from_iterable((r.psn_no, r.certno) for r in batch.records)
        lock_patients(work.connection, numbers, relatives=True)
        ids = IdsOfFile(work.connection, (record.visit_id for record in batch.records))
        version = context.stamp_policy(work)
        desk = SettlementDesk(work, context.pack, version, batch.records)
        with _Beside() as beside:
            _take_all(context, desk, batch.records, books, beside)
        desk.save()
        ids.prove()

    return take_in(context, batch, options, take, Turn.FILE)


class _Beside:
    """Writes one stretch after another, beside whoever decides them."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._writing: deque[Future[None]] = deque()
        self._usual = sys.getswitchinterval()

    def __enter__(self) -> _Beside:
        sys.setswitchinterval(TURN_SECONDS)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_error: object) -> None:
        """Everything is written by then, or the thread at least at rest."""
        try:
            with self._thread:
                if kind is None:
                    self._wait(0)
        finally:
            sys.setswitchinterval(self._usual)

    def write(self, rows: Prepared) -> None:
        """Have a stretch written once those before it are; two of them may be waiting or under way.

        Raises: what writing an earlier one raised.
        """
        self._wait(AHEAD - 1)
        self._writing.append(self._thread.submit(rows.write))

    def _wait(self, left: int) -> None:
        while len(self._writing) > left:
            self._writing.popleft().result()


def _take_all(
    context: Context,
    desk: SettlementDesk,
    records: Sequence[VisitRecord],
    books: Ledgering,
    beside: _Beside,
) -> None:
    plain, others = desk.sort_out(records)
    for start in range(0, len(plain), STRETCH):
        context.progress("结算就诊", start, len(records))
        stretch = plain[start : start + STRETCH]
        desk.take_plain(stretch)
        books.accepted += len(stretch)
        beside.write(desk.hand_over())
    others.sort(key=lambda r: (not desk.is_stay(r), r.settled_at, r.row))
    for number, record in enumerate(others):
        if number % PROGRESS_EVERY == 0:
            context.progress("结算就诊", len(plain) + number, len(records))
        if number and number % STRETCH == 0:
            beside.write(desk.hand_over())
        _take(desk, books, record)
    context.progress("写入账簿", 0, len(records))


def _take(desk: SettlementDesk, books: Ledgering, record: VisitRecord) -> None:
    try:
        known = desk.known_before(record)
        if not known:
            desk.take(record)
        books.accept(unchanged=known)
    except GongjiError as error:
        field = FIELD_OF.get(error.code) or FACT_OF.get(error.data.get("field"), "")
        if field == "psn_no" and not record.psn_no:
            field = "certno"
        books.refuse_with(record.row, field, error)
