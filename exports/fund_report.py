"""The fund's month (基金月报): income and payments on the cash basis, payables beside them.

收支表 is made of formulas over 发生额 (sums of transfers by pair of accounts) and 科目余额表
(openings); its last lines compare what the two funds hold with what lies in the three cash
accounts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
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
from exports.live import NOTHING, Live, added
from exports.trial_balance import BookCells, write_books
from exports.workbook import Sheet, Target, money_width, open_workbook, yuan_number
from ledger.reports import accounts
from ledger.reports.fund_report import (
    DUE,
    INCOME,
    PAYMENTS,
    PERSONAL_CASH,
    POOLED_CASH,
    RETIREE_SHIFT,
    SHIFTS,
    FundLine,
    FundReport,
    Pair,
)
from ledger.reports.head import ASSUMED_MARK

TITLE = "职工基本医疗保险基金月报"
_FRONT = "收支表"
_HEADINGS = ("项目", "统筹基金\n本月", "统筹基金\n本年累计", "个人账户基金\n本月",
             "个人账户基金\n本年累计", "合计\n本月", "合计\n本年累计")  # fmt: skip
_WIDTHS = (38, 18, 18, 18, 18, 18, 18)


class _Four(NamedTuple):
    """A line's amounts: pooled month and year, personal month and year."""

    pooled: Live
    pooled_year: Live
    personal: Live
    personal_year: Live


def write_fund_report(report: FundReport, target: Target) -> None:
    """Write the workbook: 收支表, 货币资金, 科目余额表, 发生额, 参数说明."""
    with open_workbook(target, report.head, TITLE) as book:
        front = book.sheet(_FRONT, f"{TITLE}（收付实现制）", _WIDTHS)
        cells = write_books(book, report.trial, report.flows)
        assumption_sheet(book)
        _Front(front, cells).write()
        sign_off(front)
        assumption_notes(front)
        front.raw.fit_to_pages(1, 1)  # The notes and the signatures belong on the page they are of.
        front.raw.activate()


