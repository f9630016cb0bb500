"""An employer's list of what the month put into its people's accounts (划账明细)."""

from __future__ import annotations

from exports.blocks import assumption_notes, assumption_sheet, sign_off
from exports.reconciliation_tables import credit_columns
from exports.tables import Table, write_table
from exports.workbook import Book, Sheet, Target, open_workbook, yuan_number
from ledger.reports.crediting_list import CreditingList, CreditLine

TITLE = "单位职工个人账户划账明细"
_DETAILS = "划账明细"
_SUMMARY = "汇总"
_KINDS = (
    "credit_employee",
    "credit_advance",
    "credit_retiree",
    "clawback_employee",
    "clawback_retiree",
)
_OWED_KINDS = ("owed_employee", "owed_retiree")


def write_crediting_list(report: CreditingList, target: Target) -> None:
    """Write the workbook: a summary by kind with formulas, and the people."""
    with open_workbook(target, report.head, TITLE) as book:
        summary = book.sheet(_SUMMARY, TITLE, (30, 12, 20, 20), landscape=False)
        summary.info(f"单位编号：{report.employer_no}    单位名称：{report.employer_name}")
        table = write_table(
            book,
            _DETAILS,
            f"{TITLE}（{report.employer_name}）",
            credit_columns(book, with_employer=False),
            CreditLine._fields,
            report.lines,
            group="kind",
        )
        _write_summary(book, summary, table)
        sign_off(summary)
        assumption_notes(summary)
        assumption_sheet(book)
        summary.raw.activate()


def _write_summary(book: Book, sheet: Sheet, table: Table) -> None:
    raw, formats = sheet.raw, book.formats
    sheet.freeze_below(sheet.headings(("划账类别", "笔数", "计入账户", "待追回")))
    for kind in (*_KINDS, *_OWED_KINDS):
        label = book.head.kind_label(kind)
        count = table.count_of(label)
        raw.write_string(sheet.row, 0, label, formats.text)
        raw.write_formula(sheet.row, 1, f"={count.formula}", formats.count, count.value)
        for column, name in ((2, "account_fen"), (3, "owed_fen")):
            live = table.sum_of(name, label)
            value = yuan_number(live.value)
            raw.write_formula(sheet.row, column, f"={live.formula}", formats.money, value)
        sheet.row += 1
    raw.write_string(sheet.row, 0, "合计", formats.total_text)
    count = table.count()
    raw.write_formula(sheet.row, 1, f"={count.formula}", formats.total_count, count.value)
    for column, name in ((2, "account_fen"), (3, "owed_fen")):
        live = table.sum(name)
        value = yuan_number(live.value)
        raw.write_formula(sheet.row, column, f"={live.formula}", formats.total_money, value)
    sheet.row += 1
