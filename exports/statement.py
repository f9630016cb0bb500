"""A person's account on paper (个人账户对账单): lines, years, this year's limits, family."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from xlsxwriter.utility import xl_range, xl_rowcol_to_cell

from exports.blocks import assumption_notes, write_notes
from exports.columns import month_text
from exports.workbook import Sheet, Target, day_number, money_width, open_workbook, yuan_number
from ledger.core.money import yuan_text
from ledger.reports.account_statement import (
    CARRIED_IN,
    CARRIED_OUT,
    AccountStatement,
    FamilyUse,
    OutpatientYear,
    StatementLine,
    line_name,
    line_national,
)

if TYPE_CHECKING:
    from xlsxwriter.format import Format

Place = tuple[int, int]
"""First and last column of a cell; several columns are merged."""

TITLE = "职工基本医疗保险个人账户对账单"
_SHEET = "对账单"
LATE_NOTE = (
    "补记：业务按发生日排列，标“补记”的在其后日期的业务之后才入账；因此期间个别日期的余额可能显示为负，"
    "入账时账户并未透支。"
)
_HEADINGS = (
    "日期",
    "业务（类型）",
    "所属月份",
    "资金年度",
    "收入",
    "支出",
    "余额",
    "其中：本年",
    "其中：历年",
    "说明",
)
_WIDTHS = (12, 28, 10, 10, 14, 14, 15, 14, 14, 30)
_IN, _OUT, _BALANCE, _THIS_YEAR, _CARRIED, _NOTE = range(4, 10)


def write_statement(report: AccountStatement, target: Target) -> None:
    """Write the workbook: one sheet, A4, every balance a formula over the line above it."""
    with open_workbook(target, report.head, TITLE) as book:
        sheet = book.sheet(_SHEET, TITLE, _WIDTHS, landscape=True)
        _write_holder(sheet, report)
        heading = sheet.headings(_HEADINGS)
        sheet.freeze_below(heading)
        _write_lines(sheet, report)
        _write_years(sheet, report)
        _write_outpatient(sheet, report.outpatient)
        _write_family(sheet, report.family)
        sheet.row += 1
        if report.owed_fen:
            owed = yuan_text(report.owed_fen)
            write_notes(sheet, [f"待追回：多划入而账户余额不足退回的 {owed} 元，尚未追回。"])
        if any(line.booked_on for line in report.lines):
            write_notes(sheet, [LATE_NOTE])
        assumption_notes(sheet)


def _write_holder(sheet: Sheet, report: AccountStatement) -> None:
    holder = report.holder
    sheet.info(f"姓名：{holder.name}    人员编号：{holder.psn_no}    证件号码：{holder.certno}")
    sheet.info(f"人员类别：{holder.status}（{holder.plan}）    单位：{holder.employer}")


def _write_lines(sheet: Sheet, report: AccountStatement) -> None:
    """Opening, one row per movement, totals, closing."""
    _write_balance(sheet, "期初余额", None, report.opening_fen, report.opening_this_year_fen)
    first = sheet.row
    for line in report.lines:
        _write_line(sheet, line)
    _write_sums(sheet, report, first)
    cells = [xl_rowcol_to_cell(row, column) for row, column in (
        (first - 1, _BALANCE), (sheet.row - 1, _IN), (sheet.row - 1, _OUT))]  # fmt: skip
    closing = "=ROUND({}+{}-{},2)".format(*cells)
    _write_balance(sheet, "期末余额", closing, report.closing_fen, report.closing_this_year_fen)
    largest = max((abs(line.balance_fen) for line in report.lines), default=0)
    for column in (_BALANCE, _THIS_YEAR, _CARRIED):
        sheet.widen(column, money_width(largest))


def _write_balance(
    sheet: Sheet, title: str, formula: str | None, fen: int, this_year_fen: int
) -> None:
    raw, formats = sheet.raw, sheet.book.formats
    for column in range(len(_HEADINGS)):
        raw.write_blank(sheet.row, column, None, formats.total_text)
    raw.write_string(sheet.row, 1, title, formats.total_text)
    if formula is None:
        raw.write_number(sheet.row, _BALANCE, yuan_number(fen), formats.total_money)
    else:
        raw.write_formula(sheet.row, _BALANCE, formula, formats.total_money, yuan_number(fen))
    raw.write_number(sheet.row, _THIS_YEAR, yuan_number(this_year_fen), formats.total_money)
    _write_carried(sheet, fen - this_year_fen, formats.total_money)
    sheet.row += 1


def _write_carried(sheet: Sheet, fen: int, style: Format) -> None:
    """What earlier years left: the balance less this year's money."""
    balance, this_year = (xl_rowcol_to_cell(sheet.row, column) for column in (_BALANCE, _THIS_YEAR))
    formula = f"=ROUND({balance}-{this_year},2)"
    sheet.raw.write_formula(sheet.row, _CARRIED, formula, style, yuan_number(fen))


