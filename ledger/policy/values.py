"""What a pack says on one day, typed. The loader makes these; `benefits/` reads them.

Tables by status and tier are indexed [0 employed, 1 retired][tier - 1]. Money is fen, ratios
are basis points. `None` means that the rules set no such limit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from ledger.policy.shapes import PLAIN, Shapes, Window
from ledger.policy.tables import ByStatus as ByStatus
from ledger.policy.tables import CapBasis as CapBasis
from ledger.policy.tables import StatusTierTable as StatusTierTable


class DeductibleShape(IntEnum):
    """How a deductible (起付标准) is taken."""

    NONE = 0
    ANNUAL = 1
    """Accumulates over one natural year on the in-scope amount; one account for all tiers."""
    PER_VISIT = 2
    """Taken from each visit."""
    TIER_WITH_CEILING = 3
    """By tier, and over all tiers never more in a year than the ceiling."""
    TOPPED_UP = 4
    """Charged once a year; a dearer tier later charges what is lacking (不足补齐)."""


@dataclass(frozen=True, slots=True)
class OutpatientRules:
    """Ordinary outpatient pooling (普通门诊统筹) on one day, or another benefit that is settled in
    the same way (慢特病、住院)."""

    deductible_shape: DeductibleShape
    deductible_fen: StatusTierTable
    deductible_ceiling_fen: int | None
    ratio_bp: StatusTierTable
    annual_cap_fen: ByStatus | None
    annual_cap_basis: CapBasis
    visit_cap_fen: StatusTierTable | None
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
    shapes: Shapes = PLAIN

    def yearly_deductible_fen(self, status: int) -> int | None:
        """The one deductible of a person's year, by status (0 employed, 1 retired); None where a
        year has no single one: each visit, tier, institution or month has its own."""
        if self.deductible_shape is DeductibleShape.NONE:
            return 0
        if self.deductible_shape is DeductibleShape.TIER_WITH_CEILING:
            return self.deductible_ceiling_fen
        if self.deductible_shape is DeductibleShape.PER_VISIT:
            return None
        of_year = self.shapes.deductible_window is Window.YEAR
        amounts = set(self.deductible_fen[status])
        return amounts.pop() if of_year and len(amounts) == 1 else None


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
class BenefitRules:
    """From what a month of benefit follows (待遇享受期), for one month."""

    by_contributions: bool
    """False: the roster's spans are the benefit period, and nothing below matters."""
    waiting_months: int
    waiting_months_flexible: int
    flexible_types: frozenset[str]
    """Codes of `psn_type` of flexible workers (灵活就业)."""
    new_after_months: int
    """Whoever was without benefit for more months than this is new again, and waits."""
    grace_months: int
    """Months without a contribution that the benefit goes on."""
    restore_within_months: int
    """A contribution that arrives up to so many months after its own counts as in time."""


@dataclass(frozen=True, slots=True)
class AdvanceRules:
    """Credits before the contribution arrives (预划), for one month."""

    enabled: bool
    everybody: bool
    """All employers' people; else those of `employers` only."""
    employers: tuple[str, ...]
    back_after_months: int
    """What no contribution has followed by so many months later is taken back."""


@dataclass(frozen=True, slots=True)
class DebtRules:
    """Owed money (待追回), on one day."""

    recover_from_credits: bool
    recover_share_bp: int
    """At most this part of what a run credits to a person."""
    age_bands: tuple[int, ...]
    """Months at which the next band of age begins."""


@dataclass(frozen=True, slots=True)
class AccountRules:
    """What the personal account may pay (个人账户使用范围), on one day."""

    scope: str
    """`in_scope_own_share` (13(1)) or `all_own_cost` (13(2))."""
    use_order: str
    """`oldest_first` or `this_year_first`: which year's money goes first."""
    forbidden_categories: tuple[str, ...]
    premiums_allowed: bool
    forbidden: tuple[tuple[str, str], ...] = ()
    """(category of spending, article that bars it): article 14 and the goods of article 23."""
    premium_kinds: tuple[str, ...] = ()
    """本人… and 亲属…: which premiums, and whose."""
    paid_out_on_settling_abroad: bool = False
    paid_out_on_death: bool = False
    other_pay_outs: tuple[str, ...] = ()
    """Causes other than death and settling abroad for which what is left is paid out."""
    returned_when_settled_elsewhere: bool = False
    pays_first: bool = False
    """The holder's own account pays before the deductible; the rest is what the pool looks at."""


@dataclass(frozen=True, slots=True)
class FamilyRules:
    """Mutual aid within the family, on one day."""

    relations: frozenset[str]
    """Codes of `core.people.Relation` that the rules allow."""
    in_province: bool = False
    """May a relative in another pool of the province be given a quota (省内跨统筹区共济)?"""
    across_provinces: bool = False
    quota_held: bool = False
    """Is a quota given to another pool set aside in the holder's account?"""
    late_use_from_balance: bool = False
    """Does the holder's balance pay a use that is reported after the end of its quota?"""
    ends_with_move: bool = False
    """Does a change of insurance end the link (参保关系变动自动解除)?"""


@dataclass(frozen=True, slots=True)
class TransferRules:
    """Moving to and from other pools (转移接续), on one day; limits in working days."""

    retirees_transferred: bool
    moved_out_within: int
    moved_in_within: int
    account_balance_follows: bool


@dataclass(frozen=True, slots=True)
class ResettlementRules:
    """What becomes of a year's settlements when something earlier changes, on one day."""

    behaviour: str
    """`as_processed`: later visits stand; `resettle_later`: the person-year is marked."""
    order: str
    """`settlement_time` or `arrival`."""
    difference: str
    """Who the difference is settled with: `person` or `provider`."""
    nets_per_person: bool
    """What is due to a person and what the person owes for other visits is set off."""


@dataclass(frozen=True, slots=True)
class ClaimRules:
    """Manual reimbursement (手工报销) of visits elsewhere, by the day of the visit."""

    last_day: str
    """Of the year after the visit, "03-31"."""
    papers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InterestRules:
    """Interest on personal accounts (个人账户计息) on one day. Rates are of a year."""

    this_year_bp: int
    """For money of this year; 0 where the pool pays none."""
    carried_bp: int
    """For principal and interest carried over from earlier years."""
    day_basis: int
    """Days by which a rate of a year is divided: 360 or 365."""
    this_year_kind: str
    carried_kind: str
    """Which rate each earns: `demand`, `three_month` or `none`."""
    posted_money: str
    """`its_year` or `earlier_years`: whose money interest is once it is posted."""


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
