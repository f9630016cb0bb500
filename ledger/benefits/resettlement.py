"""A person-year settled anew (重新结算): the fold over the visits that stand, in the order of the
visits, under what is known now; and what follows for whoever has paid.

A visit stands while nothing has given it back: neither a refund (退费) nor an earlier
resettlement. The fold runs on what the visits say and on what the person and the institution
were on the day, so it never looks at an old result except to compare.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from ledger.benefits.kernel import NEW_YEAR, YearSoFar, add_to_year, settle_amounts
from ledger.benefits.kernel_rules import KernelParameters, is_shaped
from ledger.benefits.outpatient import NOTHING, Case, PoolShare, Reason, pool_share
from ledger.benefits.payers import Payers
from ledger.benefits.settlement import Settlement
from ledger.benefits.windows import (
    ORDINARY,
    WindowKey,
    WindowSoFar,
    WindowUse,
    benefit_of,
    with_year,
    year_of,
)
from ledger.core.people import Status
from ledger.policy.shapes import PLAIN
from ledger.policy.values import OutpatientRules

ARTICLES = ("S3c-6",)


class Cause(StrEnum):
    """Why a visit comes out otherwise than it stands; a visit may have several."""

    STATUS = "changed_status"
    TIER = "changed_tier"
    STAY = "changed_stay"
    PACK = "pack_version"
    LATE = "late_visit"
    OWN_LATE = "arrived_late"
    REVERSAL = "reversal_before"
    EARLIER = "earlier_changed"


CAUSE_TEXT = {
    Cause.STATUS: "参保身份或待遇期有更正",
    Cause.TIER: "医疗机构级别有更正",
    Cause.STAY: "住院记录后到或有变化",
    Cause.PACK: "政策包版本变化",
    Cause.LATE: "此前的就诊晚到，按就诊顺序重排",
    Cause.OWN_LATE: "本次就诊晚到，按就诊顺序重排",
    Cause.REVERSAL: "此前的就诊已退费，退还起付线和限额",
    Cause.EARLIER: "此前的就诊重新结算，累计随之变化",
}


NO_SHARE = PoolShare(Reason.COVERED, None, 0, NOTHING)
NO_WINDOWS: Mapping[WindowKey, WindowSoFar] = {}


class StandingVisit(NamedTuple):
    """A settlement that stands, as far as the fold needs it. Fen.

    `person_id` is the number under which it stands, which may have been merged into another.
    `arrival` is the number of the visit's first settlement, which rises with arrival. `facts` are
    what the visit said beside its ordinary fields, `uses` the windows in which it counts: both
    only under rules with shapes of their own.
    """

    person_id: int
    settlement_id: int
    arrival: int
    visit_id: str
    settled_at: str
    """Local time as columns keep it; its first ten characters are the day."""
    provider_id: int
    prescriber_id: int | None
    med_type: str
    in_scope_fen: int
    status: str
    tier: int | None
    reason: str
    deductible_fen: int
    beyond_deductible_fen: int
    cost_fen: int
    pool_fen: int
    policy_version: str
    facts: str | None = None
    own_fen: int = 0
    """What the person's own account paid."""
    uses: tuple[WindowUse, ...] = ()

    @property
    def stands(self) -> tuple[int, int, int, int]:
        """What the settlement put into the year: deductible, beyond it, cost, pool."""
        return self.deductible_fen, self.beyond_deductible_fen, self.cost_fen, self.pool_fen


class GivenBack(NamedTuple):
    """A visit that a refund gave back: when it was settled, and the refund's number."""

    settled_at: str
    refund_id: int


class DayRules(NamedTuple):
    """The rules of a day, looked up once."""

    outpatient: OutpatientRules
    parameters: KernelParameters


class Turn(NamedTuple):
    """What the rules make of a visit before its amount and the year so far are looked at. The
    same for all visits alike, so that it is found once and kept.

    `share` has no amounts; `status` is the kernel's; `plain` rules look at the year alone;
    `account_first`: the person's own account pays before the deductible.
    """

    case: Case
    rules: DayRules
    share: PoolShare
    status: int
    covered: bool
    plain: bool
    account_first: bool = False


