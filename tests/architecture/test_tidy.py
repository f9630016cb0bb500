"""House rules that a linter does not know, each with what to write instead."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.architecture.tree import PACKAGES, ROOT, Module, none, plant, read_modules

PURE = ("ledger.core", "ledger.policy", "ledger.benefits", "ledger.books")
PURE += ("ledger.journalizing", "ledger.reports")

VERSIONS = "ledger.storage.migrations.versions"

LONGEST_MODULE = 400
LONGEST_FUNCTION = 60
LONG_ENOUGH_FOR_A_DOCSTRING = 15

# Longer than the limits, with the length they may not pass. Shorten one: lower or strike its
# line. The limits are there to keep short functions short, not to cut a readable column.
LONG_MODULES: dict[str, int] = {}
LONG_FUNCTIONS: dict[str, int] = {}


class Banned(NamedTuple):
    """What may not be called, where it may all the same, and what to write instead."""

    call: str
    allowed_in: tuple[str, ...]
    instead: str


CLOCK = "pass the instant or the day in; the clock is made in api/wiring.py"
BANNED = (
    Banned("float", (), "whole fen, or text of yuan: money never passes through a float"),
    Banned("datetime.now", ("api.wiring",), CLOCK),
    Banned("datetime.utcnow", (), CLOCK),
    Banned("datetime.today", (), CLOCK),
    Banned("date.today", ("api.wiring",), CLOCK),
    Banned("time.time", ("api.wiring",), CLOCK),
    Banned("print", ("api.cli",), "return the value; the command line prints it"),
    Banned("NotImplementedError", (), "write it, or do not offer it"),
    Banned("eval", (), "a closed set of shapes, see ledger/policy"),
    Banned("exec", (), "a closed set of shapes, see ledger/policy"),
)

# In any text file that is committed. Written so that this file does not contain them.
BANNED_TEXT = {
    r"\b(?:TO[D]O|FIX[M]E|XX[X])\b": "do it now, or open an issue",
    r"(?<![\w.~-])/(?:work|root|farm|home|mnt)/\w": "a path of one machine: make it relative",
    r"\b(?:py[p]i|test\.py[p]i)\.org|python[h]osted|extra-index-ur[l]|--index-ur[l]": (
        "the place of a package registry is the reader's to choose"
    ),
    r"# typ[e]: ignore(?!\[)": "name the rule: type: ignore[code], with the reason",
    r"# noq[a](?!: )": "name the rule: noqa: CODE, with the reason",
}
TEXT_ENDINGS = {".py", ".md", ".toml", ".txt", ".yaml", ".yml", ".sql", ".html", ".css", ".mako"}
TEXT_NAMES = {"Makefile", "run", ".gitignore"}


def banned_calls(modules: dict[str, Module]) -> list[str]:
    """Every use of a banned name, found in the syntax, not in comments or strings.

    A plain name counts where it is called or raised (a width may be typed `float`); a dotted
    one counts wherever it stands, also as `default_factory=datetime.now`.
    """
    return sorted(
        f"{module.name}:{line} {name}: {banned.instead}"
        for module in modules.values()
        for name, line in _used_names(module)
        for banned in BANNED
        if _matches(name, banned.call) and not module.name.startswith(banned.allowed_in)
    )


def _used_names(module: Module) -> list[tuple[str, int]]:
    found = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute):
            found.append((_dotted(node), node.lineno))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            found.append((node.func.id, node.lineno))
        elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Name):
            found.append((node.exc.id, node.lineno))
    return found


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _matches(name: str, banned: str) -> bool:
    """`datetime.now` is also `datetime.datetime.now`; `print` is not `table.print`."""
    return name == banned or ("." in banned and name.endswith(f".{banned}"))


def _written(modules: dict[str, Module]) -> dict[str, Module]:
    """All but the migrations' versions: each is one straight list, and a record of its day."""
    return {name: module for name, module in modules.items() if not name.startswith(VERSIONS)}


def long_modules(modules: dict[str, Module]) -> dict[str, int]:
    """Modules over the limit, with their lines."""
    lines = {name: module.text.count("\n") for name, module in _written(modules).items()}
    return {name: count for name, count in lines.items() if count > LONGEST_MODULE}


def long_functions(modules: dict[str, Module]) -> dict[str, int]:
    """Functions over the limit, with their lines; the docstring is not counted."""
    return {
        name: count
        for name, function in _functions(_written(modules))
        if (count := _body_lines(function)) > LONGEST_FUNCTION
    }


def unexplained(modules: dict[str, Module]) -> list[str]:
    """Modules without a docstring, and public functions of the middle that are too long to be
    understood from their name and types alone."""
    faults = [name for name, module in modules.items() if not ast.get_docstring(module.tree)]
    for name, function in _functions(modules):
        is_public = not any(part.startswith("_") for part in name.split(".")[-2:])
        is_long = _body_lines(function) > LONG_ENOUGH_FOR_A_DOCSTRING
        if name.startswith(PURE) and is_public and is_long and not ast.get_docstring(function):
            faults.append(name)
    return faults


def _functions(modules: dict[str, Module]) -> list[tuple[str, ast.FunctionDef]]:
    found = []
    for module in modules.values():
        scopes = [(module.name, module.tree)]
        while scopes:
            outer, scope = scopes.pop()
            for node in ast.iter_child_nodes(scope):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    scopes.append((f"{outer}.{node.name}", node))
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    found.append((f"{outer}.{node.name}", node))
    return found


