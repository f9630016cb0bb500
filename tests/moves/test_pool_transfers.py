"""People who move between pools: steps, limits, money."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ledger.benefits.pool_transfer import Direction, Step
from ledger.core.errors import GongjiError
from ledger.core.money import Fen, fen_from_yuan
from ledger.services.books.move_funds import move_funds
from ledger.services.books.read import balance, statement
from ledger.services.pools.pool_clearing import balances, move_money
from ledger.services.pools.pool_transfers import begin, listing, take_step
from tests.people import CHEN, LIN, ZHAO, certno, psn_no, somebody
from tests.world import World

WUHAN = "420100"
ACCEPTED = date(2025, 9, 24)
OUT, IN = Direction.OUT, Direction.IN


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "moves.db")
    world.enrol(CHEN, LIN, ZHAO)
    world.open_with(psn_no(1), 30_000, 2023)
    world.open_with(psn_no(1), 12_345, 2024)
    yield world
    world.close()


def money_in_the_disbursement_account(world: World) -> None:
    world.contribute(world.contribution(psn_no(4), "2025-01", 1_000_000))
    move_funds(world.context, "fiscal", Fen(50_000), date(2025, 2, 1))
    move_funds(world.context, "disbursement", Fen(50_000), date(2025, 2, 1))


def leave(world: World, number: int = 1, on: date = ACCEPTED) -> int:
    return int(begin(world.context, OUT, psn_no(number), WUHAN, on)["case_id"])


def code_of(error: pytest.ExceptionInfo[GongjiError]) -> str:
    return error.value.code


def test_the_limits_are_ten_and_five_working_days_of_the_real_calendar(world: World) -> None:
    case = leave(world)
    first = listing(world.context, ACCEPTED)[0]
    assert [(x["step"], x["due"], x["by"]) for x in first["limits"]] == [
        ("moved_out", "2025-10-14", "ours")
    ]
    after = take_step(world.context, case, Step.MOVED_OUT, date(2025, 10, 11))
    assert [(x["step"], x["due"], x["by"]) for x in after["limits"]] == [
        ("moved_out", "2025-10-14", "ours"),
        ("paid", "2025-10-14", "ours"),
        ("moved_in", "2025-10-17", "theirs"),
    ]


def test_what_is_late_is_listed_with_its_working_days(world: World) -> None:
    leave(world)
    leave(world, 4, date(2025, 10, 9))
    assert listing(world.context, date(2025, 10, 14), late_only=True) == []
    late = listing(world.context, date(2025, 10, 20), late_only=True)
    assert [(case["psn_no"], case["late_working_days"]) for case in late] == [(psn_no(1), 4)]
    later = listing(world.context, date(2025, 10, 31), late_only=True)
    assert [case["late_working_days"] for case in later] == [13, 7]


def test_a_step_that_was_taken_late_is_not_listed_but_its_delay_stays_visible(
    world: World,
) -> None:
    case = leave(world, 4)
    take_step(world.context, case, Step.MOVED_OUT, date(2025, 10, 16))
    found = listing(world.context, date(2025, 10, 17))[0]
    assert found["limits"][0]["late_working_days"] == 2
    assert listing(world.context, date(2025, 10, 17), late_only=True) == []


def test_a_limit_in_a_year_without_a_calendar_is_marked(world: World) -> None:
    begun = begin(world.context, OUT, psn_no(1), WUHAN, date(2048, 3, 3))
    assert not begun["calendar_confirmed"]


def test_moving_out_empties_and_closes_the_account_and_ends_the_insurance(world: World) -> None:
    case = leave(world)
    taken = take_step(world.context, case, Step.MOVED_OUT, date(2025, 10, 11), request_id="r-1")
    again = take_step(world.context, case, Step.MOVED_OUT, date(2025, 10, 11), request_id="r-1")
    assert again == taken
    now = balance(world.context, psn_no(1), date(2025, 10, 12))
    assert (now["balc"], now["account_status"], now["psn_type"]) == ("0.00", "closed", None)
    lines = statement(world.context, psn_no(1))["lines"][-2:]
    assert {line["kind"] for line in lines} == {"transfer_out"}
    assert lines[-1]["balance"] == "0.00"
    assert balances(world.context) == [{"pool": WUHAN, "owed": taken["steps"][-1]["amount"]}]
    world.prove()


def test_the_balance_is_paid_to_the_other_pool_once(world: World) -> None:
    money_in_the_disbursement_account(world)
    case = leave(world)
    out = take_step(world.context, case, Step.MOVED_OUT, date(2025, 10, 11))
    paid = take_step(world.context, case, Step.PAID, date(2025, 10, 13))
    assert paid["steps"][-1]["amount"] == out["steps"][-1]["amount"]
    assert balances(world.context) == [{"pool": WUHAN, "owed": "0.00"}]
    with pytest.raises(GongjiError) as error:
        take_step(world.context, case, Step.PAID, date(2025, 10, 13))
    assert code_of(error) == "transfer/done-before"
    done = take_step(world.context, case, Step.MOVED_IN, date(2025, 10, 15))
    assert done["done"]
    world.prove()


def test_an_empty_account_is_closed_without_an_entry(world: World) -> None:
    case = leave(world, 4)
    taken = take_step(world.context, case, Step.MOVED_OUT, date(2025, 10, 11))
    assert taken["steps"][-1]["entry_id"] is None
    assert [limit["step"] for limit in taken["limits"]] == ["moved_out", "moved_in"]
    with pytest.raises(GongjiError) as error:
        take_step(world.context, case, Step.PAID, date(2025, 10, 11))
    assert code_of(error) == "transfer/wrong-step"
    world.prove()


def test_links_of_mutual_aid_end_with_the_move(world: World) -> None:
    world.link(world.relation(CHEN.certno, certno(900)))
    case = leave(world, on=date(2026, 3, 2))
    take_step(world.context, case, Step.MOVED_OUT, date(2026, 3, 4))
    ends = world.rows("SELECT valid_until, revoked_on FROM family_link")
    assert ends == [("2026-03-05", "2026-03-04")]


def test_what_was_paid_and_not_credited_keeps_the_account_here(world: World) -> None:
    world.contribute(world.contribution(psn_no(1), "2025-08", 500_000))
    case = leave(world)
    with pytest.raises(GongjiError) as error:
        take_step(world.context, case, Step.MOVED_OUT, date(2025, 10, 11))
    assert code_of(error) == "transfer/credit-first"
    world.credit("2025-08")
    taken = take_step(world.context, case, Step.MOVED_OUT, date(2025, 10, 11))
    assert fen_from_yuan(taken["steps"][-1]["amount"]) > 42_345 + 10_000
    world.prove()


def test_the_interest_is_posted_before_the_money_leaves(world: World) -> None:
    case = leave(world)
    taken = take_step(world.context, case, Step.MOVED_OUT, date(2025, 10, 11))
    kinds = [line["kind"] for line in statement(world.context, psn_no(1))["lines"]]
    assert {"interest_yearly", "interest_daily"} <= set(kinds)
    earned = sum(
        fen for (fen,) in world.rows(
            "SELECT amount_fen FROM transfer WHERE kind LIKE 'interest%'"
        )
    )  # fmt: skip
    assert fen_from_yuan(taken["steps"][-1]["amount"]) == 42_345 + earned


def test_coming_in_credits_the_account_when_the_money_arrives(world: World) -> None:
    case = int(begin(world.context, IN, psn_no(4), WUHAN, date(2025, 3, 3))["case_id"])
    announced = take_step(world.context, case, Step.MOVED_OUT, date(2025, 3, 10), Fen(88_050))
    assert announced["limits"][1]["due"] == "2025-03-17"
    take_step(world.context, case, Step.MOVED_IN, date(2025, 3, 12))
    assert world.balance(psn_no(4)) == 0
    with pytest.raises(GongjiError) as error:
        take_step(world.context, case, Step.RECEIVED, date(2025, 4, 1), Fen(88_000))
    assert code_of(error) == "transfer/amount-differs"
    take_step(world.context, case, Step.RECEIVED, date(2025, 4, 1), Fen(88_050), request_id="x")
    line = statement(world.context, psn_no(4))["lines"][-1]
    assert (line["name"], line["amount"]) == ("账户转入", "880.50")
    assert world.rows("SELECT year, credited_fen FROM account_year")[-1] == (2025, 88_050)
    assert balances(world.context) == [{"pool": WUHAN, "owed": "0.00"}]
    world.prove()


@pytest.mark.parametrize(
    ("step", "on", "code"),
    [
        (Step.MOVED_IN, date(2025, 10, 1), "transfer/too-early-step"),
        (Step.RECEIVED, date(2025, 10, 1), "transfer/wrong-step"),
        (Step.MOVED_OUT, date(2025, 9, 1), "transfer/earlier-than-step"),
        (Step.ACCEPTED, date(2025, 9, 24), "transfer/done-before"),
    ],
)
def test_steps_out_of_their_order_are_refused(
    world: World, step: Step, on: date, code: str
) -> None:
    case = leave(world)
    with pytest.raises(GongjiError) as error:
        take_step(world.context, case, step, on)
    assert code_of(error) == code


def test_a_case_is_cancelled_before_the_other_pool_was_told_and_not_after(world: World) -> None:
    case = leave(world)
    assert take_step(world.context, case, Step.CANCELLED, date(2025, 9, 25))["done"]
    again = leave(world, on=date(2025, 9, 26))
    take_step(world.context, again, Step.MOVED_OUT, date(2025, 9, 28))
    with pytest.raises(GongjiError) as error:
        take_step(world.context, again, Step.CANCELLED, date(2025, 9, 28))
    assert code_of(error) == "transfer/too-late-to-cancel"
    assert world.balance(psn_no(1)) == 0
    world.prove()


@pytest.mark.parametrize(
    ("number", "pool", "on", "code"),
    [
        (2, WUHAN, ACCEPTED, "transfer/retired"),
        (1, "420300", ACCEPTED, "pools/own-pool"),
        (1, "武汉", ACCEPTED, "pools/bad-code"),
        (1, WUHAN, date(2021, 1, 4), "policy/not-in-force"),
    ],
)
def test_who_and_whereto_are_looked_at(
    world: World, number: int, pool: str, on: date, code: str
) -> None:
    with pytest.raises(GongjiError) as error:
        begin(world.context, OUT, psn_no(number), pool, on)
    assert code_of(error) == code


def test_a_second_case_waits_for_the_first(world: World) -> None:
    leave(world)
    with pytest.raises(GongjiError) as error:
        leave(world)
    assert code_of(error) == "transfer/open-case"


def test_who_retired_after_leaving_the_roster_counts_as_what_he_was_last(world: World) -> None:
    world.enrol(somebody(9, benefit_until=date(2025, 9, 1)))
    assert leave(world, 9)


def test_nothing_is_paid_to_a_pool_that_is_owed_less(world: World) -> None:
    money_in_the_disbursement_account(world)
    case = leave(world)
    take_step(world.context, case, Step.MOVED_OUT, date(2025, 10, 11))
    owed = fen_from_yuan(balances(world.context)[0]["owed"])
    with pytest.raises(GongjiError) as error:
        move_money(world.context, WUHAN, "paid", Fen(owed + 1), date(2025, 10, 13))
    assert code_of(error) == "pools/more-than-owed"
    answer: dict[str, Any] = move_money(
        world.context, WUHAN, "paid", Fen(owed), date(2025, 10, 13), request_id="c-1"
    )
    assert answer["owed_after"] == "0.00"
    world.prove()
