"""The commands of owed money, benefit periods and advances, as the agency types them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from typer.testing import CliRunner

from api.cli.main import app
from tests import databases
from tests.people import CHEN, LIN
from tests.world import World, shiyan

CHEN_NO = str(CHEN.psn_no)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    # Reading the pack anew for every command would take most of the time.
    monkeypatch.setattr("ledger.policy.loader.load_pack", lambda _code: shiyan())
    world = World(tmp_path / "city.db")
    world.enrol(CHEN, LIN)
    yield world
    world.prove()
    world.close()


def run(world: World, *words: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, [*words, "--db", databases.address(world.path)])
    assert result.exit_code == code, result.output
    return result.output


def ask(world: World, *words: str, code: int = 0) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(run(world, *words, "--json", code=code))
    return answer


def test_a_debt_is_booked_listed_repaid_and_shown(world: World, tmp_path: Path) -> None:
    book = ("owed", "book", CHEN_NO, "--cause", "错误支付", "--pool", "120.00")
    assert "尚欠 120.00 元" in run(world, *book, "--on", "2023-03-01", "--request-id", "B-1")
    run(world, *book, "--on", "2023-03-01", "--request-id", "B-1")
    answer = ask(world, "owed", "repay", CHEN_NO, "20.00", "--on", "2023-04-01")
    assert answer["owed"] == "100.00"
    listed = ask(world, "owed", "list", "--as-of", "2023-06-30")
    assert (listed["owed"], listed["bands"][1]["open"]) == ("100.00", "100.00")
    rows = list(csv.DictReader(io.StringIO(run(world, "owed", "list", "--csv"))))
    assert [(row["姓名"], row["原因"], row["尚欠"]) for row in rows] == [
        (CHEN.name, "错误支付", "100.00")
    ]
    shown = ask(world, "owed", "show", CHEN_NO, "--as-of", "2023-03-31")
    assert (shown["owed"], shown["settled"]) == ("120.00", [])
    target = tmp_path / "owed.xlsx"
    run(world, "export", "owed", "--to", "2023-06-30", "--out", str(target))
    sheet = openpyxl.load_workbook(target)["账龄汇总"]
    texts = [str(cell.value) for row in sheet for cell in row if cell.value is not None]
    # The sheet is narrow: what stands above it wraps over its whole width, so nothing is cut.
    assert "期间：截至 2023-06-30    单位：元" in texts[1]
    assert {"A2:D2", "A3:D3"} <= {str(cells) for cells in sheet.merged_cells.ranges}
    assert not any("定额" in text for text in texts)


def test_what_cannot_be_is_refused_in_words(world: World) -> None:
    wrong = run(world, "owed", "book", CHEN_NO, "--cause", "nonsense", code=2)
    assert "after_death" in wrong
    answer = ask(world, "owed", "repay", CHEN_NO, "1.00", "--on", "2023-04-01", code=1)
    assert answer["error"]["code"] == "owed/more-than-owed"
    answer = ask(world, "advance", "2023-02", code=1)
    assert answer["error"]["code"] == "advance/off"


def test_a_write_off_waits_for_somebody_else(world: World) -> None:
    run(world, "owed", "book", CHEN_NO, "--cause", "fraud", "--pool", "5.00", "--on", "2023-03-01")
    said = run(world, "owed", "write-off", CHEN_NO, "5", "--reason", "无法追回")
    assert "已提出核销 5.00 元" in said
    assert "待另一人批准" in said


def test_a_benefit_period_is_shown_with_its_rule(world: World) -> None:
    answer = ask(world, "benefit", CHEN_NO, "--on", "2023-05-01")
    assert (answer["on"]["covered"], answer["periods"][0]["cite"]) == (True, "S3c-12")
    assert "享受待遇" in run(world, "benefit", CHEN_NO, "--on", "2023-05-01")
    assert ask(world, "withheld") == {"withheld": []}
