"""Texts that a file keeps once each are read once each, and mean and fail the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from importers.visit_files import ParquetVisits
from tests.simulate.test_simulate import HEADING, RESULTS, faults, run

CELLS = {
    "psn_no": ["4203001", "4203002"],
    "psn_type": ["11", "12"],
    "setl_time": ["2023-01-06 09:00:00", "2023/5/1 9:00", "2023年1月6日 9:00"],
    "med_type": ["11", "13", "41"],
    "tier": ["1", "2", "3"],
    "inscp_scp_amt": ["400.00", "￥1,200.5", "0.07", "99"],
}
ROWS = 900


def texts(**others: list[str | None]) -> pa.Table:
    """Every column text of few values; `others` instead of the usual ones."""
    cells: dict[str, Any] = {**CELLS, **others}
    return pa.table(
        {
            name: pa.array([cells[name][row * 7 % len(cells[name])] for row in range(ROWS)])
            for name in HEADING
        }
    )


def columns_read_once(path: Path) -> list[str]:
    (batch, *_) = ParquetVisits(path).batches(HEADING)
    return [name for name in HEADING if pa.types.is_dictionary(batch.schema.field(name).type)]


def test_amounts_and_times_are_read_once_each_where_the_file_keeps_them_so(tmp_path: Path) -> None:
    once, always = tmp_path / "once.parquet", tmp_path / "always.parquet"
    pq.write_table(texts(), once)
    pq.write_table(texts(), always, use_dictionary=False)
    few = ["psn_type", "setl_time", "med_type", "tier", "inscp_scp_amt"]
    assert columns_read_once(once) == few
    assert columns_read_once(always) == ["psn_type", "med_type", "tier"]


@pytest.mark.parametrize("row_group_size", [50, 333, ROWS])
def test_the_answers_do_not_depend_on_how_texts_are_kept(
    tmp_path: Path, row_group_size: int
) -> None:
    table = texts()
    answers = []
    for way in (True, False):
        path, out = tmp_path / "v.parquet", tmp_path / f"{way}.parquet"
        pq.write_table(table, path, use_dictionary=way, row_group_size=row_group_size)
        assert run(path, "--pack", "420300", "--out", out).exit_code == 0
        assert pq.read_table(out).select(table.column_names).equals(table)
        answers.append(pq.read_table(out).select(RESULTS))
    assert answers[0].equals(answers[1])


def test_a_wrong_text_is_a_fault_in_each_of_its_rows(tmp_path: Path) -> None:
    amounts = ["1.00", None, "-3", "12.345", "7.00"]
    times = ["2023-01-06 09:00:00", "2023-02-30", None]
    path, out = tmp_path / "v.parquet", tmp_path / "o.parquet"
    table = texts(inscp_scp_amt=amounts, setl_time=times)
    pq.write_table(table, path, row_group_size=100)
    assert "inscp_scp_amt" in columns_read_once(path)
    found = faults(path, out)
    codes = {
        None: "import/missing-value",
        "-3": "simulate/negative-amount",
        "12.345": "value/not-an-amount",
        "2023-02-30": "value/not-a-day",
    }
    assert found == [
        (row + 1, name, codes[cells[row]])
        for row in range(ROWS)
        for name, cells in (
            ("setl_time", table["setl_time"].to_pylist()),
            ("inscp_scp_amt", table["inscp_scp_amt"].to_pylist()),
        )
        if cells[row] in codes
    ]


def test_a_dictionary_may_hold_what_no_row_says(tmp_path: Path) -> None:
    table = texts()
    for name, kind in (("inscp_scp_amt", pa.int8()), ("psn_no", pa.int16())):
        coded = table[name].combine_chunks().dictionary_encode()
        words = pa.concat_arrays([coded.dictionary, pa.array(["x", ""])])
        column = pa.DictionaryArray.from_arrays(coded.indices.cast(kind), words)
        table = table.set_column(HEADING.index(name), name, column)
    path, plain = tmp_path / "v.parquet", tmp_path / "plain.parquet"
    pq.write_table(table, path)
    pq.write_table(texts(), plain)
    assert columns_read_once(path)[-1] == "inscp_scp_amt"
    for source in (path, plain):
        out = tmp_path / f"{source.stem}-o.parquet"
        assert run(source, "--pack", "420300", "--out", out).exit_code == 0
    given = pq.read_table(tmp_path / "v-o.parquet").select(RESULTS)
    assert given.equals(pq.read_table(tmp_path / "plain-o.parquet").select(RESULTS))


def test_a_dictionary_longer_than_its_places_can_say_has_room_for_empty_cells(
    tmp_path: Path,
) -> None:
    words = pa.array([f"{fen // 100}.{fen % 100:02}" for fen in range(128)])
    places = pa.array([None if row % 9 == 1 else row % 128 for row in range(ROWS)], pa.int8())
    table = texts().set_column(5, "inscp_scp_amt", pa.DictionaryArray.from_arrays(places, words))
    path = tmp_path / "v.parquet"
    pq.write_table(table, path)
    assert faults(path, tmp_path / "o.parquet") == [
        (row + 1, "inscp_scp_amt", "import/missing-value") for row in range(ROWS) if row % 9 == 1
    ]
