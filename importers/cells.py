"""One cell: what it may hold, when it is blank, and how a reader of cells answers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from math import isfinite
from typing import Generic, NamedTuple, TypeVar

from importers.plain_columns import plain_column

Cell = str | int | float | bool | date | datetime | time | timedelta
"""A cell as a workbook gives it. A CSV gives text only."""

T = TypeVar("T")


class Fault(NamedTuple):
    """Why a cell is not what its column needs."""

    code: str
    message: str


Reader = Callable[[Cell], T | Fault]
"""Reads one cell that is not blank."""

NO_RESULT = "\ue000no-result"
"""Stands in a cell whose formula has no computed value (a private character, in no real file)."""
ERROR_RESULT = "\ue000error"
"""Stands in a cell that shows #N/A, #REF! and the like."""
SHARED = "\ue000shared"
"""Stands in a cell that is merged with cells of other rows, where a value cannot be shared."""

_MARKS: dict[str, Fault] = {
    NO_RESULT: Fault(
        "value/formula-without-value",
        "公式没有计算结果；请用 Excel 打开并保存文件，或改为填写数值",
    ),
    ERROR_RESULT: Fault("value/formula-error", "公式出错（如 #N/A、#REF!）；请改正公式或填写数值"),
    SHARED: Fault("value/merged-cell", "这个单元格与其他行合并，无法知道各行的值；请逐行填写"),
}

_BLANKS = frozenset({"", "-", "--", "—", "——", "/", "\\", "\\n", "null", "none", "nan"})
_ERROR_TEXTS = frozenset(
    {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"}
)
_MARKERS = r"\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\u00ad"
"""Characters without a width: they come along when a cell is copied from a page or a PDF."""
_UNSEEN = re.compile(rf"[\s{_MARKERS}]+")
_WIDTHLESS = re.compile(rf"[{_MARKERS}]+")


def is_blank(cell: Cell) -> bool:
    """Nothing, spaces of any kind, or a sign that stands for nothing (-, /, null)."""
    return isinstance(cell, str) and (not cell or without_spaces(cell).lower() in _BLANKS)


def without_spaces(text: str) -> str:
    """Every kind of space and every invisible character taken out."""
    return _UNSEEN.sub("", text)


def visible(text: str) -> str:
    """A text in half width, without what cannot be seen; the spaces inside stay."""
    return _WIDTHLESS.sub("", unicodedata.normalize("NFKC", text)).strip()


def tidy(text: str) -> str:
    """As a code is compared: half-width, no spaces, no apostrophe in front (Excel's text mark)."""
    return without_spaces(unicodedata.normalize("NFKC", text)).lstrip("'`‘’\"“”").rstrip("'’\"”")


def shown(cell: Cell) -> str:
    """A cell as text that imports again as the same value: numbers in full, days as ISO."""
    if isinstance(cell, str):
        return "" if cell in _MARKS else cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, (int, float)):
        return number_text(cell)
    return str(cell)


def number_text(number: int | float) -> str:
    """A number as Excel means it: 15 significant digits, no exponent below 10^15, no ".0"."""
    text = f"{number:.15g}"
    return text.upper() if "e" in text else text


class Memo(dict[Cell, T | Fault], Generic[T]):
    """Reads each distinct cell of a column once; `faulty` says whether any was refused."""

    def __init__(self, read: Reader[T], blank: T | Fault) -> None:
        super().__init__()
        self._read = read
        self._blank = blank
        self.faulty = False

    def __missing__(self, cell: Cell) -> T | Fault:
        # What is all letters and digits, and longer than "null", is no sign and no mark.
        if type(cell) is str and len(cell) > 4 and cell.isalnum():
            value = self._read(cell)
        else:
            value = self._carefully(cell)
        self[cell] = value
        if type(value) is Fault:
            self.faulty = True
        return value

    def _carefully(self, cell: Cell) -> T | Fault:
        if isinstance(cell, str):
            if "\ufffd" in cell:
                return Fault("value/undecodable", "文字的编码已损坏；请按原件重新填写")
            if not cell[:1].isdecimal():
                if is_blank(cell):
                    return self._blank
                if cell in _MARKS or cell.strip() in _ERROR_TEXTS:
                    return _MARKS.get(cell, _MARKS[ERROR_RESULT])
        elif isinstance(cell, float) and not isfinite(cell):
            return _MARKS[ERROR_RESULT]
        return self._read(cell)

    def read_all(self, cells: Sequence[Cell]) -> list[T | Fault]:
        kinds = set(map(type, cells))
        plain = plain_column(self._read)
        if plain is not None and kinds == {str}:
            values = plain.read(cells)  # type: ignore[arg-type]  # All of them are texts.
            if values is not None:
                return values
        # TRUE == 1 in Python: as keys they would share one answer.
        if bool in kinds:
            cells = [shown(cell) if type(cell) is bool else cell for cell in cells]
        return list(map(self.__getitem__, cells))
