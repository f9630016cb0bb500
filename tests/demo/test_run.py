"""`gongji demo`, once, through the front door; then what it left behind is looked at."""

from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from typer.testing import CliRunner

from api.cli.main import app
from api.demo.generate import Truth
from api.demo.world import MARCH, MONTHS
from importers.catalog import read
from ledger.benefits.outpatient import Reason
from tests.demo.test_read_back import CODES

Inputs = tuple[Path, Truth]
Answer = dict[str, Any]


@pytest.fixture
def books(demo: tuple[Path, Answer]) -> Iterator[sqlite3.Connection]:
    """The database that the run left."""
    with closing(sqlite3.connect(demo[0] / "gongji.db")) as connection:
        yield connection


def test_the_same_seed_gives_the_same_bytes(demo: tuple[Path, Answer], inputs: Inputs) -> None:
    folder, truth = inputs
    for file in truth.files:
        assert (demo[0] / "in" / file.name).read_bytes() == (folder / file.name).read_bytes()


def test_every_file_is_accepted_but_for_the_planted_faults(
    demo: tuple[Path, Answer], inputs: Inputs
) -> None:
    taken = {
        file["name"]: (file["rows"], file["accepted"], file["unchanged"], file["rejected"])
        for file in demo[1]["files"]
    }
    expected = {
        file.name: (file.rows, file.accepted, file.repeats, len(file.faults))
        for file in inputs[1].files
    }
    assert taken == expected


