"""What all imports share: faults of both sides in one list, and all accepted rows or none.

A row that the importer could read may still be refused by the roster, the providers or the
rules; those faults join the importer's under the same headings. `strict`: one fault refuses
the whole file. `dry_run`: everything is done and then rolled back, so the answer is the real one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ledger.core.batches import Batch, ImportResult
from ledger.core.errors import GongjiError, RowError
from ledger.services.carry_out import until_won
from ledger.services.context import Context
from ledger.storage.database.turns import Turn
from ledger.storage.database.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class ImportOptions:
    strict: bool = False
    dry_run: bool = False


@dataclass(slots=True)
class Ledgering:
    """The book-keeping of one import: refused rows, unchanged rows, accepted rows."""

    batch: Batch[Any]
    errors: list[RowError] = field(default_factory=list)
    accepted: int = 0
    unchanged: int = 0

    def refuse(self, row: int, field_name: str, code: str, message: str) -> None:
        heading = self.batch.heading(field_name) if field_name else ""
        self.errors.append(RowError(row, heading, code, message))

    def refuse_with(self, row: int, field_name: str, error: GongjiError) -> None:
        self.refuse(row, field_name, error.code, error.message)

    def accept(self, unchanged: bool = False) -> None:
        self.accepted += 1
        self.unchanged += unchanged

    def finish(self, work: UnitOfWork, options: ImportOptions) -> ImportResult:
        """Commit, unless this was a trial or a strict import with faults."""
        errors = sorted(self.batch.errors + self.errors, key=lambda e: (e.row, e.column, e.code))
        refused = options.strict and bool(errors)
        if not (refused or options.dry_run):
            work.commit()
        return ImportResult(
            self.batch.kind,
            self.batch.file,
            self.batch.rows,
            0 if refused else self.accepted,
            0 if refused else self.unchanged,
            errors,
            self.batch.unused,
        )


TakeIn = Callable[[UnitOfWork, Ledgering], None]
"""Takes the rows of a file in; called again on new books where another transaction won."""


def take_in(
    context: Context,
    batch: Batch[Any],
    options: ImportOptions,
    act: TakeIn,
    turn: Turn = Turn.COMMAND,
) -> ImportResult:
    """The frame around every import: all accepted rows or none.

    Raises:
        Refused: `database/busy`, and what the database itself refuses.
    """

    def attempt() -> ImportResult:
        context.progress("登记", 0, len(batch.records))
        with context.writing(turn) as work:
            books = Ledgering(batch)
            act(work, books)
            return books.finish(work, options)

    return until_won(attempt)
