"""The shapes that a benefit's rules may take beyond the plain ones of `OutpatientRules`.

A closed set, numbered as in `docs/rule-shapes.md`. Each field is empty unless the pack writes its
key; a pack that writes none of them is settled by the kernel's short path. Tables by status and
tier are indexed [0 employed, 1 retired][tier - 1]; money is fen, ratios are basis points.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from ledger.policy.tables import ByStatus, CapBasis, StatusTierTable


class Window(IntEnum):
    """Over what a deductible, a band or a limit is counted."""

    YEAR = 0
    VISIT = 1
    QUARTER = 2
    MONTH = 3
    HOSPITAL_YEAR = 4
    """Each institution by itself, one natural year."""
    TIER_YEAR = 5
    """Each tier by itself, one natural year."""
    STAY = 6
    """One inpatient stay: its interim bills share what is counted."""


class UncontractedVisit(IntEnum):
    """What becomes of a visit outside the institution that the person chose (签约、选点)."""

    LOWER_RATIO = 0
    """Paid by `ratio`; `contracted_ratio` is for the chosen institution."""
    NOT_PAID = 1
    REFUSED = 2


class RatioBand(NamedTuple):
    """A ratio for an age from `from_age` on, and amounts up to `up_to_fen` (None: no end)."""

    from_age: int
    up_to_fen: int | None
    ratio_bp: StatusTierTable


class FundPart(NamedTuple):
    """What one fund pays of the ratio (一个比例由几项基金合成)."""

    fund: str
    ratio_bp: StatusTierTable


@dataclass(frozen=True, slots=True)
class Shapes:
    """What a benefit's rules ask beyond deductible, ratio by status and tier, and limits."""

    deductible_window: Window = Window.YEAR
    turns: tuple[StatusTierTable, ...] = ()
    """The deductible of the second, third, … visit (or stay) of the year; the last one stays."""
    bands: tuple[RatioBand, ...] = ()
    """By age, then amount; empty: one ratio for every age and amount."""
    bands_from_zero: bool = True
    """Measured on the in-scope amount, deductible included; else beyond the deductible."""
    band_window: Window = Window.YEAR
    rounds_each_band: bool = False
    funds: tuple[FundPart, ...] = ()
    period: Window = Window.MONTH
    period_cap_fen: ByStatus | None = None
    period_cap_basis: CapBasis = CapBasis.FUND_PAY
    disease_caps_fen: tuple[tuple[str, int], ...] = ()
    """Code of a disease -> limit of a year, in order of code."""
    disease_cap_basis: CapBasis = CapBasis.FUND_PAY
    shared_cap_fen: ByStatus | None = None
    shared_cap_name: str = ""
    """Benefits whose limits bear the same name share it."""
    contracted_ratio_bp: StatusTierTable | None = None
    uncontracted: UncontractedVisit = UncontractedVisit.LOWER_RATIO
    contracted_matters: bool = False
    full_pay_statuses: tuple[str, ...] = ()
    stay_restarts_with_year: bool = True
    pharmacy_pooled: bool = True
    pharmacy_tier: int | None = None
    """The tier that a pharmacy counts as; None: that of the prescribing institution."""
    pharmacy_ratio_bp: ByStatus | None = None
    pharmacy_needs_prescription: bool = True
    class_b_own_share_bp: int | None = None
    item_quotas_fen: tuple[tuple[str, int], ...] = ()
    """Code of an item -> the most that counts of a day or a piece of it."""

    @property
    def by_age(self) -> bool:
        return any(band.from_age for band in self.bands)


PLAIN = Shapes()
