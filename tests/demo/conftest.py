"""One set of input files for all tests of this folder: writing them takes seconds."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.demo.generate import Truth, write_inputs


@pytest.fixture(scope="session")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    """The folder with the demo's input files, and what is truly in them."""
    folder = tmp_path_factory.mktemp("demo") / "in"
    return folder, write_inputs(folder)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker for the whole folder: each would write the files anew."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.xdist_group("demo"))
