"""Uses of quotas across pools (跨统筹区共济), as the other pool reports them."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from ledger.core.money import Fen


class QuotaUseRecord(NamedTuple):
    """One row: a use of a quota, or, with a negative amount, so much of that use taken back.

    `quota_id` is our number of the quota (额度编号), `reference` the other pool's number of the
    use (对方业务号).
    """

    row: int
    quota_id: int
    reference: str
    used_on: date
    amount_fen: Fen
