"""The reconciliation workbook, read back."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from exports.reconciliation import write_reconciliation
from ledger.reports.crediting_list import CreditLine
from tests.exports import invented
from tests.exports.sheets import formula_cells, formulas_of, row_named, rows_of, values_of, written

SHEETS = [
    "核对", "应划未划", "已缴未在册", "待追回", "本月退休", "跨月退费", "缴费明细", "划账明细",
    "结算明细", "机构拨付", "机构往来", "资金调拨", "其他变动", "科目余额表", "发生额", "参数说明",
]  # fmt: skip


@pytest.fixture(scope="module")
def content() -> bytes:
    return written("reconciliation", invented.reconciliation())


def checks(content: bytes) -> list[tuple[Any, ...]]:
    return [row for row in rows_of(values_of(content)["核对"]) if row[5] in ("平", "不平")]


def test_the_first_sheet_is_the_checks_then_lists_then_details(content: bytes) -> None:
    assert values_of(content).sheetnames == SHEETS
    assert formulas_of(content).active.title == "核对"


def test_a_month_that_agrees_is_all_green(content: bytes) -> None:
    rows = checks(content)
    assert len(rows) > 25
    assert {row[5] for row in rows} == {"平"}
    assert all(row[4] == 0 for row in rows)
    assert row_named(values_of(content)["核对"], "结论")[1] == "全部平衡"


def test_every_total_is_a_formula_over_other_sheets(content: bytes) -> None:
    sheet = formulas_of(content)["核对"]
    for row in rows_of(sheet):
        if isinstance(row[5], str) and row[5].startswith("=IF("):
            assert row[2].startswith("=ROUND("), row[1]
            assert "!$" in row[2], row[1]
            assert not isinstance(row[3], str), "the ledger's figure is a number, not a formula"


def test_a_lost_detail_row_turns_its_checks_and_the_verdict_red() -> None:
    report = invented.reconciliation()
    lost = list(report.credits)[1:]
    wrong = {row[1] for row in checks(written("reconciliation", replace(report, credits=lost)))
             if row[5] == "不平"}  # fmt: skip
    assert wrong == {"个人账户划账", "个人账户基金期末余额", "待划入个人账户缴费期末余额"}
    report = invented.reconciliation()
    book = values_of(written("reconciliation", replace(report, credits=list(report.credits)[1:])))
    assert row_named(book["核对"], "结论")[1] == "有 3 项不平"


def test_results_are_coloured_by_rules_not_by_hand(content: bytes) -> None:
    rules = formulas_of(content)["核对"].conditional_formatting
    words = {rule.text for area in rules for rule in area.rules if rule.text}
    assert words == {"平", "不平"}


def test_there_is_a_place_for_three_to_sign(content: bytes) -> None:
    texts = {value for row in rows_of(values_of(content)["核对"]) for value in row if value}
    assert {"制表：", "复核：", "审批："} <= texts


def test_the_month_has_a_chart(content: bytes) -> None:
    assert len(formulas_of(content)["核对"]._charts) == 1


def test_every_sheet_says_pool_month_unit_instant_and_pack(content: bytes) -> None:
    for sheet in values_of(content).worksheets:
        head = " ".join(
            str(value) for row in sheet.iter_rows(max_row=3, values_only=True) for value in row
        )
        for wanted in ("420300", "2023-02", "单位：元", "2023-03-01 09:30:00", "3f9c2d81"):
            assert wanted in head, f"{wanted} on {sheet.title}"


def test_every_sheet_is_set_up_for_print(content: bytes) -> None:
    for sheet in formulas_of(content).worksheets:
        assert sheet.page_setup.paperSize == 9, "A4"
        assert sheet.page_setup.fitToHeight == 0
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.print_title_rows is not None, sheet.title
        footer = sheet.oddFooter.center.text
        assert "&P" in footer
        assert "&N" in footer
        assert sheet.freeze_panes is not None, sheet.title


def test_numbers_of_people_are_text_and_amounts_have_two_decimals(content: bytes) -> None:
    sheet = formulas_of(content)["划账明细"]
    row = next(row for row in sheet.iter_rows(min_row=5) if row[0].value)
    assert row[0].data_type in ("s", "inlineStr")
    assert row[2].value == invented.certno(0)
    assert row[9].number_format == "#,##0.00"


def test_text_from_people_is_never_a_formula(content: bytes) -> None:
    planted = [cell for _, _, cell in formula_cells(content) if "1+1" in cell]
    assert not planted
    texts = [row[3] for row in rows_of(values_of(content)["资金调拨"])]
    assert "=1+1 不是公式" in texts


def test_the_assumed_amount_is_marked_wherever_it_appears(content: bytes) -> None:
    book = values_of(content)
    for name in ("核对", "划账明细", "发生额", "待追回"):
        retiree = [
            value
            for row in rows_of(book[name])
            for value in row
            if isinstance(value, str) and "退休定额" in value
        ]
        assert retiree, name
        assert all("【假定】" in value for value in retiree), name
    assert row_named(book["参数说明"], "2021年全市基本养老金平均水平（月）")[1] == "3330.00"


def test_an_empty_month_is_a_workbook_too() -> None:
    report = invented.reconciliation(0, 0)
    empty = replace(report, owed=[], not_credited=[], not_rostered=[], retired=[])
    assert {row[5] for row in checks(written("reconciliation", empty))} == {"平"}


def test_amount_columns_are_as_wide_as_their_totals() -> None:
    report = invented.reconciliation()
    rich = [line._replace(base_fen=10**15) for line in report.contributions]
    content = written("reconciliation", replace(report, contributions=rich))
    widths = formulas_of(content)["缴费明细"].column_dimensions
    assert widths["H"].width > len("230,000,000,000,000.00")


def test_a_failure_in_the_stream_leaves_no_file(tmp_path: Path) -> None:
    def broken() -> Iterator[CreditLine]:
        yield next(invented.credits(1))
        raise ConnectionError("the database is gone")

    report = replace(invented.reconciliation(), credits=broken())
    with pytest.raises(ConnectionError):
        write_reconciliation(report, tmp_path / "half.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_memory_does_not_grow_with_the_rows() -> None:
    small, large = peak(40, 80), peak(320, 640)
    assert large < small * 1.5 + 1_000_000, (small, large)


def peak(people: int, visits: int) -> int:
    report = invented.reconciliation(people, visits)
    tracemalloc.start()
    try:
        write_reconciliation(report, Sink())
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


class Sink(io.BytesIO):
    """A file whose content is not kept: what it holds is not the writer's memory."""

    def write(self, content: Any) -> int:
        position = self.tell()
        self.seek(position + len(content))
        return len(content)
