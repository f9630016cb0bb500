"""Files as they are stored: workbooks, text in every encoding, and what is neither."""

from __future__ import annotations

import io
from datetime import date, datetime
from typing import Any
from zipfile import ZipFile

import openpyxl
import pytest
import xlwt

from importers.catalog import KINDS, read, read_data
from ledger.core.errors import Refused
from tests.importers.files import (
    CHEN,
    LIN,
    ONE_ROW,
    codes,
    csv_bytes,
    only,
    saved,
    table,
    xlsx_bytes,
)

PEOPLE_ROWS = list(ONE_ROW["people"])


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be", "utf-32"],
)
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
@pytest.mark.parametrize("kind", KINDS)
def test_text_in_every_encoding_and_with_every_separator(
    kind: str, encoding: str, delimiter: str
) -> None:
    rows = list(ONE_ROW[kind])
    from_text = read_data(kind, csv_bytes(rows, encoding, delimiter), "rows.txt")
    assert only(from_text) == only(read_data(kind, xlsx_bytes(rows), "rows.xlsx"))


def test_a_rare_name_needs_four_bytes_of_gb18030() -> None:
    data = csv_bytes(table("people", {"姓名": "𠮷㐂"}), "gb18030")
    assert only(read_data("people", data, "rows.csv")).name == "𠮷㐂"


def test_a_broken_character_spoils_its_row_only() -> None:
    rows = table("people", {"姓名": "张一"}, {"姓名": "@", "人员编号": "2", "证件号码": LIN})
    data = csv_bytes(rows, "gb18030").replace(b"@", b"\xff")
    batch = read_data("people", data, "rows.csv")
    assert [(error.row, error.code) for error in batch.errors] == [(3, "value/undecodable")]
    assert len(batch.records) == 1


def test_row_numbers_of_a_csv_are_those_of_excel() -> None:
    header, row = PEOPLE_ROWS
    lines = [
        "名册",
        "",
        ",".join(header),
        ",".join(row),
        "",
        ",".join(["2", '"林\n平"', LIN, *row[3:]]),
        ",".join(["3", "赵", "1", *row[3:]]),
    ]
    batch = read_data("people", "\n".join(lines).encode(), "rows.csv")
    assert [record.row for record in batch.records] == [4, 6]
    assert [error.row for error in batch.errors] == [7]


def test_a_quote_that_is_never_closed_is_refused_and_swallows_no_rows() -> None:
    header, row = PEOPLE_ROWS
    data = csv_bytes([[*header, "备注"], [*row, '"见附件'], [*row, ""]])
    with pytest.raises(Refused, match="第 2 行") as found:
        read_data("people", data, "rows.csv")
    assert found.value.code == "import/open-quote"


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_lines_may_end_in_each_way(end: str) -> None:
    data = end.join(",".join(row) for row in PEOPLE_ROWS).encode()
    assert only(read_data("people", data, "rows.csv")).row == 2


def test_a_text_kept_by_an_equals_sign_is_that_text() -> None:
    data = csv_bytes(table("people", {"人员编号": '="0012"'}))
    assert only(read_data("people", data, "rows.csv")).psn_no == "0012"


def test_an_old_workbook_is_read() -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("名册")
    for column, (heading, cell) in enumerate(zip(*PEOPLE_ROWS, strict=True)):
        sheet.write(0, column, heading)
        if heading == "待遇开始日期":
            style = xlwt.easyxf(num_format_str="yyyy-mm-dd")
            sheet.write(1, column, date(2023, 1, 1), style)
        else:
            sheet.write(1, column, cell)
    out = io.BytesIO()
    book.save(out)
    record = only(read_data("people", out.getvalue(), "old.xls"))
    assert record.benefit_from == date(2023, 1, 1)


