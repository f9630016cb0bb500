"""发生额 and 科目余额表: the month's flows, and every account summed over them by formulas."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from xlsxwriter.utility import xl_range, xl_rowcol_to_cell

from exports.blocks import BALANCED, UNBALANCED, color_results, result_formula
from exports.columns import money
from exports.live import Live, at, span
from exports.tables import Column, Kind, Table, write_table
from exports.workbook import Book, Sheet, money_width, yuan_number
from ledger.reports.trial_balance import FlowTotal, TrialBalanceLine

FLOWS = "发生额"
TRIAL = "科目余额表"
_FLOW_COLUMNS = (
    Column("debit", "借方科目", 10, Kind.CENTERED),
    Column("debit_name", "借方科目名称", 30),
    Column("credit", "贷方科目", 10, Kind.CENTERED),
    Column("credit_name", "贷方科目名称", 30),
    Column("transfers", "笔数", 10, Kind.COUNT),
    money("month_fen", "本月发生额", 18),
    money("year_fen", "本年累计", 18),
)
_PAIRS = ("年初余额", "期初余额", "本期发生额", "本年累计", "期末余额")
_YEAR_OPENING, _OPENING, _MONTH, _YEAR, _CLOSING = range(2, 12, 2)
_WIDTHS = (10, 30, *[16] * 10)


@dataclass(frozen=True, slots=True)
class BookCells:
    """Cells of the two sheets, for the formulas of others."""

    flows: Table
    totals: tuple[FlowTotal, ...]
    lines: dict[str, TrialBalanceLine]
    rows: dict[str, int]

    def opening(self, code: str) -> Live:
        """An account's balance at the beginning of the month, on its normal side."""
        return self._balance(code, _OPENING, self.lines[code].opening_fen)

    def year_opening(self, code: str) -> Live:
        return self._balance(code, _YEAR_OPENING, self.lines[code].year_opening_fen)

    def closing(self, code: str) -> Live:
        return self._balance(code, _CLOSING, self.lines[code].closing_fen)

    def turnover(self, code: str) -> tuple[Live, Live]:
        """The month's debits and credits of an account."""
        line, row = self.lines[code], self.rows[code]
        return at(row, _MONTH, line.debit_fen, TRIAL), at(row, _MONTH + 1, line.credit_fen, TRIAL)

    def year_turnover(self, code: str) -> tuple[Live, Live]:
        line, row = self.lines[code], self.rows[code]
        return (
            at(row, _YEAR, line.year_debit_fen, TRIAL),
            at(row, _YEAR + 1, line.year_credit_fen, TRIAL),
        )

    def pair(self, debit: str, credit: str, amount: str = "month_fen") -> Live:
        """What moved from one account to another: `month_fen`, or `year_fen` up to the month."""
        cells, debits, credits = map(self._flow_span, (amount, "debit", "credit"))
        formula = f'SUMIFS({cells},{debits},"{debit}",{credits},"{credit}")'
        moved = (flow for flow in self.totals if (flow.debit, flow.credit) == (debit, credit))
        return Live(formula, sum(getattr(flow, amount) for flow in moved))

    def side(self, side: str, code: str, amount: str) -> str:
        """The formula of an account's turnover on one side ("debit" or "credit")."""
        return f'=SUMIFS({self._flow_span(amount)},{self._flow_span(side)},"{code}")'

    def _flow_span(self, name: str) -> str:
        part = self.flows.parts[0]
        column = [column.field for column in self.flows.columns].index(name)
        return span(FLOWS, part.first_row, part.last_row, column)

    def _balance(self, code: str, column: int, debit_fen: int) -> Live:
        row = self.rows[code]
        debit = at(row, column, max(debit_fen, 0), TRIAL)
        credit = at(row, column + 1, max(-debit_fen, 0), TRIAL)
        debit_side = self.lines[code].normal_side == "debit"
        return debit - credit if debit_side else credit - debit


def write_books(
    book: Book, trial: tuple[TrialBalanceLine, ...], totals: tuple[FlowTotal, ...]
) -> BookCells:
    """Both sheets; the trial balance takes its turnover from the flows by formula."""
    names = {line.code: line.name for line in trial}
    sheet = book.sheet(TRIAL, "科目余额表", _WIDTHS)
    rows = {line.code: sheet.row + 2 + i for i, line in enumerate(trial)}
    flows = _write_flows(book, names, totals)
    cells = BookCells(flows, totals, {line.code: line for line in trial}, rows)
    _write_trial(sheet, cells, trial)
    return cells


def _write_flows(book: Book, names: dict[str, str], totals: Iterable[FlowTotal]) -> Table:
    columns = (Column("kind", "业务", 26, Kind.TEXT, book.head.kind_label), *_FLOW_COLUMNS)
    fields = ("kind", "debit", "debit_name", "credit", "credit_name", "transfers")
    records = (
        (
            f.kind,
            f.debit,
            names[f.debit],
            f.credit,
            names[f.credit],
            f.transfers,
            f.month_fen,
            f.year_fen,
        )
        for f in totals
    )
    return write_table(
        book,
        FLOWS,
        "科目发生额（按业务和借贷科目汇总）",
        columns,
        (*fields, "month_fen", "year_fen"),
        records,
        group="kind",
    )


