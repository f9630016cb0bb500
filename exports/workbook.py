"""A workbook as a Chinese finance clerk expects it: fonts, formats, headings, print set-up.

Everything goes through XlsxWriter in `constant_memory`: a row leaves for a temporary file as
soon as the next one begins, so that a workbook of any length needs the memory of one row. The
price: rows of a sheet are written from top to bottom, and nothing merges over two rows. Sheets
may take turns, so the sheet of checks stands first and is written last.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from ledger.core.errors import Refused
from ledger.core.os_errors import why
from ledger.reports.head import ReportHead

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

Target = str | os.PathLike[str] | IO[bytes]
"""Where a file goes: a path, or an open binary file."""

FONT = "宋体"
MONEY_FORMAT = "#,##0.00"
COUNT_FORMAT = "#,##0"
DAY_FORMAT = "yyyy-mm-dd"
INSTANT_FORMAT = "yyyy-mm-dd hh:mm:ss"
UNIT = "单位：元"
INFO_HEIGHT = 13
LINE_HEIGHT = 15
"""Points of a line of text in a row."""
PAPER_A4 = 9
_EXCEL_DAY_ZERO = date(1899, 12, 30).toordinal()


def yuan_number(fen: int) -> float:
    """Fen as the number that an Excel cell holds.

    A cell knows binary floats only. This is the one place where money becomes one, and it is
    safe: whole fen of up to 15 digits (10 million million yuan) divided by 100 give the double
    nearest to the two-decimal number, which Excel shows and reads back as exactly that. Nothing
    is computed from it here; every value beside a formula is divided from a sum of fen.
    """
    return fen / 100


def day_number(day: date) -> int:
    """A day as Excel counts it."""
    return day.toordinal() - _EXCEL_DAY_ZERO


def instant_number(instant: datetime) -> float:
    """A local instant as Excel counts it: days, and the part of the day that has passed."""
    seconds = instant.hour * 3600 + instant.minute * 60 + instant.second
    return instant.toordinal() - _EXCEL_DAY_ZERO + seconds / 86400


@lru_cache(maxsize=4096)
def text_width(text: str) -> int:
    """Columns of width that a text needs: a Chinese character takes two."""
    return sum(2 if ord(letter) > 0x2E7F or letter in "“”·—" else 1 for letter in text)


def money_width(fen: int) -> int:
    """Columns of width that an amount needs, in bold, with room on both sides."""
    return len(f"{fen // 100:,}.00") + 3


def lines_needed(text: str, width: int) -> int:
    """Lines of a wrapped text in a column; a line may break early, so one place is kept free."""
    return -(-text_width(text) // (width - 1))


class Formats:
    """Every cell format of a workbook, by what it is for."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        def made(**properties: Any) -> Format:
            return book.add_format({"valign": "vcenter", **properties})

        def cell(**properties: Any) -> Format:
            return made(border=1, border_color="#A6A6A6", **properties)

        shade = {"bold": True, "bg_color": "#DDEBF7"}
        self.title = made(bold=True, font_size=16, align="center", font_name="黑体")
        self.info = made(align="left", font_size=9)
        self.info_wrapped = made(align="left", font_size=9, text_wrap=True)
        self.unit = made(align="right", font_size=9)
        self.section = made(bold=True, font_size=11)
        self.note = made(font_size=9, font_color="#595959", text_wrap=True, valign="top")
        self.sign = made(font_size=11)
        self.heading = cell(align="center", text_wrap=True, **shade)
        self.text = cell(num_format="@", shrink=True)
        self.wrapped = cell(num_format="@", text_wrap=True, indent=1)
        self.centered = cell(num_format="@", align="center", shrink=True)
        self.bold = cell(bold=True)
        self.indented = cell(indent=1)
        self.money = cell(num_format=MONEY_FORMAT)
        self.count = cell(num_format=COUNT_FORMAT)
        self.day = cell(num_format=DAY_FORMAT, align="center")
        self.instant = cell(num_format=INSTANT_FORMAT, align="center")
        self.total_text = cell(align="center", **shade)
        self.total_money = cell(num_format=MONEY_FORMAT, **shade)
        self.total_count = cell(num_format=COUNT_FORMAT, **shade)
        self.verdict = cell(bold=True, font_size=14, align="center")
        self.link = cell(font_color="#0563C1", underline=1)
        self.good = book.add_format({"font_color": "#006100", "bg_color": "#C6EFCE"})
        self.bad = book.add_format({"font_color": "#9C0006", "bg_color": "#FFC7CE"})


@dataclass(slots=True)
class Book:
    """An open workbook, its formats, and what stands above each of its sheets."""

    raw: xlsxwriter.Workbook
    head: ReportHead
    formats: Formats

    def sheet(
        self, name: str, title: str, widths: Sequence[int], *, landscape: bool = True
    ) -> Sheet:
        """A new sheet with title, pool, period, unit, instant and pack in its first rows."""
        sheet = Sheet(self, self.raw.add_worksheet(name), name, list(widths))
        sheet.set_up_print(landscape)
        sheet.write_head(title)
        return sheet


