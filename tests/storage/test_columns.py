"""Rows handed over column by column are the rows that were meant, however many columns say the
same in all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from ledger.storage.database import bulk
from ledger.storage.database.bulk import Columns, steps
from tests import databases
from tests.world import World

SIZE = 50
SAME: dict[str, Any] = {
    "person_id": 7,
    "visit_id": None,
    "content_hash": "H",
    "provider_id": 9,
    "prescriber_id": None,
    "med_type": "11",
    "settled_at": "2023-01-02 08:00:00.000001",
    "total_fen": 500,
    "fully_self_paid_fen": 0,
    "over_limit_fen": 0,
    "paid_first_fen": 0,
    "in_scope_fen": 500,
    "account_use": 1,
    "original_visit_id": None,
    "fee_category": "药",
    "facts": "'",
}
NUMBERED = {"visit_id": [f"V{n:02d}" for n in range(SIZE)]}
MIXED: Mapping[str, Sequence[Any]] = {
    "person_id": range(SIZE),
    "prescriber_id": [None, 3] * (SIZE // 2),
    "settled_at": [f"2023-01-{1 + n % 28:02d} 23:59:59" for n in range(SIZE)],
    "over_limit_fen": [0, *[n * 10**9 for n in range(SIZE - 2)], 0],
    "fee_category": [None, *["药"] * (SIZE - 2), None],
}


def visits(size: int, **differing: Sequence[Any]) -> dict[str, Sequence[Any]]:
    return {name: list(differing.get(name, [same] * size))[:size] for name, same in SAME.items()}


@pytest.mark.parametrize("marks", [bulk.MARKS, 7 * len(SAME)])
@pytest.mark.parametrize("size", [1, 2, bulk.COPY_FROM, SIZE])
@pytest.mark.parametrize("differing", [NUMBERED, NUMBERED | MIXED])
def test_columns_become_the_rows_that_they_say(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    marks: int,
    size: int,
    differing: Mapping[str, Sequence[Any]],
) -> None:
    monkeypatch.setattr(bulk, "MARKS", marks)
    columns = visits(size, **differing)
    world = World(tmp_path / "world.db")
    with world.context.writing() as work:
        for step in steps(work.connection, Columns("visit", columns)):
            step()
        work.commit()
    found = world.rows(f"SELECT {', '.join(SAME)} FROM visit ORDER BY visit_id")
    world.close()
    assert found == list(zip(*columns.values(), strict=True))


@databases.only_sqlite
def test_a_column_that_differed_once_makes_no_further_statement(tmp_path: Path) -> None:
    first = visits(SIZE, visit_id=[f"A{n}" for n in range(SIZE)])
    mixed = visits(SIZE, visit_id=[f"B{n}" for n in range(SIZE)], total_fen=range(SIZE))
    again = visits(SIZE, visit_id=[f"C{n}" for n in range(SIZE)])
    world = World(tmp_path / "world.db")
    said: list[str] = []
    with world.context.writing() as work:
        event.listen(
            world.context.engine, "before_cursor_execute", lambda *given: said.append(given[2])
        )
        for columns in (first, mixed, again, mixed | {"visit_id": [f"D{n}" for n in range(SIZE)]}):
            for step in steps(work.connection, Columns("visit", columns)):
                step()
        work.commit()
    found = world.rows("SELECT sum(total_fen), count(*) FROM visit")
    world.close()
    texts = [text for text in said if text.startswith("INSERT INTO visit")]
    assert len(texts) == 4
    assert len(set(texts)) == 2
    assert found == [(2 * 500 * SIZE + 2 * sum(range(SIZE)), 4 * SIZE)]


def test_no_columns_are_no_rows(tmp_path: Path) -> None:
    world = World(tmp_path / "world.db")
    with world.context.writing() as work:
        assert steps(work.connection, Columns("visit", {})) == []
    world.close()


def test_days_are_spelt_as_the_database_does(tmp_path: Path) -> None:
    names = ("person_id", "visit_id", "content_hash", "provider_id", "first_day", "last_day")
    rows = [(n, f"S{n}", "h", 1, f"1999-12-{1 + n}", "2024-02-29") for n in range(9, 29)]
    world = World(tmp_path / "world.db")
    with world.context.writing() as work:
        columns = dict(zip(names, zip(*rows, strict=True), strict=True))
        for step in steps(work.connection, Columns("inpatient_stay", columns)):
            step()
        work.commit()
    found = world.rows(f"SELECT {', '.join(names)} FROM inpatient_stay ORDER BY person_id")
    world.close()
    assert found == rows
