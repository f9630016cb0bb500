"""Blocks that several workbooks share: results in green and red, notes, sign-off fields."""

from __future__ import annotations

from exports.tables import Column, Kind, write_table
from exports.workbook import LINE_HEIGHT, Book, Sheet, lines_needed
from ledger.core.months import FAR
from ledger.reports.head import ASSUMED_MARK, RETIREE_FLAT, Assumption

BALANCED = "平"
UNBALANCED = "不平"
_NOTE_TITLE = "参数说明"

_ASSUMPTION_COLUMNS = (
    Column("title", "参数", 34, Kind.WRAPPED),
    Column("value", "取值", 26, Kind.WRAPPED),
    Column("valid_from", "生效日", 11, Kind.DAY),
    Column("valid_until", "失效日", 11, Kind.CENTERED, lambda day: _until(day)),
    Column("cite", "依据", 20, Kind.WRAPPED),
    Column("note", "说明", 68, Kind.WRAPPED),
    Column("key", "参数名", 42),
)


def _until(day: object) -> str:
    return "至今" if day == FAR else str(day)


def result_formula(difference: str) -> str:
    """平 where a difference is nothing; 不平 where it is something or cannot be worked out."""
    return f'=IF(IFERROR(ROUND({difference},2)=0,FALSE),"{BALANCED}","{UNBALANCED}")'


def color_results(sheet: Sheet, first_row: int, last_row: int, column: int) -> None:
    """Green where the cell says 平 or begins with 全部, red where it says 不平."""
    formats = sheet.book.formats
    area = (first_row, column, last_row, column)
    for word, style in ((UNBALANCED, formats.bad), (BALANCED, formats.good)):
        sheet.raw.conditional_format(
            *area,
            {
                "type": "text",
                "criteria": "containing",
                "value": word,
                "format": style,
                "stop_if_true": True,
            },
        )


def color_differences(sheet: Sheet, first_row: int, last_row: int, column: int) -> None:
    """Green for a difference of zero, red for any other and for one that is an error."""
    formats = sheet.book.formats
    area = (first_row, column, last_row, column)
    # First of all: to some programs an error equals whatever it is compared with.
    broken = {"type": "errors", "format": formats.bad, "stop_if_true": True}
    sheet.raw.conditional_format(*area, broken)
    for criteria, style in (("==", formats.good), ("!=", formats.bad)):
        sheet.raw.conditional_format(
            *area, {"type": "cell", "criteria": criteria, "value": 0, "format": style}
        )


def write_notes(sheet: Sheet, notes: list[str]) -> None:
    """Notes below a table, each over the whole width and as high as its text needs."""
    width = sum(sheet.widths)
    for note in notes:
        sheet.merged(note, sheet.book.formats.note, LINE_HEIGHT * max(1, lines_needed(note, width)))


def assumption_notes(sheet: Sheet) -> None:
    """Below a table: the assumed amount of retirees in full, the other assumed values by
    number, since the sheet 参数说明 names them."""
    assumptions = sheet.book.head.assumptions
    notes = [f"注：{assumption_text(value)}" for value in assumptions if value.key == RETIREE_FLAT]
    others = len(assumptions) - len(notes)
    if others:
        also = "另有" if notes else "有"
        notes.append(f"注：{also} {others} 项假定参数，见“{_NOTE_TITLE}”工作表。")
    write_notes(sheet, notes)


def assumption_text(value: Assumption) -> str:
    note = f"，{value.note}" if value.note else ""
    return f"{value.title}{ASSUMED_MARK}取值 {value.value}（依据 {value.cite}）{note}"


def assumption_sheet(book: Book) -> None:
    """The sheet 参数说明: every assumed value with its source; none: the sheet says so."""
    columns = _ASSUMPTION_COLUMNS
    assumptions = book.head.assumptions
    table_title = "参数说明（带【假定】的取值未见于正式文件，须由主管部门核定）"
    write_table(
        book, _NOTE_TITLE, table_title, columns, Assumption._fields, assumptions, total=False
    )


def sign_off(sheet: Sheet) -> None:
    """制表、复核、审批: three places to sign, each with its day."""
    sheet.row += 1
    third = max(1, (sheet.last_column + 1) // 3)
    for fields in (("制表：", "复核：", "审批："), ("日期：",) * 3):
        sheet.raw.set_row(sheet.row, 24)
        for place, field in enumerate(fields):
            sheet.raw.write_string(sheet.row, place * third, field, sheet.book.formats.sign)
        sheet.row += 1