@dataclass(slots=True)
class Sheet:
    """A sheet and the row to be written next (zero-based)."""

    book: Book
    raw: Worksheet
    name: str
    widths: list[int]
    row: int = 0

    @property
    def last_column(self) -> int:
        return len(self.widths) - 1

    def set_up_print(self, landscape: bool) -> None:
        """A4, one page wide, as many as needed long, page numbers below, ids left as text."""
        raw = self.raw
        raw.set_paper(PAPER_A4)
        if landscape:
            raw.set_landscape()
        raw.fit_to_pages(1, 0)
        raw.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.7)
        raw.center_horizontally()
        raw.set_footer("&L&8" + self.name + "&C&9第 &P 页，共 &N 页&R&8Gongji 共济")
        raw.hide_gridlines(2)
        # A long id is text on purpose: no green corner in every cell of the column.
        raw.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        for column, width in enumerate(self.widths):
            raw.set_column(column, column, width)

    def write_head(self, title: str) -> None:
        head, formats = self.book.head, self.book.formats
        self.raw.set_row(0, 30)
        self.raw.merge_range(0, 0, 0, self.last_column, "", formats.title)
        self.raw.write_string(0, 0, title, formats.title)
        self.row = 1
        self.info(f"统筹区：{head.pool_code} {head.pool_name}    期间：{head.period}", UNIT)
        self.info(
            f"生成时间：{head.generated_text}（北京时间）    政策包版本：{head.pack_version}",
            "含假定参数，见说明" if head.assumptions else "",
        )

    def info(self, left: str, right: str = "") -> None:
        """A line above the table: text from the left edge, and a word at the right one; where
        both do not fit beside one another, one text that wraps over the whole width."""
        formats = self.book.formats
        room = sum(self.widths)
        if right and text_width(left) + text_width(right) + 2 > room:
            whole = f"{left}    {right}"
            self.merged(whole, formats.info_wrapped, INFO_HEIGHT * lines_needed(whole, room))
            return
        self.raw.write_string(self.row, 0, left, formats.info)
        if right:
            self.raw.write_string(self.row, self.last_column, right, formats.unit)
        self.row += 1

    def merged(self, text: str, style: Format, height: int | None = None) -> None:
        """One text over the whole width."""
        if height is not None:
            self.raw.set_row(self.row, height)
        self.raw.merge_range(self.row, 0, self.row, self.last_column, "", style)
        self.raw.write_string(self.row, 0, text, style)
        self.row += 1

    def headings(self, headings: Sequence[str]) -> int:
        """A row of headings, as high as its longest; the row it stands in."""
        lines = max(heading.count("\n") for heading in headings) + 1
        self.raw.set_row(self.row, max(22, LINE_HEIGHT * lines))
        for column, heading in enumerate(headings):
            self.raw.write_string(self.row, column, heading, self.book.formats.heading)
        self.row += 1
        return self.row - 1

    def freeze_below(self, last: int, columns: int = 0) -> None:
        """Keep the rows down to `last` in sight, and print them on every page."""
        self.raw.freeze_panes(last + 1, columns)
        self.raw.repeat_rows(0, last)

    def widen(self, column: int, needed: int) -> None:
        """Make a column wide enough, so that no total shows as ####."""
        if needed > self.widths[column]:
            self.widths[column] = needed
            self.raw.set_column(column, column, needed)


def unwritable(target: Target, error: OSError | None = None) -> Refused:
    """Nothing can be written there; said before the work where that can be known."""
    reason = "没有这个文件夹" if error is None else why(error)
    return Refused("export/unwritable", f"无法写入 {target}：{reason}")


def check_folder(target: Target) -> None:
    """Raises: Refused `export/unwritable` when the folder of a path is not there."""
    if isinstance(target, str | os.PathLike) and not Path(target).resolve().parent.is_dir():
        raise unwritable(target)


@contextmanager
def open_workbook(target: Target, head: ReportHead, title: str) -> Iterator[Book]:
    """A workbook that appears at `target` whole or not at all.

    The temporary files lie in a folder of their own that is removed in either case.

    Raises:
        Refused: `export/unwritable`.
    """
    check_folder(target)
    with tempfile.TemporaryDirectory(prefix="gongji-") as folder:
        raw = xlsxwriter.Workbook(
            target,
            {
                "constant_memory": True,
                "tmpdir": folder,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "default_format_properties": {"font_name": FONT, "font_size": 10},
            },
        )
        raw.set_properties(
            {
                "title": title,
                "subject": f"{head.pool_name} {head.period}",
                "author": "Gongji 共济",
                "created": head.generated_at.replace(tzinfo=None),
            }
        )
        try:
            yield Book(raw, head, Formats(raw))
            raw.close()
        except FileCreateError as error:
            cause = error.args[0] if error.args else None
            raise unwritable(target, cause if isinstance(cause, OSError) else None) from error
        finally:
            for worksheet in raw.worksheets():
                worksheet._opt_close()
