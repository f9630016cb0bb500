"""`gongji quote` and `gongji settle`, as somebody at a window types them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli.main import app
from ledger.core.people import Relation
from tests import databases
from tests.people import CHEN, YU_CERTNO, YU_NAME
from tests.world import World, code_of


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "city.db")
    world.enrol(CHEN)
    world.open_with(CHEN.psn_no, 30_000)
    yield world
    world.close()


def ask(world: World, *words: str) -> dict[str, Any]:
    visit = ("--provider", code_of("hospital-3"), "--time", "2023-03-06T09:00")
    words = (*words, *visit, "--db", databases.address(world.path), "--json")
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == 0, result.output
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def test_a_person_is_named_by_person_number_or_identity_number(world: World) -> None:
    for number in (CHEN.psn_no, CHEN.certno):
        assert ask(world, "quote", "--person", number, "--total", "812.50")["hifp_pay"] == "156.25"


def test_the_same_visit_by_the_other_number_is_the_same_visit(world: World) -> None:
    first, second = (
        ask(world, "settle", "--visit", "M1", "--person", number, "--total", "812.50")
        for number in (CHEN.psn_no, CHEN.certno)
    )
    assert first == second


def test_a_child_on_no_roster_settles_by_identity_number_from_the_relative(world: World) -> None:
    world.link(world.relation(CHEN.certno, YU_CERTNO, Relation.CHILD, user_name=YU_NAME))
    answer = ask(world, "settle", "--visit", "M1", "--person", YU_CERTNO, "--total", "100.00")
    assert answer["hifp_pay"] == "0.00"
    assert answer["acct_mulaid_pay"] == answer["acct_pay"] == "100.00"


def test_a_second_refund_is_refused_with_the_number_of_the_first(world: World) -> None:
    """The same command again, or the same request id, is the first one asked for again."""
    number = ask(world, "settle", "--visit", "M1", "--person", CHEN.psn_no, "--total", "8.00")
    again = ("reverse", str(number["setl_id"]), "--time", "2023-03-07T09:00")
    first = tell(world, *again, "--request-id", "r1")
    assert tell(world, *again, "--request-id", "r1") == first
    assert tell(world, *again)["setl_id"] == first["setl_id"]
    for other in ((*again, "--request-id", "r2"), (*again[:3], "2023-03-08T09:00")):
        error = tell(world, *other, code=1)["error"]
        assert (error["code"], error["reversed_by"]) == ("refund/done-before", first["setl_id"])
        assert first["setl_id"] in error["message"]


def tell(world: World, *words: str, code: int = 0) -> dict[str, Any]:
    """What a command says that names no visit of its own."""
    words = (*words, "--db", databases.address(world.path), "--json")
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == code, result.output
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer
