"""What a pack says on one day, typed. The loader makes these; `benefits/` reads them.

Tables by status and tier are indexed [0 employed, 1 retired][tier - 1]. Money is fen, ratios
are basis points. `None` means that the rules set no such limit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import IntEnum

StatusTierTable = tuple[tuple[int, int, int], tuple[int, int, int]]
ByStatus = tuple[int, int]


class DeductibleShape(IntEnum):
    """How a deductible (起付标准) is taken."""

    NONE = 0
    ANNUAL = 1
    """Accumulates over one natural year on the in-scope amount; one account for all tiers."""
    PER_VISIT = 2
    """Taken from each visit."""
    TIER_WITH_CEILING = 3
    """By tier, and over all tiers never more in a year than the ceiling."""


class CapBasis(IntEnum):
    """What a limit is measured on."""

    FUND_PAY = 0
    COST = 1


@dataclass(frozen=True, slots=True)
class OutpatientRules:
    """Ordinary outpatient pooling (普通门诊统筹) on one day."""

    deductible_shape: DeductibleShape
    deductible_fen: StatusTierTable
    deductible_ceiling_fen: int | None
    ratio_bp: StatusTierTable
    annual_cap_fen: ByStatus | None
    annual_cap_basis: CapBasis
    visit_cap_fen: ByStatus | None
    visit_cap_basis: CapBasis
    overall_cap_fen: int | None
    pooled_med_types: frozenset[str]
    """Types of visit that this benefit pays for (11 ordinary, 13 emergency)."""
    pharmacy_med_types: frozenset[str]
    """Buying at a pharmacy (41): pooled only with an outside prescription (article 20)."""
    elsewhere_med_types: dict[str, str]
    """Type of visit -> article that sends it to another benefit (51 maternity, 14 chronic)."""
    inpatient_prefixes: tuple[str, ...]
    blocked_on_admission_day: bool
    blocked_on_discharge_day: bool
    pharmacy_pooling_when_unstated: bool


@dataclass(frozen=True, slots=True)
class CreditingRules:
    """Monthly credit to the personal account (个人账户计入) for one month."""

    credit_rate_bp: int
    retiree_flat_fen: int
    retiree_flat_assumed: bool
    """The flat amount rests on a statistic that the text does not give: show the mark."""
    credit_day: int
    """Day of the month on which a credit is booked."""
    retiree_pool_only_has_account: bool


@dataclass(frozen=True, slots=True)
class AccountRules:
    """What the personal account may pay (个人账户使用范围), on one day."""

    scope: str
    """`in_scope_own_share` (13(1)) or `all_own_cost` (13(2))."""
    use_order: str
    """`oldest_first` or `this_year_first`: which year's money goes first."""
    forbidden_categories: tuple[str, ...]
    premiums_allowed: bool


@dataclass(frozen=True, slots=True)
class FamilyRules:
    """Mutual aid within the family, on one day."""

    relations: frozenset[str]
    """Codes of `core.people.Relation` that the rules allow."""


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a value stands: `S3c-6.1` is article 6.1 of document S3c."""

    document: str
    article: str

    @property
    def id(self) -> str:
        return f"{self.document}-{self.article}"


@dataclass(frozen=True, slots=True)
class CitedValue:
    """One dated value with its source, as `rules show` prints it."""

    key: str
    title: str
    value: str
    valid_from: date
    valid_until: date
    cite: Citation
    verified: bool
    assumed: bool
    note: str
    file: str
    line: int
    unit: str = ""
    pack: str = ""
    """Code of the pack that the value was written in (it may be one that is extended)."""
    derived: bool = False
    """Computed from other values of the pack, at which `file` and `line` point."""
