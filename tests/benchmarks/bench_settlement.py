"""Settling a month's visits from a csv into SQLite, and reading one account at size."""

from __future__ import annotations

import csv
import random
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter

from api.files import import_path
from ledger.core.money import yuan_text
from ledger.core.months import Month
from ledger.services.crediting.credit_month import credit_month
from ledger.services.importing import ImportOptions
from tests.benchmarks.city import PROVIDERS, context_on, empty_city, settle_down
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


BARE = (
    "INSERT INTO visit SELECT * FROM settled.visit",
    "INSERT INTO entry SELECT * FROM settled.entry AS s WHERE s.entry_id > :last",
    "INSERT INTO settlement SELECT * FROM settled.settlement",
    "INSERT INTO transfer SELECT * FROM settled.transfer AS s WHERE s.entry_id > :last",
    "INSERT INTO accumulator SELECT * FROM settled.accumulator",
    "UPDATE personal_account SET debited_fen = s.debited_fen FROM settled.personal_account AS s "
    "WHERE s.person_id = personal_account.person_id",
    "UPDATE account_year SET debited_fen = s.debited_fen FROM settled.account_year AS s "
    "WHERE s.person_id = account_year.person_id AND s.year = account_year.year",
)
"""What settling writes, nothing read and nothing decided: under the same keys and triggers."""


def measure(scale: float = 1.0) -> list[Row]:
    visits = max(int(100_000 * scale), 1_000)
    people = max(visits // 4, 100)
    with empty_city() as (context, path):
        settle_down(context, people)
        credit_month(context, Month(2023, 1))
        context.engine.dispose()
        bare_path = path.with_name("bare.db")
        shutil.copy(path, bare_path)
        file = path.with_name("visits.csv")
        write_visits(file, visits, people)
        begun = perf_counter()
        result = import_path(context, "visits", file, ImportOptions())
        taken = perf_counter() - begun
        assert result.accepted == visits, result.errors[:3]
        context.engine.dispose()
        bare = _bare(bare_path, path, visits)
    return [
        Row(
            f"settle {visits:,} visits from a csv into SQLite",
            f"{taken:.2f} s, {visits / taken:,.0f}/s",
            f"{bare:.2f} s bare SQL, same rows, keys, triggers",
            f"{taken / bare:.2f}",
            f"≥ {GOAL_PER_SECOND:,}/s",
        )
    ]


def _bare(path: Path, settled: Path, visits: int) -> float:
    context = context_on(path)
    with context.engine.connect() as connection:
        run = connection.exec_driver_sql
        last = run("SELECT max(entry_id) FROM entry").scalar_one()
        connection.rollback()
        connection.connection.driver_connection.execute(f"ATTACH '{settled}' AS settled")
        begun = perf_counter()
        for statement in BARE:
            run(statement, {"last": last})
        connection.commit()
        taken = perf_counter() - begun
        assert run("SELECT count(*) FROM settlement").scalar_one() == visits
    context.engine.dispose()
    return taken


if __name__ == "__main__":
    from tests.benchmarks.table import show

    show(measure())
