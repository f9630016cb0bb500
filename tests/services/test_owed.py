"""Owed money (待追回): booked with a cause, repaid, written off by two people, recovered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from exports.catalog import EXPORTS
from ledger.benefits.debts import Cause
from ledger.core.errors import GongjiError
from ledger.core.people import ContributionKind
from ledger.policy.loader import load_pack
from ledger.services.approvals.proposals import approve
from ledger.services.books import reporting
from ledger.services.books.read import balance
from ledger.services.debts import owed
from ledger.services.debts.owed_list import owed_of
from ledger.storage.books.funds import cash_balance
from tests.people import CHEN, ZHAO
from tests.world import World

CHEN_NO, ZHAO_NO = str(CHEN.psn_no), str(ZHAO.psn_no)
DAY = date(2023, 3, 1)
RECOVERING = {"debts.recover_from_credits": "true"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "world.db")
    world.enrol(CHEN, ZHAO)
    yield world
    world.prove()
    world.close()


def refusal(act: Any, *arguments: Any, **more: Any) -> str:
    with pytest.raises(GongjiError) as refused:
        act(*arguments, **more)
    return refused.value.code


def owes(world: World, number: str = CHEN_NO) -> str:
    return str(balance(world.context, number, DAY)["owed"])


def book(world: World, pool_fen: int = 0, on: date = DAY, **more: Any) -> dict[str, Any]:
    return owed.book_debt(world.context, CHEN_NO, Cause.MISTAKE, on, pool_fen, **more)


# --- booking ---


def test_a_debt_of_a_settlement_is_what_its_pool_and_the_own_account_paid(world: World) -> None:
    world.open_with(CHEN_NO, 10_000)
    visit = world.settle(world.visit("A", CHEN_NO, date(2023, 1, 10), 60_000, use=1))
    number = int(visit["setl_id"])
    answer = owed.book_debt(
        world.context, CHEN_NO, Cause.AFTER_DEATH, DAY, settlement_id=number, request_id="R1"
    )
    assert (answer["amount"], answer["owed"]) == ("150.00", "150.00")
    assert world.balance(CHEN_NO) == 10_000
    assert world.rows(
        "SELECT kind, amount_fen FROM transfer WHERE kind LIKE 'owed%' ORDER BY 1"
    ) == [
        ("owed_account", 10_000),
        ("owed_pool", 5_000),
    ]
    again = owed.book_debt(
        world.context, CHEN_NO, Cause.AFTER_DEATH, DAY, settlement_id=number, request_id="R1"
    )
    assert again == answer
    assert refusal(book, world, settlement_id=number) == "owed/more-than-paid"


def test_parts_of_a_settlement_add_up_to_what_it_paid(world: World) -> None:
    visit = world.settle(world.visit("A", CHEN_NO, date(2023, 1, 10), 60_000))
    number = int(visit["setl_id"])
    book(world, 2_000, settlement_id=number)
    assert refusal(book, world, 3_001, settlement_id=number) == "owed/more-than-paid"
    book(world, 3_000, settlement_id=number)
    assert owes(world) == "50.00"


def test_what_was_refunded_is_not_owed(world: World) -> None:
    visit = world.settle(world.visit("A", CHEN_NO, date(2023, 1, 10), 60_000))
    world.reverse(visit, world.context.now().replace(tzinfo=None))
    number = int(visit["setl_id"])
    assert refusal(book, world, settlement_id=number) == "owed/settlement-reversed"
    assert refusal(book, world, settlement_id=7) == "owed/unknown-settlement"
    assert refusal(book, world) == "owed/not-above-zero"


# --- settling ---


def test_money_paid_back_lands_on_the_disbursement_account(world: World) -> None:
    book(world, 5_000)
    answer = owed.repay(world.context, CHEN_NO, 2_000, date(2023, 4, 5))
    assert answer["owed"] == "30.00"
    with world.context.reading() as connection:
        assert cash_balance(connection, "1103") == 2_000
    assert refusal(owed.repay, world.context, CHEN_NO, 3_001, DAY) == "owed/more-than-owed"
    assert refusal(owed.repay, world.context, CHEN_NO, 0, DAY) == "owed/not-above-zero"


def test_nothing_is_paid_back_or_given_up_before_it_is_owed(world: World) -> None:
    """As of no day did anybody pay back more than was owed until then."""
    book(world, 1_000, date(2023, 3, 1))
    book(world, 5_000, date(2023, 5, 1))
    then = "owed/more-than-owed-then"
    assert refusal(owed.repay, world.context, CHEN_NO, 1, date(2023, 2, 28)) == then
    assert refusal(owed.repay, world.context, CHEN_NO, 1_001, date(2023, 4, 5)) == then
    words = (world.context, CHEN_NO, 1_001, date(2023, 4, 5), "无法追回")
    assert refusal(owed.propose_write_off, *words) == then
    owed.repay(world.context, CHEN_NO, 1_000, date(2023, 4, 30))
    assert refusal(owed.repay, world.context, CHEN_NO, 1, date(2023, 4, 5)) == then
    owed.repay(world.context, CHEN_NO, 5_000, date(2023, 5, 1))
    assert owes(world) == "0.00"


def test_the_oldest_debt_is_settled_first(world: World) -> None:
    book(world, 5_000, date(2023, 3, 1))
    book(world, 1_000, date(2023, 1, 15), memo="更早的一笔")
    owed.repay(world.context, CHEN_NO, 1_500, date(2023, 4, 1))
    debts = owed_of(world.context, CHEN_NO, date(2023, 6, 30))["debts"]
    assert [(debt["amount"], debt["settled"], debt["open"]) for debt in debts] == [
        ("10.00", "10.00", "0.00"),
        ("50.00", "5.00", "45.00"),
    ]


def test_a_write_off_takes_two_people(world: World, tmp_path: Path) -> None:
    book(world, 5_000)
    proposal = owed.propose_write_off(world.context, CHEN_NO, 5_000, DAY, "死亡且无遗产")
    number = int(proposal["proposal_id"])
    assert refusal(approve, world.context, number) == "approval/same-actor"
    second = World(world.path, actor="second")
    answer = approve(second.context, number)
    second.close()
    assert (answer["written_off"], owes(world)) == ("50.00", "0.00")
    assert (
        refusal(owed.propose_write_off, world.context, CHEN_NO, 1, DAY, "理由")
        == "owed/more-than-owed"
    )


# --- from credits ---


def clawed_back(tmp_path: Path, **overrides: str) -> World:
    """January's 160.00 was spent, then the contribution was returned: 160.00 is owed."""
    pack = load_pack("420300-shiyan", RECOVERING | overrides)
    world = World(tmp_path / "recovering.db", pack)
    world.enrol(CHEN)
    world.contribute(world.contribution(CHEN_NO, "2023-01", 800_000))
    world.credit("2023-01")
    world.settle(world.visit("A", CHEN_NO, date(2023, 1, 25), 16_000, use=1))
    back = world.contribution(CHEN_NO, "2023-01", -800_000, ContributionKind.REFUND)
    world.contribute(back)
    world.credit("2023-01")
    assert owes(world) == "160.00"
    return world


