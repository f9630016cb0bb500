"""The engine: what every connection is told, and what days and instants look like in a row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from ledger.storage.database.engine import open_engine, reading


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path}/plain.db")
    yield engine
    engine.dispose()


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("foreign_keys", 1), ("synchronous", 2), ("busy_timeout", 60_000)],
)
def test_every_connection_is_durable_and_patient(
    engine: Engine, pragma: str, value: object
) -> None:
    with reading(engine) as connection:
        assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (date(2023, 1, 5), "2023-01-05"),
        (datetime(2023, 1, 5, 9), "2023-01-05 09:00:00"),
        (datetime(2023, 1, 5, 9, tzinfo=UTC), "2023-01-05 09:00:00"),
        (datetime(2023, 1, 5, 9, 0, 0, 1_000, tzinfo=UTC), "2023-01-05 09:00:00.001000"),
    ],
)
def test_days_and_instants_are_plain_text_without_a_zone(
    engine: Engine, given: object, kept: str
) -> None:
    with reading(engine) as connection:
        assert connection.exec_driver_sql("SELECT ?", (given,)).scalar() == kept
