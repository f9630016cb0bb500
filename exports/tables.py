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
from exports.workbook import Book, Sheet, day_number, yuan_number

if TYPE_CHECKING:
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
            sheet.widen(number, len(f"{table.totals[column.field]:,}") + 4)


class RowWriter:
    """Writes the rows of one table; the loop over records is the hot path of every export."""

    def __init__(self, book: Book, table: Table, fields: Sequence[str], total: bool) -> None:
        index = {name: i for i, name in enumerate(fields)}
        self._formats = book.formats
        self._table = table
        self._total = total
        self._group = None if table.group is None else index[table.group]
        self._money: list[tuple[int, int]] = []
        self._formulas = {i: c.formula for i, c in enumerate(table.columns) if c.formula}
        self._others: list[tuple[int, int, Column]] = []
        for number, column in enumerate(table.columns):
            if column.kind is Kind.MONEY:
                self._money.append((number, index[column.field]))
            else:
                self._others.append((number, index[column.field], column))

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

    def _putters(self, raw: Worksheet) -> list[tuple[int, int, Callable[..., Any], Any]]:
        """Per column that is not an amount: its number, the value's place, how it is written."""
        put: dict[Kind, tuple[Callable[..., Any], Any]] = {
            Kind.TEXT: (raw.write_string, self._formats.text),
            Kind.WRAPPED: (raw.write_string, self._formats.wrapped),
            Kind.CENTERED: (raw.write_string, self._formats.centered),
            Kind.COUNT: (raw.write_number, self._formats.count),
            Kind.INSTANT: (raw.write_datetime, self._formats.instant),
            Kind.DAY: (
                lambda row, column, day, style: raw.write_number(
                    row, column, day_number(day), style
                ),
                self._formats.day,
            ),
        }
        return [(number, place, *put[column.kind]) for number, place, column in self._others]

    def _write_rows(self, raw: Worksheet, row: int, records: Iterable[Sequence[Any]]) -> int:
        """Write the records from `row` down; the row after the last one."""
        table, group = self._table, self._group
        shows = {number: column.show for number, _, column in self._others if column.show}
        others = self._putters(raw)
        money, money_style = self._money, self._formats.money
        formulas = self._formulas
        write_number, write_blank, write_formula = (
            raw.write_number,
            raw.write_blank,
            raw.write_formula,
        )
        sums = [0] * len(table.columns)
        groups: dict[Any, list[int]] = {}
        start = row
        for record in records:
            for number, place, put, style in others:
                value = record[place]
                if value is None:
                    write_blank(row, number, None, style)
                elif number in shows:
                    put(row, number, shows[number](value), style)
                else:
                    put(row, number, value, style)
            for number, place in money:
                value = record[place]
                if value is None:
                    write_blank(row, number, None, money_style)
                    continue
                sums[number] += value
                if number in formulas:
                    text = formulas[number](row)
                    write_formula(row, number, text, money_style, yuan_number(value))
                else:
                    write_number(row, number, yuan_number(value), money_style)
            if group is not None:
                self._add_to_group(groups, record, group)
            row += 1
        table.rows += row - start
        for number, column in enumerate(table.columns):
            if column.kind is Kind.MONEY:
                table.totals[column.field] += sums[number]
        self._keep_groups(groups)
        return row

    def _add_to_group(
        self, groups: dict[Any, list[int]], record: Sequence[Any], group: int
    ) -> None:
        sums = groups.get(record[group])
        if sums is None:
            sums = groups[record[group]] = [0] * (len(self._money) + 1)
        for i, (_, place) in enumerate(self._money):
            sums[i] += record[place] or 0
        sums[-1] += 1

    def _keep_groups(self, groups: dict[Any, list[int]]) -> None:
        """Add a part's group sums to the table's, under the text that the cells show."""
        table = self._table
        show = next((c.show for c in table.columns if c.field == table.group), None)
        for code, sums in groups.items():
            label = show(code) if show else code
            totals = table.group_totals.setdefault(label, dict.fromkeys(table.totals, 0))
            for (number, _), amount in zip(self._money, sums, strict=False):
                totals[table.columns[number].field] += amount
            table.group_rows[label] = table.group_rows.get(label, 0) + sums[-1]
