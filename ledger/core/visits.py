"""A visit as the provider reports it (就诊), before any rule was applied."""

from __future__ import annotations

from datetime import date, datetime
from enum import IntEnum
from typing import NamedTuple

from ledger.core.money import Fen


class AccountUse(IntEnum):
    """Account use flag (acct_used_flag)."""

    NONE = 0
    OWN = 1
    OWN_THEN_RELATIVES = 2


class VisitRecord(NamedTuple):
    """One row of visits. The four parts add up to `total_fen`:

    fully self-paid 全自费 + over limit 超限价 + paid first 先行自付 + in scope 符合政策范围.

    A refund (退费) has negative amounts, a visit id of its own, and names the visit that it
    gives back whole. An inpatient stay (med_type 21…) carries its first and last day, both
    inclusive, and no settlement of ours. `settled_at` is local time (Asia/Shanghai), naive.
    `fee_category` names what was bought, where the file says so (article 14 looks at it).
    """

    row: int
    visit_id: str
    provider_code: str
    psn_no: str | None
    certno: str | None
    med_type: str
    settled_at: datetime
    total_fen: Fen
    fully_self_paid_fen: Fen
    over_limit_fen: Fen
    paid_first_fen: Fen
    in_scope_fen: Fen
    account_use: AccountUse
    prescriber_code: str | None = None
    is_refund: bool = False
    original_visit_id: str | None = None
    first_day: date | None = None
    last_day: date | None = None
    fee_category: str | None = None