def rejected_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a workbook of rejected rows, by heading."""
    sheet = openpyxl.load_workbook(io.BytesIO(path.read_bytes())).worksheets[0]
    rows = list(sheet.iter_rows(values_only=True))
    top = next(i for i, row in enumerate(rows) if "原行号" in row)
    return [dict(zip(rows[top], row, strict=True)) for row in rows[top + 1 :] if any(row)]


def test_rejected_rows_come_back_with_their_reasons_and_import_as_they_are(
    demo: tuple[Path, Answer], inputs: Inputs
) -> None:
    folder, answer = demo
    workbooks = {file["name"]: file["rejected_rows"] for file in answer["files"]}
    for file in inputs[1].files:
        if not file.faults:
            assert workbooks[file.name] is None
            continue
        path = folder / workbooks[file.name]
        found = {int(row["原行号"]): row["错误代码"] for row in rejected_rows(path)}
        assert found == {row: CODES[fault] for row, fault in file.faults.items()}, file.name
        assert read(file.kind, path).rows == len(file.faults)


def test_every_month_is_even_credited_paid_and_closed(demo: tuple[Path, Answer]) -> None:
    answer = demo[1]
    assert answer["ok"] is True
    assert [month["month"] for month in answer["months"]] == [str(month) for month in MONTHS]
    for month in answer["months"]:
        assert month["uneven"] == []
        assert month["checks"] > 20
        assert month["closed"] is True
        assert month["credited_fen"] > 70_000_000
        assert month["pool_fen"] + month["account_fen"] + month["cash_fen"] == month["cost_fen"]
        assert month["paid_fen"] == month["pool_fen"] + month["account_fen"]


def test_twenty_five_thousand_visits_are_settled(demo: tuple[Path, Answer]) -> None:
    months = demo[1]["months"]
    assert sum(month["settlements"] for month in months) == 25_000
    assert sum(month["refunds"] for month in months) == 70


def test_late_changes_post_their_differences_in_later_months(demo: tuple[Path, Answer]) -> None:
    january, february, march = demo[1]["months"]
    assert january["differences"] == january["clawed_back_fen"] == 0
    assert february["differences"] > 0
    assert march["differences"] > 20
    assert march["owed_fen"] == 48_000


def test_verify_finds_nothing_wrong(demo: tuple[Path, Answer]) -> None:
    assert demo[1]["verify"]["ok"] is True
    assert demo[1]["verify"]["breaches"] == []


def test_the_files_to_open_are_there(demo: tuple[Path, Answer]) -> None:
    folder, answer = demo
    for name in answer["outputs"]:
        assert (folder / name).stat().st_size > 0
    for title in ("月度对账表", "基金月报", "定点机构月结算单", "个人账户对账单", "序时账"):
        assert any(title in name for name in answer["outputs"]), title


def test_every_reason_for_a_share_of_zero_occurs(books: sqlite3.Connection) -> None:
    reasons = {row[0] for row in books.execute("SELECT DISTINCT reason FROM settlement")}
    # No type of visit outside pooling comes through a provider's file without being sent away,
    # and Shiyan has a ratio for everybody wherever they go.
    elsewhere = {Reason.TYPE_NOT_POOLED, Reason.STATUS_NOT_COVERED, Reason.NOT_CONTRACTED}
    assert reasons >= set(Reason) - elsewhere


def test_deductible_and_cap_are_crossed(books: sqlite3.Connection) -> None:
    crossed = "SELECT count(*) FROM settlement WHERE deductible_fen > 0 AND pool_fen > 0"
    assert books.execute(crossed).fetchone()[0] > 500
    assert (
        books.execute("SELECT count(*) FROM settlement WHERE year_cut_fen > 0").fetchone()[0] > 50
    )


def visits_of(books: sqlite3.Connection, psn_no: str) -> list[tuple[int, int, int]]:
    """Basis points, in scope and fund's share of a person's visits, in order of time."""
    return books.execute(
        "SELECT ratio_bp, in_scope_fen, pool_fen FROM settlement JOIN person USING (person_id) "
        "WHERE psn_no = ? ORDER BY settled_at",
        (psn_no,),
    ).fetchall()


def test_who_retires_in_mid_quarter_gets_the_new_ratio_from_that_day(
    books: sqlite3.Connection, inputs: Inputs
) -> None:
    visits = visits_of(books, inputs[1].cast.retires.psn_no)
    # Article 6 at tier 3: 50 % beyond the deductible of 500.00, and 60 % once retired.
    assert visits == [(5000, 80_000, 15_000), (5000, 20_000, 10_000), (6000, 20_000, 12_000)]


def test_a_claw_back_beyond_the_balance_is_owed(demo: tuple[Path, Answer], inputs: Inputs) -> None:
    answer = ask(demo[0], "balance", inputs[1].cast.overdrawn.psn_no, "--on", "2023-03-31")
    assert (answer["balc"], answer["owed"]) == ("0.00", "480.00")


def test_a_wrong_plan_leaves_no_account_money(demo: tuple[Path, Answer], inputs: Inputs) -> None:
    answer = ask(demo[0], "balance", inputs[1].cast.wrong_plan.psn_no, "--on", "2023-03-31")
    assert (answer["plan"], answer["balc"], answer["owed"]) == ("pool_only", "0.00", "0.00")


def test_arrears_are_credited_for_the_month_they_belong_to(
    books: sqlite3.Connection, inputs: Inputs
) -> None:
    unit = inputs[1].cast.in_arrears.number
    rows = books.execute(
        "SELECT DISTINCT t.benefit_month, t.fiscal_month FROM transfer AS t "
        "JOIN contribution AS c ON c.person_id = t.person_id AND c.month = t.benefit_month "
        "JOIN employer AS e ON e.employer_id = c.employer_id "
        "WHERE e.employer_no = ? AND c.kind = '30' AND t.kind = 'credit_employee'",
        (unit,),
    ).fetchall()
    assert rows == [(MONTHS[0].number, MARCH.number)]


def ask(folder: Path, *words: str) -> Answer:
    """The answer of a command on the demo's database."""
    database = f"sqlite:///{folder / 'gongji.db'}"
    result = CliRunner().invoke(app, [*words, "--db", database, "--json"])
    assert result.exit_code == 0, result.output
    answer: Answer = json.loads(result.stdout)
    return answer


def test_the_journal_holds_every_month(demo: tuple[Path, Answer]) -> None:
    path = next(demo[0] / name for name in demo[1]["outputs"] if name.endswith(".journal"))
    text = path.read_text(encoding="utf-8")
    assert text.count("个人账户") > 1000
    for month in MONTHS:
        assert f"\n{month}" in text


def test_the_table_at_the_end_fits_a_terminal_and_names_the_files(
    demo: tuple[Path, Answer], inputs: Inputs, say_done: Callable[[], str]
) -> None:
    shown = say_done()
    assert "visits-2023-03-pharmacies.xlsx" in shown
    assert "项全平，已结账" in shown
    assert "月度对账表-2023-02.xlsx" in shown
    assert inputs[1].cast.retires.psn_no in shown