def turn_of(case: Case, rules: DayRules, shaped: bool = False, account_first: bool = False) -> Turn:
    """Args:
    case: what the rules look at; its amount is not used under plain rules.
    shaped: the pack looks at more than the person-year on some day, so that all visits do.
    """
    plain = not shaped and rules.outpatient.shapes is PLAIN and not is_shaped(rules.parameters)
    share = NO_SHARE
    if plain:
        nothing = case._replace(in_scope_fen=0)
        share = pool_share(nothing, rules.outpatient, NEW_YEAR, rules.parameters)
    covered = share.reason is Reason.COVERED and case.tier is not None
    retired = int(case.status is Status.RETIRED)
    return Turn(case, rules, share, retired, covered, plain, account_first)


class Refolded(NamedTuple):
    """A visit settled anew: what it met, what it comes to, and why that is not what stands."""

    visit: StandingVisit
    status: str
    share: PoolShare
    before: YearSoFar
    causes: tuple[Cause, ...]

    @property
    def benefit(self) -> str:
        """The section of the pack that settles it now."""
        return benefit_of(self.share.uses)


class FoldedYear(NamedTuple):
    """A person-year: the visits that come out otherwise, in order, and the year after all, with
    what its windows hold."""

    changed: list[Refolded]
    after: YearSoFar
    visits: int
    windows: Mapping[WindowKey, WindowSoFar] = NO_WINDOWS


def in_order(visits: Iterable[StandingVisit], order: str) -> list[StandingVisit]:
    """By settlement time, ties in order of arrival (default 4); or as they arrived.

    Args:
        order: `settlement_time` or `arrival` (`resettle_order`).
    """
    if order == "arrival":
        return sorted(visits, key=lambda visit: visit.arrival)
    return sorted(visits, key=lambda visit: (visit.settled_at, visit.arrival))


def refold(
    visits: Sequence[StandingVisit],
    given_back: Sequence[GivenBack],
    start: YearSoFar,
    turn_of: Callable[[StandingVisit], Turn],
    same_rules: Callable[[str, str], bool],
    begun: Mapping[WindowKey, WindowSoFar] = NO_WINDOWS,
) -> FoldedYear:
    """Settle one person-year anew.

    Args:
        visits: those that stand, as `in_order` has them, of one person and natural year, of all
            benefits.
        given_back: visits of the year that a refund gave back.
        start: what the year began with (a merged number brings its own), mostly zeros.
        turn_of: what the rules make of a visit by what is known now, its amount aside.
        same_rules: do the rules of a day ("2023-01-31") equal those of a pack's version?
        begun: what windows hold from before the year (a stay across the year end).

    Raises:
        Refused: `visit/missing-fact` and whatever else the rules refuse of what a visit says.

    Source: S3c-6 (default 4, 6 and 7).
    """
    year = start
    changed: list[Refolded] = []
    windows = dict(begun)
    latest_arrival = 0
    for place, visit in enumerate(visits):
        turn = turn_of(visit)
        share, met = turn.share, year
        if turn.plain:
            amounts = NOTHING
            if turn.covered and share.tier is not None:
                parameters, in_scope = turn.rules.parameters, visit.in_scope_fen
                amounts = settle_amounts(parameters, year, turn.status, share.tier, in_scope)
            year = add_to_year(year, amounts)
        else:
            met, share = _shaped(visit, turn, year, windows)
            amounts = share.amounts
            if benefit_of(share.uses) == ORDINARY:
                year = add_to_year(met, amounts)
        if (
            amounts[0] != visit.deductible_fen
            or amounts[7] != visit.pool_fen
            or amounts[1] != visit.beyond_deductible_fen
            or amounts[2] != visit.cost_fen
            or ((visit.uses or share.uses) and counted(visit.uses) != counted(share.uses))
        ):
            if turn.plain:
                share = PoolShare(share.reason, share.tier, share.ratio_bp, amounts)
            status = "" if turn.case.status is None else turn.case.status.value
            same = same_rules(visit.policy_version, visit.settled_at[:10])
            causes = _causes(visit, status, share, same)
            if latest_arrival > visit.arrival:
                causes.append(Cause.LATE)
            if given_back and any(
                back.settled_at <= visit.settled_at and back.refund_id > visit.settlement_id
                for back in given_back
            ):
                causes.append(Cause.REVERSAL)
            if not causes:
                late = any(after.arrival < visit.arrival for after in visits[place + 1 :])
                causes = [Cause.OWN_LATE if late else Cause.EARLIER]
            changed.append(Refolded(visit, status, share, met, tuple(causes)))
        if visit.arrival > latest_arrival:
            latest_arrival = visit.arrival
    return FoldedYear(changed, year, len(visits), windows)


