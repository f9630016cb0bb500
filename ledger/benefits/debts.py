"""What a person owes the fund (待追回): why, what of it is still open, and how old it is.

Recoveries, repayments and write-offs settle the oldest debt first, so that a list by age needs
no pairs of numbers kept beside the books.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

ARTICLES = ("社会保险经办条例-46",)


class Cause(StrEnum):
    """Why a debt was booked by somebody; claw-backs have the reason of their difference."""

    AFTER_DEATH = "after_death"
    MISTAKE = "mistake"
    TWICE = "twice"
    NOT_INSURED = "not_insured"
    FRAUD = "fraud"
    RESETTLED = "resettled"


CAUSE_NAMES: dict[Cause, str] = {
    Cause.AFTER_DEATH: "死亡后享受待遇",
    Cause.MISTAKE: "错误支付",
    Cause.TWICE: "重复享受待遇",
    Cause.NOT_INSURED: "不在待遇享受期",
    Cause.FRAUD: "冒名、转卖或骗取",
    Cause.RESETTLED: "重新结算",
}


class DebtLine(NamedTuple):
    """One transfer that made a person owe money."""

    happened_on: date
    entry_id: int
    kind: str
    cause: str
    benefit_month: int | None
    settlement_id: int | None
    amount_fen: int


class OpenDebt(NamedTuple):
    """A debt and what later money has settled of it."""

    debt: DebtLine
    settled_fen: int

    @property
    def open_fen(self) -> int:
        return self.debt.amount_fen - self.settled_fen

    def months_old(self, on: date) -> int:
        return months_old(self.debt.happened_on, on)


def match_oldest_first(debts: Iterable[DebtLine], settled_fen: int) -> list[OpenDebt]:
    """Spread what was recovered, repaid or written off over the debts, the oldest first.

    Args:
        debts: of one person, in any order.
        settled_fen: fen, all of it together; what no debt takes is left aside.

    Source: 社会保险经办条例 46 names no order; oldest first is ours.
    """
    result = []
    left = settled_fen
    for debt in sorted(debts, key=lambda line: (line.happened_on, line.entry_id)):
        part = min(left, debt.amount_fen)
        result.append(OpenDebt(debt, part))
        left -= part
    return result


def least_open(moves: Iterable[tuple[date, int]], since: date) -> int:
    """The least that was open at the end of a day and of every day after it, fen.

    Args:
        moves: (day, fen) by day; below zero what settled debts.
    """
    open_fen, ends = 0, {since: 0}
    for day, fen in moves:
        open_fen += fen
        ends[max(day, since)] = open_fen
    return min(ends.values())


def months_old(since: date, on: date) -> int:
    """Whole months that have passed: a month is over on the same day of the next one."""
    months = (on.year - since.year) * 12 + on.month - since.month
    return max(months - (on.day < since.day), 0)


def band_of(months: int, edges: Sequence[int]) -> int:
    """Which band of age: 0 below the first edge, one more with every edge reached."""
    return sum(months >= edge for edge in edges)


def band_names(edges: Sequence[int]) -> list[str]:
    """The bands as lists print them: "3个月以内", "3至6个月", "12个月以上"."""
    if not edges:
        return ["全部"]
    between = [f"{low}至{high}个月" for low, high in pairwise(edges)]
    return [f"{edges[0]}个月以内", *between, f"{edges[-1]}个月以上"]
