"""Every code of a fault that an importer gives has a case among these tests."""

from __future__ import annotations

import re
from pathlib import Path

import importers

OF_OTHERS = "visit_*.py"
"""The arrays that `simulate` reads have their own tests."""

CODE = re.compile(r'"((?:import|value|identity|family|contribution|visit)/[a-z0-9-]+)"')


def codes_in(files: list[Path]) -> set[str]:
    return {code for file in files for code in CODE.findall(file.read_text(encoding="utf-8"))}


def test_every_code_has_a_case() -> None:
    (folder,) = importers.__path__
    given = [file for file in Path(folder).glob("*.py") if not file.match(OF_OTHERS)]
    cases = [
        file for file in Path(__file__).parent.glob("test_*.py") if file.name != "test_codes.py"
    ]
    assert codes_in(given) - codes_in(cases) == set()
