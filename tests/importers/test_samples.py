"""The five sample files give the rows of expected.json that need no roster and no pack."""

from __future__ import annotations

import json

import pytest

from importers.catalog import read
from tests.importers.files import SAMPLES

EXPECTED = json.loads((SAMPLES / "expected.json").read_text(encoding="utf-8"))

OF_THE_SERVICE = {"contributions.xlsx": {13, 107}, "visits.csv": {36, 57, 182}}
"""Rows that only the roster, the providers or the pack can judge."""

CODES = {
    "people.xlsx": {
        21: "identity/check-digit",
        35: "identity/lost-digits",
        48: "identity/birth-date",
        63: "identity/used-twice",
        68: "import/unknown-person-type",
    },
    "providers.csv": {10: "import/not-a-provider-code"},
    "contributions.xlsx": {15: "value/not-a-month", 105: "contribution/negative"},
    "families.xlsx": {8: "family/relation-not-allowed", 10: "family/same-person"},
    "visits.csv": {
        23: "visit/parts-do-not-add-up",
        79: "visit/duplicate-id",
        92: "value/not-an-amount",
        103: "value/not-a-day",
    },
}


@pytest.mark.parametrize("file", CODES)
def test_a_sample_gives_exactly_the_expected_rows(file: str) -> None:
    expected = EXPECTED[file]
    batch = read(expected["kind"], SAMPLES / file)
    rejected = {found["row"] for found in expected["rejected"]}
    assert batch.rows == expected["rows"]
    assert {error.row: error.code for error in batch.errors} == CODES[file]
    assert set(CODES[file]) == rejected - OF_THE_SERVICE.get(file, set())
    assert len(batch.records) == batch.rows - len(CODES[file])
    assert {record.row for record in batch.records}.isdisjoint(CODES[file])


@pytest.mark.parametrize("file", CODES)
def test_every_fault_names_a_heading_of_the_file(file: str) -> None:
    batch = read(EXPECTED[file]["kind"], SAMPLES / file)
    assert {error.column for error in batch.errors} <= set(batch.headings.values())


def test_the_credits_due_follow_from_the_contributions_read() -> None:
    batch = read("contributions", SAMPLES / "contributions.xlsx")
    read_in = {f"{r.psn_no}|{r.month.number}": r.account_fen for r in batch.records}
    for key, yuan in EXPECTED["credits"].items():
        assert read_in[key] == int(yuan.replace(".", ""))


def test_progress_runs_to_the_end_and_never_back() -> None:
    seen: list[tuple[int, int]] = []
    read("visits", SAMPLES / "visits.csv", progress=lambda done, total: seen.append((done, total)))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert {total for _, total in seen} == {260}
    assert seen[-1] == (260, 260)
