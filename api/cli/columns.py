"""How wide the columns of a table on the terminal are: room goes to what must not be broken."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_UNBROKEN = re.compile(r"[!-~]+")
_LONGEST_CODE = 32
"""Longer ones are whole paths or sentences, which may go over several lines."""


class Column(NamedTuple):
    heading: str
    cells: list[str]

    @property
    def numeric(self) -> bool:
        return bool(self.cells) and all(map(_is_number, self.cells))

    @property
    def widest(self) -> int:
        """What it needs for no line to wrap."""
        from rich.cells import cell_len

        texts = (self.heading, *self.cells)
        return max(cell_len(line) for text in texts for line in text.split("\n"))

    @property
    def least(self) -> int:
        """What it needs at least: amounts and days whole, of words three Chinese characters and
        whatever has no space in it, if it is not a sentence of its own."""
        if self.numeric:
            return self.widest
        unbroken = (len(part) for cell in self.cells for part in _UNBROKEN.findall(cell))
        longest = max((length for length in unbroken if length <= _LONGEST_CODE), default=0)
        return max(longest, min(self.widest, 6))


def fits(widths: Sequence[int], line: int) -> bool:
    """Whether columns of these widths fit into a line, with borders and a space on both sides."""
    return sum(width + 3 for width in widths) < line


def shared_out(columns: Sequence[Column], room: int) -> list[int]:
    """Widths of columns: all they need if there is room, else the widest give way first."""
    widths = [column.widest for column in columns]
    least = [column.least for column in columns]
    while sum(widths) > room:
        spare = [i for i, width in enumerate(widths) if width > least[i]]
        if not spare:
            break
        widths[max(spare, key=lambda i: widths[i])] -= 1
    return widths


def _is_number(text: str) -> bool:
    return text.replace(",", "").replace(".", "").replace("-", "").isdigit() or not text
