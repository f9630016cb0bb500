"""What `pip install .` takes along: a wheel without its packs or migrations works only here."""

from __future__ import annotations

import tomllib
from pathlib import Path

from tests.architecture.tree import PACKAGES, ROOT, none


def data_globs() -> dict[str, list[str]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return project["tool"]["setuptools"]["package-data"]


def taken_along(package: str) -> set[Path]:
    """Files that the package's globs name."""
    globs = data_globs().get(package, [])
    return {path for glob in globs for path in (ROOT / package).glob(glob)}


def shipped_files(package: str) -> list[Path]:
    return [
        path
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    ]


def test_every_data_file_of_a_package_is_taken_along() -> None:
    none(
        [
            f"{path.relative_to(ROOT)}: in no line of [tool.setuptools.package-data]"
            for package in PACKAGES
            for path in set(shipped_files(package)) - taken_along(package)
            if path.suffix != ".py"
        ]
    )


def test_every_module_stands_in_a_package_or_is_taken_along() -> None:
    none(
        [
            f"{path.relative_to(ROOT)}: its folder has no __init__.py"
            for package in PACKAGES
            for path in set(shipped_files(package)) - taken_along(package)
            if path.suffix == ".py" and not (path.parent / "__init__.py").exists()
        ]
    )


def test_every_line_of_package_data_names_something() -> None:
    none(
        [
            f"{package}: {glob}"
            for package, globs in data_globs().items()
            for glob in globs
            if not any((ROOT / package).glob(glob))
        ]
    )
