"""Moving to and from other pools (转移接续): which steps a case has, in which order, and by when.

    out   accepted -> moved_out (here) -> moved_in (there)     paid: our money leaves
    in    accepted -> moved_out (there) -> moved_in (here)     received: their money is credited

Each step happens once. Where we send somebody, the balance leaves the account with `moved_out`;
where somebody comes, it is credited when the money is here, however late that is.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from ledger.benefits.working_days import Counted, Due, due_on, working_days_late
from ledger.core.errors import Conflict, Refused
from ledger.core.people import Status
from ledger.policy.values import TransferRules

ARTICLES = (
    "医保办发〔2021〕43号-第二条",
    "医保办发〔2021〕43号-转移接续手续",
    "医保办发〔2021〕43号-个人账户",
)


class Direction(StrEnum):
    OUT = "out"
    IN = "in"


class Step(StrEnum):
    """Steps of a case (步骤)."""

    ACCEPTED = "accepted"
    MOVED_OUT = "moved_out"
    PAID = "paid"
    MOVED_IN = "moved_in"
    RECEIVED = "received"
    CANCELLED = "cancelled"


STEP_NAMES: dict[Step, str] = {
    Step.ACCEPTED: "申请受理",
    Step.MOVED_OUT: "转出地办结",
    Step.PAID: "余额划出",
    Step.MOVED_IN: "转入地办结",
    Step.RECEIVED: "余额到账计入",
    Step.CANCELLED: "终止",
}

DIRECTION_NAMES = {Direction.OUT: "转出", Direction.IN: "转入"}

AFTER: dict[Direction, dict[Step, Step]] = {
    Direction.OUT: {
        Step.MOVED_OUT: Step.ACCEPTED,
        Step.PAID: Step.MOVED_OUT,
        Step.MOVED_IN: Step.MOVED_OUT,
        Step.CANCELLED: Step.ACCEPTED,
    },
    Direction.IN: {
        Step.MOVED_OUT: Step.ACCEPTED,
        Step.MOVED_IN: Step.MOVED_OUT,
        Step.RECEIVED: Step.MOVED_OUT,
        Step.CANCELLED: Step.ACCEPTED,
    },
}
"""Step -> the step that must have happened before it."""

OURS: dict[Direction, frozenset[Step]] = {
    Direction.OUT: frozenset({Step.MOVED_OUT, Step.PAID}),
    Direction.IN: frozenset({Step.MOVED_IN, Step.RECEIVED}),
}


class Deadline(NamedTuple):
    """A limit of a case, met or not. `late` counts the working days after the limit, up to the
    step or, while it is missing, up to the day asked for."""

    step: Step
    ours: bool
    """Is it our step, or the other pool's?"""
    since: date
    due: Due
    done_on: date | None
    late: Counted


def refuse_person(status: Status | None, rules: TransferRules) -> None:
    """Raises: Refused `transfer/retired` (第二条): retirees are not transferred."""
    if status is Status.RETIRED and not rules.retirees_transferred:
        raise Refused(
            "transfer/retired",
            "退休人员不办理转移接续（医保办发〔2021〕43号 第二条）",
            article="医保办发〔2021〕43号-第二条",
        )


def refuse_step(
    direction: Direction, done: Mapping[Step, date], step: Step, on: date, nothing_to_pay: bool
) -> None:
    """Raises: Conflict `transfer/done-before`; Refused `transfer/wrong-step` for a step of the
    other direction, `transfer/cancelled`, `transfer/too-early-step` before its turn,
    `transfer/earlier-than-step` for a day before that of the step it follows."""
    name = STEP_NAMES[step]
    if step in done:
        raise Conflict("transfer/done-before", f"“{name}”已于 {done[step]} 登记")
    needed = AFTER[direction].get(step)
    if needed is None or (step is Step.PAID and nothing_to_pay):
        raise Refused("transfer/wrong-step", f"{DIRECTION_NAMES[direction]}业务没有“{name}”这一步")
    if Step.CANCELLED in done:
        raise Refused("transfer/cancelled", f"该业务已于 {done[Step.CANCELLED]} 终止")
    if needed not in done:
        raise Refused(
            "transfer/too-early-step", f"“{STEP_NAMES[needed]}”尚未登记，不能登记“{name}”"
        )
    if on < done[needed]:
        raise Refused(
            "transfer/earlier-than-step",
            f"“{name}”不能早于“{STEP_NAMES[needed]}”之日 {done[needed]}",
        )
    if step is Step.CANCELLED and Step.MOVED_OUT in done:
        raise Refused("transfer/too-late-to-cancel", "转出地已经办结，不能终止")


def deadlines(
    direction: Direction,
    done: Mapping[Step, date],
    rules: TransferRules,
    as_of: date,
    nothing_to_pay: bool = False,
) -> list[Deadline]:
    """The limits of a case that run or ran, by the day `as_of`.

    Args:
        rules: of the day on which the case was accepted.
        nothing_to_pay: the account was empty, so no money has to leave.

    Source: 医保办发〔2021〕43号: 10 working days where the person leaves, the balance included,
    and 5 where the person arrives.
    """
    if Step.CANCELLED in done:
        return []
    limits = [(Step.MOVED_OUT, Step.ACCEPTED, rules.moved_out_within)]
    if direction is Direction.OUT and not nothing_to_pay and Step.MOVED_OUT in done:
        limits.append((Step.PAID, Step.ACCEPTED, rules.moved_out_within))
    limits.append((Step.MOVED_IN, Step.MOVED_OUT, rules.moved_in_within))
    return [
        _deadline(direction, step, done[start], days, done, as_of)
        for step, start, days in limits
        if start in done and done[start] <= as_of
    ]


def _deadline(
    direction: Direction,
    step: Step,
    since: date,
    within: int,
    done: Mapping[Step, date],
    as_of: date,
) -> Deadline:
    due = due_on(since, within)
    met = done.get(step)
    done_on = met if met is not None and met <= as_of else None
    late = working_days_late(due.day, done_on or as_of)
    return Deadline(step, step in OURS[direction], since, due, done_on, late)