@dataclass(slots=True)
class _Front:
    """Writes 收支表 from top to bottom and remembers the rows that later lines add up."""

    sheet: Sheet
    cells: BookCells
    rows: dict[str, int] = field(default_factory=dict)
    values: dict[str, list[int]] = field(default_factory=dict)

    def write(self) -> None:
        self.sheet.freeze_below(self.sheet.headings(_HEADINGS), columns=1)
        self._balances("一、期初结余", POOLED_CASH, PERSONAL_CASH)
        self._section("二、本期收入", INCOME)
        self._section("三、本期支出", PAYMENTS)
        self._section("四、基金间划转", (self._retiree_shift(), *SHIFTS[1:]))
        self._combined("五、期末结余", "一、期初结余", "二、本期收入", "-三、本期支出",
                       "四、基金间划转")  # fmt: skip
        self._payables()
        self._cash()

    def _retiree_shift(self) -> FundLine:
        mark = ASSUMED_MARK if self.sheet.book.head.retiree_flat_assumed else ""
        return RETIREE_SHIFT._replace(title=RETIREE_SHIFT.title + mark)

    def _amounts(self, line: FundLine) -> _Four:
        def net(come: Sequence[Pair], gone: Sequence[Pair], amount: str) -> Live:
            return added(self.cells.pair(*pair, amount) for pair in come) - added(
                self.cells.pair(*pair, amount) for pair in gone
            )

        return _Four(
            net(line.pooled_in, line.pooled_out, "month_fen"),
            net(line.pooled_in, line.pooled_out, "year_fen"),
            net(line.personal_in, line.personal_out, "month_fen"),
            net(line.personal_in, line.personal_out, "year_fen"),
        )

    def _line(self, title: str, four: _Four, *, strong: bool = False) -> None:
        """One row: four amounts by formula, and the two funds together."""
        raw, formats, row = self.sheet.raw, self.sheet.book.formats, self.sheet.row
        style = formats.total_money if strong else formats.money
        raw.write_string(row, 0, title, formats.bold if strong else formats.indented)
        values = [live.value for live in four]
        for column, live in enumerate(four, start=1):
            raw.write_formula(
                row, column, f"=ROUND({live.formula},2)", style, yuan_number(live.value)
            )
        values += [values[0] + values[2], values[1] + values[3]]
        for column in (5, 6):
            parts = (xl_rowcol_to_cell(row, column - back) for back in (4, 2))
            formula = f"={'+'.join(parts)}"
            raw.write_formula(row, column, formula, style, yuan_number(values[column - 1]))
        for column, fen in enumerate(values, start=1):
            self.sheet.widen(column, money_width(fen))
        self.rows[title] = row
        self.values[title] = values
        self.sheet.row += 1

    def _own(self, title: str, column: int) -> Live:
        """An amount of a line above, as a cell of this sheet."""
        cell = xl_rowcol_to_cell(self.rows[title], column)
        return Live(cell, self.values[title][column - 1])

    def _combined(self, title: str, *parts: str) -> None:
        """A line that adds up lines above; a part with a minus is taken off."""

        def whole(column: int) -> Live:
            total = NOTHING
            for part in parts:
                live = self._own(part.removeprefix("-"), column)
                total = total - live if part.startswith("-") else total + live
            return total

        self._line(title, _Four(*(whole(column) for column in range(1, 5))), strong=True)

    def _section(self, title: str, lines: Sequence[FundLine]) -> None:
        """The section's sum, and below it the lines it is made of."""
        amounts = [self._amounts(line) for line in lines]
        first = self.sheet.row + 1
        total = _Four(
            *(
                Live(
                    f"SUM({xl_rowcol_to_cell(first, column)}:"
                    f"{xl_rowcol_to_cell(first + len(lines) - 1, column)})",
                    sum(four[column - 1].value for four in amounts),
                )
                for column in range(1, 5)
            )
        )
        self._line(title, total, strong=True)
        for line, four in zip(lines, amounts, strict=True):
            self._line(line.title, four)

    def _balances(self, title: str, pooled: Sequence[str], personal: Sequence[str]) -> None:
        """Openings of the month and of the year, from the trial balance."""
        four = _Four(
            _credit_side(self.cells, pooled, year=False),
            _credit_side(self.cells, pooled, year=True),
            _credit_side(self.cells, personal, year=False),
            _credit_side(self.cells, personal, year=True),
        )
        self._line(title, four, strong=True)

    def _payables(self) -> None:
        """What is owed to providers, beside the cash: the accrual view of the same month."""
        pool, account = (accounts.PAYABLE_POOL,), (accounts.PAYABLE_ACCOUNT,)
        self._balances("六、应付定点机构款：期初", pool, account)
        self._line(DUE.title, self._amounts(DUE))
        paid = _Four(*(self._own(PAYMENTS[0].title, column) for column in range(1, 5)))
        self._line("减：本期拨付", paid)
        self._combined("应付定点机构款：期末", "六、应付定点机构款：期初", DUE.title,
                       "-减：本期拨付")  # fmt: skip
        self._combined("七、扣除应付后的结余", "五、期末结余", "-应付定点机构款：期末")

    def _cash(self) -> None:
        """The three cash accounts, and whether they hold what the two funds hold."""
        sheet, raw, formats = self.sheet, self.sheet.raw, self.sheet.book.formats
        sheet.row += 1
        sheet.headings(("货币资金", "期初余额", "本期收入", "本期支出", "期末余额"))
        first = sheet.row
        lines = [self.cells.lines[code] for code in accounts.CASH_ACCOUNTS]
        for line in lines:
            turnover = self.cells.turnover(line.code)
            lives = (self.cells.opening(line.code), *turnover, self.cells.closing(line.code))
            raw.write_string(sheet.row, 0, line.name, formats.indented)
            for column, live in enumerate(lives, start=1):
                value = yuan_number(live.value)
                raw.write_formula(sheet.row, column, f"={live.formula}", formats.money, value)
            sheet.row += 1
        sums = (
            sum(line.opening_fen for line in lines),
            sum(line.debit_fen for line in lines),
            sum(line.credit_fen for line in lines),
            sum(line.closing_fen for line in lines),
        )
        raw.write_string(sheet.row, 0, "货币资金合计", formats.bold)
        for column, fen in enumerate(sums, start=1):
            cells = ":".join(xl_rowcol_to_cell(r, column) for r in (first, sheet.row - 1))
            raw.write_formula(
                sheet.row, column, f"=SUM({cells})", formats.total_money, yuan_number(fen)
            )
        self._proof(sums[-1])

    def _proof(self, cash_fen: int) -> None:
        sheet, formats = self.sheet, self.sheet.book.formats
        cash = xl_rowcol_to_cell(sheet.row, 4)
        held = self._own("五、期末结余", 5)
        sheet.row += 1
        formula = result_formula(f"{cash}-{held.formula}")
        sheet.raw.write_string(sheet.row, 0, "期末结余＝货币资金合计", formats.bold)
        shown = BALANCED if cash_fen == held.value else UNBALANCED
        sheet.raw.write_formula(sheet.row, 1, formula, formats.total_text, shown)
        color_results(sheet, sheet.row, sheet.row, 1)
        sheet.row += 1


def _credit_side(cells: BookCells, codes: Sequence[str], *, year: bool) -> Live:
    """What accounts hold together as credit balances, at the beginning of month or year."""
    total = NOTHING
    for code in codes:
        balance = cells.year_opening(code) if year else cells.opening(code)
        debit_side = cells.lines[code].normal_side == "debit"
        total = total - balance if debit_side else total + balance
    return total
