"""Files to services: which importer and which verb belong to a kind of file."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ledger.core.batches import Batch, ImportResult
    from ledger.core.errors import RowError
    from ledger.services.context import Context
    from ledger.services.importing import ImportOptions


def import_path(context: Context, kind: str, path: Path, options: ImportOptions) -> ImportResult:
    """Read a file and take it in.

    Raises:
        Unknown: `import/unknown-kind`. Refused: a fault of the file as a whole.
    """
    from importers.catalog import read

    def progress(done: int, whole: int) -> None:
        context.progress("读取文件", done, whole)

    with collector_paused():
        batch = read(kind, path, progress=progress)
        return take_in(context, kind, batch, options)


@contextmanager
def collector_paused() -> Iterator[None]:
    """A file's rows are a million live objects without cycles; looking through them again and
    again for garbage took a third of an import's time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def take_in(context: Context, kind: str, batch: Batch[Any], options: ImportOptions) -> ImportResult:
    """Hand a batch to the verb of its kind."""
    return _verb(kind)(context, batch, options)


def _verb(kind: str) -> Callable[[Context, Batch[Any], ImportOptions], ImportResult]:
    from ledger.services.claims.claim import import_claims
    from ledger.services.crediting.import_contributions import import_contributions
    from ledger.services.pools.import_quota_uses import import_quota_uses
    from ledger.services.roster.import_families import import_families
    from ledger.services.roster.import_people import import_people
    from ledger.services.roster.import_providers import import_providers
    from ledger.services.visits.import_visits import import_visits

    verbs: dict[str, Callable[[Context, Batch[Any], ImportOptions], ImportResult]] = {
        "providers": import_providers,
        "people": import_people,
        "contributions": import_contributions,
        "families": import_families,
        "visits": import_visits,
        "claims": import_claims,
        "quota-uses": import_quota_uses,
    }
    return verbs[kind]


def write_errors(kind: str, source: Path, errors: list[RowError], out: Path) -> None:
    """The rejected rows as a workbook, with the reason beside each (see `exports`)."""
    from exports.rejected_rows import write_rejected
    from importers.catalog import read_raw

    raw = read_raw(kind, source, {error.row for error in errors})
    write_rejected(out, raw, errors)
