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
        last = {record.code: record for record in batch.records}
        for record in batch.records:
            books.accept(unchanged=known.get(record.code) == provider_values(last[record.code]))
        for code, record in last.items():
            if code not in known:
                new[code] = record
            elif known[code] != provider_values(record):
                changed[code] = record
        save_providers(work.connection, new.values(), changed.values())
        return books.finish(work, options)