def _write_trial(sheet: Sheet, cells: BookCells, trial: tuple[TrialBalanceLine, ...]) -> None:
    raw, formats = sheet.raw, sheet.book.formats
    top = sheet.row
    for column in (0, 1):
        raw.write_blank(top, column, None, formats.heading)
    for i, title in enumerate(_PAIRS):
        raw.merge_range(top, 2 + 2 * i, top, 3 + 2 * i, title, formats.heading)
    sheet.row += 1
    heading = sheet.headings(("科目编码", "科目名称", *("借方", "贷方") * len(_PAIRS)))
    sheet.freeze_below(heading, columns=2)
    for line in trial:
        _write_account(sheet, cells, line)
    _write_totals(sheet, trial, heading + 1)


def _write_account(sheet: Sheet, cells: BookCells, line: TrialBalanceLine) -> None:
    raw, formats, row = sheet.raw, sheet.book.formats, sheet.row
    raw.write_string(row, 0, line.code, formats.centered)
    raw.write_string(row, 1, line.name, formats.text)
    openings = (line.year_opening_fen, line.opening_fen)
    for column, signed in zip((_YEAR_OPENING, _OPENING), openings, strict=True):
        raw.write_number(row, column, yuan_number(max(signed, 0)), formats.money)
        raw.write_number(row, column + 1, yuan_number(max(-signed, 0)), formats.money)
    for column, amount, moved in (
        (_MONTH, "month_fen", (line.debit_fen, line.credit_fen)),
        (_YEAR, "year_fen", (line.year_debit_fen, line.year_credit_fen)),
    ):
        for i, (side, fen) in enumerate(zip(("debit", "credit"), moved, strict=True)):
            formula = cells.side(side, line.code, amount)
            raw.write_formula(row, column + i, formula, formats.money, yuan_number(fen))
    closing = _closing_formula(row)
    for i, (sign, fen) in enumerate((("", line.closing_fen), ("-", -line.closing_fen))):
        formula = f"=MAX({sign}ROUND({closing},2),0)"
        raw.write_formula(row, _CLOSING + i, formula, formats.money, yuan_number(max(fen, 0)))
    sheet.row += 1


def _closing_formula(row: int) -> str:
    """Opening and turnover on the debit side; MAX puts the balance where it belongs."""
    opening_debit, opening_credit, debit, credit = (
        xl_rowcol_to_cell(row, column) for column in (_OPENING, _OPENING + 1, _MONTH, _MONTH + 1)
    )
    return f"{opening_debit}-{opening_credit}+{debit}-{credit}"


def _column_sums(trial: tuple[TrialBalanceLine, ...]) -> list[int]:
    """The ten totals in order of the columns, fen."""
    signed = (
        [line.year_opening_fen for line in trial],
        [line.opening_fen for line in trial],
        None,
        None,
        [line.closing_fen for line in trial],
    )
    moved = (
        sum(line.debit_fen for line in trial),
        sum(line.credit_fen for line in trial),
        sum(line.year_debit_fen for line in trial),
        sum(line.year_credit_fen for line in trial),
    )
    sums: list[int] = []
    for pair, balances in enumerate(signed):
        if balances is None:
            sums += moved[2 * (pair - 2) : 2 * (pair - 1)]
        else:
            sums += [sum(max(b, 0) for b in balances), sum(max(-b, 0) for b in balances)]
    return sums


def _write_totals(sheet: Sheet, trial: tuple[TrialBalanceLine, ...], first: int) -> None:
    """The total row, and below it whether each pair of columns is equal."""
    raw, formats, row = sheet.raw, sheet.book.formats, sheet.row
    sums = _column_sums(trial)
    raw.write_blank(row, 0, None, formats.total_text)
    raw.write_string(row, 1, "合计", formats.total_text)
    for i, fen in enumerate(sums):
        column = 2 + i
        formula = f"=SUM({xl_range(first, column, row - 1, column)})"
        raw.write_formula(row, column, formula, formats.total_money, yuan_number(fen))
        sheet.widen(column, money_width(fen))
    raw.write_blank(row + 1, 0, None, formats.total_text)
    raw.write_string(row + 1, 1, "借贷平衡", formats.total_text)
    for i in range(0, len(sums), 2):
        debit, credit = xl_rowcol_to_cell(row, 2 + i), xl_rowcol_to_cell(row, 3 + i)
        formula = result_formula(f"{debit}-{credit}")
        shown = BALANCED if sums[i] == sums[i + 1] else UNBALANCED
        raw.merge_range(row + 1, 2 + i, row + 1, 3 + i, "", formats.total_text)
        raw.write_formula(row + 1, 2 + i, formula, formats.total_text, shown)
        color_results(sheet, row + 1, row + 1, 2 + i)
    sheet.row += 2
