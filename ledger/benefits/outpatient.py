"""The pool's share of one visit (普通门诊统筹): is the person covered here and now, by which tier
and ratio, and what does the kernel make of it.

Errors come in a written order of precedence, and so do the reasons for a fund share of zero;
`REFUSALS` and `Reason` list them, and the tests walk both in that order.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from ledger.benefits.kernel import Amounts, YearSoFar, settle_amounts
from ledger.benefits.kernel_rules import KernelParameters, kernel_parameters
from ledger.core.people import Status
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
)
"""A visit that several of these fit is refused by the first."""


class Reason(StrEnum):
    """Why the fund pays nothing, in order of precedence; COVERED when it may pay."""

    NOT_INSURED = "not_insured"
    """Not on the roster of employees' insurance: relatives' accounts only."""
    OUTSIDE_BENEFIT_PERIOD = "outside_benefit_period"
    IN_HOSPITAL = "in_hospital"
    NO_PRESCRIPTION = "no_prescription"
    PHARMACY_NOT_POOLED = "pharmacy_not_pooled"
    TYPE_NOT_POOLED = "type_not_pooled"
    COVERED = "covered"


REASON_TEXT = {
    Reason.NOT_INSURED: "未参加职工医保，统筹基金不支付，只能使用家庭共济账户",
    Reason.OUTSIDE_BENEFIT_PERIOD: "不在医保待遇享受期内，统筹基金不支付",
    Reason.IN_HOSPITAL: "住院治疗期间，不享受普通门诊统筹待遇",
    Reason.NO_PRESCRIPTION: "药店购药没有定点医疗机构外配处方，统筹基金不支付",
    Reason.PHARMACY_NOT_POOLED: "该药店未纳入门诊统筹，统筹基金不支付",
    Reason.TYPE_NOT_POOLED: "该医疗类别不属于普通门诊统筹",
    Reason.COVERED: "",
}

REASON_ARTICLE = {
    Reason.NOT_INSURED: "S3c-4",
    Reason.OUTSIDE_BENEFIT_PERIOD: "S3c-6",
    Reason.IN_HOSPITAL: "S3c-10",
    Reason.NO_PRESCRIPTION: "S3c-20",
    Reason.PHARMACY_NOT_POOLED: "S3c-20",
    Reason.TYPE_NOT_POOLED: "S3c-18",
    Reason.COVERED: "S3c-6",
}


class Case(NamedTuple):
    """What the rules look at in one visit.

    `status` is what the person is insured as on the day, None outside any benefit period.
    `tier` is the institution's (1, 2, 3; None: not graded); at a pharmacy the tier of the
    hospital that wrote the prescription (article 20), None without one.
    """

    med_type: str
    in_scope_fen: int
    on_roster: bool
    status: Status | None
    in_hospital: bool
    at_pharmacy: bool
    pharmacy_pools: bool | None
    tier: int | None


class PoolShare(NamedTuple):
    """The pool's decision: `amounts` as the kernel names them, zeros unless covered."""

    reason: Reason
    tier: int | None
    ratio_bp: int
    amounts: Amounts


NOTHING: Amounts = (0, 0, 0, 0, 0, 0, 0, 0)


def pool_share(
    case: Case,
    rules: OutpatientRules,
    year: YearSoFar,
    parameters: KernelParameters | None = None,
) -> PoolShare:
    """What the pooled fund pays for one visit.

    Args:
        parameters: of `rules`, where a caller keeps them for many visits.
        year: the accumulators of the natural year of the visit, before it.

    Source: S3c-6, S3c-10, S3c-20.
    """
    reason = _reason(case, rules)
    if reason is not Reason.COVERED or case.status is None or case.tier is None:
        return PoolShare(reason, case.tier, 0, NOTHING)
    status = 1 if case.status is Status.RETIRED else 0
    flat = kernel_parameters(rules) if parameters is None else parameters
    amounts = settle_amounts(flat, year, status, case.tier, case.in_scope_fen)
    return PoolShare(reason, case.tier, rules.ratio_bp[status][case.tier - 1], amounts)


def _reason(case: Case, rules: OutpatientRules) -> Reason:
    if not case.on_roster:
        return Reason.NOT_INSURED
    if case.status is None:
        return Reason.OUTSIDE_BENEFIT_PERIOD
    if case.in_hospital:
        return Reason.IN_HOSPITAL
    if case.med_type in rules.pharmacy_med_types or case.at_pharmacy:
        return _pharmacy_reason(case, rules)
    if case.med_type not in rules.pooled_med_types:
        return Reason.TYPE_NOT_POOLED
    return Reason.COVERED


def _pharmacy_reason(case: Case, rules: OutpatientRules) -> Reason:
    """Article 20: with the prescription of a designated hospital, at a pharmacy that qualifies."""
    if case.tier is None:
        return Reason.NO_PRESCRIPTION
    pools = case.pharmacy_pools
    if pools is None:
        pools = rules.pharmacy_pooling_when_unstated
    return Reason.COVERED if pools else Reason.PHARMACY_NOT_POOLED
