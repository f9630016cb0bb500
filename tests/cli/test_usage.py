"""What a user mistypes: exit code 2 for wrong usage, 1 for what is refused, never a traceback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from api.cli.main import app
from tests import databases

pytestmark = databases.no_database


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


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("balance",), "usage/missing", "缺少参数 person"),
        (("premium", "list"), "usage/missing", "缺少选项 --from"),
        (("balance", "1", "--om", "2023-01-01"), "usage/unknown-option", "没有选项 --om"),
        (("balance", "1", "--on"), "usage/missing", "选项 --on 后面须写上内容"),
        (("balance", "1", "2"), "usage/extra", "多出的内容：2"),
        (("balancing",), "usage/unknown-command", "没有命令 balancing"),
        (("account", "loose"), "usage/unknown-command", "没有命令 loose"),
        (("claim", "add", "--tier", "9"), "usage/bad-value", "--tier：不能大于 3"),
        (("transfer", "step", "A", "paid"), "usage/bad-value", "case：应为整数"),
        (
            ("statement", "1", "--from", "2023-05-01", "--to", "2023-04-01"),
            "usage/bad-value",
            "起始日晚于终止日",
        ),
        (("credit", "2023-13"), "usage/bad-value", "没有 2023 年 13 月这个月份"),
        (("interest", "20XX"), "usage/bad-value", "“20XX”不是月份"),
        (
            (
                "family",
                "add",
                "--holder",
                "1",
                "--user",
                "2",
                "--relation",
                "77",
                "--from",
                "2023-01-01",
            ),
            "usage/bad-value",
            "“77”不是可以共济的关系",
        ),
        (
            ("quote", "--person", "1", "--provider", "2", "--total", "5", "--med-type", "xx"),
            "usage/bad-value",
            "医疗类别“xx”不明",
        ),
        (("simulate", "no.csv", "--pack", "x"), "usage/bad-value", "VISITS：没有 no.csv"),
    ],
)
def test_a_mistake_in_typing_is_told_in_words_with_its_code(
    words: tuple[str, ...], code: str, message: str
) -> None:
    said = gongji(*words)
    assert said.exit_code == 2
    assert said.stderr.startswith(f"✗ {message}")
    assert f"[{code}]" in said.stderr
    answered = gongji(words[0], "--json", *words[1:])
    assert answered.exit_code == 2
    assert json.loads(answered.stdout)["error"]["code"].startswith("usage/")


def test_a_group_without_a_command_shows_what_there_is() -> None:
    said = gongji("account")
    assert said.exit_code == 2
    assert "挂失" in said.output


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


def test_a_place_that_cannot_be_written_is_told_in_words(tmp_path: Path) -> None:
    stands_there = tmp_path / "a-file"
    stands_there.touch()
    for words in (("demo", str(stands_there)), ("demo", str(stands_there / "below"))):
        said = gongji(*words)
        assert said.exit_code == 1
        assert said.stderr.startswith(f"✗ 无法写入 {words[1]}：")
        assert "[export/unwritable]" in said.stderr
