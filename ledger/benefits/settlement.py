"""A settlement: the parts of a bill and who pays them, with what each step of the rules took."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple


class Settlement(NamedTuple):
    """One settled visit, or, with every amount negative, its refund. Fen.

    `*_before` are the accumulators that the visit met. Parts:
    total = pool + account + cash; account includes family.
    """

    person_id: int
    settlement_id: int
    visit_id: str
    year: int
    fiscal_month: int
    happened_on: date
    settled_at: datetime
    provider_id: int
    med_type: str
    status: str
    tier: int | None
    ratio_bp: int
    reason: str
    total_fen: int
    fully_self_paid_fen: int
    over_limit_fen: int
    paid_first_fen: int
    in_scope_fen: int
    deductible_fen: int
    pool_fen: int
    account_fen: int
    family_fen: int
    cash_fen: int
    balance_after_fen: int
    beyond_deductible_fen: int
    cost_fen: int
    before_caps_fen: int
    visit_cut_fen: int
    year_cut_fen: int
    overall_cut_fen: int
    in_scope_before_fen: int
    deductible_before_fen: int
    cost_before_fen: int
    paid_before_fen: int
    overall_before_fen: int
    policy_version: str
    reverses_settlement_id: int | None = None

    @property
    def person_total_fen(self) -> int:
        """What the person bears (个人负担总金额, psn_part_amt)."""
        return self.account_fen + self.cash_fen

    def adds_up(self) -> bool:
        """Invariant 7: the parts add up to the total, to the fen."""
        parts = (
            self.fully_self_paid_fen + self.over_limit_fen + self.paid_first_fen + self.in_scope_fen
        )
        payers = self.pool_fen + self.account_fen + self.cash_fen
        return self.total_fen == parts == payers


MIRRORED_FIELDS = tuple(
    name
    for name in Settlement._fields
    if name.endswith("_fen") and not name.endswith("_before_fen") and name != "balance_after_fen"
)


def mirror(
    original: Settlement,
    settlement_id: int,
    visit_id: str,
    settled_at: datetime,
    fiscal_month: int,
    balance_after_fen: int,
    year_so_far: tuple[int, int, int, int, int],
) -> Settlement:
    """The refund (退费) of a whole visit: every amount negated, to the fen, booked in the year
    of the visit so that deductible and cap come back (default 7).

    `year_so_far` are the accumulators before the refund."""
    in_scope, deductible, cost, paid, overall = year_so_far
    negated = {name: -getattr(original, name) for name in MIRRORED_FIELDS}
    return original._replace(
        **negated,
        settlement_id=settlement_id,
        visit_id=visit_id,
        settled_at=settled_at,
        happened_on=settled_at.date(),
        fiscal_month=fiscal_month,
        balance_after_fen=balance_after_fen,
        in_scope_before_fen=in_scope,
        deductible_before_fen=deductible,
        cost_before_fen=cost,
        paid_before_fen=paid,
        overall_before_fen=overall,
        reverses_settlement_id=original.settlement_id,
    )