def counted(uses: Iterable[WindowUse]) -> dict[WindowKey, WindowSoFar]:
    """What a visit adds to each window."""
    return {use.key: use.added for use in uses}


def _shaped(
    visit: StandingVisit, turn: Turn, ordinary: YearSoFar, windows: dict[WindowKey, WindowSoFar]
) -> tuple[YearSoFar, PoolShare]:
    """The year that a visit meets and the pool's share under rules with shapes of their own; the
    windows move on. What the account paid first it has paid: its balance of then is no part of
    the order."""
    first = min(visit.own_fen, visit.in_scope_fen) if turn.account_first else 0
    case = turn.case._replace(in_scope_fen=visit.in_scope_fen - first)
    benefit, year = case.facts.benefit, int(visit.settled_at[:4])
    met = year_of(windows, benefit, year, ordinary)
    share = pool_share(case, turn.rules.outpatient, met, turn.rules.parameters, windows)
    uses = with_year(windows, benefit, year, share.amounts, share.uses)
    for use in uses:
        windows[use.key] = use.after
    return met, share._replace(uses=uses)


def _causes(visit: StandingVisit, status: str, share: PoolShare, same_rules: bool) -> list[Cause]:
    """What was corrected about the visit itself, status before tier before stay before rules."""
    causes = []
    if status != visit.status:
        causes.append(Cause.STATUS)
    if share.tier != visit.tier:
        causes.append(Cause.TIER)
    if "in_hospital" in (visit.reason, share.reason) and visit.reason != share.reason:
        causes.append(Cause.STAY)
    if not same_rules:
        causes.append(Cause.PACK)
    return causes


def taken_off(year: YearSoFar, settlement: Settlement) -> YearSoFar:
    """The accumulators after giving a settlement back: exactly what it added is taken off."""
    in_scope, deductible, cost, paid, overall = year
    return (
        in_scope - settlement.deductible_fen - settlement.beyond_deductible_fen,
        deductible - settlement.deductible_fen,
        cost - settlement.cost_fen,
        paid - settlement.pool_fen,
        overall - settlement.pool_fen,
    )


def plus(one: YearSoFar, other: YearSoFar) -> YearSoFar:
    """The accumulators of two numbers of one person together."""
    return (
        one[0] + other[0],
        one[1] + other[1],
        one[2] + other[2],
        one[3] + other[3],
        one[4] + other[4],
    )


def less_year(one: YearSoFar, other: YearSoFar) -> YearSoFar:
    return plus(one, (-other[0], -other[1], -other[2], -other[3], -other[4]))


def resettled(
    old: Settlement,
    found: Refolded,
    before: Payers,
    after: Payers,
    settlement_id: int,
    on: date,
    fiscal_month: int,
    balance_after_fen: int,
    policy_version: str,
) -> Settlement:
    """The settlement that takes the place of `old`: the same visit, its new result.

    Args:
        on: the day of resettling, on which the difference is booked.
    """
    deductible, beyond, cost, before_caps, visit_cut, year_cut, overall_cut, pay = (
        found.share.amounts
    )
    in_scope_before, deductible_before, cost_before, paid_before, overall_before = found.before
    account = after.account_fen
    return old._replace(
        settlement_id=settlement_id,
        fiscal_month=fiscal_month,
        happened_on=on,
        status=found.status,
        tier=found.share.tier,
        ratio_bp=found.share.ratio_bp,
        reason=str(found.share.reason),
        deductible_fen=deductible,
        pool_fen=pay,
        account_fen=account,
        family_fen=old.family_fen - before.family_fen + after.family_fen,
        cash_fen=old.total_fen - pay - account,
        balance_after_fen=balance_after_fen,
        beyond_deductible_fen=beyond,
        cost_fen=cost,
        before_caps_fen=before_caps,
        visit_cut_fen=visit_cut,
        year_cut_fen=year_cut,
        overall_cut_fen=overall_cut,
        in_scope_before_fen=in_scope_before,
        deductible_before_fen=deductible_before,
        cost_before_fen=cost_before,
        paid_before_fen=paid_before,
        overall_before_fen=overall_before,
        policy_version=policy_version,
        reverses_settlement_id=None,
    )
