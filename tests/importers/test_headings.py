"""Which column is which: other names, untidy headings, headers of two rows, missing columns."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import openpyxl
import pytest

from importers.catalog import IMPORTERS, KINDS, read_data, read_raw
from importers.headings import loosely, plain_heading
from ledger.core.errors import Refused, Unknown
from ledger.core.people import Insured
from tests.importers.files import (
    CHEN,
    ONE_ROW,
    ZHAO,
    only,
    read_rows,
    saved,
    table,
    xlsx_bytes,
)


def renamed(kind: str, old: str, new: str) -> list[list[Any]]:
    header, row = ONE_ROW[kind]
    return [[new if heading == old else heading for heading in header], row]


@pytest.mark.parametrize("kind", KINDS)
def test_the_fewest_columns_are_enough(kind: str) -> None:
    assert only(read_rows(kind, list(ONE_ROW[kind]))).row == 2


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("people", "证件号码", "公民身份号码"),
        ("people", "证件号码", "身份证号"),
        ("people", "证件号码", "certno"),
        ("people", "参保区划", "参保地"),
        ("people", "待遇开始日期", "待遇享受开始日期"),
        ("people", "待遇开始日期", "待遇享受起始时间"),
        ("people", "人员编号", "psn_no"),
        ("people", "人员编号", "人员代码"),
        ("people", "姓名", "*姓名"),
        ("people", "姓名", "姓 名"),
        ("people", "姓名", "2.姓名"),
        ("people", "姓名", "2、姓名"),
        ("people", "姓名", "（2）姓名"),
        ("people", "姓名", "姓　名"),
        ("people", "证件号码", "证件\n号码"),
        ("people", "人员类别", "人员类别：（必填）"),
        ("people", "待遇开始日期", "待遇开始日期(YYYY-MM-DD)"),
        ("contributions", "费款所属期", "cashym"),
        ("contributions", "人员缴费基数", "人员缴费基数（元）"),
        ("contributions", "人员缴费基数", "psn_clctstd"),
        ("contributions", "单位缴费金额", "单位缴费金额【元】"),
        ("contributions", "缴费类型", "CLCT_TYPE"),
        ("families", "与授权人关系", "与授权人关系★"),
        ("providers", "定点机构编号", "fixmedins_code"),
        ("providers", "定点机构编号", "定点机构编码"),
        ("visits", "就诊ID", "mdtrt_id"),
        ("visits", "就诊ID", "就诊id"),
        ("visits", "医疗费总额", "medfee_sumamt"),
        ("visits", "结算时间", "setl_time"),
        ("visits", "结算时间", "结算日期"),
        ("visits", "医疗类别", "med_type"),
        ("visits", "超限价金额", "overlmt_selfpay"),
        ("visits", "医疗费总额", "医疗费总额/元"),
        ("visits", "超限价金额", "超限价费用"),
        ("visits", "定点机构编号", "定点医疗机构编码"),
        ("visits", "符合政策范围金额", "符合政策范围费用"),
        ("contributions", "单位缴费金额", "单位缴费额（元）"),
        ("contributions", "划入个人账户金额", "个人账户划入额"),
        ("contributions", "划入个人账户金额", "其中：划入个人帐户"),
        ("contributions", "到账日期", "入国库时间"),
        ("contributions", "费款所属期", "对应费款所属期"),
        ("people", "证件号码", "有效身份证件号码"),
        ("people", "参保区划", "参保所属区划"),
        ("providers", "协议开始日期", "协议有效期起"),
        ("families", "与授权人关系", "使用人与授权人关系"),
    ],
)
def test_a_column_is_known_by_its_other_names(kind: str, old: str, new: str) -> None:
    usual = only(read_rows(kind, list(ONE_ROW[kind])))
    assert only(read_rows(kind, renamed(kind, old, new))) == usual


def test_the_fault_names_the_column_in_the_words_of_the_file() -> None:
    rows = renamed("people", "证件号码", "公民身份\n号码（必填）")
    rows.append(["1002", "林", "420302", "在职", "统账结合", "420302", "2023-01-01"])
    batch = read_rows("people", rows)
    assert [error.column for error in batch.errors] == ["公民身份号码（必填）"]
    assert batch.heading("certno") == "公民身份号码（必填）"
    assert batch.heading("employer_no") == "employer_no"


@pytest.mark.parametrize(
    ("kind", "heading", "cell", "field", "value"),
    [
        ("people", "待遇享受终止日期", "2023-06-30", "benefit_until", date(2023, 7, 1)),
        ("people", "参保状态标识", "暂停参保", "insured", Insured.PAUSED),
        ("providers", "协议截止时间", "2023-06-30", "agreement_until", date(2023, 7, 1)),
        ("providers", "门诊统筹药店标志", "否", "pharmacy_pooling", False),
        ("visits", "是否退费", "0", "is_refund", False),
        ("families", "共济截止日期", "2023-06-30", "valid_until", date(2023, 7, 1)),
    ],
)
def test_a_column_that_may_be_missing_is_known_in_other_words(
    kind: str, heading: str, cell: str, field: str, value: object
) -> None:
    header, row = ONE_ROW[kind]
    batch = read_rows(kind, [[*header, heading], [*row, cell]])
    assert batch.unused == []
    assert getattr(only(batch), field) == value


@pytest.mark.parametrize("kind", KINDS)
def test_no_two_fields_are_the_same_in_other_words(kind: str) -> None:
    fields: dict[str, str] = {}
    for field in IMPORTERS[kind].layout.fields:
        for name in (field.key, *field.names, *field.others):
            known = fields.setdefault(loosely(plain_heading(name)), field.key)
            assert known == field.key, name


def test_an_exact_name_wins_over_one_in_other_words() -> None:
    header, row = ONE_ROW["people"]
    record = only(read_rows("people", [["人员代码", *header], ["HR-7", *row]]))
    assert record.psn_no == only(read_rows("people", [header, row])).psn_no


def test_columns_that_are_not_used_are_told() -> None:
    header, row = ONE_ROW["people"]
    wider = ["序号", *header, "血型", "籍贯"]
    assert read_rows("people", [wider, ["1", *row, "A", ""]]).unused == ["血型"]


def test_columns_that_nobody_needs_are_tolerated() -> None:
    assert only(read_rows("people", table("people", {"备注": "x", "民族": "汉"}))).psn_no == "1001"


def test_every_missing_column_is_named_with_what_was_found() -> None:
    header, row = ONE_ROW["visits"]
    gone = {"医疗费总额", "人员编号", "结算时间"}
    kept = [i for i, heading in enumerate(header) if heading not in gone]
    with pytest.raises(Refused) as found:
        read_rows("visits", [[header[i] for i in kept], [row[i] for i in kept]])
    assert found.value.code == "import/missing-column"
    assert found.value.data["missing"] == [
        "人员编号 或 证件号码",
        "结算时间 或 出院日期",
        "医疗费总额",
    ]
    assert "就诊ID" in found.value.message


@pytest.mark.parametrize("kind", KINDS)
def test_each_needed_column_is_missed(kind: str) -> None:
    header, row = ONE_ROW[kind]
    optional = {"证件号码", "人员编号"} if kind == "contributions" else set()
    optional |= {"缴费类型"}
    for gone in set(header) - optional:
        kept = [i for i, heading in enumerate(header) if heading != gone]
        with pytest.raises(Refused) as found:
            read_rows(kind, [[header[i] for i in kept], [row[i] for i in kept]])
        assert found.value.code == "import/missing-column"
        assert gone in found.value.message


def test_title_and_unit_rows_may_stand_above() -> None:
    header, row = ONE_ROW["contributions"]
    titles = [["职工医保费征缴到账明细"], ["费款所属期：202301", "", "金额单位：元"], [], []]
    assert only(read_rows("contributions", [*titles, header, row])).row == 6


def test_a_header_of_two_rows_is_joined() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["家庭共济授权名单"])
    sheet.append(["序号", "授权人", None, "使用人", None, "与授权人关系", "授权开始日期"])
    sheet.append([None, "姓名", "证件号码", "姓名", "证件号码", None, None])
    sheet.append([1, "陈实", CHEN, "赵小宝", ZHAO, "子女", "2023-01-01"])
    for cells in ("A1:G1", "A2:A3", "B2:C2", "D2:E2", "F2:F3", "G2:G3"):
        sheet.merge_cells(cells)
    record = only(read_data("families", saved(book), "two.xlsx"))
    assert (record.row, record.holder_name, record.user_certno) == (4, "陈实", ZHAO)


def test_a_header_of_two_rows_works_in_a_csv_too() -> None:
    text = (
        "人员编号,费款所属期,缴费金额,,缴费基数,划入个人账户金额,到账日期\n"
        ",,单位,个人,,,\n1001,2023-01,400,100,5000,100,2023-01-20\n"
    )
    record = only(read_data("contributions", text.encode(), "two.csv"))
    assert (record.row, record.employer_fen, record.personal_fen) == (3, 40000, 10000)


def test_two_columns_for_one_field_must_agree() -> None:
    assert only(read_rows("people", table("people", {"身份证号": CHEN}))).certno == CHEN
    with pytest.raises(Refused) as found:
        read_rows("people", table("people", {"身份证号": ZHAO}))
    assert found.value.code == "import/ambiguous-column"


def test_the_settlement_time_wins_over_a_settlement_day() -> None:
    record = only(read_rows("visits", table("visits", {"结算日期": "2023-02-01"})))
    assert record.settled_at.day == 6


@pytest.mark.parametrize("heading", ["人员缴费基数（万元）", "人员缴费基数(分)"])
def test_amounts_in_another_unit_are_refused(heading: str) -> None:
    with pytest.raises(Refused) as found:
        read_rows("contributions", renamed("contributions", "人员缴费基数", heading))
    assert found.value.code == "import/unit"


def test_another_unit_in_the_title_is_refused() -> None:
    with pytest.raises(Refused) as found:
        read_rows("contributions", [["单位：万元"], *ONE_ROW["contributions"]])
    assert found.value.code == "import/unit"


def test_no_header_says_what_it_should_have() -> None:
    with pytest.raises(Refused) as found:
        read_rows("people", [["甲", "乙"], ["1", "2"]])
    assert found.value.code == "import/no-header"
    assert "人员编号" in found.value.message


def test_a_header_without_rows_is_an_empty_batch() -> None:
    batch = read_rows("people", [ONE_ROW["people"][0]])
    assert (batch.rows, batch.records, batch.errors) == (0, [], [])


def test_an_unknown_kind_lists_the_kinds() -> None:
    with pytest.raises(Unknown) as found:
        read_data("payroll", b"x", "x.csv")
    assert found.value.code == "import/unknown-kind"
    assert "visits" in found.value.message


def two_sheets(*, second_header: list[str]) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(xlsx_bytes(list(ONE_ROW["people"]))))
    sheet = book.create_sheet("第二张")
    sheet.append(second_header)
    sheet.append(ONE_ROW["people"][1])
    return saved(book)


def test_the_sheet_with_the_header_is_taken() -> None:
    batch = read_data("people", two_sheets(second_header=["说明"]), "two.xlsx")
    assert only(batch).psn_no == "1001"


def test_two_sheets_of_data_are_not_chosen_between() -> None:
    with pytest.raises(Refused) as found:
        read_data("people", two_sheets(second_header=ONE_ROW["people"][0]), "two.xlsx")
    assert found.value.code == "import/several-sheets"
    assert found.value.data["sheets"] == ["Sheet", "第二张"]


def test_a_missing_file_is_unreadable(tmp_path: Any) -> None:
    with pytest.raises(Refused) as found:
        read_raw("people", tmp_path / "none.xlsx", set())
    assert found.value.code == "import/unreadable"
