"""A stream of records as a table: headings, rows, a total row, and sums for other sheets.

Rows are written and forgotten; what stays is one sum per amount column and, for tables with a
group column, one per group. A table longer than a sheet goes on in the next, `划账明细(2)`, and
formulas over it add the parts up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from xlsxwriter.utility import xl_range

from exports.live import Live, added, quoted, span
from exports.workbook import (
    LINE_HEIGHT,
    Book,
    Sheet,
    day_number,
    instant_number,
    lines_needed,
    money_width,
    yuan_number,
)

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

SHEET_ROWS = 1_048_576
"""Rows of a sheet in Excel."""
_ROWS_AROUND = 2
"""The headings above the rows and the total below them."""


class Kind(Enum):
    TEXT = "text"
    WRAPPED = "wrapped text"
    CENTERED = "centered text"
    MONEY = "money"
    COUNT = "count"
    DAY = "day"
    INSTANT = "instant"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the record's field, its heading, its width, and how a value is shown.

    Long tables keep to `Kind.TEXT`, which shrinks to fit: `Kind.WRAPPED` costs a height per row.
    `show` turns a code into the text that stands in the cell; `formula` gives the formula of an
    amount by its row, and the record holds the formula's value.
    """

    field: str
    heading: str
    width: int
    kind: Kind = Kind.TEXT
    show: Callable[[Any], str] | None = None
    formula: Callable[[int], str] | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of a table on one sheet (zero-based, both included); an empty table has one."""

    sheet: str
    first_row: int
    last_row: int


@dataclass(slots=True)
class Table:
    """What a written table leaves behind: where it stands, and its sums."""

    columns: Sequence[Column]
    group: str | None
    parts: list[Part] = field(default_factory=list)
    rows: int = 0
    totals: dict[str, int] = field(default_factory=dict)
    group_totals: dict[str, dict[str, int]] = field(default_factory=dict)
    group_rows: dict[str, int] = field(default_factory=dict)

    def _column(self, name: str) -> int:
        return next(i for i, column in enumerate(self.columns) if column.field == name)

    def _spans(self, name: str) -> list[str]:
        column = self._column(name)
        return [span(part.sheet, part.first_row, part.last_row, column) for part in self.parts]

    def _live(self, formulas: Iterable[str], value: int) -> Live:
        return Live(added(Live(formula, 0) for formula in formulas).formula, value)

    def sum(self, name: str) -> Live:
        """The whole of an amount column, fen."""
        return self._live((f"SUM({cells})" for cells in self._spans(name)), self.totals[name])

    def sum_of(self, name: str, group: str) -> Live:
        """An amount column over the rows whose group column shows `group`, fen."""
        assert self.group is not None, "the table has no group column"
        spans = zip(self._spans(name), self._spans(self.group), strict=True)
        formulas = (f"SUMIFS({cells},{groups},{quoted(group)})" for cells, groups in spans)
        return self._live(formulas, self.group_totals.get(group, {}).get(name, 0))

    def count(self) -> Live:
        """How many rows; the first column is never empty in a row."""
        name = self.columns[0].field
        return self._live((f"COUNTA({cells})" for cells in self._spans(name)), self.rows)

    def count_of(self, group: str) -> Live:
        """How many rows whose group column shows `group`."""
        assert self.group is not None, "the table has no group column"
        formulas = (f"COUNTIF({cells},{quoted(group)})" for cells in self._spans(self.group))
        return self._live(formulas, self.group_rows.get(group, 0))


def write_table(
    book: Book,
    name: str,
    title: str,
    columns: Sequence[Column],
    fields: Sequence[str],
    records: Iterable[Sequence[Any]],
    *,
    group: str | None = None,
    sheet_rows: int = SHEET_ROWS,
    landscape: bool = True,
    total: bool = True,
) -> Table:
    """Write the records on a sheet of their own, or on as many as they need.

    Args:
        fields: the names of a record's values in order (`SomeNamedTuple._fields`).
        group: the field whose shown text other sheets count and sum by.
        sheet_rows: rows of a sheet, head and total row included.
        total: close each sheet with a total row.
    """
    table = Table(columns, group, totals={c.field: 0 for c in columns if c.kind is Kind.MONEY})
    writer = RowWriter(book, table, fields, total)
    widths = [column.width for column in columns]
    stream = iter(records)
    sheets: list[Sheet] = []
    waiting = list(islice(stream, 1))
    while waiting or not sheets:
        part_name = name if not sheets else f"{name}({len(sheets) + 1})"
        sheet = book.sheet(part_name, title, widths, landscape=landscape)
        capacity = sheet_rows - sheet.row - _ROWS_AROUND
        writer.write_part(sheet, chain(waiting, islice(stream, capacity - len(waiting))))
        sheets.append(sheet)
        waiting = list(islice(stream, 1))
    for sheet in sheets:
        widen_for(sheet, table)
    return table


def widen_for(sheet: Sheet, table: Table) -> None:
    """Make amount columns as wide as their totals."""
    for number, column in enumerate(table.columns):
        if column.kind is Kind.MONEY:
            sheet.widen(number, money_width(table.totals[column.field]))


class RowWriter:
    """Writes the rows of one table; the loop over records is the hot path of every export."""

    def __init__(self, book: Book, table: Table, fields: Sequence[str], total: bool) -> None:
        self._formats = book.formats
        self._table = table
        self._total = total
        self._index = {name: i for i, name in enumerate(fields)}

    def write_part(self, sheet: Sheet, records: Iterable[Sequence[Any]]) -> None:
        """Headings, the records and a total row, below what stands on the sheet."""
        table = self._table
        before = dict(table.totals)
        heading = sheet.headings([column.heading for column in table.columns])
        sheet.freeze_below(heading)
        first = sheet.row
        sheet.row = self._write_rows(sheet.raw, first, records)
        if sheet.row == first:
            self._write_empty(sheet)
        last = sheet.row - 1
        sheet.raw.autofilter(heading, 0, last, sheet.last_column)
        table.parts.append(Part(sheet.name, first, last))
        if self._total:
            self._write_total(sheet, first, last, before)

    def _write_empty(self, sheet: Sheet) -> None:
        # Sums need a range, so a table of nothing keeps one blank row.
        for number in range(len(self._table.columns)):
            sheet.raw.write_blank(sheet.row, number, None, self._formats.text)
        sheet.row += 1

    def _write_total(self, sheet: Sheet, first: int, last: int, before: dict[str, int]) -> None:
        formats = self._formats
        sheet.raw.write_string(sheet.row, 0, "合计", formats.total_text)
        for number, column in enumerate(self._table.columns):
            if column.kind is Kind.MONEY:
                cells = xl_range(first, number, last, number)
                total = self._table.totals[column.field] - before[column.field]
                sheet.raw.write_formula(
                    sheet.row, number, f"=SUM({cells})", formats.total_money, yuan_number(total)
                )
            elif number:
                sheet.raw.write_blank(sheet.row, number, None, formats.total_text)
        sheet.row += 1

    def _writes(self, raw: Worksheet) -> tuple[list[Write], list[Write]]:
        """How to write each column that is not an amount, and each that is."""
        formats = self._formats
        ways: dict[Kind, tuple[Put, Format, Callable[[Any], Any] | None]] = {
            Kind.TEXT: (raw.write_string, formats.text, None),
            Kind.WRAPPED: (raw.write_string, formats.wrapped, None),
            Kind.CENTERED: (raw.write_string, formats.centered, None),
            Kind.COUNT: (raw.write_number, formats.count, None),
            Kind.INSTANT: (raw.write_number, formats.instant, instant_number),
            Kind.DAY: (raw.write_number, formats.day, day_number),
            Kind.MONEY: (raw.write_number, formats.money, yuan_number),
        }
        others: list[Write] = []
        amounts: list[Write] = []
        for number, column in enumerate(self._table.columns):
            put, style, convert = ways[column.kind]
            if column.formula is not None:
                put = _formula_put(raw, column.formula)
            write = (number, self._index[column.field], put, style, column.show or convert)
            (amounts if column.kind is Kind.MONEY else others).append(write)
        return others, amounts

    def _wrapped(self) -> list[tuple[int, int]]:
        """Places and widths of columns whose text may take several lines."""
        columns = (c for c in self._table.columns if c.kind is Kind.WRAPPED)
        return [(self._index[column.field], column.width) for column in columns]

    def _write_rows(self, raw: Worksheet, row: int, records: Iterable[Sequence[Any]]) -> int:
        """Write the records from `row` down; the row after the last one."""
        group = None if self._table.group is None else self._index[self._table.group]
        others, amounts = self._writes(raw)
        wrapped = self._wrapped()
        write_blank = raw.write_blank
        groups: dict[Any, list[int]] = {}
        for record in records:
            key = None if group is None else record[group]
            sums = groups.get(key)
            if sums is None:
                # The number of rows, then one sum per amount column.
                sums = groups[key] = [0] * (len(amounts) + 1)
            for number, place, put, style, convert in others:
                value = record[place]
                if value is None:
                    write_blank(row, number, None, style)
                else:
                    put(row, number, value if convert is None else convert(value), style)
            sums[0] += 1
            for i, (number, place, put, style, _) in enumerate(amounts, start=1):
                value = record[place]
                if value is None:
                    write_blank(row, number, None, style)
                else:
                    put(row, number, yuan_number(value), style)
                    sums[i] += value
            if wrapped:
                _fit_height(raw, row, [(record[place], width) for place, width in wrapped])
            row += 1
        self._keep_sums(groups)
        return row

    def _keep_sums(self, groups: dict[Any, list[int]]) -> None:
        """Add a part's sums to the table's; groups go under the text that their cells show."""
        table = self._table
        fields = [column.field for column in table.columns if column.kind is Kind.MONEY]
        show = next((c.show for c in table.columns if c.field == table.group), None)
        for code, (rows, *sums) in groups.items():
            table.rows += rows
            label = show(code) if show else str(code)
            totals = table.group_totals.setdefault(label, dict.fromkeys(fields, 0))
            table.group_rows[label] = table.group_rows.get(label, 0) + rows
            for name, amount in zip(fields, sums, strict=True):
                table.totals[name] += amount
                totals[name] += amount


Put = Callable[..., Any]
Write = tuple[int, int, Put, "Format", Callable[[Any], Any] | None]
"""A column's number, the value's place in the record, how and in which format it is written,
and what turns the value into a cell's."""


def _fit_height(raw: Worksheet, row: int, texts: list[tuple[str | None, int]]) -> None:
    """Make a row as high as its longest wrapped text; a program that only shows the file does
    not do it by itself."""
    lines = max(lines_needed(text or "", width) for text, width in texts)
    if lines > 1:
        raw.set_row(row, LINE_HEIGHT * lines)


def _formula_put(raw: Worksheet, formula: Callable[[int], str]) -> Put:
    def put(row: int, column: int, value: float, style: Format) -> None:
        raw.write_formula(row, column, formula(row), style, value)

    return put
