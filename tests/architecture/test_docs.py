"""The pages say what is so: every command in them exists, every path is there, every command
of the program is told, every dependency has its reason."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest

from exports.catalog import EXPORTS
from importers.catalog import KINDS
from tests.architecture.tree import ROOT, none

READMES = ("README.md", "README.zh-CN.md")
PAGES = (*READMES, "CONTRIBUTING.md", "DECISIONS.md", "CHANGELOG.md", "tests/README.md")


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def commands_in(page: str) -> list[list[str]]:
    """The words of every `make …` and `gongji …` in a page: in code blocks after a `$`, or as a
    whole line, and between backticks. What starts with a path (.venv/bin/) counts the same."""
    text = text_of(page)
    lines = []
    for kind, block in re.findall(r"^```(\w*)\n(.*?)^```", text, re.M | re.S):
        whole = block.replace("\\\n", " ").splitlines()
        # A console block shows outputs too; there a command stands after its "$".
        lines += [ln.removeprefix("$ ") for ln in whole if kind != "console" or ln[:2] == "$ "]
    lines += re.findall(r"`([^`\n]+)`", re.sub(r"^```\w*\n.*?^```", "", text, flags=re.M | re.S))
    found = []
    for line in lines:
        match = re.match(r"(?:\.venv/bin/)?((?:make|gongji) [\w-].*)", line)
        if match and "…" not in line.split("#")[0].split()[:2]:
            found.append(shlex.split(match[1], comments=True))
    return found


def make_targets() -> dict[str, str]:
    """Target -> its `##` line."""
    return dict(re.findall(r"^([a-z]+):.*?## (.+)$", text_of("Makefile"), re.M))


def program() -> Any:
    """The command line as a tree of click commands."""
    from typer.main import get_command

    from api.cli.main import app

    return get_command(app)


def leaves(command: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    """Every command that does something, by the words that call it: ("rules", "show")."""
    below = getattr(command, "commands", None)
    if not below:
        return {path: command}
    return {
        words: leaf
        for name, sub in below.items()
        if not sub.hidden
        for words, leaf in leaves(sub, (*path, name)).items()
    }


def find(words: list[str], verbs: dict[tuple[str, ...], Any]) -> tuple[str, ...] | None:
    """The command that a line of words calls; None where there is none such."""
    return next((words_of for words_of in verbs if tuple(words[: len(words_of)]) == words_of), None)


def test_every_make_target_of_the_pages_exists() -> None:
    targets = make_targets()
    none(
        [
            f"{page}: make {word}"
            for page in PAGES
            for command, *words in commands_in(page)
            for word in words
            if command == "make" and word.isalpha() and word not in targets
        ]
    )


def test_the_makefile_offers_what_the_issue_names_and_says_what_each_is() -> None:
    assert {"demo", "test", "serve", "check", "bench", "soak"} <= make_targets().keys()


def test_every_gongji_command_of_the_pages_exists_with_its_options() -> None:
    verbs = leaves(program())
    faults = []
    for page in PAGES:
        for name, *words in commands_in(page):
            if name != "gongji" or words[0].startswith("-") or words[0].isupper():
                continue
            called = find(words, verbs)
            if called is None:
                groups = {path[: len(words)] for path in verbs}
                if tuple(words) not in groups:
                    faults.append(f"{page}: gongji {' '.join(words)}: no such command")
                continue
            options = {option for p in verbs[called].params for option in p.opts}
            faults += [
                f"{page}: gongji {' '.join(called)}: no option {word}"
                for word in (w.split("=")[0] for w in words)
                if word.startswith("--") and word not in options | {"--help"}
            ]
    none(faults)


@pytest.mark.parametrize("page", READMES)
def test_every_verb_is_named_in_each_readme(page: str) -> None:
    text = text_of(page)
    verbs = {words[0] for words in leaves(program())}
    none(
        [f"{page}: {verb}" for verb in sorted(verbs) if not re.search(rf"`[^`\n]*\b{verb}\b", text)]
    )


def test_every_command_shows_examples_in_its_help() -> None:
    faults = []
    for words, command in leaves(program()).items():
        text = f"{command.help or ''}\n{command.epilog or ''}"
        if f"gongji {' '.join(words)}" not in text:
            faults.append(f"gongji {' '.join(words)} --help: no example that calls it")
    none(faults)


def test_every_command_answers_in_json() -> None:
    none(
        [
            f"gongji {' '.join(words)}"
            for words, command in leaves(program()).items()
            if not any("--json" in p.opts for p in command.params) and words != ("serve",)
        ]
    )


def test_both_readmes_show_the_same_commands() -> None:
    english, chinese = (
        [" ".join(words) for words in commands_in(page) if words[0] in {"make", "gongji"}]
        for page in READMES
    )
    assert set(english) == set(chinese)


@pytest.mark.parametrize("page", PAGES)
def test_every_path_and_link_of_a_page_is_there(page: str) -> None:
    text = text_of(page)
    named = re.findall(r"`((?:ledger|importers|exports|api|tests|docs)/[\w./-]+)`", text)
    linked = re.findall(r"\]\((?!https?:|#)([^)#]+)[^)]*\)", text)
    here = (ROOT / page).parent
    none(
        [f"{page}: {path}" for path in named if not (ROOT / path).exists()]
        + [f"{page}: link {path}" for path in linked if not (here / path).exists()]
    )


def dependencies() -> list[str]:
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    lines = project["dependencies"] + project["optional-dependencies"]["dev"]
    return [re.split(r"[<>=\[; ]", line)[0].lower() for line in lines]


def test_every_dependency_has_its_reason_in_decisions() -> None:
    text = text_of("DECISIONS.md").lower()
    none([name for name in dependencies() if f"`{name}`" not in text])


def test_every_dependency_is_pinned_to_one_version_and_no_address() -> None:
    lines = text_of("constraints.txt").splitlines()
    none([line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.+]+", line)])
    pinned = {line.split("==")[0].lower().replace("_", "-") for line in lines}
    none([name for name in dependencies() if name.replace("_", "-") not in pinned])


def test_the_changelog_speaks_with_two_voices() -> None:
    text = text_of("CHANGELOG.md")
    rules = re.findall(r"^### Rules$(.*?)(?=^##|\Z)", text, re.M | re.S)
    assert "### Software" in text
    assert rules
    for part in rules:
        for word in ("Kind:", "Periods concerned:", "Files:", "Details:"):
            assert word in part, f"a change of rules says {word}"


def test_readme_shows_a_picture_of_the_result() -> None:
    for page in READMES:
        pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text_of(page))
        assert pictures, page
        assert all(Path(ROOT / picture).exists() for picture in pictures)


@pytest.mark.parametrize("names", [KINDS, tuple(EXPORTS)], ids=["importers", "exports"])
def test_a_recipe_names_every_module_with_a_line_for_each(names: tuple[str, ...]) -> None:
    """Whoever follows the page must not learn from a KeyError that one more list exists."""
    lists = [
        path.relative_to(ROOT).as_posix()
        for folder in ("api", "exports", "importers", "ledger")
        for path in (ROOT / folder).rglob("*.py")
        if all(f'"{name}"' in path.read_text("utf-8") for name in names)
    ]
    assert len(lists) > 1
    assert [path for path in lists if path not in text_of("CONTRIBUTING.md")] == []
