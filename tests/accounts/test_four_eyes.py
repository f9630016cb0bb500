"""One actor proposes, another approves; only then it happens, once, with both names on it."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy.exc import DBAPIError

from ledger.core.errors import Conflict, Refused, Unknown
from ledger.core.money import Fen
from ledger.services.accounts.special_adjustment import propose_adjustment
from ledger.services.approvals import proposals
from ledger.services.context import Context
from ledger.storage.database.engine import translate
from tests.accounts.conftest import CHEN_NO, LIN_NO
from tests.world import World

DAY = date(2023, 5, 4)


def adjust(world: World, fen: int, reason: str = "补记漏划", **more: object) -> int:
    answer = propose_adjustment(world.context, CHEN_NO, Fen(fen), DAY, reason, **more)  # type: ignore[arg-type]  # keywords of the tests below
    return int(answer["proposal_id"])


def test_nothing_happens_before_another_approves(world: World, second: Context) -> None:
    proposal = adjust(world, 12_000)
    assert world.balance(CHEN_NO) == 50_000
    answer = proposals.approve(second, proposal, "凭证齐全")
    assert world.balance(CHEN_NO) == 62_000
    memo, actor = world.rows(
        "SELECT memo, actor FROM entry WHERE entry_id = ?", int(answer["entry_id"])
    )[0]
    assert actor == "reviewer"
    assert memo == f"补记漏划（提案 {proposal}，tester 提出，reviewer 批准）"


def test_what_is_taken_out_goes_in_the_order_of_use(world: World, second: Context) -> None:
    world.open_with(CHEN_NO, 1_000, 2021)
    proposals.approve(second, adjust(world, -3_000))
    assert world.rows(
        "SELECT fund_year, amount_fen FROM transfer WHERE kind = 'adjust_down' ORDER BY leg"
    ) == [(2021, 1_000), (2022, 2_000)]


def test_a_year_may_be_named_for_what_comes_in(world: World, second: Context) -> None:
    proposals.approve(second, adjust(world, 700, year=2021))
    assert world.rows("SELECT fund_year FROM transfer WHERE kind = 'adjust_up'") == [(2021,)]


def test_nobody_approves_what_he_proposed(world: World) -> None:
    proposal = adjust(world, 100)
    with pytest.raises(Refused) as refused:
        proposals.approve(world.context, proposal)
    assert refused.value.code == "approval/same-actor"
    assert "tester" in refused.value.message
    with pytest.raises(Refused) as refused:
        proposals.reject(world.context, proposal, "改了主意")
    assert refused.value.code == "approval/same-actor"


def test_the_database_refuses_a_decision_by_the_proposer_too(world: World) -> None:
    proposal = adjust(world, 100)
    by_hand = (
        "INSERT INTO proposal_decision SELECT person_id, proposal_id, 'approved', "
        "proposed_by, proposed_at, '', NULL FROM proposal WHERE proposal_id = ?"
    )
    with world.context.writing() as work:
        with pytest.raises(DBAPIError) as refused:
            work.connection.exec_driver_sql(by_hand, (proposal,))
        assert translate(refused.value).code == "approval/same-actor"


def test_a_proposal_is_decided_once(world: World, second: Context) -> None:
    proposal = adjust(world, 100)
    proposals.reject(second, proposal, "依据不足")
    with pytest.raises(Conflict) as refused:
        proposals.approve(second, proposal)
    assert refused.value.code == "approval/done-before"
    assert world.balance(CHEN_NO) == 50_000


def test_a_refusal_while_approving_leaves_the_proposal_open(world: World, second: Context) -> None:
    first, other = adjust(world, -40_000), adjust(world, -30_000)
    proposals.approve(second, first)
    with pytest.raises(Refused) as refused:
        proposals.approve(second, other)
    assert refused.value.code == "account/insufficient"
    assert [row["status"] for row in proposals.listing(second)] == ["approved", "open"]


def test_a_trial_approves_nothing(world: World, second: Context) -> None:
    proposal = adjust(world, 100)
    proposals.approve(second, proposal, dry_run=True)
    assert proposals.listing(second, "open")[0]["proposal_id"] == str(proposal)


@pytest.mark.parametrize(
    ("fen", "reason", "code"),
    [
        (0, "无", "account/zero"),
        (100, "  ", "approval/no-reason"),
        (-50_001, "多划", "account/insufficient"),
    ],
)
def test_a_proposal_that_cannot_be_booked_is_refused(
    world: World, fen: int, reason: str, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        adjust(world, fen, reason)
    assert refused.value.code == code
    assert world.count("proposal") == 0


def test_the_list_is_by_status_and_by_person(world: World, second: Context) -> None:
    first = adjust(world, 100)
    other = propose_adjustment(world.context, LIN_NO, Fen(5), DAY, "补记")
    proposals.approve(second, first)
    assert [row["proposal_id"] for row in proposals.listing(second, "open")] == [
        other["proposal_id"]
    ]
    of_chen = proposals.listing(second, number=CHEN_NO)
    assert [(row["psn_name"], row["decided_by"]) for row in of_chen] == [("陈建国", "reviewer")]
    with pytest.raises(Refused):
        proposals.listing(second, "pending")
    with pytest.raises(Unknown):
        proposals.approve(second, 1)


def test_a_lost_answer_of_an_approval_comes_again(world: World, second: Context) -> None:
    proposal = adjust(world, 100)
    first = proposals.approve(second, proposal, request_id="a1")
    assert proposals.approve(second, proposal, request_id="a1") == first


def test_the_same_request_makes_one_proposal(world: World) -> None:
    assert adjust(world, 100, request_id="r1") == adjust(world, 100, request_id="r1")
    assert world.count("proposal") == 1
