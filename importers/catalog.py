"""The door of the importers: a kind of file to its layout and its reader."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from importers import claims, contributions, families, people, providers, quota_uses, visits
from importers.headings import Layout
from importers.sheets import open_table, read_bytes
from importers.table import Progress, RawRows, Table
from ledger.core.batches import Batch
from ledger.core.collector import collector_paused
from ledger.core.errors import Unknown


class Importer(NamedTuple):
    """What a kind of file looks like and how its rows become records."""

    title: str
    layout: Layout
    read: Callable[[Table], Batch[Any]]


IMPORTERS = {
    "providers": Importer("定点机构", providers.LAYOUT, providers.read_providers),
    "people": Importer("参保人员", people.LAYOUT, people.read_people),
    "contributions": Importer("缴费到账", contributions.LAYOUT, contributions.read_contributions),
    "families": Importer("家庭共济", families.LAYOUT, families.read_families),
    "visits": Importer("就诊", visits.LAYOUT, visits.read_visits),
    "claims": Importer("手工报销", claims.LAYOUT, claims.read_claims),
    "quota-uses": Importer("跨统筹区共济使用", quota_uses.LAYOUT, quota_uses.read_quota_uses),
}

KINDS = tuple(IMPORTERS)
"""Kinds of files, in the order in which a month needs them."""


def read(kind: str, path: Path, *, progress: Progress | None = None) -> Batch[Any]:
    """Reads a file of `kind` (one of `KINDS`) into records and row errors.

    Args:
        progress: told (rows done, rows in all) from time to time.

    Raises:
        Unknown: `import/unknown-kind`.
        Refused: a fault of the file as a whole, `import/…` (see `sheets.open_table`).
    """
    return read_data(kind, read_bytes(path), path.name, progress=progress)


def read_data(kind: str, data: bytes, file: str, *, progress: Progress | None = None) -> Batch[Any]:
    """As `read`, for content that is in memory; `file` is its name in messages."""
    importer = _importer(kind)
    with collector_paused():
        table = open_table(kind, importer.layout, data, file, progress or _silent)
        return importer.read(table)


def read_raw(kind: str, path: Path, numbers: set[int]) -> RawRows:
    """The rows of these numbers as the file has them, and what stands above them: for the
    workbook of rejected rows. Raises as `read` does."""
    data = read_bytes(path)
    return open_table(kind, _importer(kind).layout, data, path.name, _silent).raw_rows(numbers)


def _importer(kind: str) -> Importer:
    if kind not in IMPORTERS:
        raise Unknown(
            "import/unknown-kind", f"没有“{kind}”这种文件；可导入：{'、'.join(KINDS)}", kind=kind
        )
    return IMPORTERS[kind]


def _silent(done: int, total: int) -> None:
    """Progress that nobody watches."""
