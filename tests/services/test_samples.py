"""The five sample files, from the file to the books: exactly what `expected.json` says."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from importers import catalog
from ledger.core.batches import ImportResult
from ledger.core.errors import Refused
from ledger.core.money import yuan_text
from ledger.services.context import Context
from ledger.services.crediting.import_contributions import import_contributions
from ledger.services.importing import ImportOptions
from ledger.services.roster.import_families import import_families
from ledger.services.roster.import_people import import_people
from ledger.services.roster.import_providers import import_providers
from ledger.services.visits.import_visits import import_visits
from tests.world import World, dump

SAMPLES = Path(__file__).parent.parent / "data" / "samples"
EXPECTED: dict[str, Any] = json.loads((SAMPLES / "expected.json").read_text("utf-8"))
FILES = ("providers.csv", "people.xlsx", "contributions.xlsx", "families.xlsx", "visits.csv")
SERVICES: dict[str, Callable[[Context, Any, ImportOptions], ImportResult]] = {
    "providers": import_providers,
    "people": import_people,
    "contributions": import_contributions,
    "families": import_families,
    "visits": import_visits,
}
TABLES = [
    "provider",
    "person",
    "person_identity",
    "person_span",
    "employer",
    "contribution",
    "family_link",
    "entry",
    "transfer",
    "personal_account",
    "account_year",
    "visit",
    "inpatient_stay",
    "settlement",
    "family_draw",
    "accumulator",
    "fiscal_month",
    "credit_again",
    "request",
]


def import_file(world: World, name: str, options: ImportOptions | None = None) -> ImportResult:
    batch = catalog.read(EXPECTED[name]["kind"], SAMPLES / name)
    return SERVICES[batch.kind](world.context, batch, options or ImportOptions())


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, dict[str, Any]]]:
    """The samples imported in order, then credited; the world must not be changed by a test."""
    world = World(tmp_path_factory.mktemp("samples") / "samples.db")
    results = {name: import_file(world, name) for name in FILES}
    world.credit("2023-02")
    yield world, results
    world.close()


@pytest.mark.parametrize("name", FILES)
def test_exactly_the_expected_rows_are_accepted_and_rejected(
    month: tuple[World, dict[str, ImportResult]], name: str
) -> None:
    result, expected = month[1][name], EXPECTED[name]
    assert sorted({error.row for error in result.errors}) == [
        fault["row"] for fault in expected["rejected"]
    ]
    assert (result.rows, result.accepted, result.rejected) == (
        expected["rows"],
        expected["accepted"],
        len(expected["rejected"]),
    )
    assert result.unchanged == 0
    assert all(error.code and error.message and error.row > 1 for error in result.errors)


def test_exactly_the_expected_amounts_are_credited(
    month: tuple[World, dict[str, ImportResult]],
) -> None:
    rows = month[0].rows(
        "SELECT p.psn_no, t.benefit_month, sum(CASE WHEN t.credit_account = '3201' "
        "THEN t.amount_fen ELSE -t.amount_fen END) FROM transfer AS t JOIN person AS p "
        "ON p.person_id = t.person_id WHERE t.kind LIKE '%_employee' GROUP BY 1, 2"
    )
    credited = {f"{psn_no}|{benefit}": yuan_text(fen) for psn_no, benefit, fen in rows if fen}
    assert credited == EXPECTED["credits"]


def test_the_books_of_the_samples_are_right(
    month: tuple[World, dict[str, ImportResult]],
) -> None:
    month[0].prove()


def test_importing_everything_again_changes_nothing(
    month: tuple[World, dict[str, ImportResult]],
) -> None:
    world, first = month
    before = dump(world, TABLES)
    for name in FILES:
        again = import_file(world, name)
        assert again.accepted == again.unchanged == first[name].accepted, name
        assert again.errors == first[name].errors, name
    assert dump(world, TABLES) == before
    assert world.credit("2023-02")["run"] is None


@pytest.mark.parametrize("options", [ImportOptions(dry_run=True), ImportOptions(strict=True)])
def test_a_trial_and_a_strict_import_with_faults_write_nothing(
    tmp_path: Path, options: ImportOptions
) -> None:
    world = World(tmp_path / "world.db")
    for name in FILES:
        before = dump(world, TABLES)
        result = import_file(world, name, options)
        assert result.rejected == len(EXPECTED[name]["rejected"]), name
        assert result.accepted == (0 if options.strict else EXPECTED[name]["accepted"]), name
        assert dump(world, TABLES) == before, name
        import_file(world, name)
    world.prove()
    world.close()


def test_a_strict_import_without_faults_is_taken(tmp_path: Path) -> None:
    world = World(tmp_path / "world.db")
    batch = catalog.read("providers", SAMPLES / "providers.csv")
    batch.errors.clear()
    result = import_providers(world.context, batch, ImportOptions(strict=True))
    assert result.accepted == EXPECTED["providers.csv"]["accepted"]
    world.close()


@pytest.mark.parametrize("name", FILES)
def test_an_import_that_fails_half_way_leaves_no_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A half-imported file never exists: the disk is full when the import wants to commit."""
    world = World(tmp_path / "world.db")
    for earlier in FILES[: FILES.index(name)]:
        import_file(world, earlier)
    before = dump(world, TABLES)

    def full_disk(*_: object) -> None:
        raise Refused("database/unwritable", "磁盘已满")

    with monkeypatch.context() as patch:
        patch.setattr("ledger.storage.database.unit_of_work.UnitOfWork.commit", full_disk)
        with pytest.raises(Refused):
            import_file(world, name)
    assert dump(world, TABLES) == before
    assert import_file(world, name).accepted == EXPECTED[name]["accepted"]
    world.close()
