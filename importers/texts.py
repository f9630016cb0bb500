"""Names, codes and flags."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from importers.cells import Cell, Fault, Reader, shown, tidy, visible

T = TypeVar("T")

_CHINESE = re.compile(r"[\u3400-\u9fff·\s\u3000]+")
_YES = frozenset({"1", "是", "有", "Y", "YES", "T", "TRUE", "√", "✓", "✔", "☑", "对", "具备"})
_NO = frozenset({"0", "否", "无", "N", "NO", "F", "FALSE", "×", "X", "✗", "✘", "□", "☐", "不具备"})


def name(cell: Cell) -> str | Fault:
    """A name. Spaces that pad a Chinese name to a column's width are taken out (张　三)."""
    if type(cell) is str and cell.isalnum():
        return cell
    text = visible(shown(cell)).lstrip("'")
    return "".join(text.split()) if _CHINESE.fullmatch(text) else " ".join(text.split())


def code_text(cell: Cell) -> str:
    """A code or a label as it is compared: half-width, no spaces; a number without ".0"."""
    return tidy(shown(cell))


def pattern(regex: str, fault: str, message: str) -> Reader[str]:
    """A reader of codes of one shape; `message` may name the text found as {text}."""
    shape = re.compile(regex, re.ASCII)

    def read(cell: Cell) -> str | Fault:
        text = code_text(cell).upper()
        return text if shape.fullmatch(text) else Fault(fault, message.format(text=text))

    return read


def one_of(labels: Mapping[str, T], fault: str, message: str) -> Callable[[Cell], T | Fault]:
    """A reader of one dictionary: its codes and the labels used for them."""

    def read(cell: Cell) -> T | Fault:
        text = code_text(cell)
        found = labels.get(text, labels.get(text.lstrip("0")))
        return Fault(fault, message.format(text=text)) if found is None else found

    return read


def flag(cell: Cell) -> bool | Fault:
    """Yes or no: 1/0, 是/否, Y/N, √."""
    text = code_text(cell).upper()
    if text in _YES:
        return True
    if text in _NO:
        return False
    return Fault("value/not-a-flag", f"“{text}”不是“是”或“否”；应写作 1 或 0")


county = pattern(r"\d{6}", "value/not-a-county", "“{text}”不是区划代码；应为 6 位数字，例如 420302")
"""A county (医保区划). City-level codes such as 420399 stand in no public list: any six digits."""


def whole_number(cell: Cell) -> int | Fault:
    """A place in an order: 1, 2, 3."""
    text = code_text(cell)
    if not re.fullmatch(r"[0-9]{1,4}", text):
        return Fault("value/not-a-number", f"“{text}”不是顺序号；应为正整数")
    return int(text)
