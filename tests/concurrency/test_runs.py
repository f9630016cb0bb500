"""Runs and imports beside one another and beside visits: each is done once and whole."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.benefits.account_states import Event
from ledger.benefits.interest import spans_through, unposted
from ledger.core.money import Fen, fen_from_yuan
from ledger.core.months import Month
from ledger.core.people import ContributionKind, Relation, Status
from ledger.services.accounts.interest import post_interest
from ledger.services.books.move_funds import move_funds
from ledger.storage.accounts.interest import movements_of
from tests.concurrency.books import at_once, codes
from tests.concurrency.windows import Task, Windows
from tests.people import CHEN, LIN, certno, psn_no, somebody
from tests.world import World, code_of

CHEN_NO, LIN_NO = str(CHEN.psn_no), str(LIN.psn_no)
DAY = date(2023, 3, 1)
MARCH = Month(2023, 3)

pytestmark = pytest.mark.xdist_group("windows")


def visits(world: World, windows: int, each: int, fen: int = 1_000) -> list[list[Task]]:
    """Visits of 陈建国, whom every run of this file touches."""
    return [
        [("settle", (world.visit(f"v{n}-{m}", CHEN_NO, DAY, fen, use=1),)) for m in range(each)]
        for n in range(windows)
    ]


def test_a_month_credited_twice_at_once_is_credited_once(windows: Windows, world: World) -> None:
    world.contribute(world.contribution(CHEN_NO, "2023-01", 500_000))
    found = at_once(windows, world, *[[("credit", (Month(2023, 1),))]] * 2)
    assert sorted(answer["credited_fen"] for _code, answer in found) == [0, 17_700]
    assert world.balance(CHEN_NO) == 20_000
    assert world.balance(LIN_NO) == 7_700


def test_crediting_and_settling_at_once_lose_nothing(windows: Windows, world: World) -> None:
    world.contribute(world.contribution(CHEN_NO, "2023-01", 500_000))
    credit: list[Task] = [("credit", (Month(2023, 1),))]
    found = at_once(windows, world, credit, *visits(world, 4, 3))
    assert codes(found) == [""] * 13
    # Whether the last two visits still find money depends on when the credit arrives.
    spent = sum(fen_from_yuan(answer["acct_pay"]) for _code, answer in found[1:])
    assert 10_000 <= spent <= 12_000
    assert world.balance(CHEN_NO) == 10_000 + 10_000 - spent


def test_a_claw_back_takes_what_visits_leave_and_the_rest_is_owed(
    windows: Windows, world: World
) -> None:
    world.contribute(world.contribution(CHEN_NO, "2023-01", 500_000))
    world.credit("2023-01")
    returned = world.contribution(CHEN_NO, "2023-01", -500_000, ContributionKind.REFUND)
    world.contribute(returned)
    credit: list[Task] = [("credit", (Month(2023, 1),))]
    found = at_once(windows, world, credit, *visits(world, 4, 2, fen=2_000))
    assert codes(found) == [""] * 9
    run = found[0][1]
    assert run["clawed_back_fen"] + run["owed_fen"] == 10_000
    spent = sum(fen_from_yuan(answer["acct_pay"]) for _code, answer in found[1:])
    assert world.balance(CHEN_NO) == 20_000 - run["clawed_back_fen"] - spent


def test_credits_and_families_who_pay_for_one_another_at_once(
    windows: Windows, world: World
) -> None:
    people = range(100, 130)
    world.enrol(*(somebody(number) for number in people))
    world.contribute(*(world.contribution(psn_no(n), "2023-01", 500_000) for n in people))
    for number in people:
        world.open_with(psn_no(number), 3_000)
    world.link(
        *(
            world.relation(
                certno(number), certno(100 + (number - 100 + step) % 30), Relation.SPOUSE
            )
            for number in people
            for step in (1, 29)
        )
    )
    tasks: list[list[Task]] = [
        [
            ("settle", (world.visit(f"v{number}", psn_no(number), DAY, 8_000, use=2),))
            for number in list(people)[window::4]
        ]
        for window in range(4)
    ]
    found = at_once(windows, world, [("credit", (Month(2023, 1),))], *tasks)
    assert codes(found) == [""] * 31
    paid = sum(fen_from_yuan(answer["acct_pay"]) for _code, answer in found[1:])
    assert sum(world.balance(psn_no(n)) for n in people) == 30 * (3_000 + 10_000) - paid


def test_a_file_imported_twice_at_once_is_settled_once(windows: Windows, world: World) -> None:
    records = [
        world.visit(f"v{number}", CHEN_NO, DAY, 1_000, use=1)._replace(row=number)
        for number in range(8)
    ]
    found = at_once(windows, world, *[[("visits", (records,))]] * 2)
    assert sorted(answer["unchanged"] for _code, answer in found) == [0, 8]
    assert all(answer["accepted"] == 8 for _code, answer in found)
    assert world.balance(CHEN_NO) == 2_000


def test_a_file_of_visits_and_desks_settle_the_same_people_at_once(
    windows: Windows, world: World
) -> None:
    records = [
        world.visit(f"f{number}", number_of, DAY, 1_000, use=1)._replace(row=number)
        for number, number_of in enumerate([CHEN_NO, LIN_NO] * 3)
    ]
    found = at_once(windows, world, [("visits", (records,))], *visits(world, 4, 2, fen=900))
    assert codes(found) == [""] * 9
    assert world.count("settlement") == 14
    assert world.balance(CHEN_NO) == 0
    assert world.accumulators(CHEN_NO, 2023)[0] == 3 * 1_000 + 8 * 900


def test_two_files_of_people_at_once_give_nobody_anothers_number(
    windows: Windows, world: World
) -> None:
    files = [[somebody(number) for number in range(start, start + 20)] for start in (100, 110)]
    tasks: list[list[Task]] = [[("people", (file,))] for file in files]
    found = at_once(windows, world, *tasks)
    assert codes(found) == ["", ""]
    assert sorted(answer["unchanged"] for _code, answer in found) == [0, 10]
    ids = [world.person_id(psn_no(number)) for number in range(100, 130)]
    assert len(set(ids)) == 30


def test_contributions_are_credited_in_this_run_or_the_next(windows: Windows, world: World) -> None:
    first = [world.contribution(CHEN_NO, "2023-01", 500_000)]
    late = [world.contribution(CHEN_NO, "2023-01", 60_000, ContributionKind.BASE_DIFFERENCE)]
    world.contribute(*first)
    credit: list[Task] = [("credit", (Month(2023, 1),))]
    found = at_once(windows, world, credit, [("contributions", (late,))], *visits(world, 2, 1))
    assert codes(found) == [""] * 4
    world.credit("2023-01")
    assert world.balance(CHEN_NO) == 10_000 + 10_000 + 1_200 - 2_000


def test_who_retires_while_visits_settle_has_the_year_marked_or_settled_by_it(
    windows: Windows, world: World
) -> None:
    retired = somebody(1, CHEN.name, Status.RETIRED, changed_on=date(2023, 2, 1))
    change = [retired._replace(settled_up_on=date(2023, 2, 1))]
    found = at_once(windows, world, [("people", (change,))], *visits(world, 4, 2))
    assert codes(found) == [""] * 9
    employed = world.rows("SELECT count(*) FROM settlement WHERE status = '11'")[0][0]
    marked = world.count("resettle_again")
    assert (employed > 0) == (marked > 0)


def test_interest_and_settling_at_once_lose_no_day(windows: Windows, world: World) -> None:
    interest: list[Task] = [("interest", (date(2023, 12, 31),))]
    found = at_once(windows, world, interest, *visits(world, 4, 2))
    assert codes(found) == [""] * 9
    again = at_once(windows, world, interest, interest)
    assert codes(again) == ["", ""]
    world.prove()


def test_what_a_run_of_interest_did_not_see_is_late_for_the_next_one(
    windows: Windows, world: World
) -> None:
    """Visits of a year that runs count to its end, and to the end of the next, meanwhile."""
    runs: list[Task] = [("interest", (date(year, 12, 31),)) for year in (2023, 2024, 2025)]
    found = at_once(windows, world, runs, *visits(world, 4, 4, 500))
    assert codes(found) == [""] * 19
    end = date(2026, 12, 31)
    assert post_interest(world.context, end)["not_covered_fen"] == 0
    with world.context.reading() as connection:
        person = world.person_id(CHEN_NO)
        movements = movements_of(connection, [person])[person]
    spans = spans_through(world.context.pack, date(2022, 1, 1), end)
    assert unposted(movements, spans, end) == []


def test_an_account_frozen_while_visits_settle_pays_before_it_or_not_at_all(
    windows: Windows, world: World
) -> None:
    freeze: list[Task] = [("state", (CHEN_NO, Event.FREEZE, date(2023, 2, 1), "法院冻结"))]
    found = at_once(windows, world, freeze, *visits(world, 4, 2))
    assert codes(found) == [""] * 9
    paid = [answer["acct_pay"] for _code, answer in found[1:]]
    assert set(paid) <= {"10.00", "0.00"}
    assert world.balance(CHEN_NO) == 10_000 - 1_000 * paid.count("10.00")


def test_a_link_revoked_while_a_relative_draws_is_drawn_before_it_or_not_at_all(
    windows: Windows, world: World
) -> None:
    world.link(world.relation(CHEN.certno, LIN.certno))
    revoke: list[Task] = [("revoke", (CHEN.certno, LIN.certno, date(2023, 1, 31)))]
    draws: list[list[Task]] = [
        [("settle", (world.visit(f"v{n}", LIN_NO, DAY, 1_000, use=2),))] for n in range(4)
    ]
    found = at_once(windows, world, revoke, *draws)
    assert codes(found) == [""] * 5
    drawn = [answer["acct_mulaid_pay"] for _code, answer in found[1:]]
    assert world.balance(CHEN_NO) == 10_000 - 1_000 * drawn.count("10.00")


def test_a_providers_month_paid_twice_at_once_is_paid_once(windows: Windows, world: World) -> None:
    fund(world)
    world.settle(world.visit("v", CHEN_NO, DAY, 60_000, use=1))
    code = code_of("hospital-3")
    tasks: list[list[Task]] = [[("pay", (code, MARCH, date(2023, 4, 1 + n)))] for n in range(2)]
    found = at_once(windows, world, *tasks)
    assert codes(found) == ["", "pay/done-before"]
    assert world.rows("SELECT pool_fen, account_fen FROM provider_statement") == [(5_000, 10_000)]


def test_two_payments_do_not_spend_the_same_cash(windows: Windows, world: World) -> None:
    places = {"hospital-3": CHEN_NO, "hospital-2": LIN_NO}
    answers = [world.settle(world.visit(at, who, DAY, 80_000, at)) for at, who in places.items()]
    owed = [fen_from_yuan(answer["hifp_pay"]) for answer in answers]
    assert min(owed) > 0
    fund(world, fen=sum(owed) - 1)
    tasks: list[list[Task]] = [
        [("pay", (code_of(place), MARCH, date(2023, 4, 1)))] for place in places
    ]
    found = at_once(windows, world, *tasks)
    assert codes(found) == ["", "fund/insufficient"]


def fund(world: World, fen: int = 100_000) -> None:
    """Money in the disbursement account."""
    world.contribute(world.contribution(CHEN_NO, "2023-03", 10_000_000))
    for place in ("fiscal", "disbursement"):
        move_funds(world.context, place, Fen(fen), date(2023, 3, 31))
