"""A provider's month: its visits, and what it is owed and was paid (定点机构月结算单)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from ledger.reports.head import ReportHead


class SettlementLine(NamedTuple):
    """One settlement, in the order of the national interface; a refund is all negative."""

    settlement_id: str
    visit_id: str
    settled_at: datetime
    provider_code: str
    provider_name: str
    psn_no: str
    name: str
    status: str
    med_type: str
    is_refund: bool
    total_fen: int
    fully_self_paid_fen: int
    over_limit_fen: int
    paid_first_fen: int
    in_scope_fen: int
    deductible_fen: int
    pool_fen: int
    person_total_fen: int
    account_fen: int
    family_fen: int
    cash_fen: int
    facts: str = ""
    """What the visit said beside the ordinary fields, in words; on a provider's statement."""


class Payable(NamedTuple):
    """What one fund owes a provider: brought forward, the month's, and what was paid in it.

    `payable_fen` is the ledger's figure (refunds already taken off); the workbook sums the
    visits beside it.
    """

    brought_forward_fen: int
    payable_fen: int
    paid_fen: int

    @property
    def unpaid_fen(self) -> int:
        return self.brought_forward_fen + self.payable_fen - self.paid_fen


@dataclass(frozen=True, slots=True)
class ProviderStatement:
    """`lines` may be read once only: they may stream from the database."""

    head: ReportHead
    provider_code: str
    provider_name: str
    tier: int | None
    county: str
    pool: Payable
    account: Payable
    lines: Iterable[SettlementLine]
    has_facts: bool = False
    """Whether any visit said something beside the ordinary fields."""
