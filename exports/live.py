"""A formula together with the value it has now.

Previews, phones and programs that read cells show a formula's stored value; Excel computes it
again. Both must agree, so the two are made together, from whole fen, and added up together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from xlsxwriter.utility import xl_rowcol_to_cell


@dataclass(frozen=True, slots=True)
class Live:
    """`formula` without its equals sign; `value` in fen, or a whole number where it counts."""

    formula: str
    value: int

    def __add__(self, other: Live) -> Live:
        return Live(f"{self.formula}+{other.formula}", self.value + other.value)

    def __sub__(self, other: Live) -> Live:
        return Live(f"{self.formula}-{_one_term(other.formula)}", self.value - other.value)

    def __neg__(self) -> Live:
        return Live(f"-{_one_term(self.formula)}", -self.value)


NOTHING = Live("0", 0)


def _one_term(formula: str) -> str:
    """A sum in brackets, so that a minus before it takes all of it off."""
    return f"({formula})" if "+" in formula or "-" in formula else formula


def added(parts: Iterable[Live]) -> Live:
    """The sum of the parts; nothing adds up to 0."""
    whole: Live | None = None
    for part in parts:
        whole = part if whole is None else whole + part
    return NOTHING if whole is None else whole


def at(row: int, column: int, value: int, sheet: str | None = None) -> Live:
    """The value of a cell; with `sheet`, as another sheet refers to it."""
    cell = xl_rowcol_to_cell(row, column, row_abs=True, col_abs=True)
    return Live(f"'{sheet}'!{cell}" if sheet else cell, value)


def span(sheet: str, first_row: int, last_row: int, column: int) -> str:
    """A column's cells from row to row (zero-based, both included) as other sheets name them."""
    first = xl_rowcol_to_cell(first_row, column, row_abs=True, col_abs=True)
    last = xl_rowcol_to_cell(last_row, column, row_abs=True, col_abs=True)
    return f"'{sheet}'!{first}:{last}"


def quoted(text: str) -> str:
    """A text inside a formula."""
    return '"' + text.replace('"', '""') + '"'
