"""The reconciliation workbook of 200,000 detail rows, beside the bare writer on the same cells.

The reference knows nothing of reports: it is handed the very cells of the three long sheets,
ready as text and numbers, and writes them with XlsxWriter in the same mode, in plain loops. Both
sides get their input in memory before the clock starts. Memory is measured apart, on records
that stream, each time in a process of its own.
"""

from __future__ import annotations

import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import xlsxwriter
from openpyxl.utils.datetime import to_excel
from python_calamine import load_workbook

from exports.reconciliation import write_reconciliation
from ledger.reports.reconciliation import MonthReconciliation
from tests.benchmarks.table import Row
from tests.exports import invented

DETAIL_ROWS = 200_000
RATIO_GOAL = 1.3
GROWTH_GOAL = 1.1
"""Peak memory over that of a quarter of the rows; a writer that keeps its rows makes 3 to 4."""

LONG_SHEETS = ("缴费明细", "划账明细", "结算明细")
Cells = list[list[Any]]


def measure(scale: float = 1.0) -> list[Row]:
    """Time and memory at `scale` times 200,000 detail rows."""
    rows = max(400, round(DETAIL_ROWS * scale))
    ours, bare = _alone(_ours, rows), _alone(_bare, rows)
    peak, quarter = _alone(_peak_mb, rows), _alone(_peak_mb, rows // 4)
    return [
        Row(
            f"reconciliation workbook, {rows:,} detail rows",
            f"{ours:.2f} s of processor",
            f"{bare:.2f} s (bare XlsxWriter, the same cells)",
            f"{ours / bare:.2f}",
            f"at most {RATIO_GOAL}",
        ),
        Row(
            f"its peak memory, {rows:,} detail rows",
            f"{peak:.0f} MB",
            f"{quarter:.0f} MB ({rows // 4:,} rows)",
            f"{peak / quarter:.2f}",
            f"at most {GROWTH_GOAL}",
        ),
    ]


def _alone(work: Callable[[int], float], rows: int) -> float:
    """Run in a fresh process, so that one run's memory is no part of another's."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, rows).result()


def _month(rows: int) -> MonthReconciliation:
    """Half the rows visits, the rest contributions and credits (about 3 to 4)."""
    visits = rows // 2
    return invented.reconciliation((rows - visits) * 4 // 7, visits)


def _ours(rows: int) -> float:
    month = _month(rows)
    month = replace(
        month,
        contributions=list(month.contributions),
        credits=list(month.credits),
        settlements=list(month.settlements),
        providers=list(month.providers),
    )
    return _fastest(lambda path: write_reconciliation(month, path))


def _fastest(write: Callable[[Path], None]) -> float:
    """Processor seconds of the better of two runs: what else the machine does is not counted."""
    seconds = []
    for _ in range(2):
        with tempfile.TemporaryDirectory() as folder:
            start = time.process_time()
            write(Path(folder, "book.xlsx"))
            seconds.append(time.process_time() - start)
    return min(seconds)


def _peak_mb(rows: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        write_reconciliation(_month(rows), Path(folder, "ours.xlsx"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _bare(rows: int) -> float:
    sheets = _cells(rows)
    return _fastest(lambda path: _write_bare(sheets, path))


def _write_bare(sheets: dict[str, Cells], path: Path) -> None:
    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    text = book.add_format({"border": 1, "num_format": "@"})
    number = book.add_format({"border": 1, "num_format": "#,##0.00"})
    for name, cells in sheets.items():
        sheet = book.add_worksheet(name)
        for row, values in enumerate(cells):
            for column, value in enumerate(values):
                if isinstance(value, str):
                    sheet.write_string(row, column, value, text)
                elif value is None:
                    sheet.write_blank(row, column, None, text)
                else:
                    sheet.write_number(row, column, value, number)
    book.close()


def _cells(rows: int) -> dict[str, Cells]:
    """The cells of our long sheets, read back from the workbook itself."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "ours.xlsx")
        write_reconciliation(_month(rows), path)
        book = load_workbook(str(path))
        return {
            name: [
                [_plain(value) for value in row] for row in book.get_sheet_by_name(name).to_python()
            ]
            for name in LONG_SHEETS
        }


def _plain(value: Any) -> Any:
    """Days and instants as the numbers that a sheet holds, empty cells as None."""
    if isinstance(value, date):
        return to_excel(value)
    return None if value == "" else value
