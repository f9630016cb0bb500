"""The benefit period (待遇享受期): from the roster, from contributions, and what follows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ledger.core.people import ContributionKind, Insured, PersonRecord, Plan, Status
from ledger.policy.loader import load_pack
from ledger.policy.pack import Pack
from ledger.services.crediting.benefit_period import explain
from ledger.services.resettlement.adopt_pack import adopt_pack
from tests.people import CHEN, psn_no, somebody
from tests.world import World

CHEN_NO = str(CHEN.psn_no)
BY_CONTRIBUTIONS = {"benefit_period.source": "contributions"}


def contributions_pack(**settings: str) -> Pack:
    more = {f"benefit_period.{name}": value for name, value in settings.items()}
    return load_pack("420300-shiyan", BY_CONTRIBUTIONS | more)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Contributions decide: a grace of 3 months, arrears restore within 3, flexible workers wait
    for 6."""
    world = World(tmp_path / "world.db", contributions_pack())
    yield world
    world.prove()
    world.close()


def pay(world: World, number: str, *months: str, on: date | None = None) -> None:
    kind = ContributionKind.NORMAL if on is None else ContributionKind.ARREARS
    world.contribute(*(world.contribution(number, month, 500_000, kind, on) for month in months))


def flexible(number: int, start: date) -> PersonRecord:
    return somebody(number, plan=Plan.COMBINED, benefit_from=start)._replace(psn_type="1103")


def periods(world: World, number: str = CHEN_NO) -> list[tuple[str, str | None, str]]:
    said = explain(world.context, number)["periods"]
    return [(period["from"], period["last_day"], period["status"]) for period in said]


def why(world: World, month: str, number: str = CHEN_NO) -> tuple[bool, str]:
    months = explain(world.context, number)["months"]
    return next((m["covered"], m["why"]) for m in months if m["month"] == month)


# --- from the roster ---


def test_by_the_roster_a_period_is_what_the_roster_says(tmp_path: Path) -> None:
    world = World(tmp_path / "roster.db")
    world.enrol(somebody(1, benefit_until=date(2023, 7, 1)))
    world.enrol(
        somebody(1, insured=Insured.PAUSED, changed_on=date(2023, 3, 10),
                 benefit_until=date(2023, 4, 1))
    )  # fmt: skip
    assert periods(world, psn_no(1)) == [("2022-01-01", "2023-03-09", "11")]
    answer = explain(world.context, psn_no(1), date(2023, 3, 15))
    assert (answer["months"], answer["on"]["covered"]) == ([], False)
    assert answer["on"]["why"] == "not_insured"
    world.prove()
    world.close()


def test_a_retiree_who_has_not_settled_up_is_an_employee_until_then(tmp_path: Path) -> None:
    world = World(tmp_path / "roster.db")
    world.enrol(
        somebody(1, status=Status.RETIRED, benefit_from=date(2023, 1, 1),
                 settled_up_on=date(2023, 2, 15))
    )  # fmt: skip
    assert periods(world, psn_no(1)) == [
        ("2023-01-01", "2023-02-14", "11"),
        ("2023-02-15", None, "12"),
    ]
    said = explain(world.context, psn_no(1))["periods"]
    assert [(period["why"], period["cite"]) for period in said] == [
        ("not_settled_up", "S3c-11.5"),
        ("settled_up", "S3c-11.3"),
    ]
    world.contribute(world.contribution(psn_no(1), "2023-02", 500_000))
    assert world.credit("2023-02")["credited_fen"] == 10_000
    assert world.credit("2023-03")["credited_fen"] == 7_700
    world.prove()
    world.close()


def test_a_settling_up_made_known_later_takes_the_flat_amount_back(tmp_path: Path) -> None:
    world = World(tmp_path / "roster.db")
    retired = somebody(1, status=Status.RETIRED, benefit_from=date(2023, 1, 1))
    world.enrol(retired)
    assert world.credit("2023-02")["credited_fen"] == 2 * 7_700
    world.enrol(retired._replace(settled_up_on=date(2023, 2, 1)))
    answer = world.credit("2023-02")
    assert (answer["credited_fen"], answer["clawed_back_fen"]) == (0, 7_700)
    assert world.enrol(retired._replace(settled_up_on=date(2023, 2, 1))).unchanged == 1
    world.prove()
    world.close()


# --- from contributions ---


