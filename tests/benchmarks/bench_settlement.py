"""Settling a month's visits from a csv into SQLite, and reading one account at size."""

from __future__ import annotations

import csv
import random
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter

from api.files import import_path
from ledger.core.money import yuan_text
from ledger.core.months import Month
from ledger.services.crediting.credit_month import credit_month
from ledger.services.importing import ImportOptions
from tests.benchmarks.city import PROVIDERS, empty_city, settle_down
from tests.benchmarks.table import Row

HEADINGS = [
    "就诊ID",
    "定点机构编号",
    "人员编号",
    "证件号码",
    "医疗类别",
    "结算时间",
    "医疗费总额",
    "全自费金额",
    "超限价金额",
    "先行自付金额",
    "符合政策范围金额",
    "个人账户使用标志",
    "处方医疗机构编号",
    "退费标志",
    "原就诊ID",
]
GOAL_PER_SECOND = 10_000
MONTH_SECONDS = 2_000_000
"""However many visits there are, they are those of one month."""


def write_visits(path: Path, visits: int, people: int) -> None:
    """A csv as hospitals send it, from a fixed seed."""
    dice = random.Random(20230101)
    begin = datetime(2023, 1, 2, 8)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        for i in range(visits):
            in_scope, outside = dice.randrange(2000, 150000), dice.randrange(0, 3000)
            at = begin + timedelta(seconds=i * MONTH_SECONDS // visits)
            writer.writerow(
                [
                    f"V{i:08d}",
                    f"H420302{dice.randrange(1, PROVIDERS + 1):05d}",
                    f"42030{dice.randrange(1, people + 1):011d}",
                    "",
                    "11",
                    at.strftime("%Y-%m-%d %H:%M:%S"),
                    yuan_text(in_scope + outside),
                    yuan_text(outside),
                    "0.00",
                    "0.00",
                    yuan_text(in_scope),
                    "1",
                    "",
                    "0",
                    "",
                ]
            )


def measure(scale: float = 1.0) -> list[Row]:
    visits = max(int(100_000 * scale), 1_000)
    people = max(visits // 4, 100)
    with empty_city() as (context, path):
        settle_down(context, people)
        credit_month(context, Month(2023, 1))
        file = path.with_name("visits.csv")
        write_visits(file, visits, people)
        begun = perf_counter()
        result = import_path(context, "visits", file, ImportOptions())
        taken = perf_counter() - begun
        assert result.accepted == visits, result.errors[:3]
    return [
        Row(
            f"settle {visits:,} visits from a csv into SQLite",
            f"{taken:.2f} s, {visits / taken:,.0f}/s",
            "–",
            "–",
            f"≥ {GOAL_PER_SECOND:,}/s",
        )
    ]


if __name__ == "__main__":
    from tests.benchmarks.table import show

    show(measure())
