"""What reading a file gives: values and faults, side by side."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from ledger.core.errors import RowError

T = TypeVar("T")


@dataclass(slots=True)
class Batch(Generic[T]):
    """The data rows of one file. A row is in `records` or has at least one error, never both.

    `headings` maps a field of the record to the heading under which this file has it, so that
    a fault found later still names the column in the file's own words. `unused` are headings
    of columns that are no field of this kind of file: tolerated, and told.
    """

    kind: str
    file: str
    rows: int
    records: list[T]
    errors: list[RowError]
    headings: dict[str, str] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)

    def heading(self, name: str) -> str:
        return self.headings.get(name, name)


@dataclass(frozen=True, slots=True)
class ImportResult:
    """The answer of `gongji import`: counts, and every fault in order of rows."""

    kind: str
    file: str
    rows: int
    accepted: int
    unchanged: int
    errors: list[RowError]
    unused: list[str]

    @property
    def rejected(self) -> int:
        """Rows with at least one fault."""
        return len({error.row for error in self.errors})
