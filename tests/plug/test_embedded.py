"""`--embedded-postgres DIR` as a user has it: commands and the service, and its server killed."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from ledger.storage.database import postmaster
from ledger.storage.database.embedded_postgres import EmbeddedPostgres
from tests.databases import scratch_folders
from tests.plug.city import run
from tests.plug.load import client
from tests.plug.processes import Service
from tests.plug.servers import kill_everything, process_of

pytestmark = pytest.mark.xdist_group("take-over")


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    """Made by `init`; nobody uses it between two tests."""
    with scratch_folders() as (folder, _root_folder):
        made = EmbeddedPostgres(folder)
        said("init", server=made)
        yield made
        made.stop("immediate")
        if os.geteuid() == 0:
            shutil.rmtree(made.data.parent, ignore_errors=True)


def said(*words: str, server: EmbeddedPostgres) -> str:
    done = run(*words, "--embedded-postgres", str(server.folder))
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def test_each_command_starts_it_and_stops_it_and_books_stay(server: EmbeddedPostgres) -> None:
    assert not postmaster.runs(server.data)
    said("verify", server=server)
    assert not postmaster.runs(server.data)
    both = run("verify", "--embedded-postgres", str(server.folder), "--db", "sqlite:///x.db")
    assert both.returncode == 2


def test_a_service_starts_its_killed_server_again(server: EmbeddedPostgres, tmp_path: Path) -> None:
    token = said("token", "create", "--role", "agency", "--label", "window", server=server)
    place = ("--embedded-postgres", str(server.folder))
    service = Service(place, tmp_path / "errors.txt")
    try:
        with client(service.address, token) as line:
            assert _asked(line).json()["code"] == "person/unknown"
            killed = process_of(server)
            kill_everything(server)
            answers = [_asked(line)]
            while answers[-1].status_code != 404 and len(answers) < 1_000:
                answers.append(_asked(line))
            assert {a.json()["code"] for a in answers[:-1]} == {"database/unreachable"}
            assert answers[-1].json()["code"] == "person/unknown"
            assert process_of(server) != killed
    finally:
        service.close()
    assert "重新启动" in (tmp_path / "errors.txt").read_text("utf-8")


def test_a_service_that_is_told_to_stop_stops_its_server(
    server: EmbeddedPostgres, tmp_path: Path
) -> None:
    service = Service(("--embedded-postgres", str(server.folder)), tmp_path / "errors.txt")
    assert postmaster.runs(server.data)
    service.stop(signal.SIGTERM)
    assert not postmaster.runs(server.data)


def test_a_wrong_password_is_told(server: EmbeddedPostgres) -> None:
    server.open()
    wrong = re.sub(r":[^:@]*@", ":wrong@", server.url())
    for address in (wrong, server.url() + "_of_nobody"):
        done = run("verify", "--json", "--db", address)
        assert done.returncode == 1
        assert '"database/no-entry"' in done.stdout, done.stdout
    server.close()


@pytest.mark.parametrize(
    ("verb", "folder", "code"),
    [
        ("verify", "mistyped", "database/not-initialised"),
        ("init", "a file", "database/postgres-folder"),
        ("init", "a file/in it", "database/postgres-folder"),
        ("verify", "a file/in it", "database/not-initialised"),
    ],
)
def test_a_folder_that_cannot_be_used_is_told_and_nothing_is_made(
    tmp_path: Path, verb: str, folder: str, code: str
) -> None:
    (tmp_path / "a file").touch()
    done = run(verb, "--json", "--embedded-postgres", str(tmp_path / folder))
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["code"] == code, done.stdout + done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["a file"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_the_right_to_write_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    done = run("init", "--json", "--embedded-postgres", str(tmp_path))
    assert json.loads(done.stdout)["error"]["code"] == "database/postgres-folder"


def test_no_folder_is_wrong_usage() -> None:
    """Empty, as an unset variable of a script leaves it: it meant no file of SQLite."""
    assert run("init", "--embedded-postgres", "").returncode == 2


def _asked(line: httpx.Client) -> httpx.Response:
    return line.get("/people/nobody/balance")
