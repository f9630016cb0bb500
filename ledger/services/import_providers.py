"""`import providers`: list and keep up to date the designated institutions."""

from __future__ import annotations

from ledger.core.batches import Batch, ImportResult
from ledger.core.providers import ProviderRecord
from ledger.services.context import Context
from ledger.services.importing import ImportOptions, Ledgering
from ledger.storage.registry import provider_values, providers, save_providers


def import_providers(
    context: Context, batch: Batch[ProviderRecord], options: ImportOptions
) -> ImportResult:
    """Add new providers, update those that the file changes. The last row of a code counts."""
    with context.writing() as work:
        known = {code: provider[2:] for code, provider in providers(work.connection).items()}
        books = Ledgering(batch)
        new: dict[str, ProviderRecord] = {}
        changed: dict[str, ProviderRecord] = {}
        for record in batch.records:
            before = known.get(record.code)
            books.accept(unchanged=before == provider_values(record))
            if before is None:
                new[record.code] = record
            elif before != provider_values(record):
                changed[record.code] = record
        save_providers(work.connection, new.values(), changed.values())
        return books.finish(work, options)
