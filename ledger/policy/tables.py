"""The tables that values of a pack are, and what a limit is measured on."""

from __future__ import annotations

from enum import IntEnum

StatusTierTable = tuple[tuple[int, int, int], tuple[int, int, int]]
"""[0 employed, 1 retired][tier - 1]."""
ByStatus = tuple[int, int]


class CapBasis(IntEnum):
    """What a limit is measured on."""

    FUND_PAY = 0
    COST = 1
    FUND_PAY_BACK_SOLVED = 2
    """On what the fund pays; the cost that counts is solved back from the limited pay
    (封顶线反算进入统筹的费用), and what is above it is over the limit."""
