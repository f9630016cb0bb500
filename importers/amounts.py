"""Amounts of yuan as files write them, to fen.

A number cell holds a binary double; it is read as the decimal that Excel shows (15 significant
digits), so 104.17 is 10417 fen and 104.166 is refused: a fen is never guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal

from importers.cells import Cell, Fault, number_text, shown, without_spaces
from importers.plain_columns import plainly
from ledger.core.money import Fen

_LONGEST = 10**16
"""Fourteen digits of yuan, in fen: what the ledger's columns hold."""

_TEXT = re.compile(
    r"(?P<sign>[+-]?)(?:¥|CNY|RMB|人民币)?(?P<inner>[+-]?)"
    r"(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d*)?|\.\d+)"
    r"(?P<exponent>[eE][+-]?\d{1,2})?(?:[元圆]整?)?",
    re.ASCII,
)
_BRACKETS = re.compile(r"\((.+)\)")
_SIGNS = str.maketrans({"−": "-", "–": "-", "￥": "¥", "'": None, "’": None})


def _plain_amounts(cells: Sequence[str]) -> list[Fen]:
    digits = "\n".join(cells).replace(".", "").split("\n")
    return list(map(int, digits))  # type: ignore[arg-type]  # A call of Fen costs more than all else.


@plainly(r"[0-9]{1,13}\.[0-9]{2}", _plain_amounts)
def amount(cell: Cell) -> Fen | Fault:
    """An amount of yuan with at most two decimals, in fen."""
    if type(cell) is str:
        digits = cell[:-3] + cell[-2:]
        if cell[-3:-2] == "." and digits.isdecimal() and len(digits) <= 15 and cell.isascii():
            return Fen(int(digits))
        return _from_text(cell)
    if type(cell) is float:
        fen = round(cell * 100) if abs(cell) < 1e13 else _LONGEST
        # Exact when the double nearest to these fen is the very one in the cell.
        if fen / 100 == cell:
            return Fen(fen)
        return _from_decimal(number_text(cell), cell)
    if type(cell) is int:
        return _from_decimal(str(cell), cell)
    return _not_an_amount(cell)


def _from_text(text: str) -> Fen | Fault:
    plain = without_spaces(unicodedata.normalize("NFKC", text)).translate(_SIGNS)
    bracketed = _BRACKETS.fullmatch(plain)
    match = _TEXT.fullmatch(bracketed[1] if bracketed else plain)
    if match is None:
        return _not_an_amount(text)
    signs = match["sign"] + match["inner"] + ("-" if bracketed else "")
    if len(signs) > 1:
        return _not_an_amount(text)
    number = match["number"].replace(",", "") + (match["exponent"] or "")
    return _from_decimal(signs + number, text)


def _from_decimal(text: str, cell: Cell) -> Fen | Fault:
    fen = Decimal(text).scaleb(2)
    if abs(fen) >= _LONGEST:
        return _not_an_amount(cell)
    if fen != fen.to_integral_value():
        return Fault("value/not-an-amount", f"“{shown(cell)}”多于两位小数；金额以分为最小单位")
    return Fen(int(fen))


def _not_an_amount(cell: Cell) -> Fault:
    return Fault(
        "value/not-an-amount", f"“{shown(cell)}”不是金额；应为元，最多两位小数，例如 1234.50"
    )
