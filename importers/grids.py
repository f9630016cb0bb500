"""A sheet as it stands in a file: rows of cells, before anything is known about them."""

from __future__ import annotations

from dataclasses import dataclass, field

from importers.cells import Cell

Position = tuple[int, int]
"""Row and column, counted from 0."""


@dataclass(slots=True)
class Grid:
    """All cells from the first row and column on; row `i` is number `i + 1` in Excel.

    `merged` are first and last positions of merged cells, both included.
    """

    name: str
    rows: list[list[Cell]]
    merged: list[tuple[Position, Position]] = field(default_factory=list)
    hidden: bool = False
