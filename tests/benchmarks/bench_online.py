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
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from statistics import mean
from time import perf_counter, process_time
from typing import Any, NamedTuple

from ledger.core.visits import VisitRecord
from ledger.services.books.verify import verify
from ledger.services.visits.settle_together import Command
from ledger.services.visits.settle_visit import settle
from ledger.services.visits.shared_commit import SharedCommit
from ledger.storage.books.journal import Origin
from tests.benchmarks.desks_city import DesksCity, admin_address, context_at, desks_city, visits
from tests.benchmarks.postgres_city import server_seconds
from tests.benchmarks.table import Row

DESKS = 8
PEOPLE = 20_000
SECONDS = 20.0
GOAL = 0.35
HOT_GOAL = 0.9
HOT_HOSPITAL = 7
TURNS = 4
FIRST_OF_GROUPS = (1 + 2 * TURNS) * DESKS
"""Lanes before it are those of the desks."""
SERVICES, WINDOWS = 2, 64


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
            spread = settling(city, seconds, 0)
            between = bench.run(seconds)
            hot, beside = by_turns(city, seconds)
            after = bench.run(seconds)
            group = settling(city, seconds, FIRST_OF_GROUPS, shared=True)
            last = bench.run(seconds)
        found = verify(context_at(city.url, "bench"))
        assert found["ok"], found["breaches"][:3]
    reference, later = (before + between) / 2, (after + last) / 2
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
            f"spread, {TURNS} stretches of each by turns: {beside.text()}",
            f"{hot.per_second / beside.per_second:.2f}",
            f"≥ {HOT_GOAL}",
        ),
        Row(
            f"the same by group commit, {SERVICES} processes with {WINDOWS} windows each",
            group.text(),
            f"pgbench as above: {later:,.0f}/s",
            f"{group.per_second / later:.2f}",
            "as far as it goes",
        ),
    ]


# --- ours ---


def by_turns(city: DesksCity, seconds: float) -> tuple[Rate, Rate]:
    """All at one hospital, and spread. What the two cost differs by less than a machine does from
    one minute to the next: so there are several stretches of each, first one first and then the
    other."""
    hot: list[Rate] = []
    spread: list[Rate] = []
    for turn in range(TURNS):
        for kind in (hot, spread) if turn % 2 else (spread, hot):
            lane = (1 + len(hot) + len(spread)) * DESKS
            hospital = HOT_HOSPITAL if kind is hot else None
            kind.append(settling(city, max(seconds / TURNS, 2.0), lane, hospital))
    return together(hot), together(spread)


def together(rates: Sequence[Rate]) -> Rate:
    """Stretches of equal length as one."""
    return Rate(*(mean(figures) for figures in zip(*rates, strict=True)))


def settling(
    city: DesksCity,
    seconds: float,
    first_lane: int,
    hospital: int | None = None,
    shared: bool = False,
) -> Rate:
    """All desks at once, for some seconds; `shared`: by group commit."""
    spawn = multiprocessing.get_context("spawn")
    desks = SERVICES if shared else DESKS
    barrier, told = spawn.Barrier(desks + 1), spawn.Queue()
    work = _service if shared else _desk
    processes = [
        spawn.Process(
            target=work,
            args=(city.url, city.people, seconds, first_lane + number, hospital, barrier, told),
        )
        for number in range(desks)
    ]
    for process in processes:
        process.start()
    barrier.wait(120)
    server, begun = server_seconds(city.server), perf_counter()
    found = [told.get(timeout=seconds * 10 + 120) for _ in processes]
    taken = perf_counter() - begun
    server = server_seconds(city.server) - server
    for process in processes:
        process.join()
    waits = sorted(wait for of_desk, _cpu in found for wait in of_desk)
    done = len(waits)
    ours = sum(cpu for _waits, cpu in found)
    return Rate(done / taken, ours / done * 1e3, server / done * 1e3, waits[done * 99 // 100] * 1e3)


def _desk(
    url: str,
    people: int,
    seconds: float,
    lane: int,
    hospital: int | None,
    barrier: Barrier,
    told: Queue[Any],
) -> None:
    """A process that settles one visit after another."""
    context = context_at(url, f"desk-{lane}")
    coming = visits(people, int(seconds * 2_000), lane, hospital)
    settle(context, coming.pop(), f"warm-{lane}")
    barrier.wait(120)
    cpu = process_time()
    waits = _one_by_one(coming, seconds, lambda record: settle(context, record, record.visit_id))
    told.put((waits, process_time() - cpu))
    context.engine.dispose()


def _service(
    url: str,
    people: int,
    seconds: float,
    lane: int,
    hospital: int | None,
    barrier: Barrier,
    told: Queue[Any],
) -> None:
    """A process like the API's: windows ask at the same time, their visits share commits."""
    context = context_at(url, f"service-{lane}")
    shared = SharedCommit(context)

    def ask(record: VisitRecord) -> object:
        return shared.settle(Command(record, Origin(record.visit_id, context.actor)))

    coming = visits(people, int(seconds * 5_000), lane, hospital)
    ask(coming.pop())
    barrier.wait(120)
    cpu = process_time()
    with ThreadPoolExecutor(WINDOWS) as windows:
        asked = [
            windows.submit(_one_by_one, coming[number::WINDOWS], seconds, ask)
            for number in range(WINDOWS)
        ]
        waits = [wait for of_window in asked for wait in of_window.result()]
    told.put((waits, process_time() - cpu))
    context.engine.dispose()


def _one_by_one(
    coming: Sequence[VisitRecord], seconds: float, ask: Callable[[VisitRecord], object]
) -> list[float]:
    """How long each visit took, until the time is over."""
    waits: list[float] = []
    begun = perf_counter()
    for record in coming:
        start = perf_counter()
        if start - begun > seconds:
            break
        ask(record)
        waits.append(perf_counter() - start)
    return waits


# --- the reference ---


class Pgbench(NamedTuple):
    """pgbench on a database of its own in the same cluster."""

    program: str
    environment: dict[str, str]

    def run(self, seconds: float) -> float:
        """Transactions a second: tpcb-like, prepared."""
        text = self.call(
            "-n", "-M", "prepared", "-c", str(DESKS), "-j", "2", "-T", f"{seconds:.0f}"
        )
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
