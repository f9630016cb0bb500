"""States of a personal account (个人账户状态): what each allows, and how it is reached.

A state is what holds on a day: each event sets one or takes it away, several may hold at once
(停保 and 挂失), and a movement must be allowed by all of them. The account shows the gravest.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from ledger.core.errors import Refused

ARTICLES = ("S3c-15", "S3c-22")


class State(StrEnum):
    """States, the gravest last; OPEN is what holds when nothing else does."""

    OPEN = "open"
    STOPPED = "stopped"
    """Benefits have stopped: no credits, what is there stays usable until it is used up."""
    LOST = "lost"
    FROZEN = "frozen"
    EMIGRATED = "emigrated"
    DEAD = "dead"
    CLOSED = "closed"


GRAVEST_FIRST = tuple(reversed(State))

STATE_NAMES: dict[State, str] = {
    State.OPEN: "正常",
    State.STOPPED: "停保可用",
    State.LOST: "挂失",
    State.FROZEN: "冻结",
    State.EMIGRATED: "出境定居",
    State.DEAD: "死亡",
    State.CLOSED: "已注销",
}


class Movement(StrEnum):
    """What somebody wants of an account."""

    CREDIT = "credit"
    """Monthly and advance credits (101, 108)."""
    USE = "use"
    """Paying for the holder's care (201)."""
    AID = "aid"
    """Paying for a relative's care (201)."""
    PREMIUM = "premium"
    RETURN = "return"
    """Paid out to somebody settled elsewhere, the account stays (202)."""
    TRANSFER_OUT = "transfer_out"
    CLEAR = "clear"
    """Paid out for good on death or emigration, to the holder, the heirs or their accounts
    (203, 208)."""
    LEAVE = "leave"
    """Paid out for good to a holder whose insurance ends for another cause (203)."""
    RECEIVE = "receive"
    """Supplements, one-off credits, inheritances, transfers in (106, 107, 111, 112)."""
    CORRECT = "correct"
    """Interest, refunds, claw-backs, recoveries, special adjustments (102-104, 109, 110)."""


MOVEMENT_NAMES: dict[Movement, str] = {
    Movement.CREDIT: "划账",
    Movement.USE: "支付本人医疗费用",
    Movement.AID: "家庭共济支付",
    Movement.PREMIUM: "代缴保费",
    Movement.RETURN: "返还",
    Movement.TRANSFER_OUT: "转出",
    Movement.CLEAR: "清退或划拨继承人",
    Movement.LEAVE: "清退",
    Movement.RECEIVE: "补录、注入、继承或转入",
    Movement.CORRECT: "计息、退费、抵扣或特殊调整",
}

_ALL = frozenset(Movement)
_IN = frozenset({Movement.CREDIT, Movement.RECEIVE, Movement.CORRECT})

ALLOWED: dict[State, frozenset[Movement]] = {
    State.OPEN: _ALL - {Movement.CLEAR},
    # Benefits stopped: the money stays usable (停保可用), only crediting stops.
    State.STOPPED: _ALL - {Movement.CLEAR, Movement.CREDIT},
    # The card is lost or the agency has frozen the account: money comes in, none goes out.
    State.LOST: _IN,
    State.FROZEN: _IN,
    # Article 15: what is left is paid out. Months up to the day are still due and credited; none
    # after it is, since the benefit period has ended.
    State.EMIGRATED: frozenset({Movement.CLEAR, Movement.CORRECT, Movement.CREDIT}),
    State.DEAD: frozenset({Movement.CLEAR, Movement.CORRECT, Movement.CREDIT}),
    State.CLOSED: frozenset(),
}
"""State -> movements that it allows. The only place that says so."""


class Event(StrEnum):
    """What changes the state."""

    LOSE = "lose"
    RESTORE = "restore"
    FREEZE = "freeze"
    UNFREEZE = "unfreeze"
    STOP = "stop"
    RESUME = "resume"
    EMIGRATION = "emigration"
    DEATH = "death"
    WITHDRAW = "withdraw"
    """A registered death or emigration was a mistake."""
    CLOSE = "close"
    REOPEN = "reopen"


EVENT_NAMES: dict[Event, str] = {
    Event.LOSE: "挂失",
    Event.RESTORE: "解除挂失",
    Event.FREEZE: "冻结",
    Event.UNFREEZE: "解除冻结",
    Event.STOP: "停保",
    Event.RESUME: "恢复参保",
    Event.EMIGRATION: "出境定居",
    Event.DEATH: "死亡",
    Event.WITHDRAW: "撤销死亡或出境登记",
    Event.CLOSE: "注销",
    Event.REOPEN: "重新启用",
}

