"""A PostgreSQL of a test's own that keeps its promises to the disk, and ways to bring it down."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from ledger.storage.database import postmaster
from ledger.storage.database.embedded_postgres import OWNER, EmbeddedPostgres
from tests.databases import scratch_folders

DURABLE = {"fsync": "on", "synchronous_commit": "on", "shared_buffers": "32MB"}


@contextmanager
def a_server(disk: Path | None = None) -> Iterator[EmbeddedPostgres]:
    """Durable settings; the folder lies in memory where there is room, so that a killed process
    loses what a process can lose, and the disk is no part of the time.

    Args:
        disk: where it lies instead.
    """
    with scratch_folders(disk) as (folder, root_folder):
        server = EmbeddedPostgres(folder, DURABLE, root_folder)
        server.open()
        try:
            yield server
        finally:
            server.stop("immediate")
            server.close()


@contextmanager
def a_server_with_a_table() -> Iterator[EmbeddedPostgres]:
    """And in it `kept (x int)`, the owner's."""
    with a_server() as server:
        with psycopg.connect(server.url(OWNER)) as connection:
            connection.execute("CREATE TABLE kept (x int)")
        yield server


def kill_everything(server: EmbeddedPostgres) -> None:
    """SIGKILL to the postmaster and every process of its own, the postmaster first."""
    first = process_of(server)
    for process in (first, *_children(first)):
        _kill(process)
    _await_end(first)


def kill_postmaster(server: EmbeddedPostgres) -> None:
    """Its processes notice for themselves, the busy ones later."""
    first = process_of(server)
    _kill(first)
    _await_end(first)


def stop_immediately(server: EmbeddedPostgres) -> None:
    """As an operator in a hurry does: nothing is written out, the next start recovers."""
    server.stop("immediate")


OUTAGES: dict[str, Callable[[EmbeddedPostgres], None]] = {
    "everything killed": kill_everything,
    "postmaster killed": kill_postmaster,
    "stopped immediately": stop_immediately,
}


def process_of(server: EmbeddedPostgres) -> int:
    process = postmaster.process_of(server.data)
    assert process is not None, "no server runs"
    return process


def _kill(process: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


def _children(process: int) -> list[int]:
    """Those that it started and that still live."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            # "12 (name, perhaps with spaces) S 1 …": the parent is the second after the name.
            state, parent = stat.read_text("utf-8").rpartition(")")[2].split()[:2]
            if int(parent) == process and state != "Z":
                found.append(int(stat.parent.name))
    return found


def _await_end(process: int) -> None:
    """Until it is gone, or dead and not yet collected by its parent."""
    with suppress(FileNotFoundError, ProcessLookupError):
        while Path(f"/proc/{process}/cmdline").read_bytes():
            os.sched_yield()
