"""All accounts of a month (科目余额表): debits and credits are equal in every pair of columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ledger.books.chart import CHART, Side


class FlowTotal(NamedTuple):
    """The transfers of one kind between one pair of accounts: this month, and the year so far."""

    kind: str
    debit: str
    credit: str
    transfers: int
    month_fen: int
    year_fen: int


class TrialBalanceLine(NamedTuple):
    """One account. Openings are signed on the debit side: a credit balance is negative."""

    code: str
    name: str
    normal_side: Side
    year_opening_fen: int
    opening_fen: int
    debit_fen: int
    credit_fen: int
    year_debit_fen: int
    year_credit_fen: int

    @property
    def closing_fen(self) -> int:
        """Signed on the debit side."""
        return self.opening_fen + self.debit_fen - self.credit_fen

    @property
    def closing_normal_fen(self) -> int:
        """On the account's normal side, as a reader expects it: above zero."""
        return self.closing_fen if self.normal_side is Side.DEBIT else -self.closing_fen

    @property
    def opening_normal_fen(self) -> int:
        return self.opening_fen if self.normal_side is Side.DEBIT else -self.opening_fen


def trial_balance(
    openings: Mapping[str, int], flows: Iterable[FlowTotal]
) -> tuple[TrialBalanceLine, ...]:
    """Every account of the chart, also those that never moved.

    Args:
        openings: account -> balance at the beginning of the month, fen, signed on the debit side.
        flows: the year's transfers up to and with the month, summed by kind and accounts.
    """
    known = list(flows)
    return tuple(_line(code, name, side, openings, known) for code, name, _, _, side, _ in CHART)


def _line(
    code: str, name: str, side: Side, openings: Mapping[str, int], flows: list[FlowTotal]
) -> TrialBalanceLine:
    debit = sum(flow.month_fen for flow in flows if flow.debit == code)
    credit = sum(flow.month_fen for flow in flows if flow.credit == code)
    year_debit = sum(flow.year_fen for flow in flows if flow.debit == code)
    year_credit = sum(flow.year_fen for flow in flows if flow.credit == code)
    opening = openings.get(code, 0)
    return TrialBalanceLine(
        code=code,
        name=name,
        normal_side=side,
        year_opening_fen=opening + debit - credit - year_debit + year_credit,
        opening_fen=opening,
        debit_fen=debit,
        credit_fen=credit,
        year_debit_fen=year_debit,
        year_credit_fen=year_credit,
    )


def net_flow(flows: Iterable[FlowTotal], *kinds: str) -> int:
    """The month's amount of these kinds, fen, less that of their mirrors (退费)."""
    month = {flow.kind: flow.month_fen for flow in flows}
    return sum(month.get(kind, 0) - month.get(f"{kind}_refund", 0) for kind in kinds)
