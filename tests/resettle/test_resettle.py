"""Person-years settled anew: late visits, refunds, corrections; who owes whom; and the books."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from ledger.benefits.debts import Cause as DebtCause
from ledger.core.errors import Conflict, Refused, Unknown
from ledger.core.months import Month
from ledger.core.people import BankAccount, Relation, Status
from ledger.policy.loader import load_pack
from ledger.services.accounts.pay_out import pay_out
from ledger.services.claims.pay_person import due_to_persons
from ledger.services.debts.owed import book_debt, repay
from ledger.services.resettlement import resettle
from ledger.services.resettlement.resettle_payee import note_payee, waiting_for_payee
from ledger.services.resettlement.resettle_plan import Scope
from ledger.services.visits.settle_visit import explain_settlement
from ledger.storage.books.months import close_month, known_months
from ledger.storage.report_queries.report_queries_month import provider_balances, settlements
from tests.people import certno, psn_no, somebody
from tests.resettle.conftest import AT
from tests.world import World, dump, provider_records

Again = Callable[..., dict[str, Any]]
BANK = BankAccount("陈一", "样例银行", "6222000000000001")
MARCH, APRIL = date(2023, 3, 1), date(2023, 4, 1)


def standing(world: World) -> dict[str, tuple[int, int, int]]:
    """Visit -> deductible, pool, cash of the settlement that stands."""
    rows = world.rows(
        "SELECT visit_id, deductible_fen, pool_fen, cash_fen FROM settlement AS s "
        "WHERE reverses_settlement_id IS NULL AND NOT EXISTS (SELECT 1 FROM settlement AS r "
        "WHERE r.person_id = s.person_id AND r.reverses_settlement_id = s.settlement_id)"
    )
    return {row[0]: row[1:] for row in rows}


def persons_balance(world: World, account: str) -> int:
    """Credit less debit of an account under people."""
    return int(
        world.rows(
            "SELECT coalesce(sum(CASE WHEN credit_account = ? THEN amount_fen "
            "ELSE -amount_fen END), 0) FROM transfer "
            "WHERE person_id <> 0 AND (credit_account = ? OR debit_account = ?)",
            account,
            account,
            account,
        )[0][0]
    )


def with_the_person(world: World) -> tuple[int, int]:
    """What the pooled fund owes people, and what they owe it."""
    return persons_balance(world, "2103"), -persons_balance(world, "1201")


def late_visit(world: World) -> None:
    """April's visit at tier 1 is settled first; March's at tier 3 arrives late."""
    one = psn_no(1)
    world.settle(world.visit("april", one, APRIL, 60_000, "hospital-1"))
    world.settle(world.visit("march", one, MARCH, 60_000, "hospital-3"))


def test_a_late_visit_takes_its_place_and_the_person_settles_with_the_fund(
    world: World, again: Again
) -> None:
    late_visit(world)
    assert standing(world) == {"april": (50_000, 8_000, 52_000), "march": (0, 30_000, 30_000)}
    answer = again()
    assert standing(world) == {"march": (50_000, 5_000, 55_000), "april": (0, 48_000, 12_000)}
    assert answer["totals"] == {
        "fund_change": "150.00",
        "fund_more": "400.00",
        "fund_less": "-250.00",
        "due_to_persons": "150.00",
        "owed_by_persons": "0.00",
        "due_to_providers": "0.00",
        "owed_by_providers": "0.00",
        "back_to_accounts": "0.00",
    }
    causes = {change["mdtrt_id"]: change["causes"] for change in answer["changes"]}
    assert causes == {"march": ["arrived_late"], "april": ["late_visit"]}
    assert answer["netted"] == "250.00"
    assert {c["mdtrt_id"]: c["to_person"] for c in answer["changes"]} == {
        "march": "-250.00",
        "april": "400.00",
    }
    assert with_the_person(world) == (15_000, 0)
    assert persons_balance(world, "2101") == 38_000
    assert world.accumulators(psn_no(1), 2023) == (120_000, 50_000, 70_000, 53_000, 53_000)


def test_after_that_nothing_is_left_to_do(world: World, again: Again) -> None:
    late_visit(world)
    again()
    shown = resettle.show(world.context, Scope(2023, psn_no(1)), AT)
    assert shown["plan"] is None
    assert shown["changes"] == []
    with pytest.raises(Refused, match="没有需要重新结算"):
        resettle.approve(world.context, Scope(2023, psn_no(1)), AT, "0" * 12)


def test_what_was_shown_and_no_longer_holds_is_not_booked(world: World) -> None:
    late_visit(world)
    scope = Scope(2023, psn_no(1))
    number = resettle.show(world.context, scope, AT)["plan"]
    world.settle(world.visit("may", psn_no(1), date(2023, 2, 1), 10_000))
    with pytest.raises(Conflict, match="重新查看"):
        resettle.approve(world.context, scope, AT, number)


def test_the_same_request_is_booked_once(world: World) -> None:
    late_visit(world)
    scope = Scope(2023, psn_no(1))
    number = resettle.show(world.context, scope, AT)["plan"]
    first = resettle.approve(world.context, scope, AT, number, "again-1")
    before = dump(world, ["settlement", "transfer", "accumulator"])
    assert resettle.approve(world.context, scope, AT, number, "again-1") == first
    assert dump(world, ["settlement", "transfer", "accumulator"]) == before


def test_a_refund_before_gives_the_deductible_to_the_next(world: World, again: Again) -> None:
    first = world.settle(world.visit("first", psn_no(1), MARCH, 50_000))
    world.settle(world.visit("second", psn_no(1), APRIL, 60_000))
    world.reverse(first, datetime(2023, 5, 1, 9))
    answer = again()
    assert [change["causes"] for change in answer["changes"]] == [["reversal_before"]]
    assert standing(world) == {"second": (50_000, 5_000, 55_000)}
    assert world.accumulators(psn_no(1), 2023) == (60_000, 50_000, 10_000, 5_000, 5_000)


def test_a_retirement_made_known_late(world: World, again: Again) -> None:
    world.settle(world.visit("A", psn_no(1), APRIL, 150_000))
    retired = somebody(1, "陈一", Status.RETIRED, changed_on=MARCH)
    world.enrol(retired._replace(settled_up_on=MARCH))
    answer = again()
    change = answer["changes"][0]
    assert change["causes"] == ["changed_status"]
    assert (change["before"]["psn_type"], change["after"]["psn_type"]) == ("11", "12")
    assert change["to_person"] == "100.00"
    assert answer["by_status_and_tier"][0]["psn_type"] == "12"


def test_whoever_was_not_covered_owes_what_the_fund_paid(world: World, again: Again) -> None:
    world.settle(world.visit("A", psn_no(1), APRIL, 150_000))
    left = somebody(1, "陈一", changed_on=MARCH)
    world.enrol(left._replace(insured=left.insured.__class__("2")))
    answer = again()
    assert answer["changes"][0]["after"]["reason"] == "outside_benefit_period"
    assert persons_balance(world, "1201") == -50_000
    assert world.accumulators(psn_no(1), 2023) == (0, 0, 0, 0, 0)


def test_a_corrected_tier_counts_from_its_day(world: World, again: Again) -> None:
    world.settle(world.visit("before", psn_no(1), MARCH, 100_000))
    world.settle(world.visit("after", psn_no(1), APRIL, 100_000))
    hospital = provider_records()[0]
    bring_provider(world, hospital._replace(tier=2, changed_on=APRIL))
    answer = again()
    assert [(c["mdtrt_id"], c["causes"]) for c in answer["changes"]] == [
        ("after", ["changed_tier"])
    ]
    assert standing(world) == {"before": (50_000, 25_000, 75_000), "after": (0, 65_000, 35_000)}


def bring_provider(world: World, record: Any) -> None:
    from ledger.core.batches import Batch
    from ledger.services.importing import ImportOptions
    from ledger.services.roster.import_providers import import_providers

    batch = Batch("providers", "providers.xlsx", 1, [record], [])
    assert not import_providers(world.context, batch, ImportOptions()).errors


def test_a_stay_that_becomes_known_later_blocks_the_visit(world: World, again: Again) -> None:
    world.settle(world.visit("A", psn_no(1), APRIL, 150_000))
    stay = world.visit("stay", psn_no(1), date(2023, 4, 5), 0, med_type="21")
    world.settle(stay._replace(first_day=date(2023, 3, 28), last_day=date(2023, 4, 5)))
    assert again()["changes"][0]["causes"] == ["changed_stay"]
    assert standing(world) == {"A": (0, 0, 150_000)}


def test_what_the_account_paid_stays_and_only_the_excess_goes_back(
    world: World, again: Again
) -> None:
    world.settle(world.visit("april", psn_no(1), APRIL, 60_000, "hospital-1", use=1))
    world.settle(world.visit("march", psn_no(1), MARCH, 50_000))
    assert world.balance(psn_no(1)) == 0
    answer = again()
    # April: the pool's share rises from 80.00 to 480.00, the own share falls to 120.00; the
    # account had paid 200.00, so 80.00 go back and the rest of the 400.00 goes to the person.
    april = next(c for c in answer["changes"] if c["mdtrt_id"] == "april")
    assert (april["to_account"], april["to_person"]) == ("80.00", "320.00")
    assert world.balance(psn_no(1)) == 8_000
    assert persons_balance(world, "2101") + persons_balance(world, "2102") == 53_000


def test_relatives_get_their_excess_back_before_the_patient(world: World, again: Again) -> None:
    world.link(world.relation(certno(1), certno(2), Relation.SPOUSE, quota_fen=20_000))
    world.open_with(psn_no(2), 10_000)
    world.settle(world.visit("april", psn_no(2), APRIL, 60_000, "hospital-1", use=2))
    world.settle(world.visit("march", psn_no(2), MARCH, 50_000))
    assert (world.balance(psn_no(1)), world.balance(psn_no(2))) == (0, 0)
    again(Scope(2023, psn_no(2)))
    assert (world.balance(psn_no(1)), world.balance(psn_no(2))) == (18_000, 0)
    assert world.rows("SELECT used_fen FROM family_link") == [(2_000,)]


def test_resettling_twice_takes_back_what_the_first_time_gave(world: World, again: Again) -> None:
    late_visit(world)
    again()
    world.settle(world.visit("february", psn_no(1), date(2023, 2, 1), 10_000))
    again()
    world.reverse({"setl_id": last_of(world, "february")}, datetime(2023, 9, 2, 9))
    again()
    assert standing(world) == {"march": (50_000, 5_000, 55_000), "april": (0, 48_000, 12_000)}
    assert with_the_person(world) == (15_000, 0)


def last_of(world: World, visit: str) -> int:
    return int(
        world.rows("SELECT max(settlement_id) FROM settlement WHERE visit_id = ?", visit)[0][0]
    )


def test_a_resettled_visit_is_refunded_whole(world: World, again: Again) -> None:
    late_visit(world)
    again()
    world.reverse({"setl_id": last_of(world, "april")}, datetime(2023, 9, 2, 9))
    assert standing(world) == {"march": (50_000, 5_000, 55_000)}
    assert with_the_person(world) == (0, 25_000)


def test_the_explanation_names_the_cause(world: World, again: Again) -> None:
    late_visit(world)
    again()
    told = explain_settlement(world.context, last_of(world, "april"))
    assert any("晚到" in step["text"] for step in told["steps"])
    mirrored = world.rows(
        "SELECT m.settlement_id FROM settlement AS m JOIN settlement AS o "
        "ON o.settlement_id = m.reverses_settlement_id WHERE m.visit_id = 'april'"
    )[0][0]
    assert explain_settlement(world.context, mirrored)["steps"][0]["rule"] == "重新结算冲回"


def test_the_same_visit_again_answers_with_what_stands(world: World, again: Again) -> None:
    late_visit(world)
    again()
    answer = world.settle(world.visit("april", psn_no(1), APRIL, 60_000, "hospital-1"))
    assert (answer["hifp_pay"], answer["setl_id"]) == ("480.00", str(last_of(world, "april")))


@pytest.mark.parametrize(
    ("scope", "people"),
    [
        (Scope(2023), 1),
        (Scope(2023, employer="E001"), 2),
        (Scope(2023, provider="H42030000003"), 1),
        (Scope(2023, provider="H42030000002"), 0),
        (Scope(2022), 0),
    ],
)
def test_scopes(world: World, scope: Scope, people: int) -> None:
    late_visit(world)
    assert resettle.show(world.context, scope, AT)["people"] == people


@pytest.mark.parametrize(
    ("scope", "code"),
    [
        (Scope(2023, person="nobody"), "person/unknown"),
        (Scope(2023, employer="nobody"), "employer/unknown"),
        (Scope(2023, provider="nobody"), "provider/unknown"),
    ],
)
def test_an_unknown_scope_is_refused(world: World, scope: Scope, code: str) -> None:
    with pytest.raises(Unknown) as refused:
        resettle.show(world.context, scope, AT)
    assert refused.value.code == code


def test_a_closed_month_takes_no_difference(world: World, again: Again) -> None:
    late_visit(world)
    with world.context.writing() as work:
        for month in sorted(known_months(work.connection).opened):
            close_month(work.connection, month, work.recorded_at, work.actor)
        work.commit()
    again()
    assert world.rows("SELECT DISTINCT fiscal_month FROM entry WHERE memo LIKE '重新结算%'") == [
        (202309,)
    ]


def test_a_correction_of_a_tier_marks_the_years_of_those_who_were_there(
    world: World, again: Again
) -> None:
    world.settle(world.visit("A", psn_no(1), MARCH, 100_000))
    world.settle(world.visit("B", psn_no(2), APRIL, 100_000))
    bring_provider(world, provider_records()[0]._replace(tier=2, changed_on=APRIL))
    marked = world.rows("SELECT person_id, year, cause FROM resettle_again")
    assert marked == [(world.person_id(psn_no(2)), 2023, "changed_tier")]
    assert again(Scope())["changed_visits"] == 1
    assert world.count("resettle_again") == 0


def test_the_providers_statement_shows_what_the_provider_is_due(world: World, again: Again) -> None:
    late_visit(world)
    again()
    with world.context.reading() as connection:
        lines = list(settlements(connection, Month(2023, 9)))
        balances = provider_balances(connection, Month(2023, 9))
    assert len(lines) == 4
    assert sum(line.pool_fen for line in lines) == 0
    assert all(line.total_fen == line.pool_fen + line.account_fen + line.cash_fen for line in lines)
    assert sum(balance[3] + balance[4] for balance in balances) == 38_000


def test_windows_beside_the_year_are_folded_too(tmp_path: Path) -> None:
    pack = load_pack("420300-shiyan", {"deductible_window": "quarter"})
    world = World(tmp_path / "quarters.db", pack)
    world.enrol(somebody(1))
    late_visit(world)
    world.settle(world.visit("february", psn_no(1), date(2023, 2, 1), 60_000))
    scope = Scope(2023, psn_no(1))
    shown = resettle.show(world.context, scope, AT)
    resettle.approve(world.context, scope, AT, shown["plan"])
    assert standing(world) == {
        "february": (50_000, 5_000, 55_000),
        "march": (0, 30_000, 30_000),
        "april": (50_000, 8_000, 52_000),
    }
    assert resettle.show(world.context, scope, AT)["plan"] is None
    world.prove()
    world.close()


def test_whoever_owes_a_visit_by_hand_is_left_out(world: World) -> None:
    late_visit(world)
    april = last_of(world, "april")
    book_debt(world.context, psn_no(1), DebtCause.MISTAKE, date(2023, 6, 1), settlement_id=april)
    shown = resettle.show(world.context, Scope(2023), AT)
    assert (shown["plan"], shown["changes"]) == (None, [])
    assert [left["psn"] for left in shown["left_out"]] == [psn_no(1)]


def test_marks_of_years_that_do_not_change_go_by_approval_too(world: World, again: Again) -> None:
    world.settle(world.visit("A", psn_no(1), APRIL, 30_000))
    bring_provider(world, provider_records()[0]._replace(tier=2, changed_on=APRIL))
    answer = again(Scope())
    assert (answer["changed_visits"], world.count("resettle_again")) == (0, 0)
    assert resettle.show(world.context, Scope(), AT)["plan"] is None


def test_what_the_fund_pays_for_the_first_time_stands_under_the_providers_county(
    world: World, again: Again
) -> None:
    world.settle(world.visit("A", psn_no(1), APRIL, 60_000, "hospital-2"))
    first = world.settle(world.visit("B", psn_no(1), date(2023, 5, 1), 30_000))
    world.reverse(first, datetime(2023, 5, 2, 9))
    world.settle(world.visit("C", psn_no(1), MARCH, 90_000, "hospital-1"))
    again()
    rows = world.rows("SELECT DISTINCT county FROM transfer WHERE provider_id IS NOT NULL")
    assert None not in [county for (county,) in rows]


def test_a_second_refund_of_a_resettled_visit_is_told_that_it_was_done(
    world: World, again: Again
) -> None:
    """Also by the number of the settlement that the resettlement replaced."""
    april = world.settle(world.visit("april", psn_no(1), APRIL, 60_000, "hospital-1"))
    world.settle(world.visit("march", psn_no(1), MARCH, 60_000, "hospital-3"))
    again()
    world.reverse(april, datetime(2023, 9, 2, 9))
    with pytest.raises(Conflict) as refused:
        world.reverse(april, datetime(2023, 9, 3, 9))
    assert refused.value.code == "refund/done-before"


def test_a_marked_year_that_is_left_out_is_no_plan_for_ever(world: World) -> None:
    """The account that paid is closed, so that nothing can be booked; the list says so."""
    one = psn_no(1)
    world.settle(world.visit("A", one, APRIL, 150_000, use=1))
    world.enrol(somebody(1, "陈一", Status.RETIRED, changed_on=MARCH))
    pay_out(world.context, one, BANK, date(2023, 6, 1), "出境定居")
    shown = resettle.show(world.context, Scope(), AT)
    assert [row["psn"] for row in shown["left_out"]] == [one]
    assert shown["plan"] is None


# --- set off per person ---


def without_netting(world: World) -> World:
    pack = load_pack("420300-shiyan", {"resettle_netting": "none"})
    return World(world.path, pack)


def test_a_pack_may_leave_both_sides_as_they_are(world: World) -> None:
    late_visit(world)
    plain = without_netting(world)
    scope = Scope(2023, psn_no(1))
    shown = resettle.show(plain.context, scope, AT)
    assert shown["totals"]["due_to_persons"] == "400.00"
    assert (shown["totals"]["owed_by_persons"], shown["netted"]) == ("250.00", "0.00")
    resettle.approve(plain.context, scope, AT, shown["plan"])
    assert with_the_person(world) == (40_000, 25_000)
    plain.close()


def test_what_is_paid_out_already_is_owed_when_it_is_taken_back(world: World, again: Again) -> None:
    """The 150.00 of the first plan has a payee: after the refund the person owes them, too."""
    late_visit(world)
    again()
    note_payee(world.context, psn_no(1), BANK, date(2023, 9, 5))
    world.reverse({"setl_id": last_of(world, "april")}, datetime(2023, 9, 6, 9))
    assert with_the_person(world) == (15_000, 40_000)
    world.prove()


def test_what_is_paid_back_already_is_due_when_the_visit_is_refunded(
    world: World, again: Again
) -> None:
    """Not insured on the day, the person owed the fund's 500.00 and paid them back; then the
    provider gives the whole visit back, the fund's part included."""
    visit = world.settle(world.visit("A", psn_no(1), APRIL, 150_000))
    left = somebody(1, "陈一", changed_on=MARCH)
    world.enrol(left._replace(insured=left.insured.__class__("2")))
    again()
    repay(world.context, psn_no(1), 50_000, date(2023, 9, 5))
    world.reverse(visit, datetime(2023, 9, 6, 9))
    assert with_the_person(world) == (50_000, 0)
    assert persons_balance(world, "2101") == 0
    world.prove()


