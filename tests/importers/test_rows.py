"""Which rows are data: blank rows, totals, signatures and headers printed again are not."""

from __future__ import annotations

from typing import Any

import pytest

from importers.catalog import read_data
from tests.importers.files import (
    LIN,
    ONE_ROW,
    codes,
    csv_bytes,
    faults,
    read_changed,
    read_rows,
    table,
)

PEOPLE = ONE_ROW["people"][0]
ROW = ONE_ROW["people"][1]
NEXT = ["1002", "林平", LIN, *ROW[3:]]


@pytest.mark.parametrize(
    "extra",
    [
        [],
        ["", " ", "\u3000"],
        ["合计", 120],
        ["合 计"],
        ["小计"],
        ["总计：", "", "", "5 人"],
        ["", "本页合计"],
        ["云岭茶业小计"],
        ["累计", 2],
        ["制表人：陈实", "", "审核：林平"],
        ["第1页 共3页"],
        ["注：本表一式两份"],
        ["", "", "以下空白"],
        ["【合计】", "", "120 人"],
        ["Total", 120],
        ["", "共 120 人"],
        ["总人数：120"],
        ["合计", "共120人"],
        ["数据来源：医保系统", "", "编制单位：示例经办机构"],
        ["以上数据真实有效", "", "2023年1月3日"],
        ["经办机构（盖章）", "年  月  日"],
        ["-----"],
        PEOPLE,
        [1, 2, 3, 4, 5, 6, 7],
        ["（1）", "（2）", "（3）", "（4）", "（5）", "（6）=（4）×2%", "（7）"],
        ["栏次", "1", "2", "3", "4", "5", "6"],
    ],
)
def test_a_row_that_is_no_data_is_left_out(extra: list[Any]) -> None:
    batch = read_rows("people", [PEOPLE, ROW, extra, NEXT])
    assert batch.errors == []
    assert batch.rows == 2
    assert [record.row for record in batch.records] == [2, 4]


def test_a_number_printed_ahead_makes_no_row() -> None:
    rows = [["序号", *PEOPLE], [1, *ROW], [2], [3], ["合计", 1]]
    batch = read_rows("people", rows)
    assert (batch.rows, batch.errors) == (1, [])


def test_a_title_printed_again_on_the_next_page_is_left_out() -> None:
    title = ["参保人员名册"]
    batch = read_rows("people", [title, PEOPLE, ROW, title, PEOPLE, NEXT])
    assert (batch.rows, batch.errors) == (2, [])


def test_a_row_with_an_id_is_data_whatever_else_it_says() -> None:
    batch = read_changed("people", {"姓名": "合计", "人员类别": "?"})
    assert faults(batch) == [(2, "人员类别", "import/unknown-person-type")]
    batch = read_changed("people", {"姓名": "制表人"})
    assert len(batch.records) == 1


@pytest.mark.parametrize("cells", [["", "", "", "在职"], ["汇总：", "陈实"], ["", "会计：陈", LIN]])
def test_a_note_beside_anything_else_makes_no_note_of_the_row(cells: list[Any]) -> None:
    assert read_rows("people", [PEOPLE, ROW, cells]).rows == 2


def test_a_row_with_anything_in_a_known_column_is_data() -> None:
    batch = read_rows("people", [PEOPLE, ["", "陈实"]])
    assert batch.rows == 1
    assert codes(batch) == ["import/missing-value"] * 6


def test_every_fault_of_a_row_and_of_a_file_comes_at_once() -> None:
    bad = {"人员编号": 1e17, "证件号码": "1", "人员类别": "学生", "参保方式": "?"}
    bad |= {"参保区划": "十堰", "待遇开始日期": "2023-02-30", "姓名": ""}
    batch = read_changed("people", bad, {}, {"证件号码": LIN, "人员编号": 1.5})
    assert faults(batch) == [
        (2, "人员编号", "identity/lost-digits"),
        (2, "姓名", "import/missing-value"),
        (2, "证件号码", "identity/length"),
        (2, "人员类别", "import/unknown-person-type"),
        (2, "参保方式", "import/unknown-plan"),
        (2, "参保区划", "value/not-a-county"),
        (2, "待遇开始日期", "value/not-a-day"),
        (4, "人员编号", "value/not-a-code"),
    ]
    assert [record.row for record in batch.records] == [3]


@pytest.mark.parametrize("sign", ["-", "—", "/", "null", "NULL", "\\N", " "])
def test_a_sign_for_nothing_is_blank(sign: str) -> None:
    batch = read_changed("people", {"单位编号": sign, "变更日期": sign, "参保状态": sign})
    assert batch.records[0].employer_no is None
    assert batch.errors == []
    assert codes(read_changed("people", {"姓名": sign})) == ["import/missing-value"]


def test_short_and_long_lines_of_a_csv_are_rows_like_others() -> None:
    data = csv_bytes([PEOPLE, [*ROW, "多", "余"], NEXT[:-1]])
    batch = read_data("people", data, "rows.csv")
    assert faults(batch) == [(3, "待遇开始日期", "import/missing-value")]


def test_blank_lines_at_the_end_cost_nothing() -> None:
    data = csv_bytes(table("people", {})) + b"\r\n,,,,,," * 5000
    assert read_data("people", data, "rows.csv").rows == 1


def test_a_row_of_small_numbers_that_do_not_count_the_columns_is_data() -> None:
    batch = read_rows("people", [PEOPLE, [1, 2, 3, 4, 5, 7, 6], [1, 2], [5, 6, 7]])
    assert batch.rows == 3
