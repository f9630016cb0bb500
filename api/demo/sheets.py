"""Lines of a file, and the writers that put them into xlsx or csv.

A writer answers with the row (as Excel numbers it) of every planted fault, so that the truth
about a file is what was really written, not what was meant to be.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

FILE_DATE = datetime(2023, 4, 3, 9, 0)
"""Written into every workbook's properties, so that the same seed gives the same bytes."""


class Formula(NamedTuple):
    """A formula with its computed value; `{row}` stands for the row it lands on."""

    text: str
    value: Decimal | int


Cell = str | int | Decimal | date | Formula | None


class Line(NamedTuple):
    """One row below the heading. Blank and total rows are no data."""

    cells: Sequence[Cell]
    fault: str | None = None
    is_data: bool = True
    is_repeat: bool = False
    """Word for word a row that was there before: accepted, and changes nothing."""


class Merge(NamedTuple):
    """Cells of one column merged over some lines (counted from 0, both included); the first
    line's cell shows, the others hold nothing."""

    first: int
    last: int
    column: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """One file: rows above the heading, the heading, and the lines."""

    headings: Sequence[str]
    lines: Sequence[Line]
    title: str | None = None
    notes: Sequence[str] = ()
    """Texts of the row under the title, spread over the columns."""
    merged: Sequence[Merge] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """What a file holds: its data rows, and which of them are faulty and why."""

    rows: int
    faults: dict[int, str] = field(default_factory=dict)
    repeats: int = 0


def _heading_row(sheet: Sheet) -> int:
    return 1 + (sheet.title is not None) + bool(sheet.notes)


def _count(sheet: Sheet) -> Written:
    first = _heading_row(sheet) + 1
    numbered = list(enumerate(sheet.lines, first))
    return Written(
        rows=sum(line.is_data for line in sheet.lines),
        faults={row: line.fault for row, line in numbered if line.fault is not None},
        repeats=sum(line.is_repeat for line in sheet.lines),
    )


def _notes_row(sheet: Sheet) -> list[str]:
    row = [""] * len(sheet.headings)
    step = max(1, len(row) // max(1, len(sheet.notes)))
    for i, note in enumerate(sheet.notes):
        row[i * step] = note
    return row


def write_xlsx(path: Path, sheet: Sheet, name: str = "Sheet1") -> Written:
    """Write a workbook with one sheet: merged title, notes, heading, lines."""
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path))
    book.set_properties({"created": FILE_DATE, "author": "示例经办机构"})
    page = book.add_worksheet(name)
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    bold = book.add_format({"bold": True, "border": 1, "bg_color": "#EEEEEE"})
    page.set_column(0, len(sheet.headings) - 1, 16)
    if sheet.title is not None:
        big = book.add_format({"bold": True, "align": "center", "font_size": 14})
        page.merge_range(0, 0, 0, len(sheet.headings) - 1, sheet.title, big)
    if sheet.notes:
        page.write_row(_heading_row(sheet) - 2, 0, _notes_row(sheet))
    page.write_row(_heading_row(sheet) - 1, 0, sheet.headings, bold)
    for i, line in enumerate(sheet.lines, _heading_row(sheet)):
        for column, cell in enumerate(line.cells):
            _write_cell(page, i, column, cell, day)
    for merge in sheet.merged:
        top, bottom = (_heading_row(sheet) + line for line in merge[:2])
        shown = sheet.lines[merge.first].cells[merge.column]
        page.merge_range(top, merge.column, bottom, merge.column, shown)
    book.close()
    return _count(sheet)


def _write_cell(page: Any, row: int, column: int, cell: Cell, day: Any) -> None:
    if cell is None:
        return
    if isinstance(cell, str):
        page.write_string(row, column, cell)
    elif isinstance(cell, Formula):
        page.write_formula(row, column, cell.text.format(row=row + 1), None, cell.value)
    elif isinstance(cell, date):
        page.write_datetime(row, column, cell, day)
    else:
        page.write_number(row, column, cell)


def write_csv(path: Path, sheet: Sheet, encoding: str, delimiter: str = ",") -> Written:
    """Write a text file; formulas become their values, as saving from Excel makes them."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
    if sheet.title is not None:
        writer.writerow([sheet.title, *[""] * (len(sheet.headings) - 1)])
    if sheet.notes:
        writer.writerow(_notes_row(sheet))
    writer.writerow(sheet.headings)
    writer.writerows(_as_text(line.cells) for line in sheet.lines)
    path.write_bytes(text.getvalue().encode(encoding))
    return _count(sheet)


def _as_text(cells: Iterable[Cell]) -> list[str]:
    values = (cell.value if isinstance(cell, Formula) else cell for cell in cells)
    return ["" if value is None else str(value) for value in values]


def blank(width: int) -> Line:
    """An empty row, as somebody leaves between two pages."""
    return Line([None] * width, is_data=False)