@pytest.mark.parametrize("visit", ["march", "april"])
def test_a_refund_leaves_the_person_with_what_the_other_visit_says(
    world: World, again: Again, visit: str
) -> None:
    late_visit(world)
    again()
    world.reverse({"setl_id": last_of(world, visit)}, datetime(2023, 9, 2, 9))
    assert with_the_person(world) == ((40_000, 0) if visit == "march" else (0, 25_000))
    world.prove()


# --- due, and nobody knows where to ---


def test_what_is_due_without_a_payee_is_in_a_list_until_it_has_one(
    world: World, again: Again
) -> None:
    late_visit(world)
    assert waiting_for_payee(world.context) == []
    again()
    waiting = waiting_for_payee(world.context)
    assert [(row["psn"], row["amount"], row["since"]) for row in waiting] == [
        (psn_no(1), "150.00", "2023-09-01")
    ]
    assert f"claim payee --person {psn_no(1)}" in waiting[0]["next"]
    assert waiting_for_payee(world.context, psn_no(2)) == []
    note_payee(world.context, psn_no(1), BANK, date(2023, 9, 5))
    assert waiting_for_payee(world.context) == []
    retired = somebody(1, "陈一", Status.RETIRED, changed_on=MARCH)
    world.enrol(retired._replace(settled_up_on=MARCH))
    again(at=datetime(2023, 10, 1, 10))
    later = waiting_for_payee(world.context, psn_no(1))
    assert [(row["amount"], row["since"]) for row in later] == [("70.00", "2023-10-01")]


def test_what_was_repaid_and_became_due_again_can_be_paid(world: World, again: Again) -> None:
    visit = world.settle(world.visit("A", psn_no(1), APRIL, 150_000))
    left = somebody(1, "陈一", changed_on=MARCH)
    world.enrol(left._replace(insured=left.insured.__class__("2")))
    again()
    repay(world.context, psn_no(1), 50_000, date(2023, 9, 5))
    world.reverse(visit, datetime(2023, 9, 6, 9))
    assert [row["amount"] for row in waiting_for_payee(world.context)] == ["500.00"]
    assert note_payee(world.context, psn_no(1), BANK, date(2023, 9, 7))["amount"] == "500.00"
    assert due_to_persons(world.context)[0]["amount"] == "500.00"