def _body_lines(function: ast.FunctionDef) -> int:
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def ratchet_faults(found: dict[str, int], known: dict[str, int], limit: int) -> list[str]:
    """What is too long and not known, what grew, and what is listed without need."""
    grown = [
        f"{name}: {count} lines, at most {known.get(name, limit)}"
        for name, count in found.items()
        if count > known.get(name, limit)
    ]
    stale = [
        f"{name}: listed with {count}, but no longer over {limit}; strike the line"
        for name, count in known.items()
        if name not in found
    ]
    return grown + stale


def banned_text(root: Path, files: list[Path]) -> list[str]:
    """Words, paths and hosts that no committed text may contain."""
    patterns = {re.compile(pattern): instead for pattern, instead in BANNED_TEXT.items()}
    faults = []
    for path in files:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            faults += [
                f"{path.relative_to(root)}:{number} {found[0]!r}: {instead}"
                for pattern, instead in patterns.items()
                if (found := pattern.search(line))
            ]
    return faults


def our_texts() -> list[Path]:
    """Our text files: those at the root, and those of our folders. Data of tests is left out."""
    paths = [path for path in ROOT.iterdir() if path.is_file()]
    for folder in (*PACKAGES, "tests", "docs", ".ci"):
        paths += [path for path in (ROOT / folder).rglob("*") if path.is_file()]
    return [
        path
        for path in paths
        if (path.suffix in TEXT_ENDINGS or path.name in TEXT_NAMES)
        and not {"data", "__pycache__"} & set(path.relative_to(ROOT).parts)
    ]


def test_nothing_banned_is_used() -> None:
    none(banned_calls(read_modules()))


def test_modules_stay_short() -> None:
    none(ratchet_faults(long_modules(read_modules()), LONG_MODULES, LONGEST_MODULE))


def test_functions_stay_short() -> None:
    none(ratchet_faults(long_functions(read_modules()), LONG_FUNCTIONS, LONGEST_FUNCTION))


def test_modules_and_long_public_functions_explain_themselves() -> None:
    none(unexplained(read_modules()))


def test_no_text_names_a_machine_a_registry_or_work_left_over() -> None:
    none(banned_text(ROOT, our_texts()))


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("ledger/core/money.py", "x = float('1.10')"),
        ("ledger/services/close.py", "import datetime\nnow = datetime.datetime.now()"),
        ("ledger/storage/rows.py", "field(default_factory=datetime.utcnow)"),
        ("api/rest/app.py", "day = date.today()"),
        ("importers/people.py", "print('row')"),
        ("exports/workbook.py", "def f():\n    raise NotImplementedError"),
        ("exports/workbook.py", "def f():\n    raise NotImplementedError('later')"),
    ],
)
def test_a_planted_banned_use_is_found(tmp_path: Path, path: str, source: str) -> None:
    assert len(banned_calls(read_modules(plant(tmp_path, {path: source})))) == 1


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("api/wiring.py", "now = datetime.now(UTC)"),
        ("api/cli/main.py", "print('done')"),
        ("exports/workbook.py", "width: float = 8.5"),
        ("ledger/core/money.py", "# float(x) would lose a fen\ntext = 'print(1)'"),
    ],
)
def test_what_is_allowed_passes(tmp_path: Path, path: str, source: str) -> None:
    assert banned_calls(read_modules(plant(tmp_path, {path: source}))) == []


@pytest.mark.parametrize(
    "line",
    [
        "# TO" + "DO: later",
        "see /ro" + "ot/notes",
        "open('/wo" + "rk/main/x.csv')",
        "pip install -i https://py" + "pi.org/simple",
        "x = 1  # type" + ": ignore",
        "import os  # no" + "qa",
    ],
)
def test_a_planted_text_is_found(tmp_path: Path, line: str) -> None:
    plant(tmp_path, {"a.py": line})
    assert len(banned_text(tmp_path, [tmp_path / "a.py"])) == 1


def test_a_planted_long_function_and_module_are_found(tmp_path: Path) -> None:
    body = "\n".join("    x = 1" for _ in range(LONGEST_FUNCTION + 1))
    rest = "\n" * LONGEST_MODULE
    tree = {"ledger/core/a.py": f'"""A."""\ndef f():\n    """Long."""\n{body}\n{rest}'}
    modules = read_modules(plant(tmp_path, tree))
    assert long_functions(modules) == {"ledger.core.a.f": LONGEST_FUNCTION + 1}
    assert "ledger.core.a" in long_modules(modules)


def test_a_planted_long_function_without_a_docstring_is_found(tmp_path: Path) -> None:
    body = "\n".join("    x = 1" for _ in range(LONG_ENOUGH_FOR_A_DOCSTRING + 1))
    tree = {"ledger/core/a.py": f'"""A."""\ndef f():\n{body}\ndef _g():\n{body}\n'}
    assert unexplained(read_modules(plant(tmp_path, tree))) == ["ledger.core.a.f"]


def test_the_ratchet_only_tightens() -> None:
    assert ratchet_faults({"a": 70}, {"a": 70}, 60) == []
    assert len(ratchet_faults({"a": 71}, {"a": 70}, 60)) == 1
    assert len(ratchet_faults({}, {"a": 70}, 60)) == 1
