"""A CSV that comes in many pieces gives what it gives as one."""

from __future__ import annotations

from pathlib import Path

import pytest

import importers.visit_files
from tests.simulate.test_simulate import faults, run, write_csv

VISIT = ("11", "2023-01-06 09:00:00", "11", "3", "400.00")


def visits(rows: int) -> list[tuple[str, ...]]:
    return [(f"4203{row % 37:05}", *VISIT) for row in range(rows)]


@pytest.fixture
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importers.visit_files, "_BLOCK_BYTES", 512)


@pytest.mark.parametrize("rows", [1, 10, 500])
def test_the_answers_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    path, out = write_csv(tmp_path / "v.csv", visits(rows)), tmp_path / "o.csv"
    written = []
    for block_bytes in (1 << 24, 512):
        monkeypatch.setattr(importers.visit_files, "_BLOCK_BYTES", block_bytes)
        assert run(path, "--pack", "420300", "--out", out).exit_code == 0
        written.append(out.read_bytes())
    assert written[0] == written[1]


@pytest.mark.usefixtures("_small_blocks")
def test_faults_are_named_by_their_own_rows(tmp_path: Path) -> None:
    rows = [(*row[:5], "x") if place % 90 == 80 else row for place, row in enumerate(visits(400))]
    path = write_csv(tmp_path / "v.csv", rows)
    assert faults(path, tmp_path / "o.csv") == [
        (place + 2, "inscp_scp_amt", "value/not-an-amount") for place in (80, 170, 260, 350)
    ]
