"""What a reader sees on the first sheet of a reconciliation workbook, read back from the file."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from importers.amounts import amount
from importers.cells import Cell, Fault

SHEET = "核对"
EVEN, UNEVEN = "平", "不平"
_SECTION, _TITLE, _DETAILS, _LEDGER, _RESULT = 0, 1, 2, 3, 5


class CheckRow(NamedTuple):
    """One check: the formula's value over the details, the ledger's figure, and the verdict.
    Amounts in fen; a count stands as a hundredfold, as it is read like yuan."""

    section: str
    title: str
    details_fen: int
    ledger_fen: int
    result: str


def read_checks(workbook: Path) -> list[CheckRow]:
    """Every row of the sheet 核对 that carries a verdict."""
    from python_calamine import load_workbook

    with load_workbook(str(workbook)) as book:
        rows = book.get_sheet_by_name(SHEET).to_python(skip_empty_area=False)
    return [
        CheckRow(
            str(row[_SECTION]),
            str(row[_TITLE]),
            _fen(row[_DETAILS]),
            _fen(row[_LEDGER]),
            str(row[_RESULT]),
        )
        for row in rows
        if len(row) > _RESULT and row[_RESULT] in (EVEN, UNEVEN)
    ]


def _fen(cell: Cell) -> int:
    read = amount(cell)
    assert not isinstance(read, Fault), f"a check without a figure: {cell!r}"
    return read
