"""What a Parquet file says of itself comes back as it was."""

from __future__ import annotations

import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.thrift_compact import (
    BINARY,
    BYTE,
    DOUBLE,
    FALSE,
    I16,
    I32,
    I64,
    LIST,
    STRUCT,
    TRUE,
    read_struct,
    write_struct,
)

INTS = st.integers(-(1 << 63), (1 << 63) - 1)
VALUES: dict[int, st.SearchStrategy[Any]] = {
    TRUE: st.none(),
    FALSE: st.none(),
    BYTE: st.integers(0, 255),
    I16: st.integers(-(1 << 15), (1 << 15) - 1),
    I32: st.integers(-(1 << 31), (1 << 31) - 1),
    I64: INTS,
    DOUBLE: st.binary(min_size=8, max_size=8),
    BINARY: st.binary(max_size=200),
}
NUMBERS = st.integers(1, 400)


def lists(structs: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.tuples(st.just(STRUCT), st.lists(structs, max_size=3)),
        st.tuples(st.just(I64), st.lists(INTS, max_size=20)),
        st.tuples(st.just(TRUE), st.lists(st.sampled_from([1, 2]), max_size=20)),
    )


def fields(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    kinds = [st.tuples(st.just(kind), values) for kind, values in VALUES.items()]
    more = [st.tuples(st.just(LIST), lists(inner)), st.tuples(st.just(STRUCT), inner)]
    return st.dictionaries(NUMBERS, st.one_of(*kinds, *more), max_size=5)


@given(st.recursive(st.just({}), fields, max_leaves=12))
def test_any_struct_comes_back(struct: Any) -> None:
    written = write_struct(struct)
    assert read_struct(b"before" + written + b"after", 6) == (struct, 6 + len(written))


def test_the_footer_of_a_file_comes_back_byte_for_byte() -> None:
    table = pa.table({"a": [1, None, 3], "b": [["x"], [], None], "c": [0.5, 1.5, -2.0]})
    file = io.BytesIO()
    pq.write_table(table, file, row_group_size=2, write_page_index=True)
    whole = file.getvalue()
    footer = whole[-8 - int.from_bytes(whole[-8:-4], "little") : -8]
    fields, end = read_struct(footer)
    assert end == len(footer)
    assert fields[3] == (I64, 3)
    assert write_struct(fields) == footer


def test_an_empty_list_may_be_of_nothing() -> None:
    written = b"\x19\x00\x00"
    assert read_struct(written) == ({1: (LIST, (0, []))}, 3)
    assert write_struct({1: (LIST, (0, []))}) == written


@pytest.mark.parametrize("bytes_", [b"", b"\x15", b"\x18\x05ab\x00", b"\x1b\x00\x00", b"\x0f" * 9])
def test_what_is_no_struct_is_refused(bytes_: bytes) -> None:
    with pytest.raises(ValueError, match="no struct"):
        read_struct(bytes_)
