"""The outputs that the READMEs show are those of the commands on today's demo."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli.main import app
from tests.demo.test_run import Answer

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"```console\n\$ (?P<command>[^\n]+)\n(?P<shown>.*?)```", re.S)
GIVEN_OUT = re.compile(r"\b\d{18}\b")
"""Numbers of quotes and settlements follow the clock; those of persons have sixteen digits."""
CUT = "…"
"""A line of its own: something was left out here."""


def shown_blocks(page: str) -> list[tuple[str, list[str]]]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return [(found["command"], lines_of(found["shown"])) for found in BLOCK.finditer(text)]


def lines_of(text: str) -> list[str]:
    return [GIVEN_OUT.sub("0" * 18, line).rstrip() for line in text.splitlines()]


def is_cut_from(shown: list[str], said: list[str]) -> bool:
    """Whether the runs of lines between two cuts stand in what was said, in their order."""
    runs = "\n".join(shown).split(CUT)
    at = 0
    for run in (run.strip("\n") for run in runs):
        at = "\n".join(said).find(run, at)
        if at < 0:
            return False
    return CUT in shown or shown == said


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_a_readme_shows_what_its_commands_say(
    page: str,
    demo: tuple[Path, Answer],
    say_done: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)  # As into a file; xdist sets it.
    folder, _ = demo
    blocks = shown_blocks(page)
    assert len(blocks) == 5
    for command, shown in blocks:
        words = shlex.split(command.replace("sqlite:///demo", f"sqlite:///{folder}"))
        if words == ["make", "demo"]:
            said = say_done()
        else:
            said = CliRunner().invoke(app, words[1:]).output
        assert is_cut_from(shown, lines_of(said)), f"{page}: $ {command}\n{said}"
    assert blocks == shown_blocks("README.md")