def test_whoever_was_insured_before_goes_on_through_the_grace(world: World) -> None:
    world.enrol(CHEN)
    assert periods(world) == [("2022-01-01", "2023-03-31", "11")]
    pay(world, CHEN_NO, "2023-01", "2023-02")
    assert periods(world) == [("2022-01-01", "2023-05-31", "11")]
    assert why(world, "2023-02") == (True, "paid")
    assert why(world, "2023-05") == (True, "grace")
    assert why(world, "2023-06") == (False, "arrears")


def test_arrears_paid_in_time_restore_the_gap_and_paid_late_do_not(world: World) -> None:
    world.enrol(CHEN)
    pay(world, CHEN_NO, "2023-01")
    pay(world, CHEN_NO, "2023-08", on=date(2023, 8, 20))
    assert periods(world) == [
        ("2022-01-01", "2023-04-30", "11"),
        ("2023-08-01", "2023-11-30", "11"),
    ]
    pay(world, CHEN_NO, "2023-04", "2023-05", on=date(2023, 8, 31))
    assert why(world, "2023-04") == (True, "grace")
    assert why(world, "2023-05") == (True, "restored")
    assert why(world, "2023-06") == (True, "grace")
    assert periods(world) == [("2022-01-01", "2023-11-30", "11")]


def test_arrears_of_a_month_too_long_ago_give_nothing_back(world: World) -> None:
    world.enrol(CHEN)
    pay(world, CHEN_NO, "2023-01")
    pay(world, CHEN_NO, "2023-05", on=date(2023, 9, 1))
    assert why(world, "2023-05") == (False, "paid_late")
    assert periods(world) == [("2022-01-01", "2023-04-30", "11")]
    assert world.credit("2023-05")["credited_fen"] == 10_000


def test_a_contribution_returned_takes_its_month_away(world: World) -> None:
    world.enrol(CHEN)
    pay(world, CHEN_NO, "2023-04")
    assert periods(world)[-1][1] == "2023-07-31"
    world.contribute(
        world.contribution(CHEN_NO, "2023-04", -500_000, ContributionKind.REFUND, date(2023, 5, 9))
    )
    assert periods(world)[-1][1] == "2023-03-31"


def test_a_new_flexible_worker_waits_and_an_employee_does_not(world: World) -> None:
    world.enrol(flexible(5, date(2023, 2, 1)), somebody(6, benefit_from=date(2023, 2, 1)))
    months = [f"2023-{month:02d}" for month in range(2, 10)]
    for number in (5, 6):
        pay(world, psn_no(number), *months)
    assert periods(world, psn_no(5)) == [("2023-08-01", "2023-12-31", "11")]
    assert periods(world, psn_no(6)) == [("2023-02-01", "2023-12-31", "11")]
    assert why(world, "2023-07", psn_no(5)) == (False, "waiting")
    assert world.credit("2023-09")["credited_fen"] == 2 * 10_000 + 8 * 10_000


def test_a_wait_is_explained_by_the_setting_that_made_it(world: World) -> None:
    """A flexible worker's six months are not the employees' setting, which says none."""
    world.enrol(flexible(5, date(2023, 2, 1)))
    pay(world, psn_no(5), "2023-02", "2023-03")
    months = explain(world.context, psn_no(5))["months"]
    waited = [(m["month"], m["rule"]["key"], m["rule"]["value"]) for m in months[:3]]
    setting = "benefit_period.waiting_months_flexible"
    assert waited == [(f"2023-0{month}", setting, "6") for month in (2, 3, 4)]


def test_a_break_longer_than_the_setting_makes_a_flexible_worker_wait_again(
    tmp_path: Path,
) -> None:
    settings = {"grace_months": "0", "waiting_months_flexible": "2", "new_after_months": "3"}
    world = World(tmp_path / "waiting.db", contributions_pack(**settings))
    world.enrol(flexible(5, date(2023, 1, 1)))
    pay(world, psn_no(5), "2023-01", "2023-02", "2023-03", "2023-07", "2023-12")
    assert [why(world, month, psn_no(5)) for month in ("2023-03", "2023-07", "2023-12")] == [
        (True, "paid"),
        (True, "paid"),
        (False, "waiting"),
    ]
    assert periods(world, psn_no(5)) == [
        ("2023-03-01", "2023-03-31", "11"),
        ("2023-07-01", "2023-07-31", "11"),
    ]
    world.prove()
    world.close()


def test_whoever_settles_up_pays_no_more_from_that_day(world: World) -> None:
    world.enrol(CHEN)
    pay(world, CHEN_NO, "2023-01", "2023-02")
    world.enrol(
        somebody(1, CHEN.name, Status.RETIRED, changed_on=date(2023, 2, 10),
                 settled_up_on=date(2023, 2, 10))
    )  # fmt: skip
    assert periods(world) == [("2022-01-01", "2023-02-09", "11"), ("2023-02-10", None, "12")]


