"""Moving between pools, quotas and merges, as somebody at the agency types them."""

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
from tests.people import CHEN, LIN, certno, psn_no, somebody
from tests.world import World, shiyan

CHEN_NO, LIN_NO = str(CHEN.psn_no), str(LIN.psn_no)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr("ledger.policy.loader.load_pack", lambda _code: shiyan())
    world = World(tmp_path / "city.db")
    world.enrol(CHEN, LIN, somebody(7, "陈建国"))
    world.open_with(CHEN_NO, 30_000, 2025)
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


def test_a_person_leaves_and_the_list_says_what_is_late(world: World) -> None:
    begun = run(world, "transfer", "out", CHEN_NO, "--pool", "420100", "--on", "2026-03-02")
    assert "转出地办结期限 2026-03-16" in begun
    late = ask(world, "transfer", "list", "--late", "--as-of", "2026-03-18")
    assert [case["late_working_days"] for case in late["cases"]] == [2]
    case = late["cases"][0]["case_id"]
    assert "2026-03-18" in run(world, "transfer", "list", "--as-of", "2026-03-18")
    run(world, "transfer", "step", case, "moved_out", "--on", "2026-03-19", "--dry-run")
    run(world, "transfer", "step", case, "moved_out", "--on", "2026-03-19")
    owed = ask(world, "transfer", "clear")["pools"]
    assert owed[0]["pool"] == "420100"
    assert owed[0]["owed"] in run(world, "transfer", "clear")
    refused = ask(
        world, "transfer", "clear", "--pool", "420100", "--pay", "1.00", code=1
    )  # fmt: skip
    assert refused["error"]["code"] == "fund/insufficient"


def test_a_person_comes_and_the_money_is_credited(world: World) -> None:
    words = ("transfer", "in", CHEN_NO, "--pool", "110100", "--on", "2026-03-02")
    case = ask(world, *words, "--request-id", "T-1")["case_id"]
    assert ask(world, *words, "--request-id", "T-1")["case_id"] == case
    run(world, "transfer", "step", case, "moved_out", "--on", "2026-03-09", "--amount", "12.00")
    said = run(world, "transfer", "step", case, "received", "--on", "2026-03-20", "--amount", "12")
    assert "余额到账计入" in said
    assert world.balance(CHEN_NO) == 31_200


def test_a_retiree_is_refused_in_words(world: World) -> None:
    words = ("transfer", "out", LIN_NO, "--pool", "420100", "--on", "2026-03-02")
    assert "退休人员不办理转移接续" in run(world, *words, code=1)


def test_a_quota_is_given_used_taken_back_and_revoked(world: World) -> None:
    given = ask(
        world, "quota", "give", CHEN_NO, "--user", certno(800), "--user-name", "陈远",
        "--pool", "420100", "--relation", "2", "--amount", "100.00", "--on", "2026-03-02",
        "--to", "2026-12-31",
    )  # fmt: skip
    number = given["quota_id"]
    use = ("quota", "use", number, "35.00", "--reference", "W1", "--on", "2026-03-05")
    assert "已用 35.00 元，尚余 65.00 元" in run(world, *use)
    run(world, "quota", "use", number, "--back", "--reference", "W1", "--on", "2026-03-06")
    run(world, "quota", "use", number, "--reference", "W1", code=2)
    assert "陈远" in run(world, "quota", "list", "--open")
    assert "返还 100.00 元" in run(world, "quota", "revoke", number, "--on", "2026-03-07")
    statement = ask(world, "quota", "statement", certno(800))
    assert [line["kind"] for line in statement["lines"]] == [
        "given", "used", "reversed", "returned",
    ]  # fmt: skip
    assert "使用退回" in run(world, "quota", "statement", CHEN_NO)
    assert "陈" in run(world, "quota", "statement", certno(800))
    assert ask(world, "quota", "expire", "--as-of", "2027-01-01")["ended"] == 0


