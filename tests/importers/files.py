"""Small files as they arrive, built in the test that needs them. All people are invented."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
from stdnum.cn import ric

from importers.catalog import read_data
from ledger.core.batches import Batch

Rows = Sequence[Sequence[Any]]


def citizen(first_17: str) -> str:
    """An identity number with its check digit."""
    return first_17 + ric.calc_check_digit(first_17 + "0")


CHEN = citizen("42030219900101001")
LIN = citizen("42030319550307002")
ZHAO = citizen("42030220180304003")
"""Chen works, Lin is retired, Zhao is a child."""

PEOPLE = ["人员编号", "姓名", "证件号码", "人员类别", "参保方式", "参保区划", "待遇开始日期"]
CONTRIBUTIONS = [
    "人员编号",
    "证件号码",
    "费款所属期",
    "人员缴费基数",
    "单位缴费金额",
    "个人缴费金额",
    "划入个人账户金额",
    "缴费类型",
    "到账日期",
]
FAMILIES = ["授权人证件号码", "使用人证件号码", "与授权人关系", "授权开始日期"]
PROVIDERS = ["定点机构编号", "定点机构名称", "协议开始日期"]
VISITS = [
    "就诊ID",
    "定点机构编号",
    "人员编号",
    "医疗类别",
    "结算时间",
    "医疗费总额",
    "全自费金额",
    "超限价金额",
    "先行自付金额",
    "符合政策范围金额",
    "个人账户使用标志",
]

QUOTA_USES = ["额度编号", "对方业务号", "使用日期", "使用金额"]

CLAIMS = [
    "报销编号",
    "人员编号",
    "医疗类别",
    "就诊时间",
    "医疗费总额",
    "全自费金额",
    "超限价金额",
    "先行自付金额",
    "符合政策范围金额",
    "收件日期",
    "就诊机构名称",
    "医院等级",
    "票据号",
    "材料",
    "收款户名",
    "开户银行",
    "银行账号",
]

ONE_ROW: dict[str, tuple[list[str], list[Any]]] = {
    "people": (PEOPLE, ["1001", "陈实", CHEN, "在职", "统账结合", "420302", "2023-01-01"]),
    "contributions": (
        CONTRIBUTIONS,
        ["1001", CHEN, "2023-01", "5000.00", "400.00", "100.00", "100.00", "10", "2023-01-20"],
    ),
    "families": (FAMILIES, [CHEN, ZHAO, "子女", "2023-01-01"]),
    "providers": (PROVIDERS, ["H42030200001", "汉水第一医院", "2023-01-01"]),
    "claims": (
        CLAIMS,
        [
            "B1",
            "1001",
            "11",
            "2023-01-06",
            "100.00",
            "10.00",
            "0.00",
            "5.00",
            "85.00",
            "2023-03-01",
            "东湖样例医院",
            "三级甲等",
            "F0001",
            "身份证复印件、门诊病历、费用收据、门诊处方",
            "陈实",
            "样例银行",
            "6222000000000001",
        ],
    ),
    "quota-uses": (QUOTA_USES, ["897483939283046400", "W1", "2026-03-05", "35.00"]),
    "visits": (
        VISITS,
        [
            "M1",
            "H42030200001",
            "1001",
            "11",
            "2023-01-06 09:00:00",
            "100.00",
            "10.00",
            "0.00",
            "5.00",
            "85.00",
            "2",
        ],
    ),
}
"""For each kind the fewest columns, and a row without a fault."""


def table(kind: str, *changes: dict[str, Any]) -> list[list[Any]]:
    """A header and, for each of `changes`, the faultless row with other cells; a heading that
    the header lacks is added to it."""
    header, cells = ONE_ROW[kind]
    header = [*header, *dict.fromkeys(h for change in changes for h in change if h not in header)]
    row = dict(zip(header, cells, strict=False))
    return [header, *([{**row, **change}.get(h, "") for h in header] for change in changes)]


def csv_bytes(rows: Rows, encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    return "\r\n".join(delimiter.join(map(str, row)) for row in rows).encode(encoding)


def xlsx_bytes(rows: Rows, *, merge: Sequence[str] = ()) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append([None if cell == "" else cell for cell in row])
    for cells in merge:
        book.active.merge_cells(cells)
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read_rows(kind: str, rows: Rows) -> Batch[Any]:
    """What the rows give when they come as a workbook."""
    return read_data(kind, xlsx_bytes(rows), "rows.xlsx")


def read_changed(kind: str, *changes: dict[str, Any]) -> Batch[Any]:
    return read_rows(kind, table(kind, *changes))


def only(batch: Batch[Any]) -> Any:
    """The one record of a file without faults."""
    assert batch.errors == []
    (record,) = batch.records
    return record


def codes(batch: Batch[Any]) -> list[str]:
    return [error.code for error in batch.errors]


def faults(batch: Batch[Any]) -> list[tuple[int, str, str]]:
    return [(error.row, error.column, error.code) for error in batch.errors]


SAMPLES = Path(__file__).parents[1] / "data" / "samples"
