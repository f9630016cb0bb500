"""`import quota-uses`: what relatives in other pools used of our holders' quotas, from a list."""

from __future__ import annotations

from ledger.core.batches import Batch, ImportResult
from ledger.core.errors import GongjiError
from ledger.core.quotas import QuotaUseRecord
from ledger.services.context import Context
from ledger.services.importing import ImportOptions, Ledgering, take_in
from ledger.services.pools.pool_quotas import book_return, book_use
from ledger.storage.database.turns import Turn
from ledger.storage.database.unit_of_work import UnitOfWork

FIELD_OF = {
    "quota/unknown": "quota_id",
    "quota/ended": "quota_id",
    "quota/not-valid": "used_on",
    "quota/earlier-than-use": "used_on",
    "quota/exceeded": "amount_fen",
    "quota/more-than-used": "amount_fen",
    "quota/not-covered": "amount_fen",
    "quota/reference-used": "reference",
    "quota/unknown-use": "reference",
    "quota/reversed-before": "reference",
}
"""Which column of a file a refusal is about."""


def import_quota_uses(
    context: Context, batch: Batch[QuotaUseRecord], options: ImportOptions
) -> ImportResult:
    """Rows in their order: uses draw a quota down, negative amounts take a use back, or a part of
    it. A row that was taken before is unchanged.

    Row faults: what `pool_quotas.use` and `take_back` refuse.
    """

    def take(work: UnitOfWork, books: Ledgering) -> None:
        for record in batch.records:
            try:
                books.accept(unchanged=not _book(context, work, record))
            except GongjiError as error:
                books.refuse_with(record.row, FIELD_OF.get(error.code, ""), error)

    return take_in(context, batch, options, take, Turn.STANDSTILL)


def _book(context: Context, work: UnitOfWork, record: QuotaUseRecord) -> bool:
    """False for a row that was here already."""
    _row, quota_id, reference, day, fen = record
    if fen > 0:
        return book_use(context, work, quota_id, fen, day, reference)
    return book_return(context, work, quota_id, reference, day, amount_fen=-fen)