def test_a_list_of_uses_is_imported(world: World, tmp_path: Path) -> None:
    number = ask(
        world, "quota", "give", CHEN_NO, "--user", certno(800), "--pool", "420100",
        "--relation", "2", "--amount", "100.00", "--on", "2026-03-02",
    )["quota_id"]  # fmt: skip
    path = tmp_path / "uses.csv"
    rows = [f"{number},W1,2026-03-05,30.00", f"{number},W2,2026-03-06,80.00"]
    path.write_text("\n".join(["额度编号,对方业务号,使用日期,使用金额", *rows]), "utf-8")
    result = ask(world, "import", "quota-uses", str(path), code=1)
    assert (result["accepted"], result["rejected"]) == (1, 1)
    assert result["errors"][0]["code"] == "quota/exceeded"


def test_a_quota_of_another_pool_is_registered_listed_and_ended(world: World) -> None:
    number = ask(
        world, "quota", "receive", LIN_NO, "--pool", "110100", "--reference", "BJ-77",
        "--holder", certno(801), "--holder-name", "陈近", "--relation", "2",
        "--amount", "50.00", "--on", "2026-03-02",
    )["quota_id"]  # fmt: skip
    assert "BJ-77" in run(world, "quota", "received")
    world.settle(world.visit("v", LIN_NO, date(2026, 3, 5), 2_000, use=2))
    shown = ask(world, "quota", "received", "--person", LIN_NO)
    assert (shown["quotas"][0]["left"], len(shown["lines"])) == ("30.00", 2)
    assert "未用 30.00 元" in run(world, "quota", "end", number, "--on", "2026-03-06")


def test_two_numbers_are_put_together_and_taken_apart_by_two_people(world: World) -> None:
    words = ("--reason", "重复建档", "--on", "2026-03-02", "--actor", "zhangsan")
    proposal = ask(world, "merge", "propose", CHEN_NO, psn_no(7), *words)["proposal_id"]
    refused = ask(world, "proposals", "approve", proposal, "--actor", "zhangsan", code=1)
    assert refused["error"]["code"] == "approval/same-actor"
    number = ask(world, "proposals", "approve", proposal, "--actor", "lisi")["merge_id"]
    assert "保留" in run(world, "merge", "list", psn_no(7))
    assert "重复建档" in run(world, "merge", "list", psn_no(7), "--json")
    assert ask(world, "merge", "statement", number)["psn_no"] == psn_no(7)
    undo = ask(world, "merge", "undo", number, *words)["proposal_id"]
    run(world, "proposals", "approve", undo, "--actor", "lisi")
    assert len(ask(world, "merge", "list")["merges"]) == 2


CARD = certno(800)


_ENDS = ("--user", CARD, "--relation", "子女", "--to", "2026-03-01")


@pytest.mark.parametrize(
    ("words", "at_home", "across"),
    [
        (("--user", "123", "--relation", "2"), "person/unknown", "usage/bad-value"),
        (("--user", CARD[:17] + "?", "--relation", "2"), "person/unknown", "usage/bad-value"),
        (("--user", CARD, "--relation", "15"), "usage/bad-value", "usage/bad-value"),
        (_ENDS, "family/ends-before-start", "family/ends-before-start"),
    ],
)
def test_a_relative_is_named_by_a_number_that_can_be_and_for_a_day_at_least(
    world: World, words: tuple[str, ...], at_home: str, across: str
) -> None:
    """A mistyped number would make a person of its own; days that end before they begin would
    hold money for nobody. At home a person number will do as well, so what is none is nobody."""
    day = "2026-03-02"
    quota = ("--pool", "420100", "--amount", "10.00", "--on", day)
    from_away = tuple("--holder" if word == "--user" else word for word in words)
    for code, command in (
        (at_home, ("family", "add", "--holder", CHEN.certno, "--from", day, *words)),
        (across, ("quota", "give", CHEN_NO, *quota, *words)),
        (across, ("quota", "receive", CHEN_NO, *quota, "--reference", "Q-1", *from_away)),
    ):
        exit_code = 2 if code.startswith("usage") else 1
        assert ask(world, *command, code=exit_code)["error"]["code"] == code
