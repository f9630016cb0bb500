"""A long file is decided and written in stretches, one beside the other; nobody sees it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ledger.core.errors import Refused
from ledger.services.visits import import_visits
from tests import databases
from tests.services.test_samples import FILES, import_file
from tests.world import World, dump

WITH_NUMBERS = ["fiscal_month", "visit", "inpatient_stay", "settlement", "family_draw", "transfer"]
WITHOUT_NUMBERS = ["personal_account", "account_year", "family_link", "accumulator"]
ENTRIES = (
    "SELECT person_id, entry_id, kind, legs, happened_on, fiscal_month, reverses_entry_id "
    "FROM entry"
)
FOURTH_VISIT_IS_REFUSED = """
    CREATE TRIGGER fourth BEFORE INSERT ON visit WHEN (SELECT count(*) FROM visit) = 3
    BEGIN SELECT RAISE(ABORT, 'ledger/month-closed: for a test'); END
"""


def before_visits(path: Path) -> World:
    world = World(path)
    for name in FILES[:-1]:
        import_file(world, name)
    world.credit("2023-01")
    return world


def outcome(path: Path) -> dict[str, Any]:
    """What the sample file of visits leaves. Numbers of entries come from the clock, so each
    stands there as its place among all."""
    world = before_visits(path)
    result = import_file(world, "visits.csv")
    tables = dump(world, WITH_NUMBERS + WITHOUT_NUMBERS) | {"entry": world.rows(ENTRIES)}
    world.close()
    cells = (cell for rows in tables.values() for row in rows for cell in row)
    numbers = sorted({cell for cell in cells if isinstance(cell, int) and cell > 10**15})
    place = {number: place for place, number in enumerate(numbers)}
    shown = {
        table: sorted((tuple(place.get(cell, cell) for cell in row) for row in rows), key=repr)
        for table, rows in tables.items()
    }
    return {"result": result, **shown}


@pytest.mark.parametrize("stretch", [1, 2])
def test_the_books_are_the_same_however_long_a_stretch_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stretch: int
) -> None:
    whole = outcome(tmp_path / "whole.db")
    monkeypatch.setattr(import_visits, "STRETCH", stretch)
    assert outcome(tmp_path / "stretches.db") == whole


@databases.only_sqlite
def test_what_the_database_refuses_in_one_stretch_takes_all_others_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = before_visits(tmp_path / "refused.db")
    with world.context.writing() as work:
        work.connection.exec_driver_sql(FOURTH_VISIT_IS_REFUSED)
        work.commit()
    tables = [*WITH_NUMBERS, *WITHOUT_NUMBERS, "entry"]
    before = dump(world, tables)
    monkeypatch.setattr(import_visits, "STRETCH", 2)
    with pytest.raises(Refused) as refusal:
        import_file(world, "visits.csv")
    assert refusal.value.code == "ledger/month-closed"
    assert dump(world, tables) == before
    world.close()
