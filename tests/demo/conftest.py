"""One set of input files for all tests of this folder: writing them takes seconds."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli.demo import print_done
from api.cli.main import app
from api.demo.generate import Truth, write_inputs
from api.demo.run import DemoDone, FileDone, MonthDone

Answer = dict[str, Any]


@pytest.fixture(scope="session")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    """The folder with the demo's input files, and what is truly in them."""
    folder = tmp_path_factory.mktemp("demo") / "in"
    return folder, write_inputs(folder)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Answer]:
    """The folder of one run, and its answer in JSON."""
    folder = tmp_path_factory.mktemp("run") / "demo"
    result = CliRunner().invoke(app, ["demo", str(folder), "--json"])
    assert result.exit_code == 0, result.output
    return folder, json.loads(result.stdout)


@pytest.fixture
def say_done(
    demo: tuple[Path, Answer], inputs: tuple[Path, Truth], capsys: pytest.CaptureFixture[str]
) -> Callable[[], str]:
    """What the run tells a person at its end."""

    def say() -> str:
        folder, answer = demo
        done = DemoDone(
            folder,
            inputs[1],
            [FileDone(**file) for file in answer["files"]],
            [_month_again(month) for month in answer["months"]],
            [folder / name for name in answer["outputs"]],
            answer["verify"],
            answer["seconds"],
        )
        capsys.readouterr()
        print_done(done)
        return capsys.readouterr().out

    return say


def _month_again(answer: Answer) -> MonthDone:
    return MonthDone(**{name: value for name, value in answer.items() if name != "cash_fen"})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker for the whole folder: each would write the files anew."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.xdist_group("demo"))
