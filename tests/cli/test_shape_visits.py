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
from ledger.services.visits.desk_knowledge import visit_hash
from tests import databases
from tests.importers.files import only, read_changed
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
    arguments = [*words, *visit, "--db", databases.address(world.path), *more]
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


@pytest.mark.parametrize(
    "item", ["YAO1", "YAO1:120.00:丁", "YAO1:120.00:甲:x", ":1", "a:1:甲:1:::"]
)
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
        app, ["explain", settled["setl_id"], "--db", databases.address(world.path), "--json"]
    )
    assert json.loads(result.stdout)["steps"] == settled["steps"]
    assert any("2023 年 03 月已计起付 0.00 元" in step["text"] for step in settled["steps"])
    world.prove()


def request(**more: Any) -> QuotedVisit:
    fields: dict[str, Any] = {
        "psn_no": CHEN.psn_no,
        "fixmedins_code": "H42030000001",
        "med_type": "11",
        "setl_time": "2023-03-06 09:00:00",
        "inscp_scp_amt": "100.00",
        "medfee_sumamt": "100.00",
        "acct_used_flag": "0",
    }
    return QuotedVisit(**(fields | more))


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


SAID = {
    "dise_codg": "M03900",
    "contracted_flag": "1",
    "brdy": "1960-01-01",
    "ipt_no": "Z1",
    "feedetail": [
        {
            "med_list_codg": "YAO1",
            "det_item_fee_sumamt": "100.00",
            "chrgitm_lv": "02",
            "cnt": 2,
            "pric_uplmt_amt": "60.00",
            "selfpay_prop": "0.1000",
        }
    ],
}
OPTIONS = (
    "--disease", "M03900", "--contracted", "--born", "1960-01-01", "--stay", "Z1",
    "--item", "YAO1:100.00:乙:2:60.00:0.10",
)  # fmt: skip
ROW = {
    "病种编码": "M03900",
    "签约机构标志": "是",
    "出生日期": "1960-01-01",
    "住院号": "Z1",
    "费用明细": "YAO1：100.00：乙：2：60.00：0.10；",
    "个人账户使用标志": "0",
}


def test_file_command_and_api_say_the_same_of_a_visit(world: World) -> None:
    """The same visit by another way in is known, and what it said is shown wherever it is."""
    bill = ("--over-limit", "40.00", "--paid-first", "6.00")
    words = ("settle", "--visit", "M1", "--total", "100.00", "--account-use", "0", *bill)
    settled = ask(world, "monthly", *words, *OPTIONS)
    assert settled["facts"] == SAID
    parts = {"overlmt_selfpay": "40.00", "preselfpay_amt": "6.00", "inscp_scp_amt": "54.00"}
    by_api = request(mdtrt_id="M1", **parts, **SAID).record()
    change = {
        **ROW, "就诊ID": "M1", "定点机构编号": "H42030000001", "人员编号": CHEN.psn_no,
        "结算时间": "2023-03-06 09:00:00", "全自费金额": "0", "超限价金额": "40.00",
        "先行自付金额": "6.00", "符合政策范围金额": "54.00",
    }  # fmt: skip
    by_file = only(read_changed("visits", change))
    assert visit_hash(by_api) == visit_hash(by_file)
    assert world.rows("SELECT content_hash FROM visit") == [(visit_hash(by_file),)]
    assert world.settle(by_file)["setl_id"] == settled["setl_id"]
    told = ["explain", settled["setl_id"], "--db", databases.address(world.path)]
    said = CliRunner().invoke(app, told).stdout
    assert "病种 M03900，签约机构 是，出生日期 1960-01-01，住院号 Z1，费用明细 1 项" in said


def test_an_ordinary_visit_says_nothing_more(world: World) -> None:
    settled = ask(world, "monthly", "settle", "--visit", "M1", "--total", "100.00")
    assert settled["facts"] == {}
    assert world.rows("SELECT facts FROM visit") == [(None,)]


def test_the_last_day_of_a_stay_is_by_default_the_day_of_settlement(world: World) -> None:
    stay = ("settle", "--total", "1000.00", "--med-type", "21", "--stay", "Z1")
    first = ("--stay-from", "2023-03-01")
    ends = ask(world, "zigong", *stay, "--visit", "M1", *first)
    assert (ends["facts"]["begndate"], ends["facts"]["enddate"]) == ("2023-03-01", "2023-03-06")
    later = ask(world, "zigong", *stay, "--visit", "M2", *first, "--stay-to", "2023-03-10")
    assert later["facts"]["enddate"] == "2023-03-10"


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


def simulate(folder: Path, pack: str, csv: str = CSV) -> tuple[int, dict[str, Any], Path]:
    (folder / "v.csv").write_text(csv)
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


@databases.no_database
def test_a_simulation_follows_windows_of_months(tmp_path: Path) -> None:
    code, summary, out = simulate(tmp_path, "monthly")
    assert code == 0
    assert (summary["act_pay_dedc"], summary["hifp_pay"]) == ("160.00", "180.00")
    assert [line.split(",")[6:8] for line in out.read_text().splitlines()[1:]] == [
        ["100.00", "60.00"],
        ["60.00", "0.00"],
        ["0.00", "120.00"],
    ]


@databases.no_database
def test_a_simulation_that_cannot_follow_a_pack_says_so_and_writes_nothing(tmp_path: Path) -> None:
    code, answer, out = simulate(tmp_path, "hospital-year")
    assert code == 1
    assert answer["error"]["code"] == "simulate/shape-not-covered"
    assert "deductible_window 需要医疗机构" in answer["error"]["message"]
    assert not out.exists()


@databases.no_database
def test_a_simulation_calls_nothing_unpaid_that_another_benefit_pays(tmp_path: Path) -> None:
    code, answer, out = simulate(tmp_path, "shared-cap", CSV.replace("09:00,11,", "09:00,14,"))
    assert code == 1
    assert answer["error"]["code"] == "simulate/shape-not-covered"
    assert answer["error"]["keys"] == ["14"]
    assert not out.exists()
    assert simulate(tmp_path, "shared-cap")[0] == 0  # Ordinary visits alone.
