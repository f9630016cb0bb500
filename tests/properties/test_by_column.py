"""Rows turned into columns keep every cell and its place, however many are dealt out at once."""

from __future__ import annotations

import pytest

from ledger.core import columns
from ledger.core.columns import by_column


@pytest.mark.parametrize("near", [1, 2, 3, 7, 200])
@pytest.mark.parametrize("rows", [0, 1, 2, 3, 6, 7, 8])
def test_rows_turned_round(monkeypatch: pytest.MonkeyPatch, near: int, rows: int) -> None:
    monkeypatch.setattr(columns, "_NEAR", near)
    table = [(row, f"{row}", None) for row in range(rows)]
    turned = by_column(table)
    assert len(turned) == (3 if rows else 0)
    assert list(zip(*turned, strict=True)) == table


def test_rows_of_two_widths_are_refused() -> None:
    with pytest.raises(ValueError, match="argument 2"):
        by_column([(1, 2), (3,)])
