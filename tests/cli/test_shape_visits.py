"""What only some pools ask for of a visit, through both front doors; a simulation that cannot
follow a pack says so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from api.cli.main import app
from api.rest.schemas import QuotedVisit
from ledger.core.visits import FeeItem
from tests.people import CHEN
from tests.world import World, code_of

PACKS = Path(__file__).parent.parent / "data" / "packs"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "city.db")
    world.enrol(CHEN)
    yield world
    world.close()


def ask(world: World, pack: str, *words: str, code: int = 0) -> dict[str, Any]:
    visit = ("--provider", code_of("hospital-3"), "--person", CHEN.psn_no)
    more = ("--time", "2023-03-06T09:00", "--pack", str(PACKS / pack), "--json")
    arguments = [*words, *visit, "--db", f"sqlite:///{world.path}", *more]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == code, result.output
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def test_the_chosen_institution_pays_by_its_ratio(world: World) -> None:
    total = ("quote", "--total", "100.00")
    assert ask(world, "guangzhou", *total, "--contracted")["hifp_pay"] == "80.00"
    assert ask(world, "guangzhou", *total, "--not-contracted")["hifp_pay"] == "65.00"
    refused = ask(world, "guangzhou", *total, code=1)["error"]
    assert refused["code"] == "visit/missing-fact"
    assert "是否签约" in refused["message"]


def test_a_disease_a_stay_and_a_day_of_birth_are_options(world: World) -> None:
    total = ("quote", "--total", "1000.00")
    chronic = ask(world, "nanchang-chronic", *total, "--med-type", "14", "--disease", "M03900")
    assert chronic["hifp_pay"] == "400.00"
    stay = ("--med-type", "21", "--stay", "Z1", "--stay-from", "2023-03-01")
    assert ask(world, "zigong", *total, *stay)["act_pay_dedc"] == "600.00"
    young = ask(world, "beijing-bands", "quote", "--total", "2800.00", "--born", "1960-01-01")
    assert young["hifp_pay"] == "700.00"


def test_items_divide_the_bill(world: World) -> None:
    bill = ("--total", "220.00", "--over-limit", "10.00", "--paid-first", "11.00")
    items = ("--item", "YAO1:120.00:乙:1:110.00", "--item", "YAO2:50.00", "--item", "YAO3:50.00:丙")
    paid = ask(world, "item-quotas", "quote", *bill, "--self-paid", "50.00", *items)
    assert paid["hifp_pay"] == "119.20"
    wrong = ask(world, "item-quotas", "quote", "--total", "120.00", *items[:2], code=1)["error"]
    assert wrong["code"] == "visit/items-disagree"
    assert "先行自付 0.00 元，按明细应为 11.00 元" in wrong["message"]


@pytest.mark.parametrize("item", ["YAO1", "YAO1:120.00:丁", "YAO1:120.00:甲:x", ":1", "a:1:甲:1::"])
def test_an_item_that_cannot_be_read_is_wrong_usage(world: World, item: str) -> None:
    result = CliRunner().invoke(
        app,
        ["quote", "--provider", "H1", "--person", "1", "--total", "120.00", "--item", item],
    )
    assert result.exit_code == 2


def test_the_settlement_says_the_same_again_when_it_is_explained(world: World) -> None:
    words = ("settle", "--visit", "M1", "--total", "800.00")
    settled = ask(world, "monthly", *words)
    result = CliRunner().invoke(
        app, ["explain", settled["setl_id"], "--db", f"sqlite:///{world.path}", "--json"]
    )
    assert json.loads(result.stdout)["steps"] == settled["steps"]
    assert any("2023 年 03 月已计起付 0.00 元" in step["text"] for step in settled["steps"])
    world.prove()


def request(**more: Any) -> QuotedVisit:
    return QuotedVisit(
        psn_no=CHEN.psn_no,
        fixmedins_code="H42030000001",
        med_type="11",
        setl_time="2023-03-06 09:00:00",
        inscp_scp_amt="100.00",
        medfee_sumamt="100.00",
        acct_used_flag="0",
        **more,
    )


def test_the_api_takes_the_same_under_the_national_names() -> None:
    line = {"med_list_codg": "YAO1", "det_item_fee_sumamt": "100.00", "chrgitm_lv": "02", "cnt": 2}
    record = request(
        dise_codg="M03900", contracted_flag="1", brdy="1960-01-01", ipt_no="Z1", feedetail=[line]
    ).record()
    assert record.disease_code == "M03900"
    assert record.contracted is True
    assert record.born_on == date(1960, 1, 1)
    assert record.stay_id == "Z1"
    assert record.items == (FeeItem("YAO1", record.total_fen, "乙", 2),)


def test_what_the_api_is_not_told_is_unknown() -> None:
    record = request().record()
    told = (record.disease_code, record.contracted, record.born_on, record.stay_id, record.items)
    assert told == (None, None, None, None, ())
    with pytest.raises(ValidationError):
        request(contracted_flag="是")


CSV = """psn_no,psn_type,setl_time,med_type,tier,inscp_scp_amt
1,11,2023-02-01 09:00,11,3,200.00
1,11,2023-01-31 09:00,11,3,60.00
1,11,2023-02-28 09:00,11,3,200.00
"""


def simulate(folder: Path, pack: str) -> tuple[int, dict[str, Any], Path]:
    (folder / "v.csv").write_text(CSV)
    out = folder / "o.csv"
    result = CliRunner().invoke(
        app,
        [
            "simulate",
            str(folder / "v.csv"),
            "--pack",
            str(PACKS / pack),
            "--out",
            str(out),
            "--json",
        ],
    )
    return result.exit_code, json.loads(result.stdout), out


def test_a_simulation_follows_windows_of_months(tmp_path: Path) -> None:
    code, summary, out = simulate(tmp_path, "monthly")
    assert code == 0
    assert (summary["act_pay_dedc"], summary["hifp_pay"]) == ("160.00", "180.00")
    assert [line.split(",")[6:8] for line in out.read_text().splitlines()[1:]] == [
        ["100.00", "60.00"],
        ["60.00", "0.00"],
        ["0.00", "120.00"],
    ]


def test_a_simulation_that_cannot_follow_a_pack_says_so_and_writes_nothing(tmp_path: Path) -> None:
    code, answer, out = simulate(tmp_path, "hospital-year")
    assert code == 1
    assert answer["error"]["code"] == "simulate/shape-not-covered"
    assert "deductible_window 需要医疗机构" in answer["error"]["message"]
    assert not out.exists()
