"""Money is a whole number of fen (分). Text of yuan exists only at the edges.

`Fen + Fen` is typed `int`; wrap a sum once, at its end: `Fen(sum(...))`.
"""

from __future__ import annotations

import re
from typing import NewType

from ledger.core.errors import NotAnAmount

Fen = NewType("Fen", int)

BASIS = 10_000
"""Ratios are whole basis points (万分之一): 0.65 is 6500."""

_YUAN = re.compile(r"([+-]?)(\d{1,14})(?:\.(\d{1,2}))?", re.ASCII)


def fen_from_yuan(text: str) -> Fen:
    """Read a plain text of yuan ("1234.5") as fen.

    Thousands separators, currency signs and spaces belong to files and are
    taken off by the importers; here they are refused.

    Raises:
        NotAnAmount: anything else, more than two decimals included (a fen is never guessed).
    """
    match = _YUAN.fullmatch(text)
    if match is None:
        raise NotAnAmount(f"“{text}”不是金额；应为元，最多两位小数，例如 1234.50")
    sign, yuan, cents = match.groups()
    fen = int(yuan) * 100 + int((cents or "0").ljust(2, "0"))
    return Fen(-fen if sign == "-" else fen)


def yuan_text(fen: int) -> str:
    """Fen as text of yuan with two decimals: 123450 -> "1234.50", -5 -> "-0.05"."""
    if fen < 0:
        return "-" + yuan_text(-fen)
    digits = str(fen) if fen >= 100 else f"{fen:03d}"
    return f"{digits[:-2]}.{digits[-2:]}"


def percent_text(bp: int) -> str:
    """Basis points as people say them: 6500 -> "65%", 6550 -> "65.5%"."""
    whole, rest = divmod(bp, 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".") + "%"


def ratio_bp(text: str) -> int:
    """Read a ratio as the rule writes it ("0.02") as basis points.

    Raises:
        NotAnAmount: not a decimal between 0 and 1, or finer than a basis point.
    """
    match = re.fullmatch(r"([01])(?:\.(\d{1,4}))?", text)
    value = int(match[1]) * BASIS + int((match[2] or "0").ljust(4, "0")) if match else BASIS + 1
    if value > BASIS:
        raise NotAnAmount(f"“{text}”不是比例；应为 0 到 1 之间的小数，最多四位，例如 0.65")
    return value


def apply_bp(amount: int, bp: int) -> Fen:
    """`amount` times a ratio in basis points, rounded half up to the fen, away from zero for
    negative amounts, so that a reversal is the exact mirror."""
    product = abs(amount) * bp
    rounded = (product + BASIS // 2) // BASIS
    return Fen(-rounded if amount < 0 else rounded)
