"""`gongji import` at the terminal: what is said, and where rejected rows go."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli.main import app
from tests import databases
from tests.importers.files import ONE_ROW, table, xlsx_bytes
from tests.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "city.db")
    yield world
    world.close()


@pytest.fixture
def roster(tmp_path: Path) -> Path:
    """A person as he should be, and one of no known kind."""
    path = tmp_path / "people.xlsx"
    bad = {"人员编号": "2", "证件号码": "1", "人员类别": "学生"}
    path.write_bytes(xlsx_bytes(table("people", {}, bad)))
    return path


def take_in(world: World, roster: Path, *options: str) -> tuple[int, str]:
    words = ["import", "people", str(roster), *options, "--db", databases.address(world.path)]
    result = CliRunner().invoke(app, words)
    return result.exit_code, result.output


@pytest.mark.parametrize(
    ("options", "said", "again"),
    [
        (["--strict"], "整份未导入", "未变 0"),
        (["--dry-run"], "试算，未入账", "未变 0"),
        ([], "接受 1（其中未变 0），拒绝 1\n", "未变 1"),
    ],
)
def test_it_says_whether_anything_was_booked(
    options: list[str], said: str, again: str, world: World, roster: Path
) -> None:
    assert said in take_in(world, roster, *options)[1]
    assert again in take_in(world, roster)[1]


def test_the_folder_of_rejected_rows_is_made(world: World, roster: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "folder" / "rejected.xlsx"
    code, said = take_in(world, roster, "--errors", str(out))
    assert (code, out.exists()) == (1, True)
    assert f"被拒的行已写入 {out}" in said


def test_rejected_rows_that_cannot_be_written_are_told_before_anything_is_booked(
    world: World, roster: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    for out in (tmp_path / "file" / "rejected.xlsx", tmp_path):
        code, said = take_in(world, roster, "--errors", str(out), "--json")
        assert (code, json.loads(said)["error"]["code"]) == (1, "export/unwritable")
    assert "未变 0" in take_in(world, roster)[1]


def test_the_file_itself_is_not_overwritten(world: World, roster: Path) -> None:
    before = roster.read_bytes()
    assert take_in(world, roster, "--errors", str(roster))[0] == 2
    assert roster.read_bytes() == before


def test_without_rejected_rows_the_workbook_is_said_to_be_empty(
    world: World, tmp_path: Path
) -> None:
    source, out = tmp_path / "in.xlsx", tmp_path / "out.xlsx"
    source.write_bytes(xlsx_bytes(list(ONE_ROW["people"])))
    code, said = take_in(world, source, "--errors", str(out))
    assert code == 0
    assert "没有被拒的行" in said