def test_late_arrears_credit_the_month_and_mark_the_year_to_be_settled_anew(
    world: World,
) -> None:
    world.enrol(CHEN)
    pay(world, CHEN_NO, "2023-01")
    refused = world.settle(world.visit("A", CHEN_NO, date(2023, 5, 10), 60_000))
    assert (refused["hifp_pay"], refused["reason"]) == ("0.00", "outside_benefit_period")
    world.credit("2023-05")
    pay(world, CHEN_NO, "2023-05", on=date(2023, 6, 20))
    assert world.credit("2023-05")["credited_fen"] == 10_000
    assert world.rows("SELECT year FROM resettle_again") == [(2023,)]


def test_other_rules_derive_everybody_anew_and_verify_says_when_they_did_not(
    tmp_path: Path,
) -> None:
    path = tmp_path / "world.db"
    world = World(path)
    world.enrol(CHEN)
    assert periods(world) == [("2022-01-01", None, "11")]
    world.close()
    changed = World(path, contributions_pack())
    assert changed.breaches() == ["verify/benefit-period"]
    changed.credit("2023-01")
    assert periods(changed) == [("2022-01-01", "2023-03-31", "11")]
    changed.prove()
    changed.close()
    back = World(path)
    back.credit("2023-01")
    assert periods(back) == [("2022-01-01", None, "11")]
    back.prove()
    back.close()


def test_a_pack_asked_or_adopted_says_its_own_periods(tmp_path: Path) -> None:
    path = tmp_path / "world.db"
    world = World(path)
    world.enrol(CHEN)
    pay(world, CHEN_NO, "2023-01")
    world.close()
    asked = World(path, contributions_pack())
    said = explain(asked.context, CHEN_NO, date(2023, 6, 5))["on"]
    assert (said["covered"], said["why"]) == (False, "arrears")
    adopt_pack(asked.context, "420300-shiyan")
    asked.prove()
    asked.close()


def test_a_period_changed_by_hand_is_found(world: World) -> None:
    world.enrol(CHEN)
    with world.context.writing() as work:
        work.connection.exec_driver_sql("UPDATE benefit_span SET valid_until = '2023-06-01'")
        work.commit()
    assert world.breaches() == ["verify/benefit-period"]
    pay(world, CHEN_NO, "2023-01")
    assert world.breaches() == []


def test_the_explanation_names_the_rule(world: World) -> None:
    world.enrol(CHEN)
    pay(world, CHEN_NO, "2023-01")
    said: dict[str, Any] = explain(world.context, CHEN_NO, date(2023, 6, 1))["on"]
    assert (said["covered"], said["why"]) == (False, "arrears")
    assert said["month"]["rule"]["key"] == "benefit_period.grace_months"
    assert said["month"]["rule"]["assumed"]


# --- the list of who retired ---


def retired(world: World, month: str) -> list[tuple[str, str]]:
    from ledger.core.months import Month
    from ledger.services.books import reporting

    with reporting.opened(world.context, "reconciliation", month=Month.parse(month)) as report:
        return [(line.retired_on.isoformat(), line.note) for line in report.retired]


def test_a_retirement_reported_late_stands_in_the_list_of_the_run_that_takes_it_up(
    tmp_path: Path,
) -> None:
    world = World(tmp_path / "roster.db")
    world.enrol(CHEN, somebody(6))
    pay(world, CHEN_NO, "2023-01", "2023-02", "2023-03")
    world.enrol(
        somebody(6, status=Status.RETIRED, changed_on=date(2023, 2, 1),
                 settled_up_on=date(2023, 2, 1))
    )  # fmt: skip
    world.credit("2023-03")
    assert retired(world, "2023-02") == [("2023-02-01", "")]
    late = somebody(
        1, CHEN.name, Status.RETIRED, changed_on=date(2023, 2, 1), settled_up_on=date(2023, 2, 1)
    )
    world.enrol(late)
    assert retired(world, "2023-04") == [("2023-02-01", "补报：当月划账后登记")]
    world.credit("2023-04")
    assert retired(world, "2023-04") == [("2023-02-01", "补报：当月划账后登记")]
    assert retired(world, "2023-02") == [("2023-02-01", "")] * 2
    assert retired(world, "2023-03") == retired(world, "2023-05") == []
    world.prove()
    world.close()
