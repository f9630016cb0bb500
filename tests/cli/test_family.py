"""`gongji family`, as somebody at a window types it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli.main import app
from tests import databases
from tests.people import CHEN, LIN, YU_CERTNO
from tests.world import World

NOBODY_NO = "4203000000999999"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "city.db")
    world.enrol(CHEN, LIN)
    yield world
    world.close()


def family(world: World, verb: str, *words: str) -> tuple[int, dict[str, Any]]:
    where = ("--db", databases.address(world.path), "--json")
    result = CliRunner().invoke(app, ["family", verb, *words, *where])
    return result.exit_code, json.loads(result.stdout)


def add(world: World, holder: str, user: str, relation: str = "配偶") -> tuple[int, dict[str, Any]]:
    pair = ("--holder", holder, "--user", user)
    return family(world, "add", *pair, "--relation", relation, "--from", "2023-01-01")


def test_either_number_of_a_person_will_do(world: World) -> None:
    assert add(world, CHEN.psn_no, LIN.psn_no)[1]["new"] is True
    assert add(world, CHEN.certno, LIN.certno)[1]["new"] is False
    pair = ("--holder", CHEN.psn_no, "--user", LIN.certno, "--last-day", "2023-02-01")
    assert family(world, "revoke", *pair)[0] == 0


def test_the_same_person_by_two_numbers_is_the_same_person(world: World) -> None:
    code, answer = add(world, CHEN.psn_no, CHEN.certno)
    assert (code, answer["error"]["code"]) == (1, "family/same-person")


@pytest.mark.parametrize("number", [NOBODY_NO, YU_CERTNO[:-1] + "?"])
def test_nobody_is_entered_under_a_number_that_is_no_identity_number(
    world: World, number: str
) -> None:
    code, answer = add(world, CHEN.psn_no, number, "子女")
    assert (code, answer["error"]["code"]) == (1, "person/unknown")
    assert world.rows("SELECT count(*) FROM person") == [(2,)]


def test_a_child_on_no_roster_is_entered(world: World) -> None:
    assert add(world, CHEN.psn_no, YU_CERTNO, "子女")[0] == 0
    assert world.rows("SELECT count(*) FROM person") == [(3,)]
