"""The commands of an account's life, as somebody at the agency types them."""

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
from tests.people import CHEN, LIN, psn_no, somebody
from tests.world import World, code_of, shiyan

CHEN_NO, LIN_NO = str(CHEN.psn_no), str(LIN.psn_no)
BANK = ("--bank", "中国工商银行十堰分行", "--bank-account", "6222020000000000001")
DAY = ("--on", "2023-07-01", "--reason", "公证书")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    # Reading the pack anew for every command would take most of the time.
    monkeypatch.setattr("ledger.policy.loader.load_pack", lambda _code: shiyan())
    world = World(tmp_path / "city.db")
    world.enrol(CHEN, LIN, somebody(30))
    world.open_with(CHEN_NO, 30_000)
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


def test_a_card_is_lost_and_found(world: World) -> None:
    said = run(world, "account", "lose", CHEN_NO, "--on", "2023-05-04", "--reason", "丢失")
    assert "账户状态：挂失" in said
    run(world, "account", "restore", CHEN_NO, "--on", "2023-05-10", "--reason", "找到")
    answer = ask(world, "account", "states", CHEN_NO, "--on", "2023-05-09")
    assert answer["holds"] == [{"status": "lost", "name": "挂失", "since": "2023-05-04"}]
    shown = run(world, "account", "states", CHEN_NO, "--known-at", "2024-06-01T09:00")
    assert "正常" in shown


def test_in_whose_name_a_command_acts_is_an_option(world: World) -> None:
    words = ("account", "freeze", CHEN_NO, *DAY)
    run(world, *words, "--actor", "zhangsan", "--dry-run")
    run(world, *words, "--actor", "zhangsan")
    assert ask(world, "account", "states", CHEN_NO)["events"][0]["actor"] == "zhangsan"


def test_a_proposal_needs_a_second_name(world: World) -> None:
    words = ("propose", "adjust", CHEN_NO, "--on", "2023-05-04", "--reason", "多划")
    number = ask(world, *words, "--actor", "zhangsan", "12.00")["proposal_id"]
    refused = ask(world, "proposals", "approve", number, "--actor", "zhangsan", code=1)
    assert refused["error"]["code"] == "approval/same-actor"
    shown = run(world, "proposals", "list")
    assert all(part in shown for part in (CHEN_NO, "12.00", "2023-05-04", "多划", "zhangsan"))
    run(world, "proposals", "approve", number, "--actor", "lisi")
    assert world.balance(CHEN_NO) == 31_200
    assert ask(world, "proposals", "list", "--status", "open") == {"proposals": []}


def test_a_proposal_is_turned_down(world: World) -> None:
    number = ask(world, "propose", "adjust", CHEN_NO, "5.00", *DAY)["proposal_id"]
    run(world, "proposals", "reject", number, "--reason", "依据不足", "--actor", "lisi")
    assert ask(world, "proposals", "list")["proposals"][0]["status"] == "rejected"


def test_a_closed_account_is_reopened_by_two(world: World) -> None:
    run(world, "account", "close", psn_no(30), *DAY)
    number = ask(world, "propose", "reopen", psn_no(30), *DAY)["proposal_id"]
    run(world, "proposals", "approve", number, "--actor", "lisi")
    assert ask(world, "account", "states", psn_no(30))["status"] == "open"


def test_a_death_its_heirs_and_the_payment(world: World) -> None:
    late = world.visit("late", CHEN_NO, date(2023, 6, 2), 1_000, use=1)
    world.settle(late)
    assert "late" not in run(world, "account", "death", CHEN_NO, "--on", "2023-06-01",
                             "--reason", "死亡证明")  # fmt: skip
    assert len(ask(world, "account", "late-visits")["settled_after_death"]) == 1
    answer = ask(
        world, "account", "inherit", CHEN_NO, *DAY, "--heir", f"{LIN_NO}=2/3",
        "--payee", "陈小雨,中国工商银行十堰分行,6222020000000000001=1/3",
    )  # fmt: skip
    assert [heir["paid"] for heir in answer["heirs"]] == ["账户", "现金"]
    due = ask(world, "pay-person")["payees"]
    assert [row["name"] for row in due] == ["陈小雨"]
    refused = ask(world, "pay-person", due[0]["payee_id"], "--on", "2023-07-02", code=1)
    assert refused["error"]["code"] == "fund/insufficient"


