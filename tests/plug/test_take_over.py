"""Our own PostgreSQL after a SIGKILL, of its user or of itself: the next start takes over."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

import psycopg
import pytest

from ledger.storage.database import postmaster
from ledger.storage.database.embedded_postgres import OWNER, EmbeddedPostgres
from tests.databases import scratch_folders
from tests.plug.city import environment
from tests.plug.servers import OUTAGES, a_server_with_a_table, kill_postmaster, process_of

USES = """
import sys
from pathlib import Path
from ledger.storage.database.embedded_postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]), {}, Path(sys.argv[2]))
print("opening", flush=True)
server.open()
print("open", flush=True)
sys.stdin.read()
"""
BUSY = "DO $$ BEGIN FOR i IN 1..2000000 LOOP PERFORM i; END LOOP; END $$"

pytestmark = pytest.mark.xdist_group("take-over")


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    with a_server_with_a_table() as made:
        yield made


@contextmanager
def using(server: EmbeddedPostgres) -> Iterator[subprocess.Popen[str]]:
    """Another process that opens the same server and stays; killed at the end."""
    process = subprocess.Popen(
        [sys.executable, "-c", USES, str(server.folder), str(server.root_folder)],
        env=environment(), text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()


def said(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdout is not None
    while (heard := process.stdout.readline()) != f"{line}\n":
        assert heard, "the process ended"


def add(server: EmbeddedPostgres) -> int:
    """Write a row; how many there are then."""
    with psycopg.connect(server.url(OWNER)) as connection:
        connection.execute("INSERT INTO kept VALUES (1)")
        (found,) = connection.execute("SELECT count(*) FROM kept").fetchone() or (0,)
    return int(found)


def test_a_server_whose_only_user_was_killed_is_taken_over_as_it_runs() -> None:
    with scratch_folders() as (folder, root_folder):
        server = EmbeddedPostgres(folder, {}, root_folder)
        with using(server) as user:
            said(user, "open")
            running = process_of(server)
        server.open()
        try:
            assert process_of(server) == running
            psycopg.connect(server.url(OWNER)).close()
        finally:
            assert server.close() is True
        assert not postmaster.runs(server.data)


def test_whoever_is_killed_while_making_the_cluster_leaves_no_half_one() -> None:
    with scratch_folders() as (folder, root_folder):
        server = EmbeddedPostgres(folder, {}, root_folder)
        with using(server) as user:
            said(user, "opening")
            while not list(server.data.parent.glob("data.new-*/base")):
                os.sched_yield()
        assert not server.data.exists()
        server.open()
        psycopg.connect(server.url(OWNER)).close()
        assert server.close() is True


@pytest.mark.parametrize("outage", OUTAGES.values(), ids=OUTAGES.keys())
def test_a_server_that_went_down_comes_up_with_what_was_committed(
    server: EmbeddedPostgres, outage: Callable[[EmbeddedPostgres], None]
) -> None:
    before, address = add(server), server.url(OWNER)
    outage(server)
    server.open()
    assert add(server) == before + 1
    assert server.url(OWNER) == address, "open connections' addresses stay right"


def test_nobody_who_connects_is_lent_the_port_of_a_server_that_is_down(
    server: EmbeddedPostgres,
) -> None:
    lent = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text("utf-8").split()
    port = int(server.url(OWNER).rpartition(":")[2].partition("/")[0])
    assert port < int(lent[0]) or port > int(lent[1])


def test_a_busy_process_of_a_killed_server_is_waited_for(server: EmbeddedPostgres) -> None:
    before = add(server)

    def be_busy() -> None:
        with (
            suppress(psycopg.OperationalError),
            psycopg.connect(server.url(OWNER)) as connection,
        ):
            connection.execute(BUSY)

    busy = Thread(target=be_busy)
    busy.start()
    with psycopg.connect(server.url(OWNER), autocommit=True) as connection:
        while not connection.execute(
            "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'DO %' AND state = 'active'"
        ).fetchone():
            pass
    kill_postmaster(server)
    server.open()
    busy.join()
    assert add(server) == before + 1


def test_a_number_that_is_another_programs_by_now_is_no_server(server: EmbeddedPostgres) -> None:
    before = add(server)
    kill_postmaster(server)
    file = server.data / postmaster.NAME
    lines = file.read_text("utf-8").splitlines()
    # A program of the very account that the server runs under: PostgreSQL alone would believe it.
    account = {"user": file.stat().st_uid} if os.geteuid() == 0 else {}
    other = subprocess.Popen(["sleep", "600"], **account)
    file.write_text("\n".join([str(other.pid), *lines[1:]]) + "\n", "utf-8")
    assert not postmaster.runs(server.data)
    server.open()
    assert add(server) == before + 1
    other.kill()
    other.wait()


def test_passwords_that_are_gone_are_made_anew(server: EmbeddedPostgres) -> None:
    before = add(server)
    (server.folder / "server.json").unlink()
    server.open()
    assert add(server) == before + 1
