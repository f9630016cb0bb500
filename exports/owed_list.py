"""What people owe by age (待追回账龄表): a summary with formulas, and every open debt."""

from __future__ import annotations

from exports.blocks import assumption_notes, assumption_sheet, sign_off
from exports.columns import CERTNO, EMPLOYER_NAME, NAME, PSN_NO, kind_column, money, month
from exports.tables import Column, Kind, Table, write_table
from exports.workbook import Book, Sheet, Target, open_workbook, yuan_number
from ledger.reports.owed_list import OwedDebt, OwedList

TITLE = "待追回账龄表"
_DETAILS = "待追回明细"
_SUMMARY = "账龄汇总"


def write_owed_list(report: OwedList, target: Target) -> None:
    """Write the workbook: totals by band of age over the debts, and the debts."""
    with open_workbook(target, report.head, TITLE) as book:
        summary = book.sheet(_SUMMARY, TITLE, (24, 12, 12, 20), landscape=False)
        summary.info(f"截至 {report.as_of}；追回、缴回和核销先冲最早的待追回款")
        table = write_table(
            book,
            _DETAILS,
            f"待追回明细（截至 {report.as_of}）",
            _columns(book, report),
            OwedDebt._fields,
            report.debts,
            group="band",
        )
        _write_summary(book, summary, report, table)
        sign_off(summary)
        assumption_notes(summary)
        assumption_sheet(book)
        summary.raw.activate()


def _columns(book: Book, report: OwedList) -> tuple[Column, ...]:
    return (
        PSN_NO,
        NAME,
        CERTNO,
        EMPLOYER_NAME,
        Column("band", "账龄", 12, Kind.CENTERED, lambda band: report.bands[band]),
        Column("happened_on", "发生日期", 12, Kind.DAY),
        Column("months", "月数", 7, Kind.COUNT),
        kind_column(book.head, "类别"),
        Column("cause", "原因", 20),
        month("benefit_month", "所属期"),
        money("amount_fen", "待追回"),
        money("settled_fen", "已追回"),
        money("open_fen", "尚欠"),
    )


def _write_summary(book: Book, sheet: Sheet, report: OwedList, table: Table) -> None:
    raw, formats = sheet.raw, book.formats
    sheet.freeze_below(sheet.headings(("账龄", "人数", "笔数", "尚欠")))
    for band in report.totals():
        count, live = table.count_of(band.name), table.sum_of("open_fen", band.name)
        raw.write_string(sheet.row, 0, band.name, formats.text)
        raw.write_number(sheet.row, 1, band.people, formats.count)
        raw.write_formula(sheet.row, 2, f"={count.formula}", formats.count, count.value)
        value = yuan_number(live.value)
        raw.write_formula(sheet.row, 3, f"={live.formula}", formats.money, value)
        sheet.row += 1
    count, live = table.count(), table.sum("open_fen")
    raw.write_string(sheet.row, 0, "合计", formats.total_text)
    raw.write_number(sheet.row, 1, report.people, formats.total_count)
    raw.write_formula(sheet.row, 2, f"={count.formula}", formats.total_count, count.value)
    value = yuan_number(live.value)
    raw.write_formula(sheet.row, 3, f"={live.formula}", formats.total_money, value)
    sheet.row += 1
