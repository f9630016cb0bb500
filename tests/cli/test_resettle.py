"""`gongji resettle` and `gongji claim`, as the agency types them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli.main import app
from tests import databases
from tests.importers.files import ONE_ROW, csv_bytes
from tests.new_rules import write_new_rules
from tests.people import CHEN
from tests.world import World

AT = ("--time", "2023-09-01T10:00")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "city.db")
    world.enrol(CHEN)
    world.settle(world.visit("april", CHEN.psn_no, date(2023, 4, 1), 60_000, "hospital-1"))
    world.settle(world.visit("march", CHEN.psn_no, date(2023, 3, 1), 60_000))
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


def test_a_plan_is_shown_and_booked_by_its_number(world: World) -> None:
    shown = ask(world, "resettle", "--year", "2023", *AT)
    assert (shown["changed_visits"], shown["totals"]["due_to_persons"]) == (2, "150.00")
    assert shown["netted"] == "250.00"
    wrong = ask(world, "resettle", "--year", "2023", *AT, "--approve", "0" * 12, code=1)
    assert wrong["error"]["code"] == "resettle/plan-changed"
    done = ask(world, "resettle", "--year", "2023", *AT, "--approve", shown["plan"])
    assert done["approved"]
    assert ask(world, "resettle", "--year", "2023", *AT)["plan"] is None


def test_the_tables_name_the_cause_and_how_to_approve(world: World) -> None:
    said = run(world, "resettle", "--year", "2023", "--person", CHEN.psn_no, *AT)
    assert "晚到" in said.replace("\n", "")
    assert "相抵 250.00 元" in said
    assert "--approve" in said
    assert "gongji credit" in said


def test_a_pack_that_reaches_back_shows_its_effect_first(world: World, tmp_path: Path) -> None:
    pack = write_new_rules(tmp_path, LOWER_DEDUCTIBLE)
    words = ("resettle", "--year", "2023", "--pack", str(pack), "--dry-run", *AT)
    shown = ask(world, *words)
    assert [group["cause"] for group in shown["by_cause"]] == ["pack_version"]
    assert {group["tier"] for group in shown["by_status_and_tier"]} == {1, 3}
    table = run(world, *words)
    assert "在职" in table
    assert "三级" in table
    assert shown["totals"]["fund_change"] == "350.00"

    adopted = ask(world, "rules", "adopt", str(pack))
    assert adopted["changed"]
    again = ask(world, "resettle", "--year", "2023", *AT)
    assert again["plan"] == shown["plan"]
    ask(world, "resettle", "--year", "2023", *AT, "--approve", again["plan"])
    assert ask(world, "verify")["ok"]


def test_a_pack_of_another_pool_is_not_adopted(world: World) -> None:
    assert ask(world, "rules", "adopt", "national", code=1)["error"]["code"] == "policy/other-pool"


@pytest.mark.parametrize(
    "words",
    [
        ("--person", "1"),
        ("--year", "2023", "--person", "1", "--employer", "2"),
        ("--year", "2023", "--dry-run", "--approve", "x"),
    ],
)
def test_half_a_scope_is_wrong_usage(world: World, words: tuple[str, ...]) -> None:
    run(world, "resettle", *words, code=2)


BILL = (
    "claim", "add", "--claim", "B1", "--person", CHEN.psn_no, "--time", "2023-05-06T09:00",
    "--total", "800.00", "--place", "武汉样例医院", "--grade", "三级甲等", "--bill", "F1",
    "--payee", "陈实", "--bank", "样例银行", "--bank-account", "6222000000000001",
)  # fmt: skip


def test_a_bill_is_taken_in_with_all_its_papers(world: World) -> None:
    refused = ask(world, *BILL, "--received", "2023-09-01", code=1)
    assert refused["error"]["code"] == "claim/papers-missing"
    answer = ask(world, *BILL, "--received", "2023-09-01", "--all-papers")
    assert (answer["hifp_pay"], answer["last_day"]) == ("400.00", "2024-03-31")
    assert "应付" in run(world, *BILL, "--received", "2023-09-01", "--all-papers")


def test_a_file_of_bills_is_imported(world: World, tmp_path: Path) -> None:
    header, row = ONE_ROW["claims"]
    changed = dict(zip(header, row, strict=True)) | {"人员编号": CHEN.psn_no}
    late = changed | {"报销编号": "B2", "票据号": "F2", "收件日期": "2024-04-01"}
    file = tmp_path / "claims.csv"
    rows = [header, list(changed.values()), list(late.values())]
    file.write_bytes(csv_bytes(rows, "utf-8"))
    answer = ask(world, "import", "claims", str(file), code=1)
    assert (answer["accepted"], answer["rejected"]) == (1, 1)
    assert answer["errors"][0]["code"] == "claim/too-late"
    assert answer["errors"][0]["column"] == "收件日期"


def test_money_that_a_resettlement_makes_due_gets_a_payee(world: World) -> None:
    shown = ask(world, "resettle", "--year", "2023", *AT)
    ask(world, "resettle", "--year", "2023", *AT, "--approve", shown["plan"])
    to = ("--payee", "陈实", "--bank", "样例银行", "--bank-account", "6222000000000001")
    words = ("claim", "payee", "--person", CHEN.psn_no, *to, "--on", "2023-09-02")
    listed = ask(world, "pay-person")
    assert listed["payees"] == []
    assert [(row["psn"], row["amount"]) for row in listed["without_payee"]] == [
        (CHEN.psn_no, "150.00")
    ]
    said = run(world, "pay-person")
    assert "尚未登记收款账户" in said
    assert f"claim payee --person {CHEN.psn_no}" in said
    assert ask(world, *words)["amount"] == "150.00"
    assert ask(world, "pay-person")["without_payee"] == []
    assert ask(world, *words, code=1)["error"]["code"] == "resettle/nothing-due"


LOWER_DEDUCTIBLE = """\
deductible:
  title: 起付标准
  unit: 元/年
  values:
    - from: 2023-01-01
      value: 100.00
      cite: {document: 新规, article: 1}
      verified: false
      assumed: true
"""


def test_a_database_made_from_a_folder_finds_its_pack_again(tmp_path: Path) -> None:
    folder = Path(__file__).parents[1] / "data" / "packs" / "quarterly"
    database = f"sqlite:///{tmp_path / 'made.db'}"
    for words in (["init", "--pool", str(folder)], ["verify"]):
        done = CliRunner().invoke(app, [*words, "--db", database])
        assert done.exit_code == 0, done.output