def _label(sheet: Sheet, kind: str) -> str:
    """The name of a line with its national type, and the mark where its amount is assumed."""
    name = (
        line_name(kind) if kind in (CARRIED_IN, CARRIED_OUT) else sheet.book.head.kind_label(kind)
    )
    return f"{name}（{line_national(kind)}）"


def _note(line: StatementLine) -> str:
    late = "" if line.booked_on is None else f"补记：{line.booked_on} 入账"
    return " ".join(part for part in (late, line.note) if part)


def _write_line(sheet: Sheet, line: StatementLine) -> None:
    raw, formats, row = sheet.raw, sheet.book.formats, sheet.row
    month = month_text(line.benefit_month) if line.benefit_month else ""
    raw.write_number(row, 0, day_number(line.happened_on), formats.day)
    raw.write_string(row, 1, _label(sheet, line.kind), formats.text)
    raw.write_string(row, 2, month, formats.centered)
    raw.write_string(row, 3, str(line.fund_year), formats.centered)
    for column, fen in ((_IN, line.in_fen), (_OUT, line.out_fen)):
        if fen:
            raw.write_number(row, column, yuan_number(fen), formats.money)
        else:
            raw.write_blank(row, column, None, formats.money)
    above, incoming, outgoing = (
        xl_rowcol_to_cell(*cell) for cell in ((row - 1, _BALANCE), (row, _IN), (row, _OUT))
    )
    formula = f"=ROUND({above}+{incoming}-{outgoing},2)"
    raw.write_formula(row, _BALANCE, formula, formats.money, yuan_number(line.balance_fen))
    raw.write_number(row, _THIS_YEAR, yuan_number(line.this_year_fen), formats.money)
    _write_carried(sheet, line.carried_fen, formats.money)
    raw.write_string(row, _NOTE, _note(line), formats.wrapped)
    sheet.row += 1


def _write_sums(sheet: Sheet, report: AccountStatement, first: int) -> None:
    raw, formats, row = sheet.raw, sheet.book.formats, sheet.row
    for column in range(len(_HEADINGS)):
        raw.write_blank(row, column, None, formats.total_text)
    raw.write_string(row, 1, "本期合计", formats.total_text)
    # The turn of a year moves nothing: its lines are taken off again. Without lines the range is
    # the row of the opening balance, whose cells are empty.
    start, turns = min(first, row - 1), any(line.turn for line in report.lines)
    kinds = xl_range(start, 1, row - 1, 1)
    for column, fen in ((_IN, report.in_fen), (_OUT, report.out_fen)):
        cells = xl_range(start, column, row - 1, column)
        formula = f"=SUM({cells})"
        if turns:
            for kind in (CARRIED_IN, CARRIED_OUT):
                formula += f'-SUMIF({kinds},"{_label(sheet, kind)}",{cells})'
        raw.write_formula(row, column, formula, formats.total_money, yuan_number(fen))
    sheet.row += 1


def _block(sheet: Sheet, title: str, places: Sequence[Place], headings: Sequence[str]) -> None:
    """A title and headings of a smaller table below the lines."""
    sheet.row += 1
    sheet.raw.write_string(sheet.row, 0, title, sheet.book.formats.section)
    sheet.row += 1
    for place, heading in zip(places, headings, strict=True):
        _put(sheet, place, heading, sheet.book.formats.heading)
    sheet.row += 1


