"""Settlements through the service while many desks are open, beside pgbench on the same cluster.

Each desk is a process of its own. The server is durable (fsync and synchronous_commit on). The
reference, pgbench's tpcb-like with prepared statements and 8 clients, runs before and after each
of ours for as long; its mean of the two is what ours is held against, since a machine that others
use is not equally fast all the time.
"""

from __future__ import annotations

import multiprocessing
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, NamedTuple

from ledger.services.settle_visit import settle
from ledger.services.verify import verify
from tests.benchmarks.desks_city import DesksCity, admin_address, context_at, desks_city, visits
from tests.benchmarks.table import Row

DESKS = 8
PEOPLE = 20_000
SECONDS = 20.0
GOAL = 0.35
HOT_GOAL = 0.9
HOT_HOSPITAL = 7


class Rate(NamedTuple):
    """What desks did together: settlements a second, milliseconds of processor time each of ours
    and of the server's, and the slowest of a hundred (ms)."""

    per_second: float
    ours_ms: float
    server_ms: float
    p99_ms: float

    def text(self) -> str:
        return (
            f"{self.per_second:,.0f}/s (p99 {self.p99_ms:.0f} ms; processor "
            f"{self.ours_ms:.2f} + {self.server_ms:.2f} ms)"
        )


def measure(scale: float = 1.0) -> list[Row]:
    seconds = max(SECONDS * scale, 2.0)
    with desks_city(max(int(PEOPLE * scale) // 2 * 2, 2_000)) as city:
        with pgbench_ready(city) as bench:
            before = bench.run(seconds)
            spread = settling(city, seconds, 0, None)
            between = bench.run(seconds)
            hot = settling(city, seconds, DESKS, HOT_HOSPITAL)
        found = verify(context_at(city.url, "bench"))
        assert found["ok"], found["breaches"][:3]
    reference = (before + between) / 2
    ratio = spread.per_second / reference
    return [
        Row(
            f"settle visit by visit, {DESKS} desks, PostgreSQL",
            spread.text(),
            f"pgbench tpcb-like, prepared, {DESKS} clients: {reference:,.0f}/s",
            f"{ratio:.2f}",
            f"≥ {GOAL}",
        ),
        Row(
            f"the same, all at one hospital, {DESKS} desks",
            hot.text(),
            f"spread: {spread.per_second:,.0f}/s",
            f"{hot.per_second / spread.per_second:.2f}",
            f"≥ {HOT_GOAL}",
        ),
    ]


# --- ours ---


def settling(city: DesksCity, seconds: float, first_lane: int, hospital: int | None) -> Rate:
    """All desks at once, for some seconds."""
    spawn = multiprocessing.get_context("spawn")
    barrier, told = spawn.Barrier(DESKS + 1), spawn.Queue()
    desks = [
        spawn.Process(
            target=_desk,
            args=(city.url, city.people, seconds, first_lane + number, hospital, barrier, told),
        )
        for number in range(DESKS)
    ]
    for desk in desks:
        desk.start()
    barrier.wait(120)
    server, begun = _server_time(city), perf_counter()
    found = [told.get(timeout=seconds * 10 + 120) for _ in desks]
    taken = perf_counter() - begun
    server = _server_time(city) - server
    for desk in desks:
        desk.join()
    waits = sorted(wait for of_desk, _cpu in found for wait in of_desk)
    done = len(waits)
    ours = sum(cpu for _waits, cpu in found)
    return Rate(
        done / taken, ours / done * 1e3, server / done * 1e3, waits[done * 99 // 100] * 1e3
    )


def _desk(
    url: str,
    people: int,
    seconds: float,
    lane: int,
    hospital: int | None,
    barrier: Barrier,
    told: Queue[Any],
) -> None:
    context = context_at(url, f"desk-{lane}")
    coming = visits(people, int(seconds * 2_000), lane, hospital)
    settle(context, coming.pop(), f"warm-{lane}")
    waits = []
    barrier.wait(120)
    begun, cpu = perf_counter(), process_time()
    for record in coming:
        start = perf_counter()
        if start - begun > seconds:
            break
        settle(context, record, record.visit_id)
        waits.append(perf_counter() - start)
    told.put((waits, process_time() - cpu))
    context.engine.dispose()


def _server_time(city: DesksCity) -> float:
    """Processor seconds of the server's processes; connections that ended count with their
    parent."""
    postmaster = int((city.server.data / "postmaster.pid").read_text().split()[0])
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


# --- the reference ---


class Pgbench(NamedTuple):
    """pgbench on a database of its own in the same cluster."""

    program: str
    environment: dict[str, str]

    def run(self, seconds: float) -> float:
        """Transactions a second: tpcb-like, prepared."""
        text = self.call("-n", "-M", "prepared", "-c", str(DESKS), "-j", "2", "-T", f"{seconds:.0f}")
        found = re.search(r"tps = ([\d.]+)", text)
        assert found is not None, text
        return float(found[1])

    def call(self, *arguments: str) -> str:
        done = subprocess.run(
            [self.program, *arguments, "pgbench"],
            env=self.environment, check=True, capture_output=True, text=True,
        )  # fmt: skip
        return done.stdout


@contextmanager
def pgbench_ready(city: DesksCity) -> Iterator[Pgbench]:
    city.server.psql("postgres", "CREATE DATABASE pgbench")
    bench = Pgbench(str(city.server.programs / "pgbench"), admin_address(city))
    bench.call("-i", "-q", "-s", "10")
    yield bench


if __name__ == "__main__":
    from tests.benchmarks.table import show

    show(measure())
