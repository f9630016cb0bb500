"""The agency's monthly reconciliation workbook (月度对账表).

The first sheet, 核对, adds the detail sheets up by formulas beside the ledger's figures; lists
that clerks work from come next, then the details, the trial balance and the assumed values.
"""

from __future__ import annotations

from collections.abc import Sequence

from exports.blocks import assumption_notes, assumption_sheet, sign_off
from exports.checks import CHECK_WIDTHS, Check, write_checks, write_verdict
from exports.live import Live
from exports.reconciliation_checks import Checker
from exports.reconciliation_tables import Details, Lists, write_details, write_lists
from exports.tables import Table
from exports.trial_balance import write_books
from exports.workbook import Book, Sheet, Target, open_workbook, yuan_number
from ledger.reports.reconciliation import MonthReconciliation

TITLE = "职工基本医疗保险月度对账表"
_CHECKS = "核对"


def write_reconciliation(report: MonthReconciliation, target: Target) -> None:
    """Write the workbook. Details stream through: memory does not grow with their number."""
    with open_workbook(target, report.head, TITLE) as book:
        front = book.sheet(_CHECKS, TITLE, CHECK_WIDTHS)
        lists = write_lists(book, report)
        details = write_details(book, report)
        books = write_books(book, report.trial, report.flows)
        assumption_sheet(book)
        checks = Checker(report, details, lists, books).checks()
        _write_front(front, checks, lists, details, book)
        front.raw.activate()


def _write_front(
    sheet: Sheet, checks: Sequence[Check], lists: Lists, details: Details, book: Book
) -> None:
    write_verdict(sheet, checks)
    write_checks(sheet, checks)
    # The second page shows lists and chart: there the headings of the checks would mislead.
    sheet.raw.repeat_rows(0, 2)
    sign_off(sheet)
    _write_lists_index(sheet, lists)
    _write_overview(sheet, details, book)
    assumption_notes(sheet)


def _write_lists_index(sheet: Sheet, lists: Lists) -> None:
    """How long each list is, with a link to its sheet."""
    raw, formats = sheet.raw, sheet.book.formats
    sheet.row += 1
    raw.set_h_pagebreaks([sheet.row])
    raw.write_string(sheet.row, 0, "需处理清单", formats.section)
    sheet.row += 1
    for column, heading in enumerate(("序号", "清单", "笔数")):
        raw.write_string(sheet.row, column, heading, formats.heading)
    sheet.row += 1
    tables: tuple[Table, ...] = (
        lists.not_credited,
        lists.not_rostered,
        lists.owed,
        lists.retired,
        lists.cross_month,
    )
    for number, table in enumerate(tables, start=1):
        name, count = table.parts[0].sheet, table.count()
        raw.write_string(sheet.row, 0, str(number), formats.centered)
        raw.write_url(sheet.row, 1, f"internal:'{name}'!A1", formats.link, name)
        raw.write_formula(sheet.row, 2, f"={count.formula}", formats.count, count.value)
        sheet.row += 1


def _overview(details: Details, book: Book) -> list[tuple[str, Live]]:
    label = book.head.kind_label
    credits, settlements = details.credits, details.settlements
    return [
        ("缴费：计入统筹基金", details.contributions.sum("pool_fen")),
        ("缴费：待划入个人账户", details.contributions.sum("account_fen")),
        ("划账：在职", credits.sum_of("account_fen", label("credit_employee"))),
        (
            f"划账：{label('credit_retiree')}",
            credits.sum_of("account_fen", label("credit_retiree")),
        ),
        ("结算：统筹基金支出", settlements.sum("pool_fen")),
        ("结算：个人账户支出", settlements.sum("account_fen")),
        ("结算：个人现金支出", settlements.sum("cash_fen")),
        ("拨付：统筹基金", details.payments.sum("pool_fen")),
        ("拨付：个人账户", details.payments.sum("account_fen")),
    ]


def _write_overview(sheet: Sheet, details: Details, book: Book) -> None:
    """The month in nine amounts, and their chart beside them."""
    raw, formats = sheet.raw, sheet.book.formats
    items = _overview(details, book)
    sheet.row += 1
    raw.write_string(sheet.row, 0, "本月收支概览", formats.section)
    sheet.row += 1
    top = sheet.row
    for column, heading in enumerate(("序号", "项目", "金额")):
        raw.write_string(sheet.row, column, heading, formats.heading)
    first = sheet.row + 1
    for number, (title, live) in enumerate(items, start=1):
        sheet.row += 1
        raw.write_string(sheet.row, 0, str(number), formats.centered)
        raw.write_string(sheet.row, 1, title, formats.wrapped)
        raw.write_formula(
            sheet.row, 2, f"=ROUND({live.formula},2)", formats.money, yuan_number(live.value)
        )
    _write_chart(sheet, top, first, items)
    sheet.row = top + _CHART_ROWS + 1


_CHART_ROWS = 17


def _write_chart(sheet: Sheet, top: int, first: int, items: list[tuple[str, Live]]) -> None:
    """A bar chart. Its own copy of the data makes it show in previews that compute nothing."""
    last = first + len(items) - 1
    chart = sheet.book.raw.add_chart({"type": "bar"})
    chart.add_series(
        {
            "name": "金额（元）",
            "categories": [sheet.name, first, 1, last, 1],
            "values": [sheet.name, first, 2, last, 2],
            "categories_data": [title for title, _ in items],
            "values_data": [yuan_number(live.value) for _, live in items],
            "fill": {"color": "#2F75B5"},
            "data_labels": {"value": True, "num_format": "#,##0.00", "font": {"size": 8}},
            "gap": 60,
        }
    )
    chart.set_title({"name": f"{sheet.book.head.period} 收支概览（元）", "name_font": {"size": 11}})
    chart.set_legend({"none": True})
    chart.set_y_axis({"reverse": True, "num_font": {"size": 9}})
    chart.set_x_axis({"num_format": "#,##0", "num_font": {"size": 8}, "label_position": "low"})
    chart.set_size({"width": 760, "height": _CHART_ROWS * 20})
    sheet.raw.insert_chart(top, 3, chart, {"x_offset": 12, "object_position": 2})
