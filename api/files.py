"""Files to services: which importer and which verb belong to a kind of file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ledger.core.collector import collector_paused

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
        # Without a name of its own the batch is gone when the collector comes back; else that
        # would look through every record of it.
        return take_in(context, kind, read(kind, path, progress=progress), options)


def take_in(context: Context, kind: str, batch: Batch[Any], options: ImportOptions) -> ImportResult:
    """Hand a batch to the verb of its kind."""
    return _verb(kind)(context, batch, options)


_VERBS = {
    "providers": "roster.import_providers",
    "people": "roster.import_people",
    "contributions": "crediting.import_contributions",
    "families": "roster.import_families",
    "visits": "visits.import_visits",
    "claims": "claims.claim",
    "quota-uses": "pools.import_quota_uses",
}
"""Kind of file -> the service that takes it in, by its verb `import_…`."""


def _verb(kind: str) -> Callable[[Context, Batch[Any], ImportOptions], ImportResult]:
    """Loaded one at a time: all of them take as long as a small file."""
    service = import_module(f"ledger.services.{_VERBS[kind]}")
    verb: Callable[[Context, Batch[Any], ImportOptions], ImportResult]
    verb = getattr(service, f"import_{kind.replace('-', '_')}")
    return verb


def make_way(path: Path) -> None:
    """The folder of a file that is to be written, made if need be: asked before the work.

    Raises:
        Refused: `export/unwritable`.
    """
    from ledger.core.errors import Refused
    from ledger.core.os_errors import why

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refused("export/unwritable", f"无法写入 {path}：{why(error)}") from error
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise Refused("export/unwritable", f"无法写入 {path}：是文件夹，或没有写权限")


@contextmanager
def appearing_whole(path: Path) -> Iterator[Path]:
    """Where to write so that a half-written file never has its name.

    Raises:
        Refused: `export/unwritable`.
    """
    from ledger.core.errors import Refused
    from ledger.core.os_errors import why

    make_way(path)
    partial = path.with_name(f".{path.name}.partial")
    try:
        yield partial
        partial.replace(path)
    except OSError as error:
        raise Refused("export/unwritable", f"无法写入 {path}：{why(error)}") from error
    finally:
        partial.unlink(missing_ok=True)


def write_errors(kind: str, source: Path, errors: list[RowError], out: Path) -> None:
    """The rejected rows as a workbook, with the reason beside each (see `exports`)."""
    from exports.rejected_rows import write_rejected
    from importers.catalog import read_raw

    raw = read_raw(kind, source, {error.row for error in errors})
    with appearing_whole(out) as partial:
        write_rejected(partial, raw, errors)
