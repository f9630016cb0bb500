"""A table of checks: a live sum over the details, the ledger's figure, the difference, 平/不平."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from xlsxwriter.utility import xl_range, xl_rowcol_to_cell

from exports.blocks import (
    BALANCED,
    UNBALANCED,
    color_differences,
    color_results,
    result_formula,
)
from exports.live import Live
from exports.workbook import LINE_HEIGHT, Sheet, lines_needed, money_width, yuan_number

_HEADINGS = ("类别", "核对内容", "明细合计（公式）", "台账数", "差额", "结果", "口径")
CHECK_WIDTHS = (10, 34, 18, 18, 15, 9, 72)
_SOURCE = CHECK_WIDTHS[-1]
_SUM, _LEDGER, _DIFFERENCE, _RESULT = 2, 3, 4, 5


class Check(NamedTuple):
    """`details` is the workbook's own sum, `ledger` the figure beside it (fen, or a count)."""

    section: str
    title: str
    details: Live
    ledger: int
    source: str
    counts: bool = False

    @property
    def passes(self) -> bool:
        return self.details.value == self.ledger


class WrittenChecks(NamedTuple):
    """Where the checks stand, so that a chart can refer to them."""

    first_row: int
    last_row: int


def write_verdict(sheet: Sheet, checks: Sequence[Check]) -> None:
    """The verdict over all checks, in a row above their table, which must follow at once."""
    first = sheet.row + 2
    results = xl_range(first, _RESULT, first + len(checks) - 1, _RESULT)
    failed = sum(not check.passes for check in checks)
    wrong = f'COUNTIF({results},"{UNBALANCED}")'
    formula = f'=IF({wrong}=0,"全部平衡","有 "&{wrong}&" 项不平")'
    style = sheet.book.formats.verdict
    sheet.raw.set_row(sheet.row, 26)
    sheet.raw.write_string(sheet.row, 0, "结论", style)
    sheet.raw.write_formula(
        sheet.row, 1, formula, style, f"有 {failed} 项不平" if failed else "全部平衡"
    )
    color_results(sheet, sheet.row, sheet.row, 1)
    sheet.row += 1


def write_checks(sheet: Sheet, checks: Sequence[Check]) -> WrittenChecks:
    """The table of checks, frozen below its headings."""
    heading = sheet.headings(_HEADINGS)
    sheet.freeze_below(heading)
    first = sheet.row
    for check in checks:
        _write_check(sheet, check)
        sheet.row += 1
    last = sheet.row - 1
    color_differences(sheet, first, last, _DIFFERENCE)
    color_results(sheet, first, last, _RESULT)
    largest = max((abs(c.details.value) for c in checks if not c.counts), default=0)
    for column in (_SUM, _LEDGER):
        sheet.widen(column, money_width(largest))
    return WrittenChecks(first, last)


def _write_check(sheet: Sheet, check: Check) -> None:
    formats, raw, row = sheet.book.formats, sheet.raw, sheet.row
    details, ledger = (xl_rowcol_to_cell(row, column) for column in (_SUM, _LEDGER))
    difference = check.details.value - check.ledger
    style = formats.count if check.counts else formats.money
    number = (lambda value: value) if check.counts else yuan_number
    # Not every program makes a row as high as the text that wraps in it.
    lines = max(lines_needed(check.title, CHECK_WIDTHS[1]), lines_needed(check.source, _SOURCE))
    if lines > 1:
        raw.set_row(row, LINE_HEIGHT * lines)
    raw.write_string(row, 0, check.section, formats.centered)
    raw.write_string(row, 1, check.title, formats.wrapped)
    # Adding up many two-decimal numbers in binary leaves a trace behind the fen: round it off.
    total = f"=ROUND({check.details.formula},2)"
    raw.write_formula(row, _SUM, total, style, number(check.details.value))
    raw.write_number(row, _LEDGER, number(check.ledger), style)
    raw.write_formula(row, _DIFFERENCE, f"=ROUND({details}-{ledger},2)", style, number(difference))
    result = result_formula(xl_rowcol_to_cell(row, _DIFFERENCE))
    shown = BALANCED if check.passes else UNBALANCED
    raw.write_formula(row, _RESULT, result, formats.centered, shown)
    raw.write_string(row, 6, check.source, formats.wrapped)
