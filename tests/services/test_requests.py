"""One request id, one effect, the first answer for ever (invariant 5)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from ledger.core.errors import Conflict, GongjiError, RequestReused, Unknown
from ledger.core.money import Fen
from ledger.core.months import Month
from ledger.services.books.move_funds import move_funds
from ledger.services.books.pay_provider import pay_provider
from ledger.services.visits.settle_visit import quote, reverse, settle
from tests.people import CHEN, LIN
from tests.world import World, code_of, dump

DAY = date(2023, 3, 1)
LATER = datetime(2023, 3, 2, 10)
MONEY = ["entry", "transfer", "personal_account", "account_year", "settlement", "accumulator"]
EVERYTHING = [*MONEY, "visit", "inpatient_stay", "request", "family_draw", "provider_statement"]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "world.db")
    world.enrol(CHEN, LIN)
    world.open_with(str(CHEN.psn_no), 50_000)
    yield world
    world.prove()
    world.close()


def test_the_same_request_gives_the_first_answer_and_no_second_effect(world: World) -> None:
    visit = world.visit("A", CHEN.psn_no, DAY, 60_000, use=1)
    first = world.settle(visit, "r1")
    before = dump(world, EVERYTHING)
    assert world.settle(visit, "r1") == first
    assert dump(world, EVERYTHING) == before


def test_the_same_request_with_other_content_is_a_conflict(world: World) -> None:
    visit = world.visit("A", CHEN.psn_no, DAY, 60_000, use=1)
    world.settle(visit, "r1")
    before = dump(world, EVERYTHING)
    for other in (visit._replace(visit_id="B"), visit._replace(settled_at=LATER)):
        with pytest.raises(RequestReused) as refused:
            world.settle(other, "r1")
        assert refused.value.code == "conflict/request-reused"
    with pytest.raises(RequestReused):
        reverse(world.context, int(world.settle(visit, "r1")["setl_id"]), LATER, "r1")
    assert dump(world, EVERYTHING) == before


def test_where_the_row_stood_in_its_file_is_no_content(world: World) -> None:
    visit = world.visit("A", CHEN.psn_no, DAY, 60_000)
    first = world.settle(visit, "r1")
    assert world.settle(visit._replace(row=99), "r1") == first


def test_a_refused_request_does_not_burn_its_id(world: World) -> None:
    wrong = world.visit("A", CHEN.psn_no, DAY, 60_000, at="H00000000000")
    with pytest.raises(Unknown):
        world.settle(wrong, "r1")
    assert world.count("request") == 0
    answer = world.settle(wrong._replace(provider_code=code_of("hospital-3")), "r1")
    assert answer["hifp_pay"] == "50.00"


def test_the_same_id_may_be_chosen_for_two_persons(world: World) -> None:
    for person in (CHEN, LIN):
        visit = world.visit(f"of-{person.psn_no}", person.psn_no, DAY, 60_000)
        assert world.settle(visit, "r1")["psn_no"] == person.psn_no
    assert world.count("settlement") == 2


def test_the_same_id_may_be_chosen_by_two_hospitals(world: World) -> None:
    world.settle(world.visit("A", CHEN.psn_no, DAY, 60_000), "r1")
    other = World(world.path, actor="another hospital")
    assert other.settle(other.visit("B", CHEN.psn_no, DAY, 100), "r1")["hifp_pay"] == "0.50"
    other.close()


def test_settling_the_same_visit_again_gives_its_settlement(world: World) -> None:
    visit = world.visit("A", CHEN.psn_no, DAY, 60_000, use=1)
    first = world.settle(visit)
    before = dump(world, MONEY)
    assert world.settle(visit) == first
    assert world.settle(visit, "late-request") == first
    assert dump(world, MONEY) == before


def test_the_same_visit_id_with_other_content_is_a_conflict(world: World) -> None:
    visit = world.visit("A", CHEN.psn_no, DAY, 60_000)
    world.settle(visit)
    with pytest.raises(Conflict) as refused:
        world.settle(visit._replace(psn_no=LIN.psn_no))
    assert refused.value.code == "visit/duplicate-id"


def test_the_same_visit_named_by_another_number_of_the_person_is_the_same(world: World) -> None:
    visit = world.visit("A", CHEN.psn_no, DAY, 60_000)
    first = world.settle(visit)
    assert world.settle(visit._replace(certno=CHEN.certno)) == first
    assert world.settle(visit._replace(psn_no=None, certno=CHEN.certno)) == first


def test_an_inpatient_stay_reported_twice_is_one_stay(world: World) -> None:
    stay = world.visit("S", CHEN.psn_no, DAY, 0, med_type="21", first_day=DAY, last_day=DAY)
    first = world.settle(stay)
    assert first["setl_id"] is None
    assert world.settle(stay) == first
    assert world.settle(stay, "r1") == first
    assert world.count("inpatient_stay") == 1


def test_a_refund_asked_for_twice_is_one_refund(world: World) -> None:
    answer = world.settle(world.visit("A", CHEN.psn_no, DAY, 60_000, use=1))
    first = world.reverse(answer, LATER, request_id="r2")
    before = dump(world, EVERYTHING)
    assert world.reverse(answer, LATER, request_id="r2") == first
    # The clock has moved on: the request is still the same.
    assert world.reverse(answer, datetime(2023, 3, 3), request_id="r2") == first
    assert world.reverse(answer, LATER)["setl_id"] == first["setl_id"]
    for late in ({}, {"request_id": "r3"}, {"visit_id": "another"}):
        assert refused_refund(world, answer, datetime(2023, 3, 4), **late) == first["setl_id"]
    # Whoever has a request id of his own asks for a refund of his own.
    assert refused_refund(world, answer, LATER, request_id="r3") == first["setl_id"]
    other = World(world.path, actor="another hospital")
    assert refused_refund(other, answer, LATER, request_id="r2") == first["setl_id"]
    other.close()
    assert dump(world, EVERYTHING) == before


def refused_refund(world: World, answer: dict[str, Any], at: datetime, **more: str) -> object:
    """The refund that was done before, as the refusal names it."""
    with pytest.raises(Conflict) as refused:
        world.reverse(answer, at, **more)
    assert refused.value.code == "refund/done-before"
    assert str(refused.value.data["reversed_by"]) in refused.value.message
    return refused.value.data["reversed_by"]


def test_a_refund_is_not_given_back(world: World) -> None:
    first = world.reverse(world.settle(world.visit("A", CHEN.psn_no, DAY, 60_000)), LATER)
    with pytest.raises(Conflict) as refused:
        world.reverse(first, datetime(2023, 3, 4))
    assert (refused.value.code, refused.value.data["reversed_by"]) == ("refund/done-before", None)


def test_a_settlement_that_is_not_there_is_not_given_back(world: World) -> None:
    with pytest.raises(Unknown) as refused:
        reverse(world.context, 4711, LATER)
    assert refused.value.code == "settlement/unknown"


def test_a_quote_and_a_trial_change_nothing(world: World) -> None:
    before = dump(world, EVERYTHING)
    visit = world.visit("A", CHEN.psn_no, DAY, 60_000, use=1)
    quoted = quote(world.context, visit)
    tried = settle(world.context, visit, "r1", dry_run=True)
    assert dump(world, EVERYTHING) == before
    settled = world.settle(visit, "r1")
    same = ("hifp_pay", "acct_pay", "psn_cash_pay", "act_pay_dedc", "balc", "reason", "steps")
    for word in same:
        assert quoted[word] == tried[word] == settled[word]


def test_flows_of_the_fund_and_payments_are_requests_too(world: World) -> None:
    world.contribute(world.contribution(str(CHEN.psn_no), "2023-03", 10_000_000))
    world.settle(world.visit("A", CHEN.psn_no, DAY, 60_000))
    day = date(2023, 3, 25)
    first = move_funds(world.context, "fiscal", Fen(500_000), day, "f1")
    assert move_funds(world.context, "fiscal", Fen(500_000), day, "f1") == first
    with pytest.raises(RequestReused):
        move_funds(world.context, "fiscal", Fen(500_001), day, "f1")
    move_funds(world.context, "disbursement", Fen(500_000), day, "f2")
    month, paid_on = Month(2023, 3), date(2023, 4, 2)
    code = code_of("hospital-3")
    paid = pay_provider(world.context, code, month, paid_on, "p1")
    assert paid["paid"] == "50.00"
    assert pay_provider(world.context, code, month, paid_on, "p1") == paid
    with pytest.raises(Conflict) as refused:
        pay_provider(world.context, code, month, paid_on, "p2")
    assert refused.value.code == "pay/done-before"
    with pytest.raises(RequestReused):
        pay_provider(world.context, code_of("hospital-1"), month, paid_on, "p1")


def test_a_request_refused_for_want_of_money_may_come_again(world: World) -> None:
    world.contribute(world.contribution(str(CHEN.psn_no), "2023-03", 10_000))
    with pytest.raises(GongjiError) as refused:
        move_funds(world.context, "fiscal", Fen(500_000), date(2023, 3, 25), "f1")
    assert refused.value.code == "fund/insufficient"
    world.contribute(world.contribution(str(CHEN.psn_no), "2023-03", 10_000_000))
    assert move_funds(world.context, "fiscal", Fen(500_000), date(2023, 3, 25), "f1")["entry_id"]
