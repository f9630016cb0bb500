"""Whatever bytes come as a file: records, row errors, or an error of ours; never another one."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from importers.catalog import KINDS, read_data
from ledger.core.errors import GongjiError
from tests.importers.files import ONE_ROW, SAMPLES, csv_bytes, xlsx_bytes

LENIENT = settings(max_examples=60, suppress_health_check=list(HealthCheck))

CELLS = (
    st.none()
    | st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-(10**18), 10**18)
    | st.booleans()
    | st.dates()
    | st.sampled_from(["合计", "=1/0", "#N/A", "-", "2023-02-30", "1e400", "\ufffd", "１２"])
)


def survives(kind: str, data: bytes) -> None:
    try:
        batch = read_data(kind, data, "file")
    except GongjiError:
        return
    rejected = {error.row for error in batch.errors}
    assert len(batch.records) + len(rejected) == batch.rows
    assert rejected.isdisjoint(record.row for record in batch.records)


@given(st.sampled_from(KINDS), st.binary(max_size=300))
@LENIENT
def test_any_bytes_are_survived(kind: str, data: bytes) -> None:
    survives(kind, data)


@given(
    st.sampled_from(KINDS), st.text(max_size=300), st.sampled_from(["utf-8", "gb18030", "utf-16"])
)
@LENIENT
def test_any_text_below_a_header_is_survived(kind: str, text: str, encoding: str) -> None:
    header = ",".join(ONE_ROW[kind][0])
    survives(kind, f"{header}\n{text}".encode(encoding, errors="ignore"))


@given(st.sampled_from(KINDS), st.lists(st.lists(CELLS, max_size=12), max_size=4))
@LENIENT
def test_any_cells_below_a_header_are_survived(kind: str, rows: list[list[object]]) -> None:
    header, row = ONE_ROW[kind]
    survives(kind, xlsx_bytes([header, row, *rows]))


@pytest.mark.parametrize(
    ("kind", "file"),
    [("people", "people.xlsx"), ("families", "families.xlsx"), ("providers", "providers.csv")],
)
def test_damaged_samples_are_survived(kind: str, file: str) -> None:
    chance = random.Random(420300)
    whole = (SAMPLES / file).read_bytes()
    for _ in range(25):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 8)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        survives(
            kind, bytes(data[: chance.randint(1, len(data))] if chance.random() < 0.3 else data)
        )


def test_a_quote_that_is_never_closed_is_survived() -> None:
    survives("people", csv_bytes(list(ONE_ROW["people"])) + b'\r\n"' + b"x," * 200_000)