def _put(sheet: Sheet, place: Place, value: str | int | None, style: Format) -> None:
    """A text, an amount in fen or nothing, in one cell or in several merged ones."""
    raw, (first, last) = sheet.raw, place
    if last > first:
        raw.merge_range(sheet.row, first, sheet.row, last, "", style)
    if value is None:
        raw.write_blank(sheet.row, first, None, style)
    elif isinstance(value, str):
        raw.write_string(sheet.row, first, value, style)
    else:
        raw.write_number(sheet.row, first, yuan_number(value), style)


def _write_years(sheet: Sheet, report: AccountStatement) -> None:
    """What each year's money was and what of it is left; the years add up to the balance."""
    raw, formats = sheet.raw, sheet.book.formats
    places = ((0, 0), (1, 1), (2, 3), (4, 4))
    _block(sheet, "按资金年度", places, ("资金年度", "累计计入", "累计支出", "结余"))
    first = sheet.row
    for year in report.years:
        _put(sheet, places[0], str(year.year), formats.centered)
        _put(sheet, places[1], year.credited_fen, formats.money)
        _put(sheet, places[2], year.debited_fen, formats.money)
        left = f"=B{sheet.row + 1}-C{sheet.row + 1}"
        raw.write_formula(sheet.row, 4, left, formats.money, yuan_number(year.left_fen))
        sheet.row += 1
    if report.years:
        _put(sheet, places[0], "合计", formats.total_text)
        sums = (
            sum(year.credited_fen for year in report.years),
            sum(year.debited_fen for year in report.years),
            sum(year.left_fen for year in report.years),
        )
        for place, fen in zip(places[1:], sums, strict=True):
            _put(sheet, place, None, formats.total_money)
            cells = xl_range(first, place[0], sheet.row - 1, place[0])
            raw.write_formula(
                sheet.row, place[0], f"=SUM({cells})", formats.total_money, yuan_number(fen)
            )
        sheet.row += 1


def _write_outpatient(sheet: Sheet, year: OutpatientYear | None) -> None:
    """How much of the year's deductible and cap is used, and what is left of each."""
    if year is None:
        return
    raw, formats = sheet.raw, sheet.book.formats
    places = ((0, 1), (2, 3), (4, 4), (5, 5))
    _block(sheet, f"{year.year} 年普通门诊统筹", places, ("项目", "标准", "已用", "剩余"))
    for title, limit, used in (
        ("年度起付标准", year.deductible_fen, year.deductible_used_fen),
        ("统筹基金年度支付限额", year.cap_fen, year.cap_used_fen),
    ):
        _put(sheet, places[0], title, formats.text)
        _put(sheet, places[1], "未设" if limit is None else limit, formats.money)
        _put(sheet, places[2], used, formats.money)
        if limit is None:
            _put(sheet, places[3], None, formats.money)
        else:
            left = f"=C{sheet.row + 1}-E{sheet.row + 1}"
            raw.write_formula(sheet.row, 5, left, formats.money, yuan_number(limit - used))
        sheet.row += 1
    _put(sheet, places[0], f"符合政策范围金额（{year.visits} 次就诊）", formats.text)
    _put(sheet, places[1], None, formats.money)
    _put(sheet, places[2], year.in_scope_fen, formats.money)
    _put(sheet, places[3], None, formats.money)
    sheet.row += 1


def _write_family(sheet: Sheet, family: Sequence[FamilyUse]) -> None:
    """What this account paid for relatives, and theirs for its holder."""
    if not family:
        return
    formats = sheet.book.formats
    places = ((0, 0), (1, 1), (2, 3), (4, 4), (5, 5), (6, 9))
    headings = ("日期", "授权人", "使用人", "关系", "金额", "医药机构")
    _block(sheet, "家庭共济", places, headings)
    for use in family:
        sheet.raw.write_number(sheet.row, 0, day_number(use.happened_on), formats.day)
        texts = (use.holder_name, use.user_name, use.relation)
        for place, text in zip(places[1:4], texts, strict=True):
            _put(sheet, place, text, formats.centered)
        _put(sheet, places[4], use.amount_fen, formats.money)
        _put(sheet, places[5], use.provider_name, formats.text)
        sheet.row += 1
