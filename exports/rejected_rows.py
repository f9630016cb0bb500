"""The rows that an import refused, as a workbook to correct and to import again.

The titles, the headings and the cells of the source stand where they stood, as text; beside them
the row's number in the source, the codes and the reasons; the faulty cells are marked and carry
their reason as a comment. What is added stands in columns that no importer reads, so the
corrected workbook imports as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from ledger.core.errors import RowError

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

ROW_NUMBER = "原行号"
CODE = "错误代码"
REASON = "错误原因"
_ADDED = (REASON, CODE, ROW_NUMBER)
_WIDEST = 40
_REASON_WIDTH, _CODE_WIDTH = 60, 32


class SourceRows(Protocol):
    """What the source says, as text; `importers.catalog.read_raw` gives it."""

    @property
    def titles(self) -> Sequence[Sequence[str]]:
        """The rows above the header."""

    @property
    def header(self) -> Sequence[str]:
        """The headings, which `RowError.column` names."""

    @property
    def rows(self) -> Mapping[int, Sequence[str]]:
        """Row number in the source -> its cells; at least the rows with errors."""


def write_rejected(path: Path, source: SourceRows, errors: Sequence[RowError]) -> int:
    """Writes one row for each row number in `errors` (in any order), and returns how many.

    Raises:
        Refused: `export/unwritable`.
    """
    import xlsxwriter
    from xlsxwriter.exceptions import FileCreateError

    from exports.workbook import unwritable

    kept = [column for column, heading in enumerate(source.header) if heading not in _ADDED]
    headings = [source.header[column] for column in kept]
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet("退回的行")
    looks = _Looks(
        text=book.add_format({"num_format": "@", "valign": "top"}),
        faulty=book.add_format({"num_format": "@", "valign": "top", "bg_color": "#FFC7CE"}),
        number=book.add_format({"valign": "top"}),
        reason=book.add_format({"font_color": "#9C0006", "valign": "top", "text_wrap": True}),
    )
    head = book.add_format({"bold": True, "bottom": 1, "bg_color": "#D9E1F2", "text_wrap": True})
    for number, title in enumerate(source.titles):
        sheet.write_row(number, 0, title)
    top = len(source.titles)
    sheet.write_row(top, 0, (*headings, *_ADDED), head)
    sheet.freeze_panes(top + 1, 0)
    by_row = _by_row(errors)
    rows = []
    for at, (number, faults) in enumerate(by_row, top + 1):
        whole = source.rows[number]
        rows.append([whole[column] if column < len(whole) else "" for column in kept])
        _write_row(sheet, at, rows[-1], _by_column(headings, faults), looks)
        reasons = [_sentence(fault) for fault in faults]
        sheet.set_row(at, _height(reasons))
        sheet.write_string(at, len(kept), "\n".join(reasons), looks.reason)
        codes = "\n".join(fault.code for fault in faults)
        sheet.write_string(at, len(kept) + 1, codes, looks.reason)
        sheet.write_number(at, len(kept) + 2, number, looks.number)
    _set_widths(sheet, headings, rows, looks)
    _set_up_print(sheet, top)
    try:
        book.close()
    except FileCreateError as error:
        raise unwritable(path) from error
    return len(by_row)


class _Looks(NamedTuple):
    text: Format
    faulty: Format
    number: Format
    reason: Format


def _write_row(
    sheet: Worksheet, at: int, cells: Sequence[str], reasons: Mapping[int, str], looks: _Looks
) -> None:
    for column, cell in enumerate(cells):
        sheet.write_string(at, column, cell, looks.faulty if column in reasons else looks.text)
        if column in reasons:
            sheet.write_comment(at, column, reasons[column], {"x_scale": 2})


def _by_row(errors: Sequence[RowError]) -> list[tuple[int, list[RowError]]]:
    ordered = sorted(errors, key=lambda error: error.row)
    return [(row, list(faults)) for row, faults in groupby(ordered, key=lambda error: error.row)]


def _by_column(headings: Sequence[str], faults: Sequence[RowError]) -> dict[int, str]:
    """Column -> the reasons to show on its cell; faults of the row as a whole have none."""
    reasons: dict[int, str] = {}
    for fault in faults:
        if fault.column in headings:
            column = headings.index(fault.column)
            reasons[column] = "\n".join(filter(None, (reasons.get(column), fault.message)))
    return reasons


def _sentence(fault: RowError) -> str:
    return f"{fault.column}：{fault.message}" if fault.column else fault.message


def _height(reasons: Sequence[str]) -> int:
    """Points of a row in which every reason is seen whole: not every program grows it by itself."""
    from exports.workbook import LINE_HEIGHT, lines_needed

    return LINE_HEIGHT * sum(lines_needed(reason, _REASON_WIDTH) for reason in reasons)


def _set_up_print(sheet: Worksheet, header: int) -> None:
    """A4 across, one page wide, the header on every page."""
    from exports.workbook import PAPER_A4

    sheet.set_paper(PAPER_A4)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(header)
    sheet.set_footer("&L&8&A&C&9第 &P 页，共 &N 页")


def _set_widths(
    sheet: Worksheet, headings: Sequence[str], rows: Sequence[Sequence[str]], looks: _Looks
) -> None:
    """Columns as wide as their texts, and formatted as text all the way down: what is typed into
    a new row keeps its zeros."""
    for column, texts in enumerate(zip(headings, *rows[:1000], strict=True)):
        widest = max(sum(2 if ord(sign) > 0x2E80 else 1 for sign in text) for text in texts)
        sheet.set_column(column, column, min(widest + 2, _WIDEST), looks.text)
    sheet.set_column(len(headings), len(headings), _REASON_WIDTH)
    sheet.set_column(len(headings) + 1, len(headings) + 1, _CODE_WIDTH)
