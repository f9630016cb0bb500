"""`make bench`: every measurement beside its reference, in one run, as one table.

A module `bench_*.py` here offers `measure(scale: float) -> list[Row]`: it does the work at
`scale` times its full size, does the reference the same number of times on the same machine,
and says both. `--scale 0.01` tries the machinery in seconds; the goals hold at 1.

    python -m tests.benchmarks.run
    python -m tests.benchmarks.run --only kernel exports --scale 0.1

At full size the page is written: of the measurements that ran, the lines; the lines of others
stay, each with the commit at which it was measured.
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sqlite3
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

from tests.benchmarks.table import Line, Row, as_markdown, show

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "benchmarks.md"
ORDER = ("kernel", "simulate", "crediting", "settlement", "imports", "exports", "reads")


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    names = [name for name in known() if not options.only or name in options.only]
    unknown = set(options.only) - set(names)
    if unknown:
        print(f"no such measurement: {', '.join(sorted(unknown))}; there are {', '.join(known())}")
        return 2
    measured: dict[str, list[Row]] = {}
    for name in names:
        print(f"measuring {name} at {options.scale:g} of full size …", file=sys.stderr, flush=True)
        measured[name] = measure(name, options.scale)
        if options.scale == 1:
            PAGE.parent.mkdir(exist_ok=True)
            PAGE.write_text(page(measured), encoding="utf-8")
    show([row for rows in measured.values() for row in rows])
    if options.scale == 1:
        print(f"written: {PAGE.relative_to(ROOT)}")
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.run", description=__doc__)
    parser.add_argument("--scale", type=float, default=1, help="share of the full size")
    parser.add_argument("--only", nargs="+", default=[], help=f"of: {', '.join(known())}")
    return parser.parse_args(arguments)


def known() -> list[str]:
    """The measurements there are, in the order of the page."""
    found = {path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py")}
    return [name for name in ORDER if name in found] + sorted(found - set(ORDER))


def measure(name: str, scale: float) -> list[Row]:
    """The rows of one module, in a process of its own: what one measurement loaded or left in
    memory is neither time nor memory of the next."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(_measure, name, scale).result()


def _measure(name: str, scale: float) -> list[Row]:
    return list(importlib.import_module(f"tests.benchmarks.bench_{name}").measure(scale))


def page(measured: dict[str, list[Row]]) -> str:
    """docs/benchmarks.md: on what machine, and the table with the commit of each line."""
    at = f"{_commit()}, {datetime.now(UTC):%Y-%m-%d}"
    fresh = {name: [Line(*row, name, at) for row in rows] for name, rows in measured.items()}
    lines = kept(PAGE.read_text(encoding="utf-8") if PAGE.exists() else "") | fresh
    return "\n".join(
        [
            "# Measured",
            "",
            "Written by `make bench`; do not edit. Each line ran beside its reference in one run;",
            "`python -m tests.benchmarks.run --only MEASUREMENT` measures lines anew.",
            "",
            *(f"- {name}: {value}" for name, value in circumstances().items()),
            "",
            as_markdown([line for name in known() for line in lines.get(name, [])]),
            "",
        ]
    )


def kept(text: str) -> dict[str, list[Line]]:
    """The lines that stand on the page, by measurement."""
    lines: dict[str, list[Line]] = {}
    for row in text.splitlines():
        cells = [cell.strip() for cell in row.strip("|").split(" | ")]
        if row.startswith("|") and len(cells) == len(Line._fields) and cells[-2] in known():
            lines.setdefault(cells[-2], []).append(Line(*cells))
    return lines


def circumstances() -> dict[str, str]:
    """What the figures depend on."""
    return {
        "machine": f"{_cpu()}, {os.cpu_count()} cores, {_memory()}",
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
    }


def _cpu() -> str:
    return _first_value(Path("/proc/cpuinfo"), "model name") or platform.machine()


def _memory() -> str:
    kilobytes = _first_value(Path("/proc/meminfo"), "MemTotal").removesuffix(" kB")
    return f"{int(kilobytes) // 1024**2} GiB" if kilobytes else "memory unknown"


def _first_value(path: Path, key: str) -> str:
    if not path.exists():
        return ""
    pairs = (line.split(":", 1) for line in path.read_text().splitlines() if ":" in line)
    return next((value.strip() for name, value in pairs if name.strip() == key), "")


def _commit() -> str:
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True
    )
    return described.stdout.strip() or "not a clone"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
