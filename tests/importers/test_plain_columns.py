"""A column that is read at once has the values that its cells have one by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importers.amounts import amount
from importers.cells import Fault, Memo
from importers.days import instant
from importers.identity import opaque_id
from importers.plain_columns import plain_column

visit_id = opaque_id("就诊ID", 30)
READERS: list[Callable[..., Any]] = [amount, instant, visit_id]

_CLOCK = "[0-9]{2}:[0-9]{2}:[0-9]{2}"
CELLS = st.one_of(
    st.from_regex(r"[0-9]{1,16}\.[0-9]{1,3}", fullmatch=True),
    st.from_regex(
        r"(1[789]|20)[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}", fullmatch=True
    ),
    st.datetimes().map(lambda at: at.isoformat(" ", "seconds")),
    st.from_regex(r"[0-9A-Za-z]{1,34}", fullmatch=True),
    st.sampled_from(["", "-", "null", "None", "1.00\n2.00", "１.00", "#N/A", "\ufffd", " 1.00"]),
)


def _one_by_one(read: Callable[..., Any], cells: list[str]) -> list[Any]:
    memo: Memo[Any] = Memo(read, Fault("blank", ""))
    return [memo[cell] for cell in cells]


@pytest.mark.parametrize("read", READERS)
@given(st.data())
def test_at_once_as_one_by_one(read: Callable[..., Any], data: st.DataObject) -> None:
    alike = data.draw(st.sampled_from([CELLS, *(s for s in CELLS.branches)]))  # type: ignore[attr-defined]
    cells = data.draw(st.lists(alike, min_size=1, max_size=6))
    column = plain_column(read)
    assert column is not None
    values = column.read(cells)
    assert values is None or values == _one_by_one(read, cells)


@pytest.mark.parametrize(
    ("read", "cells"),
    [
        (amount, ["0.00", "12.30", "1234567890123.45"]),
        (instant, ["2023-01-05 08:00:00", "1999-12-31 23:59:59"]),
        (visit_id, ["V00000001", "12345"]),
    ],
)
def test_plain_cells_are_read_at_once(read: Callable[..., Any], cells: list[str]) -> None:
    column = plain_column(read)
    assert column is not None
    assert column.read(cells) == _one_by_one(read, cells)


@pytest.mark.parametrize(
    ("read", "cell"),
    [(amount, "1,234.50"), (amount, "1.00\n2.00"), (instant, "2023-02-30 08:00:00"),
     (instant, "2023/1/5"), (visit_id, "null"), (visit_id, "V-1")],
)  # fmt: skip
def test_one_that_is_not_plain_sends_the_column_to_its_cells(
    read: Callable[..., Any], cell: str
) -> None:
    column = plain_column(read)
    assert column is not None
    assert column.read([cell]) is None
