"""The real process: `gongji serve` on a free port, tokens from `gongji token create`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.wiring import local_now
from ledger.services.tokens import create_token
from tests import databases
from tests.api.city import FIRST, City, visit
from tests.architecture.tree import ROOT
from tests.people import CHEN
from tests.world import open_context

COMMANDS = """
import typer
from api.cli import server, token
app = typer.Typer()
for name, command, _ in server.COMMANDS:
    app.command(name)(command)
app.add_typer(token.app, name="token")
app()
"""
# Only these two, so that the test needs no other command to be there.


def gongji(*words: str, db: Path) -> list[str]:
    return [sys.executable, "-c", COMMANDS, *words, "--db", databases.address(db)]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("served") / "city.db"
    City(path).world.close()
    return path


@pytest.fixture(scope="module")
def address(database: Path) -> Iterator[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    process = subprocess.Popen(
        gongji("serve", "--port", "0", db=database),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert process.stdout is not None
    told = process.stdout.readline()
    found = re.search(r"http://127\.0\.0\.1:\d+", told)
    assert found, told + process.communicate(timeout=10)[1]
    yield found[0] + "/api/v1"
    process.terminate()
    _, errors = process.communicate(timeout=20)
    assert CHEN.psn_no not in errors


def token(database: Path, *words: str) -> dict[str, str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    made = subprocess.run(
        gongji("token", "create", *words, db=database),
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    return {"Authorization": f"Bearer {made.stdout.strip()}"}


def test_a_hospital_settles_and_the_person_sees_it(address: str, database: Path) -> None:
    hospital = token(database, "--role", "provider", "--subject", FIRST)
    context = open_context(database)
    today = local_now().date()
    made = create_token(context, "person", CHEN.psn_no, "", 1, today)
    context.engine.dispose()
    person = {"Authorization": f"Bearer {made['token']}"}
    assert httpx.get(f"{address}/health").status_code == 200
    assert httpx.get(f"{address}/people/{CHEN.psn_no}/balance").status_code == 401

    def settle(_: int) -> httpx.Response:
        headers: dict[str, Any] = hospital | {"Idempotency-Key": "k"}
        return httpx.post(f"{address}/settlements", json=visit(), headers=headers, timeout=30)

    with ThreadPoolExecutor(5) as threads:
        answers = list(threads.map(settle, range(5)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    setl_id = answers[0].json()["setl_id"]

    def get(path: str) -> httpx.Response:
        return httpx.get(f"{address}{path}", headers=person)

    assert get(f"/settlements/{setl_id}").json() == answers[0].json()
    lines = get(f"/people/{CHEN.psn_no}/statement?from=2023-02-15").json()["lines"]
    assert [line["amount"] for line in lines] == [f"-{answers[0].json()['acct_pay']}"]
    workbook = get("/reports/statement")
    assert workbook.content.startswith(b"PK")
    assert "filename*=UTF-8''" in workbook.headers["content-disposition"]


def test_a_port_that_is_taken_is_a_refusal(address: str, database: Path) -> None:
    port = address.split(":")[2].split("/")[0]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    second = subprocess.run(
        gongji("serve", "--port", port, db=database),
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
    )
    assert second.returncode == 1
    assert "server/cannot-listen" in second.stderr
