"""Importing 100,000 rows of people and of contributions, beside reading the file with pandas."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter

import pandas
import xlsxwriter

from api.files import import_path
from ledger.core.money import apply_bp, yuan_text
from ledger.services.context import Context
from ledger.services.importing import ImportOptions
from tests.benchmarks.city import empty_city
from tests.benchmarks.table import Row

PEOPLE = [
    "序号",
    "人员编号",
    "姓名",
    "证件号码",
    "人员类别",
    "参保方式",
    "单位编号",
    "单位名称",
    "参保区划",
    "待遇开始日期",
    "参保状态",
]
CONTRIBUTIONS = [
    "单位编号",
    "单位名称",
    "人员编号",
    "姓名",
    "证件号码",
    "费款所属期",
    "人员缴费基数",
    "单位缴费金额",
    "个人缴费金额",
    "划入个人账户金额",
    "缴费类型",
    "到账日期",
]
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def identity_number(i: int) -> str:
    """A valid GB 11643 number that belongs to nobody: one for each i up to millions."""
    born = date(1950, 1, 1) + timedelta(days=i % 18_000)
    digits = f"42030{2 + i // 18_000 % 2}{born:%Y%m%d}{i // 36_000:03d}"
    total = sum(int(digit) * weight for digit, weight in zip(digits, WEIGHTS, strict=True))
    return digits + "10X98765432"[total % 11]


def _write(path: Path, headings: list[str], rows: list[list[object]]) -> None:
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    sheet = book.add_worksheet()
    for number, row in enumerate([headings, *rows]):
        sheet.write_row(number, 0, row)
    book.close()


def write_people(path: Path, people: int) -> None:
    rows: list[list[object]] = [
        [
            i + 1,
            f"42030{i:011d}",
            f"人员{i}",
            identity_number(i),
            "12" if i % 4 == 0 else "在职",
            "统账结合",
            f"E{i % 60:04d}",
            f"单位{i % 60}",
            "420302",
            "2023-01-01",
            "正常",
        ]
        for i in range(people)
    ]
    _write(path, PEOPLE, rows)


def write_contributions(path: Path, people: int) -> None:
    dice = random.Random(20230102)
    rows: list[list[object]] = []
    for i in range(people):
        base = dice.randrange(400_000, 2_200_000)
        own = yuan_text(apply_bp(base, 200))
        rows.append(
            [
                f"E{i % 60:04d}",
                f"单位{i % 60}",
                f"42030{i:011d}",
                f"人员{i}",
                identity_number(i),
                "202301",
                yuan_text(base),
                yuan_text(apply_bp(base, 800)),
                own,
                own,
                "10",
                "2023-01-20",
            ]
        )
    _write(path, CONTRIBUTIONS, rows)


def measure(scale: float = 1.0) -> list[Row]:
    people = max(int(100_000 * scale), 1_000)
    with empty_city() as (context, path):
        roster, paid = path.with_name("people.xlsx"), path.with_name("contributions.xlsx")
        write_people(roster, people)
        write_contributions(paid, people)
        return [
            _line(context, "people", roster, people, 2),
            _line(context, "contributions", paid, people, 3),
        ]


def _line(context: Context, kind: str, file: Path, rows: int, goal: int) -> Row:
    begun = perf_counter()
    pandas.read_excel(file, engine="calamine", dtype=str)
    read = perf_counter() - begun
    begun = perf_counter()
    result = import_path(context, kind, file, ImportOptions())
    ours = perf_counter() - begun
    assert result.accepted == rows, result.errors[:3]
    return Row(
        f"import {rows:,} {kind}, xlsx into SQLite",
        f"{ours:.2f} s",
        f"{read:.2f} s pandas with calamine, reading only",
        f"{ours / read:.2f}",
        f"≤ {goal}",
    )


if __name__ == "__main__":
    from tests.benchmarks.table import show

    show(measure())
