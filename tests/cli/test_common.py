"""What all commands share: who acts, trials that say so, titles and lists that stay readable."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.cells import cell_len
from typer.testing import CliRunner

from api.cli.common import table
from api.cli.main import app
from tests import databases
from tests.people import CHEN, LIN
from tests.world import World, code_of, shiyan

CHEN_NO, LIN_NO = str(CHEN.psn_no), str(LIN.psn_no)


def commands(group: typer.Typer, words: str = "gongji") -> Iterator[tuple[str, Any]]:
    for command in group.registered_commands:
        yield f"{words} {command.name}", command
    for inner in group.registered_groups:
        assert inner.typer_instance is not None
        yield from commands(inner.typer_instance, f"{words} {inner.name}")


def test_whatever_writes_says_in_whose_name() -> None:
    for words, command in commands(app):
        options = inspect.signature(command.callback).parameters
        if "dry_run" in options or "request_id" in options:
            assert "actor" in options, words


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr("ledger.policy.loader.load_pack", lambda _code: shiyan())
    world = World(tmp_path / "city.db")
    world.enrol(CHEN, LIN)
    world.open_with(CHEN_NO, 30_000)
    yield world
    world.prove()
    world.close()


def run(world: World, *words: str) -> str:
    result = CliRunner().invoke(app, [*words, "--db", databases.address(world.path)])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize(
    "words",
    [
        ("account", "lose", CHEN_NO, "--on", "2023-05-04", "--reason", "丢失"),
        ("account", "death", CHEN_NO, "--on", "2023-05-04", "--reason", "死亡证明"),
        ("account", "supplement", CHEN_NO, "8.00", "--on", "2023-05-04", "--reason", "漏转"),
        ("transfer", "out", CHEN_NO, "--pool", "420100", "--on", "2023-05-04"),
        ("owed", "book", CHEN_NO, "--cause", "mistake", "--pool", "1.00", "--on", "2023-05-04"),
        ("propose", "adjust", CHEN_NO, "1.00", "--on", "2023-05-04", "--reason", "漏划"),
    ],
)
def test_a_trial_says_that_nothing_was_booked(world: World, words: tuple[str, ...]) -> None:
    assert "（试算，未入账）" in run(world, *words, "--dry-run")
    assert "试算" not in run(world, *words)


def test_states_of_a_day_leave_out_what_came_later(world: World) -> None:
    run(world, "account", "lose", CHEN_NO, "--on", "2023-05-04", "--reason", "丢失")
    run(world, "account", "restore", CHEN_NO, "--on", "2023-05-10", "--reason", "找到")
    answer = json.loads(
        run(world, "account", "states", CHEN_NO, "--on", "2023-05-09", "--json"),
    )
    assert [event["event"] for event in answer["events"]] == ["lose"]
    recorded = answer["events"][0]["recorded_at"]
    assert recorded.endswith("+00:00")
    then = json.loads(run(world, "account", "states", CHEN_NO, "--known-at", recorded, "--json"))
    assert [event["event"] for event in then["events"]] == ["lose"]


def test_a_day_below_nothing_names_what_was_booked_late(world: World) -> None:
    words = ("account", "inject", f"{LIN_NO}=300.00", "--on", "2023-05-04", "--reason", "注入")
    run(world, *words)
    visit = ("--person", LIN_NO, "--provider", code_of("hospital-3"), "--account-use", "1")
    run(world, "settle", "--visit", "V1", *visit, "--time", "2023-03-10T09:00", "--total", "100.00")
    answer = json.loads(run(world, "balance", LIN_NO, "--on", "2023-03-31", "--json"))
    assert answer["balc"] == "-100.00"
    late = answer["late_bookings"]
    assert [(line["happened_on"], line["amount"]) for line in late] == [("2023-03-10", "-100.00")]
    said = run(world, "balance", LIN_NO, "--on", "2023-03-31")
    assert "2023-03-10 个人账户支付 -100.00" in said
    assert "补记" not in run(world, "balance", LIN_NO, "--on", "2023-05-31")


def test_a_title_wider_than_its_table_is_not_broken(capsys: pytest.CaptureFixture[str]) -> None:
    table("4203000000000001（2023 年）很长的标题", ["项"], [["1"]])
    assert "4203000000000001（2023 年）很长的标题\n" in capsys.readouterr().out


def test_what_is_assumed_in_a_pack_is_listed_by_section() -> None:
    said = CliRunner().invoke(app, ["rules", "check"]).output
    assert max(len(line) for line in said.splitlines()) < 100
    assert "    crediting        average_pension_2021" in said


def test_an_amount_is_not_broken_on_a_narrow_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    row = ["2023-01-01", "个人账户划账个人账户划账", "", "-12345.67"]
    table("对账单", ["日期", "业务", "机构名称", "金额"], [row])
    said = capsys.readouterr().out
    assert "2023-01-01" in said
    assert "-12345.67" in said
    assert "机构名称" not in said


STATEMENT = ["日期", "类型", "业务", "所属月", "机构", "金额", "余额", "本年", "历年", "补记"]
LINE = ["2023-01-20", "201", "个人账户支付", "2023-01", "汉水第一医院"]
LINE += ["-399.03", "1,000.00", "1,000.00", "0.00", ""]


@pytest.mark.parametrize("columns", ["80", "60", None])
def test_days_amounts_and_codes_are_whole_in_a_line_of_any_width(
    columns: str | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    if columns:
        monkeypatch.setenv("COLUMNS", columns)
    table("对账单", STATEMENT, [LINE])
    table("错误", ["原因", "代码"], [["金额应为 200.00" * 9, "contribution/account-amount"]])
    table("授权", ["授权人", "关系"], [["严维霞\n42030319870121790X", "1"]])
    said = capsys.readouterr().out
    for whole in ("2023-01-20", "-399.03", "1,000.00", "contribution/account-amount"):
        assert whole in said
    assert "42030319870121790X" in said
    assert max(cell_len(line) for line in said.splitlines()) <= max(int(columns or 100), 74)
