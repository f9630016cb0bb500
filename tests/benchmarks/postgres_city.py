"""The benchmarks' city on a PostgreSQL server of its own that goes away with it, durable as it
comes: fsync and synchronous_commit stay on."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ledger.core.ids import EntryIds
from ledger.policy.loader import load_pack
from ledger.services.context import Context
from ledger.services.initialise import initialise
from ledger.storage.database.embedded_postgres import APPLICATION, OWNER, EmbeddedPostgres
from ledger.storage.database.engine import open_engine
from tests.benchmarks.city import clock

SERVER = {"shared_buffers": "1GB", "max_wal_size": "8GB", "maintenance_work_mem": "512MB"}
"""As an agency's server would have it: with the settings of a fresh cluster, checkpoints would be
a good part of what is measured, ours and the reference's."""


@contextmanager
def bench_server(settings: Mapping[str, str] = SERVER) -> Iterator[EmbeddedPostgres]:
    with tempfile.TemporaryDirectory(prefix="gongji-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        server = EmbeddedPostgres(folder / "dir", dict(settings), folder / "cluster")
        server.open()
        try:
            yield server
        finally:
            server.close()


def fresh_city(server: EmbeddedPostgres, name: str) -> Context:
    """A database made just now, with the schema and nobody in it, as its owner sees it: the
    benchmark fills it by SQL and makes the reference's tables beside ours."""
    server.psql("postgres", f"CREATE DATABASE {name} OWNER {OWNER}")
    initialise(context_on(server, name, OWNER))
    return context_on(server, name, OWNER)


def context_on(server: EmbeddedPostgres, name: str, role: str = APPLICATION) -> Context:
    engine = open_engine(server.url(role, name))
    return Context(engine, load_pack("420300"), clock, EntryIds(clock), "bench")


def server_seconds(server: EmbeddedPostgres) -> float:
    """Processor seconds of the server's processes; connections that ended count with their
    parent."""
    postmaster = int((server.data / "postmaster.pid").read_text().split()[0])
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if stat.parent.name == str(postmaster):
            ticks += sum(map(int, fields[11:15]))
        elif fields[1] == str(postmaster):
            ticks += sum(map(int, fields[11:13]))
    return ticks / 100