def test_a_withdrawn_death_is_proposed(world: World) -> None:
    run(world, "account", "death", LIN_NO, "--on", "2023-06-01", "--reason", "误登")
    number = ask(world, "propose", "withdraw", LIN_NO, *DAY)["proposal_id"]
    run(world, "proposals", "approve", number, "--actor", "lisi")
    assert ask(world, "account", "states", LIN_NO)["status"] == "open"


def test_whoever_settles_abroad_is_paid(world: World) -> None:
    said = run(world, "account", "emigrate", CHEN_NO, *DAY, "--name", "陈建国", *BANK)
    assert "账户已注销" in said
    refused = ask(world, "account", "return", LIN_NO, *DAY, "--name", "林秀英", *BANK, code=1)
    assert refused["error"]["code"] == "account/return-not-allowed"


def test_a_list_is_injected(world: World, tmp_path: Path) -> None:
    listed = tmp_path / "list.csv"
    listed.write_text(f"人员,金额\n{CHEN_NO},50.00\n{LIN.certno}，30.00\n", "utf-8")
    answer = ask(world, "account", "inject", "--list", str(listed), *DAY)
    assert (answer["people"], answer["amount"]) == (2, "80.00")
    run(world, "account", "inject", f"{CHEN_NO}=1.00", *DAY)
    run(world, "account", "supplement", CHEN_NO, "2.00", *DAY)
    assert world.balance(CHEN_NO) == 35_300


def test_every_bad_row_of_a_list_is_told_by_its_number_in_the_file(
    world: World, tmp_path: Path
) -> None:
    listed = tmp_path / "list.csv"
    rows = ("人员,金额", f"{CHEN_NO},五十", "", f"{LIN_NO},20.00", f"{CHEN_NO} 5")
    listed.write_text("\n".join(rows), "utf-8")
    words = ("account", "inject", "--list", str(listed), *DAY)
    said = ask(world, *words, code=2)["error"]["message"]
    assert "第 2 行" in said
    assert "“五十”不是金额" in said
    assert "第 5 行" in said
    listed.write_bytes(f"人员,金额\n{CHEN_NO},1.00\n9,2.00\n".encode("gb18030"))
    refused = ask(world, *words, code=1)["error"]
    assert refused["code"] == "injection/rows-refused"
    assert "第 3 行 “9”不在册" in refused["message"]
    assert world.balance(CHEN_NO) == 30_000


@pytest.mark.parametrize(
    "words",
    [
        ("account", "inherit", CHEN_NO, *DAY, "--heir", "1/2"),
        ("account", "inherit", CHEN_NO, *DAY, "--heir", f"{LIN_NO}=半"),
        ("account", "inherit", CHEN_NO, *DAY, "--payee", "只有户名=1"),
        ("account", "inject", "50.00", *DAY),
        ("account", "inject", "--list", "no-such-file.csv", *DAY),
        ("pay-person", "1", "--all"),
        ("pay-person", "--all", "--request-id", "r"),
    ],
)
def test_wrong_usage_is_told_as_such(world: World, words: tuple[str, ...]) -> None:
    run(world, *words, code=2)


def test_premiums_are_refused_while_the_switch_is_off(world: World) -> None:
    words = ("--kind", "长期护理保险", "--year", "2024", "--amount", "100.00", "--on", "2023-10-08")
    refused = ask(world, "premium", "pay", CHEN_NO, *words, code=1)
    assert refused["error"]["code"] == "premium/not-allowed"
    assert ask(world, "premium", "pay", CHEN_NO, *words, "--year", "24", code=2)["error"][
        "code"
    ] == ("usage/bad-value")
    listed = ask(world, "premium", "list", "--from", "2023-01-01", "--to", "2023-12-31")
    assert listed == {"premiums": [], "total": "0.00", "waiting": "0.00"}
    assert ask(world, "premium", "pay-over", "--on", "2023-10-31", code=1)["error"]["code"] == (
        "premium/nothing-waiting"
    )


def test_at_the_window_a_lost_card_is_told(world: World) -> None:
    run(world, "account", "lose", CHEN_NO, "--on", "2023-05-04", "--reason", "丢失")
    visit = ("--provider", code_of("hospital-3"), "--time", "2023-05-06T09:00")
    said = run(world, "quote", "--person", CHEN_NO, "--total", "100.00", *visit)
    assert "注：账户自 2023-05-04 起挂失，不能支付本人医疗费用" in said
