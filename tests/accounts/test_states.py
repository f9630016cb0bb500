"""States of an account: what each allows, how it is reached, what the refusal says."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.benefits.account_states import (
    ALLOWED,
    EVENT_NAMES,
    LIFTS,
    SETS,
    STATE_NAMES,
    Event,
    Happened,
    Movement,
    State,
    refuse_event,
    refuse_movement,
    standing,
)
from ledger.core.errors import Refused, Unknown
from ledger.core.ids import recorded_at
from ledger.core.money import Fen, fen_from_yuan
from ledger.core.people import BankAccount, Insured, Relation
from ledger.services.accounts.account_states import change_state, states
from ledger.services.accounts.extra_credits import supplement
from ledger.services.accounts.pay_out import clear_account
from ledger.services.accounts.reopening import propose_reopening, propose_withdrawal
from ledger.services.approvals import proposals
from ledger.services.books.read import balance
from ledger.services.context import Context
from ledger.services.pools.pool_quotas import give
from ledger.storage.accounts.account_events import events_of
from tests.accounts.conftest import CHEN_NO, LIN_NO
from tests.people import CHEN, YU_CERTNO, certno, psn_no, somebody
from tests.world import CLOCK, World

MAY_4, MAY_10, JUNE_1 = date(2023, 5, 4), date(2023, 5, 10), date(2023, 6, 1)

LOST_BY = {
    State.LOST: Event.LOSE,
    State.FROZEN: Event.FREEZE,
    State.STOPPED: Event.STOP,
    State.DEAD: Event.DEATH,
    State.EMIGRATED: Event.EMIGRATION,
    State.CLOSED: Event.CLOSE,
}

MONEY_LEAVES = {
    Movement.USE,
    Movement.AID,
    Movement.PREMIUM,
    Movement.RETURN,
    Movement.TRANSFER_OUT,
    Movement.LEAVE,
}


def change(world: World, event: Event, on: date, number: str = CHEN_NO) -> dict[str, object]:
    return change_state(world.context, number, event, on, "本人申请")


def code(world: World, event: Event, on: date, number: str = CHEN_NO) -> str:
    with pytest.raises(Refused) as refused:
        change(world, event, on, number)
    return refused.value.code


def test_every_state_and_event_has_a_name_and_a_rule() -> None:
    assert set(STATE_NAMES) == set(ALLOWED) == set(State)
    assert set(EVENT_NAMES) == set(SETS) | set(LIFTS) == set(Event)


@pytest.mark.parametrize("state", LOST_BY)
def test_a_refusal_names_the_state_and_since_when(state: State) -> None:
    held = standing([Happened(LOST_BY[state], MAY_4)])
    for movement in set(Movement) - ALLOWED[state] - {Movement.CLEAR}:
        with pytest.raises(Refused) as refused:
            refuse_movement(held, movement)
        assert refused.value.code == f"account/{state}"
        assert refused.value.message.startswith(f"账户自 2023-05-04 起{STATE_NAMES[state]}，不能")


@pytest.mark.parametrize("state", [State.LOST, State.FROZEN])
def test_money_comes_into_a_lost_or_frozen_account_and_none_goes_out(state: State) -> None:
    held = standing([Happened(LOST_BY[state], MAY_4)])
    allowed = {movement for movement in Movement if held.refusing(movement) is None}
    assert allowed == {Movement.CREDIT, Movement.RECEIVE, Movement.CORRECT}


def test_when_benefits_stop_the_money_stays_usable_and_crediting_stops() -> None:
    held = standing([Happened(Event.STOP, MAY_4)])
    assert all(held.refusing(movement) is None for movement in MONEY_LEAVES)
    assert held.refusing(Movement.CREDIT) is State.STOPPED


def test_several_states_hold_at_once_and_the_gravest_is_shown() -> None:
    events = [Happened(Event.STOP, MAY_4), Happened(Event.LOSE, MAY_10)]
    assert standing(events).state is State.LOST
    assert standing(events).refusing(Movement.CREDIT) is State.STOPPED
    assert standing([*events, Happened(Event.RESTORE, JUNE_1)]).state is State.STOPPED


def test_only_a_leaving_account_is_paid_out_for_good_and_a_lost_card_does_not_hinder_it() -> None:
    with pytest.raises(Refused) as refused:
        refuse_movement(standing([]), Movement.CLEAR)
    assert refused.value.code == "account/not-leaving"
    lost = [Happened(Event.LOSE, MAY_4), Happened(Event.DEATH, MAY_10)]
    refuse_movement(standing(lost), Movement.CLEAR)
    with pytest.raises(Refused) as refused:
        refuse_movement(standing([*lost, Happened(Event.FREEZE, JUNE_1)]), Movement.CLEAR)
    assert refused.value.code == "account/frozen"


def test_the_day_of_death_is_still_the_holders_own() -> None:
    events = [Happened(Event.DEATH, MAY_4)]
    assert standing(events, MAY_4).state is State.OPEN
    assert standing(events, date(2023, 5, 5)).state is State.DEAD


@pytest.mark.parametrize(
    ("events", "event", "on", "wanted"),
    [
        ([Event.LOSE], Event.LOSE, JUNE_1, "account/already"),
        ([], Event.RESTORE, JUNE_1, "account/not-so"),
        ([Event.FREEZE], Event.RESTORE, JUNE_1, "account/not-so"),
        ([Event.LOSE], Event.RESTORE, date(2023, 5, 3), "account/earlier-than-state"),
        ([Event.CLOSE], Event.FREEZE, JUNE_1, "account/closed"),
        ([], Event.REOPEN, JUNE_1, "account/not-so"),
    ],
)
def test_an_event_that_does_not_fit_is_refused(
    events: list[Event], event: Event, on: date, wanted: str
) -> None:
    held = standing(Happened(before, MAY_4) for before in events)
    with pytest.raises(Refused) as refused:
        refuse_event(held, event, on)
    assert refused.value.code == wanted


# --- recorded ---


def test_each_change_is_an_event_and_the_account_shows_the_last(world: World) -> None:
    change(world, Event.LOSE, MAY_4)
    assert world.rows("SELECT status FROM personal_account ORDER BY 1") == [("lost",), ("open",)]
    change(world, Event.RESTORE, MAY_10)
    answer = states(world.context, CHEN_NO)
    assert answer["status_name"] == "正常"
    assert [(row["name"], row["on"], row["actor"]) for row in answer["events"]] == [
        ("挂失", "2023-05-04", "tester"),
        ("解除挂失", "2023-05-10", "tester"),
    ]


def test_the_state_of_a_day_and_as_it_was_known_are_questions_of_the_events(world: World) -> None:
    change(world, Event.LOSE, MAY_4)
    with world.context.reading() as connection:
        first = events_of(connection, world.person_id(CHEN_NO))[0]
    instant = recorded_at(first.event_id)
    change(world, Event.RESTORE, MAY_10)
    on = {
        day: states(world.context, CHEN_NO, day)["status"]
        for day in (date(2023, 5, 3), MAY_4, date(2023, 5, 9), MAY_10)
    }
    assert list(on.values()) == ["open", "lost", "lost", "open"]
    assert states(world.context, CHEN_NO, JUNE_1, instant)["status"] == "lost"


def test_a_change_needs_a_reason_and_a_known_account(world: World) -> None:
    with pytest.raises(Refused) as refused:
        change_state(world.context, CHEN_NO, Event.LOSE, MAY_4, " ")
    assert refused.value.code == "account/no-reason"
    with pytest.raises(Unknown):
        change(world, Event.LOSE, MAY_4, "0")
    world.link(world.relation(str(somebody(1).certno), YU_CERTNO))
    assert code(world, Event.LOSE, MAY_4, YU_CERTNO) == "account/none"


def test_the_same_request_changes_once(world: World) -> None:
    first = change_state(world.context, CHEN_NO, Event.LOSE, MAY_4, "卡丢失", "r-1")
    assert change_state(world.context, CHEN_NO, Event.LOSE, MAY_4, "卡丢失", "r-1") == first
    assert world.count("account_event") == 1


def test_an_account_with_money_in_it_is_not_closed(world: World) -> None:
    assert code(world, Event.CLOSE, MAY_4) == "account/not-empty"
    world.enrol(somebody(30))
    change(world, Event.CLOSE, MAY_4, psn_no(30))
    assert code(world, Event.LOSE, MAY_10, psn_no(30)) == "account/closed"
    with pytest.raises(Refused) as refused:
        supplement(world.context, psn_no(30), Fen(100), MAY_10, "补录")
    assert refused.value.message == "账户自 2023-05-04 起已注销，不能补录、注入、继承或转入"


def test_closing_does_not_swallow_what_the_account_earned(world: World) -> None:
    world.open_with(CHEN_NO, 900_000, 2022)
    everything = world.balance(CHEN_NO)
    world.settle(world.visit("all", CHEN_NO, MAY_4, 0, use=1, self_paid_fen=everything))
    assert world.balance(CHEN_NO) == 0
    with pytest.raises(Refused) as refused:
        change(world, Event.CLOSE, JUNE_1)
    assert refused.value.code == "account/interest-due"
    assert world.balance(CHEN_NO) == 0
    bank = BankAccount("陈建国", "十堰样例银行", "6222020000000000001")
    paid = clear_account(world.context, CHEN_NO, bank, JUNE_1, "重复建档", "注销前结息")
    assert fen_from_yuan(paid["amount"]) > 0
    assert paid["status"] == "closed"
    world.prove()


def test_an_account_is_closed_on_the_day_of_its_last_movement_or_later(world: World) -> None:
    """On 4 May it was empty; then 1.00 came and went. A closed account does not move."""
    world.enrol(somebody(30))
    supplement(world.context, psn_no(30), Fen(100), MAY_10, "补录")
    world.settle(world.visit("all", psn_no(30), MAY_10, 0, use=1, self_paid_fen=100))
    with pytest.raises(Refused, match="2023-05-10") as refused:
        change(world, Event.CLOSE, MAY_4, psn_no(30))
    assert refused.value.code == "account/moved-later"
    change(world, Event.CLOSE, MAY_10, psn_no(30))
    world.prove()


def test_when_benefits_stop_the_next_run_credits_nothing(world: World) -> None:
    for month in ("2023-01", "2023-02", "2023-03"):
        world.contribute(world.contribution(CHEN_NO, month, 500_000))
    world.credit("2023-01")
    change(world, Event.STOP, date(2023, 2, 1))
    world.credit("2023-03")
    assert world.balance(CHEN_NO) == 50_000 + 10_000
    change(world, Event.RESUME, date(2023, 3, 1))
    world.credit("2023-03")
    assert world.balance(CHEN_NO) == 50_000 + 20_000


# --- four eyes ---


def test_reopening_is_proposed_and_approved_by_another(world: World, second: Context) -> None:
    world.enrol(somebody(30))
    number = psn_no(30)
    change(world, Event.CLOSE, MAY_4, number)
    assert code(world, Event.REOPEN, MAY_10, number) == "account/needs-four-eyes"
    answer = propose_reopening(world.context, number, MAY_10, "退费须退回账户")
    assert states(world.context, number)["status"] == "closed"
    done = proposals.approve(second, int(answer["proposal_id"]))
    assert done["account_status"] == "open"
    last = states(world.context, number)["events"][-1]
    assert last["actor"] == "reviewer"
    assert "tester 提出，reviewer 批准" in last["reason"]
    assert world.rows("SELECT closed_on FROM personal_account WHERE status = 'closed'") == []


def test_a_mistaken_death_is_withdrawn_and_insurance_goes_on(world: World, second: Context) -> None:
    change(world, Event.DEATH, MAY_4, LIN_NO)
    spans = "SELECT valid_from, insured FROM person_span WHERE person_id = ? ORDER BY 1"
    assert world.rows(spans, world.person_id(LIN_NO))[-1] == ("2023-05-05", "4")
    answer = propose_withdrawal(world.context, LIN_NO, MAY_10, "同名误登")
    proposals.approve(second, int(answer["proposal_id"]))
    assert states(world.context, LIN_NO)["status"] == "open"
    assert world.rows(spans, world.person_id(LIN_NO))[-1] == ("2023-05-05", "1")


def test_a_balance_as_known_then_shows_the_state_known_then(world: World) -> None:
    """Also where the event booked no money, so that no entry came after the instant."""
    instant = CLOCK()
    user, day = (certno(800), "远亲"), date(2026, 3, 2)
    give(world.context, CHEN_NO, user, "420100", Relation.PARENT, Fen(100), day)
    change(world, Event.LOSE, day)
    found = balance(world.context, CHEN_NO, JUNE_1, known_at=instant)
    assert (found["account_status"], found["held"]) == ("open", "0.00")


def test_a_pause_on_the_roster_shows_as_stopped_by_itself(world: World) -> None:
    paused = CHEN._replace(insured=Insured.PAUSED, changed_on=MAY_10)
    world.enrol(paused)
    stopped = states(world.context, CHEN_NO)
    assert (stopped["status"], stopped["status_name"]) == ("stopped", "停保可用")
    assert stopped["holds"] == [{"status": "stopped", "name": "停保可用", "since": "2023-05-10"}]
    assert states(world.context, CHEN_NO, MAY_4)["status"] == "open"
    visit = world.visit("after", CHEN_NO, JUNE_1, 10_000, use=1)
    assert world.settle(visit)["acct_pay"] == "100.00"
    world.enrol(CHEN._replace(changed_on=JUNE_1))
    assert states(world.context, CHEN_NO)["status"] == "open"