def test_the_content_decides_and_not_the_ending() -> None:
    assert only(read_data("people", csv_bytes(PEOPLE_ROWS, "gbk", "\t"), "rows.xls")).row == 2
    assert only(read_data("people", xlsx_bytes(PEOPLE_ROWS), "rows.csv")).row == 2


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<html><table><tr><td>1</td></tr></table></html>", "import/unreadable"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "import/unreadable"),
        (b"PK\x03\x04 torn off", "import/unreadable"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "import/unreadable"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "import/encrypted",
        ),
        (b"%PDF-1.7 no table", "import/no-header"),
        (b",,,\n,,,\n", "import/empty"),
    ],
)
def test_what_is_no_table_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(Refused) as found:
        read_data("people", data, "file")
    assert found.value.code == code


@pytest.mark.parametrize("data", [b"", b" \r\n"])
def test_an_empty_file_is_refused(data: bytes, tmp_path: Any) -> None:
    (tmp_path / "empty.csv").write_bytes(data)
    with pytest.raises(Refused) as found:
        read("people", tmp_path / "empty.csv")
    assert found.value.code == "import/empty"


def test_a_torn_workbook_is_refused() -> None:
    data = xlsx_bytes(PEOPLE_ROWS)
    for length in range(4, len(data), 97):
        with pytest.raises(Refused) as found:
            read_data("people", data[:length], "torn.xlsx")
        assert found.value.code == "import/unreadable"


def test_numbers_and_dates_of_excel_are_read_as_meant() -> None:
    rows = table(
        "contributions",
        {
            "人员编号": 1001,
            "费款所属期": datetime(2023, 1, 1),
            "人员缴费基数": 5000.05,
            "单位缴费金额": 400,
            "缴费类型": 10,
            "到账日期": datetime(2023, 1, 20),
        },
    )
    record = only(read_data("contributions", xlsx_bytes(rows), "rows.xlsx"))
    assert (record.psn_no, str(record.month), record.base_fen) == ("1001", "2023-01", 500005)
    assert (record.kind, record.arrived_on) == ("10", date(2023, 1, 20))


def test_a_formula_without_a_result_is_a_fault_and_no_blank() -> None:
    rows = table("contributions", {"单位缴费金额": "=200*2"}, {"划入个人账户金额": "=1/0"})
    batch = read_data("contributions", xlsx_bytes(rows), "rows.xlsx")
    assert codes(batch) == ["value/formula-without-value"] * 2
    assert [error.column for error in batch.errors] == ["单位缴费金额", "划入个人账户金额"]


def test_a_row_of_formulas_alone_is_not_taken_for_blank() -> None:
    rows = [["序号", *PEOPLE_ROWS[0]], [1, *PEOPLE_ROWS[1]], [2, *["=A1"] * 7]]
    batch = read_data("people", xlsx_bytes(rows), "rows.xlsx")
    assert batch.rows == 2
    assert codes(batch) == ["value/formula-without-value"] * 7


def test_a_formula_with_its_result_counts_as_the_result() -> None:
    data = xlsx_bytes(table("contributions", {"单位缴费金额": 400}))
    out = io.BytesIO()
    rewrite_part(
        data,
        out,
        "xl/worksheets/sheet1.xml",
        lambda xml: xml.replace(b"<v>400</v>", b"<f>200*2</f><v>400</v>"),
    )
    assert only(read_data("contributions", out.getvalue(), "rows.xlsx")).employer_fen == 40000


def test_a_cell_in_error_is_a_fault() -> None:
    rows = table("contributions", {"个人缴费金额": "#N/A"}, {"单位缴费金额": "#REF!"})
    for data in (xlsx_bytes(rows), csv_bytes(rows)):
        assert codes(read_data("contributions", data, "rows")) == ["value/formula-error"] * 2


