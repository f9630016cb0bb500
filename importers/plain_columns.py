"""Columns in which every cell is spelt the plain way, read at once.

Most columns of most files are like that, and cell by cell they take five times as long. Where one
cell is spelt otherwise, the column is read cell by cell, with the same result for the others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

R = TypeVar("R", bound=Callable[..., Any])


class PlainColumn(NamedTuple):
    """How a reader of cells reads a column of plain ones."""

    spelling: re.Pattern[str]
    """All cells, each with a line feed behind it."""
    convert: Callable[[Sequence[str]], list[Any]]

    def read(self, cells: Sequence[str]) -> list[Any] | None:
        """The values; None where a cell is not plain."""
        text = "\n".join(cells) + "\n"
        if text.count("\n") != len(cells) or self.spelling.fullmatch(text) is None:
            return None
        try:
            return self.convert(cells)
        except ValueError:
            return None


def plainly(spelling: str, convert: Callable[[Sequence[str]], list[Any]]) -> Callable[[R], R]:
    """Marks a reader of cells that reads a cell of this `spelling` as `convert` does. No plain
    cell may be one that stands for nothing (see `cells.is_blank`)."""
    column = PlainColumn(re.compile(f"(?:{spelling}\n)*+", re.ASCII), convert)

    def mark(read: R) -> R:
        setattr(read, _MARK, column)
        return read

    return mark


def plain_column(read: Callable[..., Any]) -> PlainColumn | None:
    """How `read` reads a column of plain cells, if it was marked."""
    found: PlainColumn | None = getattr(read, _MARK, None)
    return found


_MARK = "plain_column"
