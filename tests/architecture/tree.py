"""The source tree as data: modules, what each imports and where."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("ledger", "importers", "exports", "api")


class Import(NamedTuple):
    """One import: `module` may be ours or somebody else's; `lazy` is inside a function."""

    module: str
    line: int
    lazy: bool


class Module(NamedTuple):
    """One file of ours, under its dotted name."""

    name: str
    path: Path
    text: str
    tree: ast.Module
    is_package: bool


def read_modules(root: Path = ROOT) -> dict[str, Module]:
    """Every Python file of the four packages, by dotted name."""
    found = {}
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            is_package = parts[-1] == "__init__"
            name = ".".join(parts[:-1] if is_package else parts)
            text = path.read_text(encoding="utf-8")
            found[name] = Module(name, path, text, ast.parse(text, str(path)), is_package)
    return found


def imports_of(module: Module, modules: dict[str, Module]) -> list[Import]:
    """What a module imports, relative names resolved, `from package import module` as the module.

    Imports inside functions and under TYPE_CHECKING count: who needs a name depends on it,
    whenever it is loaded.
    """
    found = []
    for node, lazy in _nodes(module.tree, lazy=False):
        if isinstance(node, ast.Import):
            found += [Import(alias.name, node.lineno, lazy) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = _base(node, module)
            for alias in node.names:
                below = f"{base}.{alias.name}"
                found.append(Import(below if below in modules else base, node.lineno, lazy))
    return found


def _nodes(node: ast.AST, *, lazy: bool) -> Iterator[tuple[ast.AST, bool]]:
    for child in ast.iter_child_nodes(node):
        yield child, lazy
        inside = lazy or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        yield from _nodes(child, lazy=inside)


def _base(node: ast.ImportFrom, module: Module) -> str:
    if not node.level:
        return node.module or ""
    here = module.name.split(".")
    up = node.level - 1 if module.is_package else node.level
    return ".".join([*here[: len(here) - up], *([node.module] if node.module else [])])


def plant(root: Path, files: dict[str, str]) -> Path:
    """Write a small tree to try a check on: path -> source."""
    for path, source in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(source, encoding="utf-8")
    return root


def none(faults: list[str]) -> None:
    """Fail with every fault on a line of its own."""
    if faults:
        pytest.fail("\n".join(faults), pytrace=False)