def test_a_text_merged_over_rows_holds_for_each() -> None:
    rows = table(
        "people",
        {"单位编号": "E1", "单位名称": "云岭茶业"},
        {"人员编号": "1002", "证件号码": LIN},
    )
    data = xlsx_bytes(rows, merge=["H2:H3", "I2:I3"])
    batch = read_data("people", data, "rows.xlsx")
    assert [(record.employer_no, record.employer_name) for record in batch.records] == [
        ("E1", "云岭茶业")
    ] * 2


def test_an_amount_merged_over_rows_cannot_be_shared_out() -> None:
    rows = table("contributions", {}, {"人员编号": "1002", "证件号码": LIN})
    batch = read_data("contributions", xlsx_bytes(rows, merge=["E2:E3"]), "rows.xlsx")
    assert codes(batch) == ["value/merged-cell"] * 2


def test_flags_that_are_truth_values_are_told_from_ones() -> None:
    rows = table("contributions", {"人员缴费基数": True}, {"人员缴费基数": 1, "证件号码": ""})
    batch = read_data("contributions", xlsx_bytes(rows), "rows.xlsx")
    assert codes(batch) == ["value/not-an-amount"]
    assert batch.records[0].base_fen == 100


def test_a_prefixed_sheet_is_looked_through_for_formulas() -> None:
    rows = table("people", {"证件号码": "=A1"})
    out = io.BytesIO()
    prefix = lambda xml: (  # noqa: E731 - one use, beside it.
        xml.replace(b"</", b"</x:")
        .replace(b"<", b"<x:")
        .replace(b"<x:/x:", b"</x:")
        .replace(b"xmlns=", b"xmlns:x=")
        .replace(b"<x:?xml", b"<?xml")
    )
    rewrite_part(xlsx_bytes(rows), out, "xl/worksheets/sheet1.xml", prefix)
    batch = read_data("people", out.getvalue(), "rows.xlsx")
    assert codes(batch) == ["value/formula-without-value"]


def test_a_strict_open_xml_workbook_is_read() -> None:
    transitional = b"http://schemas.openxmlformats.org/"
    out = io.BytesIO()
    with ZipFile(io.BytesIO(xlsx_bytes(PEOPLE_ROWS))) as book, ZipFile(out, "w") as strict:
        for name in book.namelist():
            xml = book.read(name)
            for old, new in (
                (b"spreadsheetml/2006/main", b"spreadsheetml/main"),
                (b"officeDocument/2006/relationships", b"officeDocument/relationships"),
            ):
                xml = xml.replace(transitional + old, b"http://purl.oclc.org/ooxml/" + new)
            strict.writestr(name, xml)
    assert only(read_data("people", out.getvalue(), "rows.xlsx")).row == 2


@pytest.mark.parametrize("stray", ["XFD1048576", "ZZ1048576", "AAA99999"])
def test_a_stray_cell_in_the_far_corner_is_refused_before_it_takes_all_memory(stray: str) -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx_bytes(PEOPLE_ROWS)))
    book.active[stray] = "x"
    with pytest.raises(Refused) as found:
        read_data("people", saved(book), "rows.xlsx")
    assert found.value.code == "import/too-large"


def test_a_stray_cell_in_the_first_rows_does_no_harm() -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx_bytes(PEOPLE_ROWS)))
    book.active["XFD5"] = "x"
    assert only(read_data("people", saved(book), "rows.xlsx")).row == 2


def test_a_hidden_sheet_is_named_as_hidden() -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx_bytes(PEOPLE_ROWS)))
    copy = book.copy_worksheet(book.active)
    copy.sheet_state = "hidden"
    with pytest.raises(Refused, match="隐藏") as found:
        read_data("people", saved(book), "rows.xlsx")
    assert found.value.code == "import/several-sheets"


def rewrite_part(data: bytes, out: io.BytesIO, part: str, change: Any) -> None:
    import zipfile

    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, change(content) if name == part else content)


def test_the_same_person_reads_the_same_from_every_form() -> None:
    assert only(read_data("people", xlsx_bytes(PEOPLE_ROWS), "a.xlsx")).certno == CHEN
