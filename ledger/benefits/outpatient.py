"""The pool's share of one visit (普通门诊统筹): is the person covered here and now, by which tier
and ratio, and what does the kernel make of it.

Errors come in a written order of precedence, and so do the reasons for a fund share of zero;
`REFUSALS` and `Reason` list them, and the tests walk both in that order.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from ledger.benefits.kernel import FULL_PAY, Amounts, YearSoFar, settle_amounts
from ledger.benefits.kernel_rules import KernelParameters, is_shaped, kernel_parameters
from ledger.benefits.shaped_share import SharePart, shaped_share, with_pharmacy_ratio
from ledger.benefits.windows import NO_FACTS, Facts, Windows, WindowUse, needed
from ledger.core.errors import Refused
from ledger.core.people import Status
from ledger.policy.shapes import PLAIN, Shapes, UncontractedVisit
from ledger.policy.values import OutpatientRules

ARTICLES = ("S3c-6", "S3c-7", "S3c-8", "S3c-9", "S3c-10", "S3c-18", "S3c-20")

REFUSALS = (
    "visit/duplicate-id",
    "person/unknown",
    "person/numbers-disagree",
    "provider/unknown",
    "provider/not-in-agreement",
    "policy/not-in-force",
    "visit/negative-amount",
    "visit/parts-do-not-add-up",
    "visit/elsewhere",
    "provider/no-tier",
    "prescriber/unknown",
    "account/forbidden-category",
    "refund/unknown-visit",
    "refund/other-person",
    "refund/done-before",
    "refund/partial",
    "account/closed",
)
"""A visit that several of these fit is refused by the first."""

SHAPE_REFUSALS = (
    "visit/items-disagree",
    "visit/missing-fact",
    "visit/not-contracted",
    "visit/unknown-disease",
)
"""Only under packs whose rules ask for more than a visit always says; after those of the visit."""


class Reason(StrEnum):
    """Why the fund pays nothing, in order of precedence; COVERED when it may pay."""

    NOT_INSURED = "not_insured"
    """Not on the roster of employees' insurance: relatives' accounts only."""
    OUTSIDE_BENEFIT_PERIOD = "outside_benefit_period"
    IN_HOSPITAL = "in_hospital"
    NO_PRESCRIPTION = "no_prescription"
    PHARMACY_NOT_POOLED = "pharmacy_not_pooled"
    TYPE_NOT_POOLED = "type_not_pooled"
    STATUS_NOT_COVERED = "status_not_covered"
    """A status for which the pack has no ratio (离休)."""
    NOT_CONTRACTED = "not_contracted"
    """Elsewhere than at the institution that the person chose, where only that one pools."""
    COVERED = "covered"


REASON_TEXT = {
    Reason.NOT_INSURED: "未参加职工医保，统筹基金不支付，只能使用家庭共济账户",
    Reason.OUTSIDE_BENEFIT_PERIOD: "不在医保待遇享受期内，统筹基金不支付",
    Reason.IN_HOSPITAL: "住院治疗期间，不享受普通门诊统筹待遇",
    Reason.NO_PRESCRIPTION: "药店购药没有定点医疗机构外配处方，统筹基金不支付",
    Reason.PHARMACY_NOT_POOLED: "该药店未纳入门诊统筹，统筹基金不支付",
    Reason.TYPE_NOT_POOLED: "该医疗类别不属于普通门诊统筹",
    Reason.STATUS_NOT_COVERED: "该人员类别不享受本项统筹待遇",
    Reason.NOT_CONTRACTED: "不在签约（选定）的医疗机构就诊，统筹基金不支付",
    Reason.COVERED: "",
}

REASON_ARTICLE = {
    Reason.NOT_INSURED: "S3c-4",
    Reason.OUTSIDE_BENEFIT_PERIOD: "S3c-6",
    Reason.IN_HOSPITAL: "S3c-10",
    Reason.NO_PRESCRIPTION: "S3c-20",
    Reason.PHARMACY_NOT_POOLED: "S3c-20",
    Reason.TYPE_NOT_POOLED: "S3c-18",
    Reason.STATUS_NOT_COVERED: "S3c-4",
    Reason.NOT_CONTRACTED: "S3c-6",
    Reason.COVERED: "S3c-6",
}


class Case(NamedTuple):
    """What the rules look at in one visit.

    `status` is what the person is insured as on the day, None outside any benefit period.
    `tier` is the institution's (1, 2, 3; None: not graded); at a pharmacy the tier of the
    hospital that wrote the prescription (article 20), None without one. `facts` are what only
    the shapes of other cities ask for.
    """

    med_type: str
    in_scope_fen: int
    on_roster: bool
    status: Status | None
    in_hospital: bool
    at_pharmacy: bool
    pharmacy_pools: bool | None
    tier: int | None
    facts: Facts = NO_FACTS


class PoolShare(NamedTuple):
    """The pool's decision: `amounts` as the kernel names them, zeros unless covered.

    `uses` are the windows beside the year, `parts` how the pay divides over bands and funds."""

    reason: Reason
    tier: int | None
    ratio_bp: int
    amounts: Amounts
    uses: tuple[WindowUse, ...] = ()
    parts: tuple[SharePart, ...] = ()


NOTHING: Amounts = (0, 0, 0, 0, 0, 0, 0, 0)
NO_WINDOWS: Windows = {}


def pool_share(
    case: Case,
    rules: OutpatientRules,
    year: YearSoFar,
    parameters: KernelParameters | None = None,
    windows: Windows = NO_WINDOWS,
) -> PoolShare:
    """What the pooled fund pays for one visit.

    Args:
        parameters: of `rules`, where a caller keeps them for many visits.
        year: the accumulators of the natural year of the visit, before it.
        windows: what stands in the windows that `windows.windows_of` names for the visit.

    Raises:
        Refused: `visit/missing-fact`, `visit/not-contracted`, `visit/unknown-disease`; never
            under rules without shapes.

    Source: S3c-6, S3c-10, S3c-20.
    """
    shapes = rules.shapes
    if shapes.pharmacy_tier is not None and _is_pharmacy(case, rules):
        case = case._replace(tier=_pharmacy_tier(case, shapes))
    reason = _reason(case, rules)
    if reason is not Reason.COVERED or case.status is None or case.tier is None:
        return PoolShare(reason, case.tier, 0, NOTHING)
    status = 1 if case.status is Status.RETIRED else 0
    flat = kernel_parameters(rules) if parameters is None else parameters
    if shapes is PLAIN and not is_shaped(flat):
        amounts = settle_amounts(flat, year, status, case.tier, case.in_scope_fen)
        return PoolShare(reason, case.tier, rules.ratio_bp[status][case.tier - 1], amounts)
    if shapes.pharmacy_ratio_bp is not None and _is_pharmacy(case, rules):
        rules = with_pharmacy_ratio(rules)
        flat = kernel_parameters(rules)
    if case.status.value in shapes.full_pay_statuses:
        status = FULL_PAY
    facts = case.facts._replace(tier=case.tier)
    share = shaped_share(rules, flat, year, windows, status, case.tier, case.in_scope_fen, facts)
    return PoolShare(reason, case.tier, share.ratio_bp, share.amounts[:8], share.uses, share.parts)


def _is_pharmacy(case: Case, rules: OutpatientRules) -> bool:
    return case.at_pharmacy or case.med_type in rules.pharmacy_med_types


def _pharmacy_tier(case: Case, shapes: Shapes) -> int | None:
    """The tier that the pack gives to pharmacies; still none where a prescription is missing."""
    if case.tier is None and shapes.pharmacy_needs_prescription:
        return None
    return shapes.pharmacy_tier


def _reason(case: Case, rules: OutpatientRules) -> Reason:
    if not case.on_roster:
        return Reason.NOT_INSURED
    if case.status is None:
        return Reason.OUTSIDE_BENEFIT_PERIOD
    if case.in_hospital:
        return Reason.IN_HOSPITAL
    if _is_pharmacy(case, rules):
        reason = _pharmacy_reason(case, rules)
    elif case.med_type not in rules.pooled_med_types:
        reason = Reason.TYPE_NOT_POOLED
    else:
        reason = Reason.COVERED
    if reason is not Reason.COVERED:
        return reason
    if case.status is Status.VETERAN and case.status not in rules.shapes.full_pay_statuses:
        return Reason.STATUS_NOT_COVERED
    return _contract_reason(case, rules.shapes)


def _pharmacy_reason(case: Case, rules: OutpatientRules) -> Reason:
    """Article 20: with the prescription of a designated hospital, at a pharmacy that qualifies."""
    if not rules.shapes.pharmacy_pooled:
        return Reason.PHARMACY_NOT_POOLED
    if case.tier is None:
        return Reason.NO_PRESCRIPTION
    pools = case.pharmacy_pools
    if pools is None:
        pools = rules.pharmacy_pooling_when_unstated
    return Reason.COVERED if pools else Reason.PHARMACY_NOT_POOLED


def _contract_reason(case: Case, shapes: Shapes) -> Reason:
    """Is the institution the one that the person chose, where the rules ask (签约、选点)?

    Raises:
        Refused: `visit/missing-fact`, `visit/not-contracted`.
    """
    if not shapes.contracted_matters:
        return Reason.COVERED
    contracted = needed(case.facts.contracted, "是否签约（选定）机构", "contracted_flag")
    if contracted or shapes.uncontracted is UncontractedVisit.LOWER_RATIO:
        return Reason.COVERED
    if shapes.uncontracted is UncontractedVisit.REFUSED:
        raise Refused("visit/not-contracted", "不在签约（选定）的医疗机构就诊，按规定不予结算")
    return Reason.NOT_CONTRACTED
