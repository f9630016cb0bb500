"""Which column of a sheet is which field: known names, units, stars, headers of two rows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from importers.cells import Cell, is_blank, shown, without_spaces
from importers.grids import Grid
from ledger.core.errors import Refused

_DEEPEST = 60
"""No file seen has more title rows than this above its header."""
_FEWEST = 2
"""A row with fewer known names is no header."""
_STARS = re.compile(r"[*★※#：:]+")
_NUMBER = re.compile(r"^\d{1,2}[.、)]")
_BRACKETED = re.compile(r"[(\[【〔（][^)\]】〕）]*[)\]】〕）]")
_ALIKE = (
    (re.compile("^其中"), ""),
    (re.compile("[/,_-]?元$"), ""),
    (re.compile("帐"), "账"),
    (re.compile("定点(?=[医机])|医[药疗](?=机构)"), ""),
    (re.compile("(?<=..)(?:金额|费用|额)$|(?<=...)部分$"), ""),
    (re.compile("享受"), ""),
    (re.compile("编码|代码"), "编号"),
    (re.compile("起始"), "开始"),
    (re.compile("终止|截止"), "结束"),
    (re.compile("时间"), "日期"),
    (re.compile("^是否(?=..)"), ""),
    (re.compile("(?<=..)(?:标志|标识|标记)$"), ""),
)
"""Words that headings use for one another: 待遇享受终止时间 is 待遇结束日期, 个人缴费额/元 is
个人缴费金额."""
_FOREIGN_UNIT = re.compile(r"万元|千元|百元|单位[:：]?分|[(（]分[)）]|[(（]角[)）]")


class Field(NamedTuple):
    """One field of a record and the headings under which files have it.

    `names` are tried first; `others` are headings that mean the field only where none of
    `names` is there (结算日期 beside 结算时间).
    """

    key: str
    names: tuple[str, ...]
    others: tuple[str, ...] = ()


class Layout(NamedTuple):
    """Fields that a kind of file may have, and those it must: one of each group."""

    fields: tuple[Field, ...]
    needed: tuple[tuple[str, ...], ...]
    identifying: tuple[str, ...]
    """Fields of which a data row has at least one, and a total row none."""


Columns = dict[str, list[int]]
"""Field -> the columns that carry it, mostly one."""


@dataclass(slots=True)
class Header:
    """Where the header stands and what it says."""

    row: int
    depth: int
    texts: list[str]
    """Every column's heading as the file writes it, without line breaks."""
    columns: Columns

    def missing(self, layout: Layout) -> list[tuple[str, ...]]:
        return [group for group in layout.needed if not any(key in self.columns for key in group)]


def find_header(grid: Grid, layout: Layout) -> Header | None:
    """The row, or the two rows one below the other, that name the most fields; else None."""
    names = _Names(layout)
    readings = (
        names.header(row, depth, spellings)
        for row in range(min(len(grid.rows), _DEEPEST))
        for depth, spellings in ((1, _one_row(grid, row)), (2, _two_rows(grid, row)))
    )
    best = max(readings, key=lambda header: (len(header.columns), -header.depth), default=None)
    return best if best and len(best.columns) >= _FEWEST else None


def check_unit(grid: Grid, header: Header, amounts: Sequence[str], file: str) -> None:
    """Refuses a file whose amounts are not in yuan: they would be wrong by a factor.

    Raises:
        Refused: `import/unit`.
    """
    headings = [header.texts[column] for key in amounts for column in header.columns.get(key, [])]
    titles = [shown(cell) for row in grid.rows[: header.row] for cell in row if cell != ""]
    titles = [title for title in titles if "单位" in title]
    for text in headings + titles:
        if _FOREIGN_UNIT.search(without_spaces(text)):
            raise Refused(
                "import/unit", f"“{file}”的金额单位不是元（“{text}”）；请换算成元后再导入"
            )


def plain_heading(text: str) -> str:
    """A heading as it is compared: half-width, lower case, without spaces, stars, colons and the
    number of its column (3.姓名)."""
    plain = _STARS.sub("", without_spaces(unicodedata.normalize("NFKC", text))).lower()
    return _NUMBER.sub("", plain)


def loosely(plain: str) -> str:
    """A heading with one word for all that mean the same."""
    for words, one in _ALIKE:
        plain = words.sub(one, plain)
    return plain


def display(layout: Layout, group: tuple[str, ...]) -> str:
    """The usual headings of a group of fields, for a message."""
    first = {known.key: known.names[0] for known in layout.fields}
    return " 或 ".join(first[key] for key in group)


class _Names:
    """Looks headings up; names win over weaker other names, and those over names in other words.

    The last count as weak too, so that 结算日期 never stands against 结算时间.
    """

    def __init__(self, layout: Layout) -> None:
        self._names = {plain_heading(n): f.key for f in layout.fields for n in (f.key, *f.names)}
        self._others = {plain_heading(n): f.key for f in layout.fields for n in f.others}
        self._loose = {loosely(n): key for n, key in (self._others | self._names).items()}

    def header(self, row: int, depth: int, spellings: list[tuple[str, ...]]) -> Header:
        """A header as it reads if each column is called one of its `spellings`."""
        texts: list[str] = []
        strong: Columns = {}
        weak: Columns = {}
        for column, candidates in enumerate(spellings):
            text, key, found = self._find(candidates, strong, weak)
            texts.append(text)
            if key:
                found.setdefault(key, []).append(column)
        return Header(row, depth, texts, {**weak, **strong})

    def _find(
        self, candidates: tuple[str, ...], strong: Columns, weak: Columns
    ) -> tuple[str, str | None, Columns]:
        # With what stands in brackets, then without it: a unit, a hint, 必填.
        spellings = [
            (text, plain_heading(spelling))
            for text in candidates
            for spelling in (text, _BRACKETED.sub("", text))
        ]
        for text, spelling in spellings:
            if key := self._names.get(spelling):
                return text, key, strong
            if key := self._others.get(spelling):
                return text, key, weak
        for text, spelling in spellings:
            if key := self._loose.get(loosely(spelling)):
                return text, key, weak
        return candidates[-1] if candidates else "", None, weak


def _as_written(cell: Cell) -> str:
    return without_spaces(shown(cell)) if isinstance(cell, str) else ""


def _one_row(grid: Grid, row: int) -> list[tuple[str, ...]]:
    return [(_as_written(cell),) for cell in grid.rows[row]]


def _two_rows(grid: Grid, row: int) -> list[tuple[str, ...]]:
    """Spellings of a header of two rows: what stands below stands behind what is above
    (缴费金额 over 单位: 单位缴费金额; 授权人 over 证件号码: 授权人证件号码), or alone."""
    if row + 1 >= len(grid.rows):
        return []
    above, below = _spread(grid, row), [_as_written(cell) for cell in grid.rows[row + 1]]
    if not any(above) or not any(below):
        return []
    return [(a + b, b + a, b or a) for a, b in zip(above, below, strict=True)]


def _spread(grid: Grid, row: int) -> list[str]:
    """The upper row with a merged heading over each of its columns; beside a blank without a
    merge (a CSV) the heading to the left holds too, if something stands below the blank."""
    texts = [_as_written(cell) for cell in grid.rows[row]]
    merged = False
    for (top, left), (bottom, right) in grid.merged:
        if top <= row <= bottom and right > left:
            merged = True
            texts[left : right + 1] = [texts[left]] * (min(right + 1, len(texts)) - left)
    if merged:
        return texts
    for column in range(1, len(texts)):
        if not texts[column] and not is_blank(grid.rows[row + 1][column]):
            texts[column] = texts[column - 1]
    return texts
