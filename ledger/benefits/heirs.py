"""Dividing what a person leaves (继承): shares of several heirs, without losing a fen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from ledger.core.errors import Refused

ARTICLES = ("S3c-15",)

_FRACTION = re.compile(r"(\d{1,9})/(\d{1,9})")
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,6})?)[%％]")


def share_from_text(text: str) -> Fraction:
    """A share as people write it: 1/3, 33.34%, 1.

    Raises:
        Refused: `heirs/bad-share`.
    """
    written = text.strip()
    fraction, percent = _FRACTION.fullmatch(written), _PERCENT.fullmatch(written)
    if fraction and int(fraction[2]):
        share = Fraction(int(fraction[1]), int(fraction[2]))
    elif percent:
        share = Fraction(percent[1]) / 100
    elif written == "1":
        share = Fraction(1)
    else:
        raise Refused("heirs/bad-share", f"“{text}”不是份额；应写作 1/3 或 25%")
    if not 0 < share <= 1:
        raise Refused("heirs/bad-share", f"份额“{text}”应大于零且不超过全部")
    return share


def divide(amount_fen: int, shares: Sequence[Fraction]) -> list[int]:
    """What each share gets of an amount, fen, in the order given; the parts add up to it.

    Everybody gets the whole fen of the exact share; the fen left over go one each to the
    largest remainders, on a tie to whoever is named first.

    Raises:
        Refused: `heirs/shares-not-whole` when the shares are not the whole.
    """
    if sum(shares) != 1:
        raise Refused("heirs/shares-not-whole", f"各份额之和为 {sum(shares)}，应为 1（全部）")
    exact = [amount_fen * share for share in shares]
    parts = [int(part) for part in exact]
    by_remainder = sorted(
        range(len(shares)), key=lambda place: (parts[place] - exact[place], place)
    )
    for place in by_remainder[: amount_fen - sum(parts)]:
        parts[place] += 1
    return parts
