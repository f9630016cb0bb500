"""The workbook of rejected rows: what the user sees, and that it imports again once corrected."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from exports.rejected_rows import write_rejected
from importers.catalog import KINDS, read, read_raw
from ledger.core.errors import RowError
from tests.importers.files import (
    CHEN,
    LIN,
    ONE_ROW,
    SAMPLES,
    csv_bytes,
    table,
    xlsx_bytes,
)

BROKEN: dict[str, dict[str, Any]] = {
    "people": {"证件号码": 420325196002207e3, "人员类别": "学生"},
    "contributions": {"费款所属期": "202313", "人员缴费基数": "一千"},
    "families": {"与授权人关系": "朋友"},
    "providers": {"定点机构编号": "X42030200009"},
    "visits": {"符合政策范围金额": "abc", "结算时间": "2023-02-30 10:00:00"},
    "claims": {"收件日期": "2023-02-30", "银行账号": "6.222E+15"},
    "quota-uses": {"额度编号": "8.97E+17", "使用金额": "0"},
}


def rejected(kind: str, source: Path, out: Path, extra: list[RowError] | None = None) -> int:
    errors = [*read(kind, source).errors, *(extra or [])]
    raw = read_raw(kind, source, {error.row for error in errors})
    return write_rejected(out, raw, errors)


def sheet_of(path: Path) -> Worksheet:
    sheet = openpyxl.load_workbook(path).active
    assert isinstance(sheet, Worksheet)
    return sheet


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
@pytest.mark.parametrize("kind", KINDS)
def test_corrected_in_excel_it_imports_again(kind: str, ending: str, tmp_path: Path) -> None:
    rows = [["标题"], *table(kind, {}, BROKEN[kind])]
    source, out = tmp_path / f"in.{ending}", tmp_path / "out.xlsx"
    source.write_bytes(xlsx_bytes(rows) if ending == "xlsx" else csv_bytes(rows, "gb18030"))
    assert rejected(kind, source, out) == 1

    again = read(kind, out)
    assert {(e.column, e.code) for e in again.errors} == {
        (e.column, e.code) for e in read(kind, source).errors
    }
    book = openpyxl.load_workbook(out)
    header, good = ONE_ROW[kind]
    headings = [cell.value for cell in book.active[2]]
    for column in BROKEN[kind]:
        book.active.cell(3, headings.index(column) + 1, good[header.index(column)])
    book.save(out)
    corrected = read(kind, out)
    assert (corrected.rows, corrected.errors) == (1, [])
    assert corrected.records[0][1:] == read(kind, source).records[0][1:]


def test_title_heading_reason_code_and_row_number_stand_there(tmp_path: Path) -> None:
    out = tmp_path / "out.xlsx"
    assert rejected("people", SAMPLES / "people.xlsx", out) == 5
    sheet = sheet_of(out)
    assert sheet["A1"].value == "十堰市职工基本医疗保险参保人员名册"
    headings = [cell.value for cell in sheet[3]]
    assert headings[:4] == ["序号", "人员编号", "姓名", "证件号码"]
    assert headings[-3:] == ["错误原因", "错误代码", "原行号"]
    last = headings.index("原行号") + 1
    assert [sheet.cell(row, last).value for row in range(4, 9)] == [21, 35, 48, 63, 68]
    assert "校验码" in str(sheet.cell(4, last - 2).value)
    assert sheet.cell(4, last - 1).value == "identity/check-digit"


def test_faulty_cells_are_marked_and_the_others_are_text(tmp_path: Path) -> None:
    out = tmp_path / "out.xlsx"
    rejected("people", SAMPLES / "people.xlsx", out)
    sheet = sheet_of(out)
    marked, plain = sheet["D4"], sheet["B4"]
    assert marked.fill.fgColor.rgb == "FFFFC7CE"
    assert marked.comment is not None
    assert "校验码" in marked.comment.text
    assert (plain.fill.fill_type, plain.comment) == (None, None)
    assert (plain.value, plain.number_format) == ("4203000000000018", "@")


def test_a_fault_of_the_row_as_a_whole_is_told_beside_it(tmp_path: Path) -> None:
    out = tmp_path / "out.xlsx"
    whole = RowError(2, "", "import/unknown-person", "查无此人")
    assert rejected("visits", SAMPLES / "visits.csv", out, [whole]) == 5
    assert sheet_of(out)["P2"].value == "查无此人"


def test_a_second_round_does_not_pile_up_columns(tmp_path: Path) -> None:
    first, second = tmp_path / "first.xlsx", tmp_path / "second.xlsx"
    rejected("people", SAMPLES / "people.xlsx", first)
    assert rejected("people", first, second) == 4
    headings = [cell.value for cell in sheet_of(second)[3]]
    assert headings.count("原行号") == headings.count("错误原因") == 1


def test_a_merged_unit_is_written_out_for_each_row(tmp_path: Path) -> None:
    rows = table("people", {"单位编号": "E1"}, {"人员编号": "2", "证件号码": LIN, "人员类别": "?"})
    source, out = tmp_path / "in.xlsx", tmp_path / "out.xlsx"
    source.write_bytes(xlsx_bytes(rows, merge=["H2:H3"]))
    rejected("people", source, out)
    assert sheet_of(out)["H2"].value == "E1"


def test_a_header_of_two_rows_comes_back_as_one(tmp_path: Path) -> None:
    source, out = tmp_path / "in.csv", tmp_path / "out.xlsx"
    source.write_text(
        "人员编号,费款所属期,缴费金额,,缴费基数,划入个人账户金额,到账日期\n"
        ",,单位,个人,,,\n1001,202313,400,100,5000,100,2023-01-20\n",
        encoding="utf-8",
    )
    rejected("contributions", source, out)
    assert [error.column for error in read("contributions", out).errors] == ["费款所属期"]


def test_a_text_that_looks_like_a_formula_stays_text(tmp_path: Path) -> None:
    source, out = tmp_path / "in.csv", tmp_path / "out.xlsx"
    source.write_bytes(csv_bytes(table("people", {"姓名": "=1+1", "证件号码": CHEN[:-1]})))
    rejected("people", source, out)
    assert sheet_of(out)["B2"].data_type == "s"


def test_every_reason_is_seen_whole_and_it_prints_on_one_page_across(tmp_path: Path) -> None:
    source, out = tmp_path / "in.xlsx", tmp_path / "out.xlsx"
    source.write_bytes(xlsx_bytes(table("people", BROKEN["people"])))
    rejected("people", source, out)
    sheet = sheet_of(out)
    assert sheet.row_dimensions[2].height == 15 * 4
    assert sheet.page_setup.paperSize == 9
    assert (sheet.page_setup.orientation, sheet.print_title_rows) == ("landscape", "$1:$1")
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
