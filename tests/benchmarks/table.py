"""One line of the benchmark table, and the table on the screen and on the page."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple


class Row(NamedTuple):
    """One measurement as text: what was done, our time, the reference's, the ratio, the goal."""

    work: str
    ours: str
    reference: str
    ratio: str
    goal: str


class Line(NamedTuple):
    """A measurement as it stands on the page: by which module, at which commit and on what day."""

    work: str
    ours: str
    reference: str
    ratio: str
    goal: str
    measurement: str
    measured_at: str


HEADINGS = Row("work", "ours", "reference", "ratio", "goal")


def show(rows: list[Row]) -> None:
    """Print the table, columns aligned."""
    widths = [max(map(_width, column)) for column in zip(HEADINGS, *rows, strict=True)]
    for row in (HEADINGS, Row(*("-" * width for width in widths)), *rows):
        cells = (cell + " " * (w - _width(cell)) for cell, w in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


def as_markdown(rows: list[Line]) -> str:
    """The table for a page."""
    headings = Line(*HEADINGS, "measurement", "commit, day")
    lines = [headings, Line(*("---",) * len(headings)), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in lines)


def _width(text: str) -> int:
    """Columns on a terminal: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
