"""Paper bills of visits elsewhere (手工报销), as they are handed in."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple

from ledger.core.money import Fen
from ledger.core.people import BankAccount


class ClaimRecord(NamedTuple):
    """One bill that a person paid in full. The four parts add up to `total_fen` as in a visit.

    `claim_no` is the claim's own number. The institution is not on our list: `place_name` names
    it, `place_tier` is its tier 1, 2, 3 (None: no grade and no kind of primary care: refused).
    `filed` says whether the place was filed beforehand (备案). `papers` are those handed in, by
    the names of the pack. `from_account`: the own share is to come out of the person's account.
    `disease_code` and `contracted` (was it the person's contracted institution?) are what only
    some pools ask; None where nobody said.
    """

    row: int
    claim_no: str
    psn_no: str | None
    certno: str | None
    med_type: str
    visited_at: datetime
    total_fen: Fen
    fully_self_paid_fen: Fen
    over_limit_fen: Fen
    paid_first_fen: Fen
    in_scope_fen: Fen
    received_on: date
    place_name: str
    place_grade: str
    place_tier: int | None
    filed: bool
    bill_no: str
    papers: tuple[str, ...]
    bank_account: BankAccount
    from_account: bool = False
    disease_code: str | None = None
    contracted: bool | None = None

    @property
    def said(self) -> tuple[Any, ...]:
        """What the bill says, the row of its file aside; the same for a bill that says nothing
        of what only some pools ask as before they could ask."""
        extra = (self.disease_code, self.contracted)
        return (*self[1:20], *(extra if extra != (None, None) else ()))
