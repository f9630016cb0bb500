"""A provider's month (定点机构月结算单): what is owed and paid per fund, and every visit."""

from __future__ import annotations

from typing import NamedTuple

from xlsxwriter.utility import xl_rowcol_to_cell

from exports.blocks import (
    BALANCED,
    UNBALANCED,
    assumption_notes,
    assumption_sheet,
    color_results,
    result_formula,
    sign_off,
)
from exports.columns import REFUNDED, SETTLED, SETTLEMENT_AMOUNTS, settlement_columns
from exports.live import Live
from exports.tables import Table, write_table
from exports.workbook import Book, Sheet, Target, open_workbook, yuan_number
from ledger.reports.provider_statement import ProviderStatement, SettlementLine

TITLE = "定点医药机构月结算单"
_SUMMARY = "结算单"
_DETAILS = "结算明细"
_WIDTHS = (34, 20, 20, 20)


def write_provider_statement(report: ProviderStatement, target: Target) -> None:
    """Write the workbook: the statement with formulas over the visits, and the visits."""
    with open_workbook(target, report.head, TITLE) as book:
        sheet = book.sheet(_SUMMARY, TITLE, _WIDTHS, landscape=False)
        tier = "未定级" if report.tier is None else f"{report.tier} 级"
        sheet.info(f"机构编码：{report.provider_code}    机构名称：{report.provider_name}")
        sheet.info(f"起付线等级：{tier}    区划：{report.county}")
        table = write_table(
            book,
            _DETAILS,
            f"门诊结算明细（{report.provider_name}，退费为负数）",
            settlement_columns(with_provider=False, with_facts=report.has_facts),
            SettlementLine._fields,
            report.lines,
            group="is_refund",
        )
        _write_payables(sheet, report, table)
        _write_costs(book, sheet, table)
        sign_off(sheet)
        assumption_notes(sheet)
        assumption_sheet(book)
        sheet.raw.activate()


class _Line(NamedTuple):
    """One line of the statement: the figures of the pooled and of the personal account fund.

    A figure with an empty formula is the ledger's own.
    """

    title: str
    pool: Live
    account: Live
    strong: bool = False


def _plain(fen: int) -> Live:
    return Live("", fen)


def _cells(first: int, *rows: int) -> list[tuple[str, str]]:
    """Per row its two amount cells."""
    return [(xl_rowcol_to_cell(first + r, 1), xl_rowcol_to_cell(first + r, 2)) for r in rows]


def _lines(report: ProviderStatement, table: Table, first: int) -> list[_Line]:
    pool, account = report.pool, report.account
    forward, due, paid = _cells(first, 0, 3, 4)
    due_pool, due_account = table.sum("pool_fen"), table.sum("account_fen")
    unpaid_pool, unpaid_account = (
        Live(
            f"{forward[i]}+{due[i]}-{paid[i]}",
            fund.brought_forward_fen + live.value - fund.paid_fen,
        )
        for i, (fund, live) in enumerate(((pool, due_pool), (account, due_account)))
    )
    return [
        _Line("上期结转未付", _plain(pool.brought_forward_fen),
              _plain(account.brought_forward_fen)),
        _Line("本月结算", table.sum_of("pool_fen", SETTLED),
              table.sum_of("account_fen", SETTLED)),
        _Line("本月退费（负数）", table.sum_of("pool_fen", REFUNDED),
              table.sum_of("account_fen", REFUNDED)),
        _Line("本月应付", due_pool, due_account, strong=True),
        _Line("本月已付", _plain(pool.paid_fen), _plain(account.paid_fen)),
        _Line("期末未付", unpaid_pool, unpaid_account, strong=True),
        _Line("台账本月应付", _plain(pool.payable_fen), _plain(account.payable_fen)),
    ]  # fmt: skip


def _write_payables(sheet: Sheet, report: ProviderStatement, table: Table) -> None:
    """Brought forward, the month's visits, paid, unpaid; and the ledger's figure beside them."""
    raw, formats = sheet.raw, sheet.book.formats
    heading = sheet.headings(("项目", "统筹基金", "个人账户", "合计"))
    sheet.freeze_below(heading)
    first = sheet.row
    for line in _lines(report, table, first):
        style = formats.total_money if line.strong else formats.money
        raw.write_string(
            sheet.row, 0, line.title, formats.total_text if line.strong else formats.text
        )
        for column, live in ((1, line.pool), (2, line.account)):
            _write_live(sheet, column, live, style)
        both = f"=SUM(B{sheet.row + 1}:C{sheet.row + 1})"
        total = yuan_number(line.pool.value + line.account.value)
        raw.write_formula(sheet.row, 3, both, style, total)
        sheet.row += 1
    _write_results(sheet, report, table, first)


def _write_live(sheet: Sheet, column: int, live: Live, style: object) -> None:
    value = yuan_number(live.value)
    if live.formula:
        sheet.raw.write_formula(sheet.row, column, f"=ROUND({live.formula},2)", style, value)
    else:
        sheet.raw.write_number(sheet.row, column, value, style)


def _write_results(sheet: Sheet, report: ProviderStatement, table: Table, first: int) -> None:
    raw, formats = sheet.raw, sheet.book.formats
    raw.write_string(sheet.row, 0, "明细与台账核对", formats.text)
    differences = (
        table.totals["pool_fen"] - report.pool.payable_fen,
        table.totals["account_fen"] - report.account.payable_fen,
    )
    for column, wrong in enumerate((*differences, any(differences)), start=1):
        due, ledger = (xl_rowcol_to_cell(first + row, column) for row in (3, 6))
        formula = result_formula(f"{due}-{ledger}")
        shown = UNBALANCED if wrong else BALANCED
        raw.write_formula(sheet.row, column, formula, formats.centered, shown)
    color_results(sheet, sheet.row, sheet.row, 1)
    color_results(sheet, sheet.row, sheet.row, 2)
    color_results(sheet, sheet.row, sheet.row, 3)
    sheet.row += 2


def _write_costs(book: Book, sheet: Sheet, table: Table) -> None:
    """The month's cost by the national fields, settled and given back apart."""
    raw, formats = sheet.raw, book.formats
    sheet.headings(("费用项目", SETTLED, REFUNDED, "合计"))
    raw.write_string(sheet.row, 0, "人次", formats.text)
    counts = (table.count_of(SETTLED), table.count_of(REFUNDED), table.count())
    for column, live in enumerate(counts, start=1):
        raw.write_formula(sheet.row, column, f"={live.formula}", formats.count, live.value)
    sheet.row += 1
    for amount in SETTLEMENT_AMOUNTS:
        title, *code = amount.heading.split("\n")
        raw.write_string(sheet.row, 0, f"{title}（{''.join(code)}）", formats.text)
        lives = (
            table.sum_of(amount.field, SETTLED),
            table.sum_of(amount.field, REFUNDED),
            table.sum(amount.field),
        )
        for column, live in enumerate(lives, start=1):
            _write_live(sheet, column, live, formats.money)
        sheet.row += 1
