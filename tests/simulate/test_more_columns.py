"""From Parquet to Parquet the visits come back byte for byte, whoever wrote them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from exports.parquet_columns import footer_to_extend
from importers.visit_files import check_unchanged, file_state
from ledger.core.errors import Refused
from tests.simulate.test_simulate import RESULTS, ROWS, as_table, expected, many, results, run


def visits() -> pa.Table:
    notes = pa.array([None if row % 7 == 0 else [str(row)] * (row % 3) for row in range(ROWS)])
    return as_table(many()).append_column("notes", notes)


def written(path: Path, table: pa.Table, **how: Any) -> None:
    pq.write_table(table, path, **{"row_group_size": 700, **how})


def cut_unevenly(path: Path, table: pa.Table) -> None:
    with pq.ParquetWriter(path, table.schema) as writer:
        for start, end in ((0, 1), (1, 1000), (1000, ROWS)):
            writer.write_table(table.slice(start, end - start), row_group_size=end - start)


def with_metadata(path: Path, table: pa.Table) -> None:
    notes = {b"pandas": b"{}", "来源".encode(): "接口".encode()}
    written(path, table.replace_schema_metadata(notes))


HOW: dict[str, Callable[[Path, pa.Table], object]] = {
    "usual": written,
    "row groups of any size": cut_unevenly,
    "one row group": lambda path, table: written(path, table, row_group_size=ROWS),
    "later pages": lambda path, table: written(path, table, data_page_version="2.0"),
    "first version": lambda path, table: written(path, table, version="1.0"),
    "compressed more": lambda path, table: written(path, table, compression="zstd"),
    "an index of pages": lambda path, table: written(path, table, write_page_index=True),
    "no note of Arrow's": lambda path, table: written(path, table, store_schema=False),
    "no statistics": lambda path, table: written(path, table, write_statistics=False),
    "sums of pages": lambda path, table: written(path, table, write_page_checksum=True),
    "sorting noted": lambda path, table: written(
        path, table, sorting_columns=[pq.SortingColumn(2, True)]
    ),
    "metadata": with_metadata,
}


@pytest.mark.parametrize("how", HOW)
def test_what_came_is_kept_and_the_results_stand_behind(tmp_path: Path, how: str) -> None:
    path, out = tmp_path / "v.parquet", tmp_path / "o.parquet"
    HOW[how](path, visits())
    footer = footer_to_extend(path)
    assert footer is not None
    assert run(path, "--pack", "420300", "--out", out).exit_code == 0
    assert out.read_bytes().startswith(path.read_bytes()[: footer.start])
    before, after = pq.ParquetFile(path), pq.ParquetFile(out)
    given = after.read()
    assert given.column_names == [*before.schema_arrow.names, *RESULTS]
    assert given.select(before.schema_arrow.names).equals(before.read(), check_metadata=True)
    assert given.schema.field("hifp_pay").type == pa.decimal128(16, 2)
    answers = given.select(RESULTS).to_pylist()
    texts = [{name: str(cell) for name, cell in row.items()} for row in answers]
    assert results(texts) == expected(many())
    described_alike(before.metadata, after.metadata)


def described_alike(before: Any, after: Any) -> None:
    assert after.num_rows == before.num_rows
    assert after.num_row_groups == before.num_row_groups
    assert after.num_columns == before.num_columns + len(RESULTS)
    for place in range(before.num_row_groups):
        old, new = before.row_group(place), after.row_group(place)
        chunks = [new.column(k) for k in range(new.num_columns)]
        assert new.num_rows == old.num_rows
        assert new.total_byte_size == sum(chunk.total_uncompressed_size for chunk in chunks)
        for k in range(old.num_columns):
            assert chunks[k].to_dict() == old.column(k).to_dict()


def test_rows_are_found_by_the_least_and_greatest_results(tmp_path: Path) -> None:
    path, out = tmp_path / "v.parquet", tmp_path / "o.parquet"
    written(path, visits())
    assert run(path, "--pack", "420300", "--out", out).exit_code == 0
    whole = pq.read_table(out)
    most = pc.max(whole["hifp_pay"])
    found = pq.read_table(out, filters=pc.field("hifp_pay") == most)
    assert found.equals(whole.filter(pc.equal(whole["hifp_pay"], most)))
    assert found.num_rows
    values = pq.ParquetFile(out).metadata.row_group(0).column(whole.num_columns - 1).statistics
    assert values.has_min_max


def test_a_result_may_be_simulated_again(tmp_path: Path) -> None:
    path, out, again = (tmp_path / f"{name}.parquet" for name in "voa")
    written(path, visits())
    assert run(path, "--pack", "420300", "--out", out).exit_code == 0
    first = pq.read_table(out)
    names = [f"{name}_1" if name in RESULTS else name for name in first.column_names]
    pq.write_table(first.rename_columns(names), out)
    assert run(out, "--pack", "420300", "--out", again).exit_code == 0
    assert pq.read_table(again)["hifp_pay"].equals(first["hifp_pay"])


def test_the_result_may_take_the_place_of_the_visits(tmp_path: Path) -> None:
    path, out = tmp_path / "v.parquet", tmp_path / "o.parquet"
    written(path, visits())
    assert run(path, "--pack", "420300", "--out", out).exit_code == 0
    assert run(path, "--pack", "420300", "--out", path).exit_code == 0
    assert path.read_bytes() == out.read_bytes()
    assert sorted(tmp_path.iterdir()) == [out, path]


def without_rows(path: Path) -> None:
    written(path, visits().slice(0, 0))


def with_an_empty_row_group(path: Path) -> None:
    table = visits()
    with pq.ParquetWriter(path, table.schema) as writer:
        writer.write_table(table.slice(0, 0))
        writer.write_table(table)


@pytest.mark.parametrize("write", [without_rows, with_an_empty_row_group])
def test_empty_row_groups_are_no_hindrance(tmp_path: Path, write: Callable[[Path], None]) -> None:
    path, out = tmp_path / "v.parquet", tmp_path / "o.parquet"
    write(path)
    assert run(path, "--pack", "420300", "--out", out).exit_code == 0
    given, table = pq.read_table(out), pq.read_table(path)
    assert given.select(table.column_names).equals(table)
    assert given.column_names[-3:] == list(RESULTS)


def test_a_damaged_column_that_is_not_needed_is_refused_too(tmp_path: Path) -> None:
    path, out = tmp_path / "v.parquet", tmp_path / "o.parquet"
    table = as_table(many()).append_column(
        "bill", pa.array([f"{row:09}" * 9 for row in range(ROWS)])
    )
    written(path, table, use_dictionary=False)
    chunk = pq.ParquetFile(path).metadata.row_group(2).column(6)
    with path.open("r+b") as file:
        file.seek(chunk.data_page_offset + chunk.total_compressed_size // 2)
        file.write(b"\xff" * 400)
    result = run(path, "--pack", "420300", "--out", out, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"]["code"] == "import/unreadable"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_changed_meanwhile_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "v.parquet"
    path.write_bytes(b"some")
    state = file_state(path)
    check_unchanged(path, state)
    path.write_bytes(b"more of it")
    with pytest.raises(Refused) as refused:
        check_unchanged(path, state)
    assert refused.value.code == "import/changed-meanwhile"
    path.unlink()
    with pytest.raises(Refused) as refused:
        check_unchanged(path, state)
    assert refused.value.code == "import/unreadable"


@pytest.mark.parametrize(
    "content", [b"", b"PAR1", b"PAR1\xff\xff\xff\xffPAR1", b"PAR1x\1\0\0\0PAR1"]
)
def test_what_says_nothing_of_itself_is_not_extended(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "v.parquet"
    path.write_bytes(content)
    assert footer_to_extend(path) is None