def test_later_credits_pay_what_is_owed_where_the_pack_says_so(tmp_path: Path) -> None:
    world = clawed_back(tmp_path)
    world.contribute(world.contribution(CHEN_NO, "2023-02", 500_000))
    answer = world.credit("2023-02")
    assert (answer["credited_fen"], answer["recovered_fen"]) == (10_000, 10_000)
    assert (owes(world), world.balance(CHEN_NO)) == ("60.00", 0)
    assert world.credit("2023-02")["run"] is None
    world.contribute(world.contribution(CHEN_NO, "2023-03", 500_000))
    assert world.credit("2023-03")["recovered_fen"] == 6_000
    assert (owes(world), world.balance(CHEN_NO)) == ("0.00", 4_000)
    settled = owed_of(world.context, CHEN_NO, date(2023, 12, 31))["settled"]
    assert [item["name"] for item in settled] == ["以个人账户抵扣待追回"] * 2
    world.prove()
    world.close()


def test_at_most_the_packs_share_of_a_credit_is_set_off(tmp_path: Path) -> None:
    world = clawed_back(tmp_path, **{"debts.recover_share": "0.30"})
    world.contribute(world.contribution(CHEN_NO, "2023-02", 500_001))
    assert world.credit("2023-02")["recovered_fen"] == 3_000
    assert (owes(world), world.balance(CHEN_NO)) == ("130.00", 7_000)
    world.prove()
    world.close()


def test_without_the_setting_nothing_is_set_off(world: World) -> None:
    book(world, 5_000)
    world.contribute(world.contribution(CHEN_NO, "2023-02", 500_000))
    assert world.credit("2023-02")["recovered_fen"] == 0
    assert owes(world) == "50.00"


# --- the list by age ---


def test_the_list_is_by_age_and_of_a_day(world: World, tmp_path: Path) -> None:
    book(world, 100, date(2023, 12, 1))
    book(world, 200, date(2023, 9, 30))
    book(world, 400, date(2023, 6, 30))
    book(world, 800, date(2022, 12, 31))
    with reporting.opened(world.context, "owed", as_of=date(2023, 12, 31)) as report:
        assert [(band.name, band.open_fen) for band in report.totals()] == [
            ("3个月以内", 100),
            ("3至6个月", 200),
            ("6至12个月", 400),
            ("12个月以上", 800),
        ]
        EXPORTS["owed"].write(report, tmp_path / "owed.xlsx")
    assert (tmp_path / "owed.xlsx").stat().st_size > 5_000
    with reporting.opened(world.context, "owed", as_of=date(2023, 9, 29)) as report:
        assert [debt.open_fen for debt in report.debts] == [800, 400]


def test_the_months_workbook_lists_what_is_still_open(world: World) -> None:
    from ledger.core.months import Month

    book(world, 5_000, date(2023, 3, 1))
    owed.repay(world.context, CHEN_NO, 2_000, date(2023, 4, 5))
    for month, open_fen in ((3, 5_000), (4, 3_000)):
        with reporting.opened(world.context, "reconciliation", month=Month(2023, month)) as report:
            assert [line.owed_fen for line in report.owed] == [open_fen]
