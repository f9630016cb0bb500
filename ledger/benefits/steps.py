"""A step of an explanation."""

from __future__ import annotations

from typing import NamedTuple


class Step(NamedTuple):
    """One step: which rule, by which article, on what, with what result (fen)."""

    rule: str
    article: str
    text: str
    before_fen: int
    after_fen: int
    assumed: bool = False
