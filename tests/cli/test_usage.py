"""What a user mistypes: exit code 2 for wrong usage, 1 for what is refused, never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from api.cli.main import app


def gongji(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


@pytest.mark.parametrize(
    "words",
    [
        ("balance", "1", "--db", "nonsense"),
        ("import", "nonsense", "people.csv"),
        ("credit", "2023-13"),
    ],
)
def test_wrong_usage_is_exit_code_two(words: tuple[str, ...]) -> None:
    assert gongji(*words).exit_code == 2


def test_a_file_that_is_no_database_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "letter.db"
    path.write_text("Dear Sir or Madam, " * 100, encoding="utf-8")
    result = gongji("balance", "1", "--db", f"sqlite:///{path}", "--json")
    assert result.exit_code == 1
    assert '"database/unusable"' in result.stdout


def test_a_folder_that_is_not_there_is_refused_in_words(tmp_path: Path) -> None:
    result = gongji("init", "--db", f"sqlite:///{tmp_path / 'nowhere' / 'gongji.db'}", "--json")
    assert result.exit_code == 1
    assert '"database/unusable"' in result.stdout
