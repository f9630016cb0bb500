"""A settlement: the parts of a bill and who pays them, with what each step of the rules took."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from ledger.benefits.kernel import YearSoFar
from ledger.benefits.outpatient import PoolShare
from ledger.core.people import Status
from ledger.core.visits import Bill


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


class SettlementHead(NamedTuple):
    """Whose visit is settled, where and when: the first fields of a `Settlement`."""

    person_id: int
    settlement_id: int
    visit_id: str
    year: int
    fiscal_month: int
    happened_on: date
    settled_at: datetime
    provider_id: int
    med_type: str


def settlement_of(
    head: SettlementHead,
    bill: Bill,
    status: Status | None,
    pool: PoolShare,
    account: tuple[int, int, int],
    before: YearSoFar,
    policy_version: str,
) -> Settlement:
    """The settlement of a bill: what the pool and accounts leave is cash.

    Args:
        account: what accounts pay, the relatives' part of it, and what the person's own account
            can pay after that; fen.
        before: the accumulators that the visit met.

    Raises:
        ValueError: the parts do not add up; our mistake, never the user's.
    """
    deductible, beyond, cost, before_caps, visit_cut, year_cut, overall_cut, pay = pool.amounts
    account_fen, family_fen, left_fen = account
    settlement = Settlement(
        *head,
        str(status) if status else "",
        pool.tier,
        pool.ratio_bp,
        str(pool.reason),
        *bill,
        deductible,
        pay,
        account_fen,
        family_fen,
        bill[0] - pay - account_fen,
        left_fen,
        beyond,
        cost,
        before_caps,
        visit_cut,
        year_cut,
        overall_cut,
        *before,
        policy_version,
    )
    if not settlement.adds_up():
        raise ValueError(f"the parts of visit {head.visit_id} do not add up")
    return settlement


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
