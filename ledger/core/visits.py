"""A visit as the provider reports it (就诊), before any rule was applied."""

from __future__ import annotations

from datetime import date, datetime
from enum import IntEnum
from typing import NamedTuple, Protocol

from ledger.core.money import Fen


class AccountUse(IntEnum):
    """Account use flag (acct_used_flag)."""

    NONE = 0
    OWN = 1
    OWN_THEN_RELATIVES = 2


STAY = "21"
"""Types of visit that begin so are stays in hospital: they have a first and a last day."""

FEE_CLASSES = ("甲", "乙", "丙")
"""Classes of the catalogue (费用等级), A, B and C."""


class FeeItem(NamedTuple):
    """One line of a bill (费用明细). `own_share_bp` None: that of the class; `quantity` are the
    days or pieces that a quota counts."""

    code: str
    charged_fen: Fen
    fee_class: str = "甲"
    """Class of the catalogue: 甲, 乙 or 丙."""
    quantity: int = 1
    price_limit_fen: Fen | None = None
    own_share_bp: int | None = None
    name: str = ""


class Billed(Protocol):
    """Whatever carries a bill: a visit, a claim by papers, a settlement."""

    @property
    def total_fen(self) -> int: ...
    @property
    def fully_self_paid_fen(self) -> int: ...
    @property
    def over_limit_fen(self) -> int: ...
    @property
    def paid_first_fen(self) -> int: ...
    @property
    def in_scope_fen(self) -> int: ...


Bill = tuple[int, int, int, int, int]


def bill_of(billed: Billed) -> Bill:
    """The total and its four parts, fen."""
    return (
        billed.total_fen,
        billed.fully_self_paid_fen,
        billed.over_limit_fen,
        billed.paid_first_fen,
        billed.in_scope_fen,
    )


class VisitRecord(NamedTuple):
    """One row of visits. The four parts add up to `total_fen`:

    fully self-paid 全自费 + over limit 超限价 + paid first 先行自付 + in scope 符合政策范围.

    A refund (退费) has negative amounts, a visit id of its own, and names the visit that it
    gives back whole. An inpatient stay (med_type 21…) carries its first and last day, both
    inclusive, and no settlement of ours. `settled_at` is local time (Asia/Shanghai), naive.
    `fee_category` names what was bought, where the file says so (article 14 looks at it).

    What follows it only the rules of some pools ask for: the code of a disease, whether the
    institution is the one that the person chose, the day of birth (else the identity number says
    it), the number of an inpatient stay whose interim bills belong together, and the items.
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
    disease_code: str | None = None
    contracted: bool | None = None
    born_on: date | None = None
    stay_id: str | None = None
    items: tuple[FeeItem, ...] = ()
