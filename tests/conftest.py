"""What every test may use. Small on purpose: a folder's own fixtures stand in its conftest."""

from __future__ import annotations

import os
import shutil

import pytest
from hypothesis import settings

from tests import databases

# Two cores are often shared: a slow machine is no fault of an example. A failing example
# prints the line that brings it back.
settings.register_profile("gongji", deadline=None, print_blob=True)
settings.load_profile("gongji")


def pytest_unconfigure() -> None:
    """Whoever used the tests' PostgreSQL leaves it."""
    databases.leave_server()


def need_program(name: str) -> str:
    """The path of an outside program (LibreOffice `soffice`, `hledger`, `pdftotext`).

    Without it the test is skipped and says so; where CI=true it fails, since there `.ci/run`
    has installed every program and a skip would hide a check that never runs.
    """
    path = shutil.which(name)
    if path is None:
        reason = f"needs the program {name}, which is not on the path"
        if os.environ.get("CI") == "true":
            pytest.fail(f"{reason}; CI=true does not skip", pytrace=False)
        pytest.skip(reason)
    return path
