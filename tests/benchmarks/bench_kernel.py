"""The kernel over arrays, and `gongji simulate` file to file, on ten million visits.

    python -m tests.benchmarks.bench_kernel            # alone
    python -m tests.benchmarks.run --only kernel       # in the table

References: for the kernel, a Numba loop written for exactly one rule (annual deductible, one
limit), which is what a programmer would write who needed no other; for the simulation, reading
the same Parquet file and writing it again with pyarrow's defaults, nothing computed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from tests.benchmarks.table import Row, show

VISITS = 10_000_000
VISITS_PER_PERSON = 15
REPEATS = 5

SIMULATE = """
import sys, typer
from api.cli.simulate import simulate
app = typer.Typer()
app.command()(simulate)
app(sys.argv[1:])
"""

COPY = """
import sys
import pyarrow.parquet as pq
pq.write_table(pq.read_table(sys.argv[1]), sys.argv[2])
"""


def measure(scale: float = 1.0) -> list[Row]:
    """The lines of the table, at `scale` times ten million visits."""
    visits = max(int(VISITS * scale), 1_000)
    return [*kernel_rows(visits), *simulate_rows(visits)]


def kernel_rows(visits: int) -> list[Row]:
    """Compiled code is warm and arrays are made before; the best of five."""
    import numpy as np

    from ledger.benefits.compiled import Settled, fold_into, fold_tables

    columns, periods = sorted_visits(visits)
    outputs = Settled(np.zeros(visits, np.int64), np.zeros(visits, np.int64))
    tables = fold_tables(periods)
    reference = best(one_rule(columns))
    rows = []
    for threads in (1, os.cpu_count() or 1):
        ours = best(partial(fold_into, outputs, columns, tables, threads))
        rows.append(
            Row(
                f"kernel, {visits:,} visits in arrays, {threads} thread{'s' * (threads > 1)}",
                f"{ours:.3f} s",
                f"{reference:.3f} s, a loop for one rule",
                f"{ours / reference:.2f}",
                "<= 0.15 s",
            )
        )
    return rows


def simulate_rows(visits: int) -> list[Row]:
    """Each in a process of its own, for its time from start to end and its peak memory."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("decimal(16,2)", "text"):
            path, out = Path(folder) / "visits.parquet", Path(folder) / "result.parquet"
            write_visits(path, visits, as_text=kind == "text")
            copied, copying, _ = in_process(COPY, path, out)
            ours, busy, peak = in_process(
                SIMULATE, path, "--pack", "420300", "--out", out, "--json"
            )
            rows.append(
                Row(
                    f"simulate, Parquet of {visits:,} visits, {kind}, file to file",
                    f"{ours:.1f} s ({busy:.1f} s of processor), peak {peak / 1024**3:.2f} GiB",
                    f"{copied:.1f} s ({copying:.1f} s), pyarrow reads and writes it",
                    f"{ours / copied:.2f}",
                    "<= 10 s, <= 3 GB",
                )
            )
    return rows


def sorted_visits(visits: int) -> tuple[Any, Any]:
    """Two years of visits sorted by person and time, under the rules of Shiyan."""
    import numpy as np

    from ledger.benefits.compiled import VisitColumns
    from ledger.benefits.simulation import periods_of
    from ledger.policy.loader import load_pack

    random = np.random.default_rng(420300)
    first = 19_358  # 2023-01-01
    person = np.sort(random.integers(0, visits // VISITS_PER_PERSON, visits, dtype=np.int32))
    day = first + random.integers(0, 730, visits, dtype=np.int32)
    columns = VisitColumns(
        person=person,
        day=day[np.lexsort((day, person))],
        status=(person % 4 == 0).astype(np.uint8),
        tier=random.integers(1, 4, visits, dtype=np.uint8),
        in_scope=random.integers(1, 80_000, visits, dtype=np.int64),
    )
    return columns, periods_of(range(first, first + 730), load_pack("420300").outpatient)


def one_rule(columns: Any) -> Callable[[], object]:
    """Deductible 500, limit 3,000, ratio by status and tier; nothing else can be said with it."""
    import numba
    import numpy as np

    ratios = np.array([[0, 8_000, 6_500, 5_000], [0, 9_000, 7_500, 6_000]], np.int64)
    turn = 19_358 + 365
    outputs = np.zeros((2, len(columns.day)), np.int64)

    def loop(person, day, status, tier, in_scope, ratios, deductible, pay):  # type: ignore[no-untyped-def]
        who = year = -1
        open_fen = left = 0
        for i in range(len(in_scope)):
            this_year = 1 if day[i] >= turn else 0
            if person[i] != who or this_year != year:
                who, year, open_fen, left = person[i], this_year, 50_000, 300_000
            taken = min(open_fen, in_scope[i])
            due = ((in_scope[i] - taken) * ratios[status[i], tier[i]] + 5_000) // 10_000
            paid = min(due, left)
            open_fen -= taken
            left -= paid
            deductible[i], pay[i] = taken, paid

    compiled = numba.njit(error_model="numpy")(loop)
    return lambda: compiled(*columns, ratios, outputs[0], outputs[1])


def best(work: Callable[[], object]) -> float:
    """The shortest of some runs, after one that compiles and touches the memory."""
    work()
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def write_visits(path: Path, visits: int, as_text: bool) -> None:
    """Two years of visits in no order, as a system would export them."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    random = np.random.default_rng(7)
    people = max(visits // VISITS_PER_PERSON, 1)
    person = random.integers(0, people, visits, dtype=np.int32)

    def coded(places: Any, texts: list[str]) -> Any:
        return pa.DictionaryArray.from_arrays(pa.array(places), pa.array(texts)).cast(pa.string())

    seconds = random.integers(0, 730 * 86_400, visits)
    times = pa.array(np.datetime64("2023-01-01", "s") + seconds.astype("timedelta64[s]"))
    words = np.zeros((visits, 2), np.int64)
    words[:, 0] = random.integers(1, 80_000, visits)
    amounts = pa.Array.from_buffers(pa.decimal128(16, 2), visits, [None, pa.py_buffer(words)])
    kinds = random.choice(4, visits, p=[0.85, 0.1, 0.04, 0.01]).astype(np.int8)
    table = {
        "psn_no": coded(person, [f"4203{number:012}" for number in range(people)]),
        "psn_type": coded((person % 4 == 0).astype(np.int8), ["11", "12"]),
        "setl_time": times.cast(pa.string()) if as_text else times.cast(pa.timestamp("us")),
        "med_type": coded(kinds, ["11", "13", "41", "51"]),
        "tier": coded(random.integers(0, 3, visits, dtype=np.int8), ["1", "2", "3"]),
        "inscp_scp_amt": amounts.cast(pa.string()) if as_text else amounts,
    }
    pq.write_table(pa.table(table), path)


def in_process(code: str, *arguments: object) -> tuple[float, float, int]:
    """Seconds, seconds of processor and peak bytes of a Python process of its own."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=Path(__file__).resolve().parents[2],
        stdout=subprocess.PIPE,
    )
    answer = process.stdout.read() if process.stdout else b""
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"exit status {status}: {answer.decode()}")
    if answer:
        json.loads(answer)
    busy = usage.ru_utime + usage.ru_stime
    return time.perf_counter() - start, busy, usage.ru_maxrss * 1024


if __name__ == "__main__":
    show(measure(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0))
