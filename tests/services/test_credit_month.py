"""`credit MONTH` posts what is due less what was credited, in whatever order things happen.

The amounts by article stand in `tests/spec/…/crediting.yaml`; here is how a run behaves.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from ledger.core.errors import NotInForce
from ledger.core.months import Month
from ledger.core.people import ContributionKind, Plan, Status
from ledger.policy.loader import load_pack
from ledger.services.books.read import balance, statement
from ledger.services.crediting.credit_month import credit_month
from tests.people import CHEN, LIN, WANG, ZHAO, somebody
from tests.world import World, dump

CHEN_NO, LIN_NO, WANG_NO, ZHAO_NO = (str(p.psn_no) for p in (CHEN, LIN, WANG, ZHAO))
BOOKS = ["entry", "transfer", "personal_account", "account_year", "credit_difference"]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "world.db")
    world.enrol(CHEN, LIN, WANG, ZHAO)
    yield world
    world.prove()
    world.close()


def pay(world: World, *months: str, person: str = CHEN_NO, base: int = 500_000) -> None:
    world.contribute(*(world.contribution(person, month, base) for month in months))


def credited(world: World, person: str) -> dict[int, int]:
    """Benefit month -> fen credited to a person, net of what was clawed back or is owed."""
    rows = world.rows(
        "SELECT benefit_month, sum(CASE WHEN kind LIKE 'credit_%' THEN amount_fen "
        "ELSE -amount_fen END) FROM transfer WHERE person_id = ? "
        "AND (kind LIKE 'credit_%' OR kind LIKE 'clawback_%' OR kind LIKE 'owed_%') GROUP BY 1",
        world.person_id(person),
    )
    return {month: fen for month, fen in rows if fen}


def test_a_run_is_one_entry_of_as_many_transfers_as_people(world: World) -> None:
    pay(world, "2023-01")
    pay(world, "2023-01", person=ZHAO_NO, base=520_850)
    answer = world.credit("2023-01")
    assert answer | {"run": None} == {
        "month": "2023-01",
        "run": None,
        "people": 3,
        "credited_fen": 10_000 + 10_417 + 7_700,
        "clawed_back_fen": 0,
        "owed_fen": 0,
        "recovered_fen": 0,
        "withheld_fen": 0,
        "differences": 0,
        "assumed": ["crediting.retiree_flat"],
        "dry_run": False,
    }
    runs = world.rows("SELECT entry_id, person_id, legs FROM entry WHERE kind = 'credit'")
    assert runs == [(int(answer["run"]), 0, 3)]


def test_the_second_run_posts_nothing(world: World) -> None:
    pay(world, "2023-01")
    world.credit("2023-01")
    before = dump(world, BOOKS)
    answer = world.credit("2023-01")
    assert (answer["run"], answer["people"], answer["credited_fen"]) == (None, 0, 0)
    assert dump(world, BOOKS) == before


def test_a_trial_run_answers_and_writes_nothing(world: World) -> None:
    pay(world, "2023-01")
    before = dump(world, [*BOOKS, "pool", "fiscal_month"])
    tried = credit_month(world.context, Month(2023, 1), dry_run=True)
    assert dump(world, [*BOOKS, "pool", "fiscal_month"]) == before
    done = world.credit("2023-01")
    assert {**tried, "run": None, "dry_run": None} == {**done, "run": None, "dry_run": None}


def test_months_before_the_rules_are_refused(world: World) -> None:
    with pytest.raises(NotInForce):
        world.credit("2022-12")


def test_months_may_be_run_out_of_order(world: World) -> None:
    pay(world, "2023-01", "2023-02", "2023-03")
    assert world.credit("2023-03")["credited_fen"] == 3 * 10_000 + 3 * 7_700
    assert world.credit("2023-01")["credited_fen"] == 0
    pay(world, "2023-01", "2023-02")
    assert world.credit("2023-01")["credited_fen"] == 10_000
    assert world.credit("2023-03")["credited_fen"] == 10_000
    assert credited(world, CHEN_NO) == {202301: 20_000, 202302: 20_000, 202303: 10_000}


def test_a_month_that_was_skipped_is_caught_up_by_the_next_run(world: World) -> None:
    pay(world, "2023-01", "2023-04")
    world.credit("2023-01")
    assert world.credit("2023-04")["credited_fen"] == 10_000 + 3 * 7_700
    assert credited(world, LIN_NO) == dict.fromkeys((202301, 202302, 202303, 202304), 7_700)


def test_somebody_enrolled_late_is_credited_from_the_first_covered_month(world: World) -> None:
    world.credit("2023-03")
    world.enrol(somebody(9, status=Status.RETIRED, benefit_from=date(2023, 2, 10)))
    answer = world.credit("2023-03")
    assert (answer["credited_fen"], answer["people"]) == (15_400, 1)
    assert credited(world, somebody(9).psn_no or "") == {202302: 7_700, 202303: 7_700}


def test_a_late_event_of_a_closed_month_is_booked_in_the_first_open_one(world: World) -> None:
    pay(world, "2023-01")
    world.credit("2023-01")
    world.close_month("2023-01")
    pay_late = world.contribution(
        CHEN_NO, "2023-01", 100_000, ContributionKind.ARREARS, date(2023, 1, 30)
    )
    world.contribute(pay_late)
    world.credit("2023-01")
    rows = world.rows(
        "SELECT happened_on, fiscal_month, benefit_month, amount_fen FROM transfer "
        "WHERE person_id = ? ORDER BY entry_id",
        world.person_id(CHEN_NO),
    )
    assert rows == [
        ("2023-01-01", 202301, 202301, 10_000),
        ("2023-01-01", 202302, 202301, 2_000),
    ]
    entries = world.rows("SELECT happened_on, fiscal_month FROM entry WHERE kind = 'contribution'")
    assert entries == [("2023-01-20", 202301), ("2023-01-30", 202302)]
    lines = statement(world.context, CHEN_NO)["lines"]
    assert [line["benefit_month"] for line in lines] == ["2023-01", "2023-01"]


def test_every_difference_carries_its_reason(world: World) -> None:
    pay(world, "2023-01")
    pay(world, "2023-01", person=ZHAO_NO)
    world.credit("2023-01")
    pay(world, "2023-01", person=ZHAO_NO, base=10_000)
    world.contribute(
        world.contribution(CHEN_NO, "2023-01", -500_000, ContributionKind.REFUND),
        world.contribution(CHEN_NO, "2023-01", 400_000, ContributionKind.BASE_DIFFERENCE),
    )
    world.enrol(
        somebody(2, LIN.name, Status.EMPLOYED, changed_on=date(2023, 1, 1)),
        somebody(3, WANG.name, plan=Plan.COMBINED, changed_on=date(2023, 1, 1)),
    )
    pay(world, "2023-01", person=WANG_NO)
    world.credit("2023-01")
    rows = world.rows(
        "SELECT person_id, source, before_fen, after_fen, reason FROM credit_difference "
        "ORDER BY person_id"
    )
    assert rows == [
        (1, "employee", 10_000, 8_000, "contribution_returned"),
        (2, "retiree", 7_700, 0, "status_corrected"),
        (3, "employee", 0, 10_000, "contribution_received"),
        (4, "employee", 10_000, 10_200, "contribution_received"),
    ]


def test_a_wrong_plan_moves_the_money_to_the_right_fund(world: World) -> None:
    """The account's 2 % was booked as awaiting credit; on the pool-only plan it is the pool's."""
    pay(world, "2023-01", "2023-02")
    world.credit("2023-01")
    world.enrol(somebody(1, CHEN.name, plan=Plan.POOL_ONLY, changed_on=date(2023, 1, 1)))
    world.credit("2023-02")
    assert _sums(world) == {"plan_to_pool": 20_000, "clawback_employee": 10_000}
    assert balance(world.context, CHEN_NO, date(2023, 2, 1))["balc"] == "0.00"
    world.enrol(somebody(1, CHEN.name, plan=Plan.COMBINED, changed_on=date(2023, 2, 1)))
    world.credit("2023-02")
    assert _sums(world)["plan_to_account"] == 10_000
    assert credited(world, CHEN_NO) == {202302: 10_000}
    assert world.credit("2023-02")["run"] is None


def _sums(world: World) -> dict[str, int]:
    rows = world.rows(
        "SELECT kind, sum(amount_fen) FROM transfer WHERE kind LIKE 'plan_to_%' "
        "OR kind LIKE 'clawback_%' GROUP BY kind"
    )
    return {str(kind): int(fen) for kind, fen in rows}


def test_a_debt_is_never_taken_twice_nor_forgotten(world: World) -> None:
    pay(world, "2023-01", "2023-02")
    world.credit("2023-02")
    world.settle(world.visit("A", CHEN_NO, date(2023, 2, 5), 15_000, use=1))
    refund = ContributionKind.REFUND
    world.contribute(
        world.contribution(CHEN_NO, "2023-01", -500_000, refund, date(2023, 2, 20)),
        world.contribution(CHEN_NO, "2023-02", -500_000, refund, date(2023, 2, 20)),
    )
    answer = world.credit("2023-02")
    assert (answer["clawed_back_fen"], answer["owed_fen"]) == (5_000, 15_000)
    for month in ("2023-02", "2023-03", "2023-04"):
        again = world.credit(month)
        assert (again["clawed_back_fen"], again["owed_fen"]) == (0, 0)
    found = balance(world.context, CHEN_NO, date(2023, 3, 1))
    assert (found["balc"], found["owed"]) == ("0.00", "150.00")
    pay(world, "2023-05")
    world.credit("2023-05")
    found = balance(world.context, CHEN_NO, date(2023, 5, 2))
    assert (found["balc"], found["owed"]) == ("100.00", "150.00")


def test_a_claw_back_may_take_what_the_same_run_credits(world: World) -> None:
    """Nobody owes 100.00 and holds 100.00 after one and the same run."""
    pay(world, "2023-01")
    world.credit("2023-01")
    world.settle(world.visit("A", CHEN_NO, date(2023, 1, 5), 15_000, use=1))
    world.contribute(world.contribution(CHEN_NO, "2023-01", -500_000, ContributionKind.REFUND))
    pay(world, "2023-02")
    answer = world.credit("2023-02")
    assert (answer["clawed_back_fen"], answer["owed_fen"]) == (10_000, 0)
    found = balance(world.context, CHEN_NO, date(2023, 2, 2))
    assert (found["balc"], found["owed"]) == ("0.00", "0.00")
    assert not world.breaches()


def test_the_claw_back_takes_the_years_money_first(world: World) -> None:
    world.open_with(CHEN_NO, 3_000, 2022)
    pay(world, "2023-01")
    world.credit("2023-01")
    world.settle(world.visit("A", CHEN_NO, date(2023, 1, 5), 5_000, use=1))
    world.contribute(world.contribution(CHEN_NO, "2023-01", -500_000, ContributionKind.REFUND))
    answer = world.credit("2023-01")
    assert (answer["clawed_back_fen"], answer["owed_fen"]) == (8_000, 2_000)


def test_a_hundred_people_are_credited_by_one_run(world: World) -> None:
    people = [somebody(number) for number in range(100, 200)]
    world.enrol(*people)
    world.contribute(
        *(world.contribution(str(p.psn_no), "2023-01", 400_000 + p.row) for p in people)
    )
    answer = world.credit("2023-01")
    assert answer["people"] == 101
    assert answer["credited_fen"] == 7_700 + sum(
        (400_000 + p.row) * 2 // 100 for p in people
    ) + sum((400_000 + p.row) % 50 >= 25 for p in people)


def with_rules(world: World, **values: str) -> World:
    """The same database under a pack with other values."""
    return World(world.path, load_pack("420300-shiyan", values))


def test_a_statistic_that_becomes_known_changes_what_was_due(world: World) -> None:
    """The flat amount rests on an assumed average; once the real one is in the pack, the next
    run posts the difference for every month credited by the assumption."""
    pay(world, "2023-01", "2023-02")
    world.credit("2023-02")
    known = with_rules(world, average_pension_2021="4000.00")
    answer = known.credit("2023-02")
    assert (answer["credited_fen"], answer["people"], answer["differences"]) == (4_600, 1, 2)
    assert credited(world, LIN_NO) == {202301: 10_000, 202302: 10_000}
    assert credited(world, CHEN_NO) == {202301: 10_000, 202302: 10_000}
    reasons = world.rows("SELECT DISTINCT reason FROM credit_difference")
    assert reasons == [("rules_changed",)]
    assert known.credit("2023-02")["run"] is None
    assert known.credit("2023-03")["credited_fen"] == 10_000
    assert world.credit("2023-03")["clawed_back_fen"] == 3 * 2_300
    known.close()


def test_a_month_at_a_time_may_be_brought_to_new_values(world: World) -> None:
    world.credit("2023-03")
    known = with_rules(world, average_pension_2021="4000.00")
    assert known.credit("2023-01")["credited_fen"] == 2_300
    assert known.credit("2023-01")["run"] is None
    assert known.credit("2023-03")["credited_fen"] == 2 * 2_300
    known.close()


def test_another_rate_moves_the_rest_from_the_pool(world: World) -> None:
    pay(world, "2023-01")
    world.credit("2023-01")
    higher = with_rules(world, credit_rate="0.03")
    assert higher.credit("2023-01")["credited_fen"] == 5_000
    assert _sums(world) == {"plan_to_account": 5_000}
    rows = world.rows("SELECT source, before_fen, after_fen, reason FROM credit_difference")
    assert sorted(rows) == [
        ("employee", 10_000, 15_000, "rules_changed"),
        ("shift", 0, 5_000, "rules_changed"),
    ]
    higher.close()


def test_a_change_that_decides_no_amount_looks_at_nobody_again(world: World) -> None:
    world.credit("2023-01")
    other = with_rules(world, deductible="400.00")
    assert other.credit("2023-01")["run"] is None
    assert world.count("credit_again") == 0
    other.close()