SETS: dict[Event, State] = {
    Event.LOSE: State.LOST,
    Event.FREEZE: State.FROZEN,
    Event.STOP: State.STOPPED,
    Event.EMIGRATION: State.EMIGRATED,
    Event.DEATH: State.DEAD,
    Event.CLOSE: State.CLOSED,
}
LIFTS: dict[Event, tuple[State, ...]] = {
    Event.RESTORE: (State.LOST,),
    Event.UNFREEZE: (State.FROZEN,),
    Event.RESUME: (State.STOPPED,),
    Event.WITHDRAW: (State.DEAD, State.EMIGRATED),
    Event.REOPEN: (State.CLOSED,),
}


class Happened(NamedTuple):
    """One event: from which day it holds. A state of death holds after the day of death."""

    event: Event
    happened_on: date


class Standing(NamedTuple):
    """The states that hold, each with the day since when; empty for an ordinary account."""

    since: dict[State, date]

    @property
    def state(self) -> State:
        """The gravest of them: what the account shows."""
        return next((state for state in GRAVEST_FIRST if state in self.since), State.OPEN)

    def refusing(self, movement: Movement) -> State | None:
        """The gravest state that forbids a movement; None when all allow it."""
        for state in GRAVEST_FIRST:
            holds = state in self.since or (state is State.OPEN and not self.since)
            if holds and movement not in ALLOWED[state]:
                if movement is Movement.CLEAR and self._may_be_cleared():
                    continue
                return state
        return None

    def _may_be_cleared(self) -> bool:
        """Death and emigration go before a lost card or a freeze: article 15 pays what is left.
        A freeze still holds the money back."""
        leaving = State.DEAD in self.since or State.EMIGRATED in self.since
        return leaving and State.FROZEN not in self.since and State.CLOSED not in self.since


ORDINARY = Standing({})


def standing(events: Iterable[Happened], on: date | None = None) -> Standing:
    """What the events come to, in their order; on a day, only those that hold on it.

    Args:
        on: None for all of them. A visit on the day of death is still the holder's own, so
            death counts from the day after.
    """
    since: dict[State, date] = {}
    for event, day in events:
        if on is not None and (day >= on if event is Event.DEATH else day > on):
            continue
        if event in SETS:
            since.setdefault(SETS[event], day)
        else:
            for state in LIFTS[event]:
                since.pop(state, None)
    return Standing(since)


def refuse_movement(held: Standing, movement: Movement) -> None:
    """Raises: Refused `account/lost`, `account/frozen`, … when a state forbids the movement;
    `account/not-leaving` when an account in use shall be paid out for good."""
    state = held.refusing(movement)
    if state is None:
        return
    if movement is Movement.CLEAR and state in (State.OPEN, State.STOPPED, State.LOST):
        raise Refused(
            "account/not-leaving", "账户既未登记死亡也未登记出境定居，不能清退（第十五条）"
        )
    raise Refused(
        f"account/{state}",
        refusal_text(held, state, movement),
        state=str(state),
        since=held.since[state].isoformat(),
    )


def refusal_text(held: Standing, state: State, movement: Movement) -> str:
    """What a refusal says: the state, since when, and what it forbids."""
    since = held.since[state]
    return f"账户自 {since} 起{STATE_NAMES[state]}，不能{MOVEMENT_NAMES[movement]}"


def refuse_event(held: Standing, event: Event, on: date) -> None:
    """Raises: Refused `account/closed` for anything but reopening, `account/already` when the
    state holds already, `account/not-so` when it does not hold and shall be lifted,
    `account/earlier-than-state` when it would be lifted before it began."""
    if State.CLOSED in held.since and event is not Event.REOPEN:
        since = held.since[State.CLOSED]
        raise Refused("account/closed", f"账户自 {since} 起已注销，不能再登记{EVENT_NAMES[event]}")
    if event in SETS:
        state = SETS[event]
        if state in held.since:
            raise Refused(
                "account/already",
                f"账户自 {held.since[state]} 起已是{STATE_NAMES[state]}状态",
            )
        return
    lifted = [state for state in LIFTS[event] if state in held.since]
    if not lifted:
        names = "、".join(STATE_NAMES[state] for state in LIFTS[event])
        raise Refused("account/not-so", f"账户不在{names}状态，不能{EVENT_NAMES[event]}")
    if on < held.since[lifted[0]]:
        raise Refused(
            "account/earlier-than-state",
            f"{EVENT_NAMES[event]}不能早于{STATE_NAMES[lifted[0]]}之日 {held.since[lifted[0]]}",
        )
