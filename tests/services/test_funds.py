"""The fund's own money, providers' months, and the closing of a month."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from ledger.core.errors import Conflict, GongjiError, Refused, Unknown
from ledger.core.money import Fen
from ledger.core.months import Month
from ledger.services.books.close_month import StillOpen, close_month
from ledger.services.books.move_funds import move_funds
from ledger.services.books.pay_provider import pay_all, pay_provider
from ledger.services.books.provider_payment_returned import provider_payment_returned
from ledger.storage.books.funds import cash_balance
from ledger.storage.report_queries import report_queries_month as month_lists
from tests.people import CHEN, LIN
from tests.world import World, code_of, dump

CHEN_NO, LIN_NO = str(CHEN.psn_no), str(LIN.psn_no)
HOSPITAL = code_of("hospital-3")
TREASURY, FISCAL, DISBURSEMENT = "1101", "1102", "1103"
BOOKS = ["entry", "transfer", "provider_statement", "fiscal_month", "account_month"]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A person with 500.00 in the account, and 10,000.00 of contributions in the treasury."""
    world = World(tmp_path / "world.db")
    world.enrol(CHEN, LIN)
    world.open_with(CHEN_NO, 50_000)
    world.contribute(world.contribution(CHEN_NO, "2023-01", 10_000_000))
    yield world
    world.prove()
    world.close()


def have(world: World) -> tuple[int, int, int]:
    """Treasury, fiscal account, disbursement account, fen."""
    with world.context.reading() as connection:
        found = [cash_balance(connection, code) for code in (TREASURY, FISCAL, DISBURSEMENT)]
    return found[0], found[1], found[2]


def fund(world: World, fen: int) -> None:
    for place in ("fiscal", "disbursement"):
        move_funds(world.context, place, Fen(fen), date(2023, 1, 31))


def pay(world: World, month: str, paid_on: date, code: str = HOSPITAL) -> dict[str, Any]:
    return pay_provider(world.context, code, Month.parse(month), paid_on)


def refusal(act: Any, *arguments: Any, **more: Any) -> str:
    with pytest.raises(GongjiError) as refused:
        act(*arguments, **more)
    return refused.value.code


# --- the fund's own money ---


def test_money_moves_from_the_treasury_to_the_fiscal_and_the_disbursement_account(
    world: World,
) -> None:
    assert have(world) == (1_000_000, 0, 0)
    move_funds(world.context, "fiscal", Fen(600_000), date(2023, 1, 25))
    answer = move_funds(world.context, "disbursement", Fen(200_000), date(2023, 1, 26), memo="一月")
    assert have(world) == (400_000, 400_000, 200_000)
    assert (answer["from"], answer["to"]) == ("财政专户存款", "支出户存款")


def test_no_account_of_the_fund_goes_below_zero(world: World) -> None:
    day = date(2023, 1, 25)
    assert refusal(move_funds, world.context, "disbursement", Fen(1), day) == "fund/insufficient"
    assert refusal(move_funds, world.context, "fiscal", Fen(1_000_001), day) == "fund/insufficient"
    move_funds(world.context, "fiscal", Fen(1_000_000), day)
    assert have(world) == (0, 1_000_000, 0)


@pytest.mark.parametrize("fen", [0, -1])
def test_a_flow_moves_something(world: World, fen: int) -> None:
    assert refusal(move_funds, world.context, "fiscal", Fen(fen), date(2023, 1, 25)) == (
        "fund/not-above-zero"
    )


def test_a_flow_to_nowhere_is_refused(world: World) -> None:
    assert refusal(move_funds, world.context, "abroad", Fen(1), date(2023, 1, 25)) == (
        "fund/unknown-account"
    )


def test_balances_are_the_same_after_their_months_are_closed(world: World) -> None:
    fund(world, 300_000)
    before = have(world)
    world.credit("2023-01")
    world.close_month("2022-12")
    world.close_month("2023-01")
    assert have(world) == before
    move_funds(world.context, "fiscal", Fen(1_000), date(2023, 2, 1))
    assert have(world) == (before[0] - 1_000, before[1] + 1_000, before[2])


# --- providers' months ---


def test_a_provider_is_paid_what_pool_and_accounts_owe_it(world: World) -> None:
    fund(world, 100_000)
    world.settle(world.visit("A", CHEN_NO, date(2023, 1, 5), 60_000, use=1))
    answer = pay(world, "2023-01", date(2023, 2, 1))
    assert (answer["hifp_pay"], answer["acct_pay"], answer["paid"], answer["carried"]) == (
        "50.00",
        "500.00",
        "550.00",
        "0.00",
    )
    assert have(world)[2] == 100_000 - 55_000
    legs = world.rows(
        "SELECT kind, amount_fen, benefit_month, fiscal_month FROM transfer "
        "WHERE kind LIKE 'provider_pay%' ORDER BY leg"
    )
    assert legs == [
        ("provider_pay_pool", 5_000, 202301, 202302),
        ("provider_pay_account", 50_000, 202301, 202302),
    ]


def test_a_month_is_not_paid_before_it_is_over(world: World) -> None:
    fund(world, 100_000)
    world.settle(world.visit("A", CHEN_NO, date(2023, 1, 5), 60_000))
    assert refusal(pay, world, "2023-01", date(2023, 1, 31)) == "pay/month-not-over"
    assert refusal(pay_all, world.context, Month(2023, 1), date(2023, 1, 31)) == (
        "pay/month-not-over"
    )


def test_a_month_is_paid_once(world: World) -> None:
    fund(world, 100_000)
    world.settle(world.visit("A", CHEN_NO, date(2023, 1, 5), 60_000))
    pay(world, "2023-01", date(2023, 2, 1))
    before = dump(world, BOOKS)
    with pytest.raises(Conflict) as refused:
        pay(world, "2023-01", date(2023, 2, 2))
    assert refused.value.code == "pay/done-before"
    assert pay_all(world.context, Month(2023, 1), date(2023, 2, 2)) == []
    assert dump(world, BOOKS) == before


def returned(world: World, month: str, on: date, **more: Any) -> dict[str, Any]:
    return provider_payment_returned(
        world.context, HOSPITAL, Month.parse(month), on, "账号已销户", **more
    )


def test_what_the_bank_returns_is_owed_to_the_provider_again(world: World) -> None:
    fund(world, 100_000)
    world.settle(world.visit("A", CHEN_NO, date(2023, 1, 5), 60_000, use=1))
    first = pay(world, "2023-01", date(2023, 2, 1))
    assert refusal(returned, world, "2023-01", date(2023, 1, 31)) == "pay/returned-before-payment"
    answer = returned(world, "2023-01", date(2023, 2, 3), request_id="r-1")
    assert returned(world, "2023-01", date(2023, 2, 3), request_id="r-1") == answer
    assert (answer["amount"], answer["returned"]) == ("550.00", first["entry_id"])
    assert have(world)[2] == 100_000
    assert refusal(returned, world, "2023-01", date(2023, 2, 3)) == "pay/not-paid"
    assert not world.rows("SELECT * FROM provider_statement")
    again = pay(world, "2023-01", date(2023, 2, 6))
    assert again["paid"] == "550.00"
    assert have(world)[2] == 100_000 - 55_000


def test_what_came_back_of_a_closed_month_is_paid_with_the_next(world: World) -> None:
    fund(world, 100_000)
    world.settle(world.visit("A", CHEN_NO, date(2023, 1, 5), 60_000))
    pay(world, "2023-01", date(2023, 2, 1))
    world.credit("2023-03")
    world.close_month("2022-12")
    world.close_month("2023-01")
    returned(world, "2023-01", date(2023, 2, 3))
    with pytest.raises(StillOpen) as refused:
        world.close_month("2023-02")
    assert [item["code"] for item in refused.value.items] == ["close/providers-unpaid"]
    paid = pay_all(world.context, Month(2023, 2), date(2023, 3, 1))
    assert [answer["paid"] for answer in paid] == ["50.00"]
    assert refusal(returned, world, "2023-01", date(2023, 3, 2)) == "pay/not-paid"
    world.close_month("2023-02")
    assert pay_all(world.context, Month(2023, 3), date(2023, 4, 1)) == []


def test_the_lists_of_the_month_show_what_came_back(world: World) -> None:
    fund(world, 100_000)
    world.settle(world.visit("A", CHEN_NO, date(2023, 1, 5), 60_000))
    pay(world, "2023-01", date(2023, 2, 1))
    returned(world, "2023-01", date(2023, 2, 3))
    with world.context.reading() as connection:
        lines = [line[4:] for line in month_lists.payments(connection, Month(2023, 2))]
        balances = month_lists.provider_balances(connection, Month(2023, 2))
        moved = [line.kind for line in month_lists.movements(connection, Month(2023, 2))]
    assert lines == [(5_000, 0), (-5_000, 0)]
    assert balances[0][3:6] == (5_000, 0, 0)
    assert moved == []


def test_what_is_paid_to_nobody_or_without_a_reason_does_not_come_back(world: World) -> None:
    assert refusal(returned, world, "2023-01", date(2023, 2, 3)) == "pay/not-paid"
    with pytest.raises(Refused) as refused:
        provider_payment_returned(world.context, HOSPITAL, Month(2023, 1), date(2023, 2, 3), " ")
    assert refused.value.code == "pay/no-reason"


def test_an_unknown_provider_is_not_paid(world: World) -> None:
    with pytest.raises(Unknown) as refused:
        pay(world, "2023-01", date(2023, 2, 1), "H00000000000")
    assert refused.value.code == "provider/unknown"


def test_without_the_money_nobody_is_paid(world: World) -> None:
    fund(world, 4_999)
    world.settle(world.visit("A", CHEN_NO, date(2023, 1, 5), 60_000))
    before = dump(world, BOOKS)
    assert refusal(pay, world, "2023-01", date(2023, 2, 1)) == "fund/insufficient"
    assert refusal(pay_all, world.context, Month(2023, 1), date(2023, 2, 1)) == "fund/insufficient"
    assert dump(world, BOOKS) == before
    fund(world, 1)
    assert pay(world, "2023-01", date(2023, 2, 1))["paid"] == "50.00"


def test_all_providers_of_a_month_are_paid_at_once(world: World) -> None:
    fund(world, 100_000)
    world.settle(world.visit("A", CHEN_NO, date(2023, 1, 5), 60_000))
    world.settle(world.visit("B", CHEN_NO, date(2023, 1, 6), 1_000, "hospital-1"))
    world.settle(world.visit("C", CHEN_NO, date(2023, 1, 7), 0, "hospital-2", self_paid_fen=100))
    paid = pay_all(world.context, Month(2023, 1), date(2023, 2, 1))
    assert {answer["fixmedins_code"]: answer["paid"] for answer in paid} == {
        HOSPITAL: "50.00",
        code_of("hospital-1"): "8.00",
    }


def test_a_trial_payment_pays_nothing(world: World) -> None:
    fund(world, 100_000)
    world.settle(world.visit("A", CHEN_NO, date(2023, 1, 5), 60_000))
    before = dump(world, BOOKS)
    tried = pay_all(world.context, Month(2023, 1), date(2023, 2, 1), dry_run=True)
    assert [answer["paid"] for answer in tried] == ["50.00"]
    assert dump(world, BOOKS) == before


def test_a_refund_across_months_is_carried_into_the_next_payment(world: World) -> None:
    fund(world, 100_000)
    first = world.settle(world.visit("A", CHEN_NO, date(2023, 1, 5), 60_000))
    pay(world, "2023-01", date(2023, 2, 1))
    world.reverse(first, datetime(2023, 2, 5, 9))
    world.settle(world.visit("B", CHEN_NO, date(2023, 2, 6), 90_000))
    assert pay(world, "2023-02", date(2023, 3, 1))["paid"] == "150.00"


def test_a_negative_month_pays_nothing_and_is_carried_on(world: World) -> None:
    fund(world, 200_000)
    first = world.settle(world.visit("A", CHEN_NO, date(2023, 1, 5), 60_000, use=1))
    pay(world, "2023-01", date(2023, 2, 1))
    world.reverse(first, datetime(2023, 2, 5, 9))
    world.settle(world.visit("B", CHEN_NO, date(2023, 2, 6), 52_000))
    answer = pay(world, "2023-02", date(2023, 3, 1))
    assert (answer["paid"], answer["carried"], answer["entry_id"]) == ("0.00", "-540.00", None)
    world.settle(world.visit("C", CHEN_NO, date(2023, 3, 6), 120_000, use=1))
    answer = pay(world, "2023-03", date(2023, 4, 1))
    # 40.00 and 500.00 were paid too much; the pool owes 600.00 now, the account 500.00.
    assert (answer["hifp_pay"], answer["acct_pay"], answer["carried"]) == (
        "560.00",
        "0.00",
        "0.00",
    )
    assert have(world)[2] == 200_000 - 55_000 - 56_000


def test_what_one_part_owes_back_is_not_taken_from_the_other(world: World) -> None:
    """Pool and accounts are two funds: a claim on one does not shorten what the other owes."""
    fund(world, 100_000)
    first = world.settle(world.visit("A", CHEN_NO, date(2023, 1, 5), 60_000))
    pay(world, "2023-01", date(2023, 2, 1))
    world.reverse(first, datetime(2023, 2, 5, 9))
    world.settle(world.visit("B", CHEN_NO, date(2023, 2, 6), 10_000, use=1))
    answer = pay(world, "2023-02", date(2023, 3, 1))
    assert (answer["hifp_pay"], answer["acct_pay"], answer["carried"]) == (
        "0.00",
        "100.00",
        "-50.00",
    )


def test_months_paid_out_of_order_are_paid_once(world: World) -> None:
    fund(world, 200_000)
    world.settle(world.visit("A", CHEN_NO, date(2023, 1, 5), 60_000))
    world.settle(world.visit("B", CHEN_NO, date(2023, 2, 6), 20_000))
    assert pay(world, "2023-02", date(2023, 3, 1))["paid"] == "150.00"
    assert refusal(pay, world, "2023-01", date(2023, 3, 2)) == "pay/done-with-later"
    assert pay_all(world.context, Month(2023, 1), date(2023, 3, 2)) == []
    assert pay(world, "2023-03", date(2023, 4, 1))["paid"] == "0.00"
    assert have(world)[2] == 200_000 - 15_000


def test_what_comes_late_into_a_month_paid_with_a_later_one_is_paid_all_the_same(
    world: World,
) -> None:
    fund(world, 200_000)
    world.settle(world.visit("A", CHEN_NO, date(2023, 1, 5), 60_000))
    world.settle(world.visit("B", CHEN_NO, date(2023, 2, 6), 20_000))
    pay(world, "2023-02", date(2023, 3, 1))
    world.settle(world.visit("late", CHEN_NO, date(2023, 1, 7), 10_000))
    assert pay(world, "2023-01", date(2023, 3, 2))["paid"] == "50.00"
    assert refusal(pay, world, "2023-01", date(2023, 3, 3)) == "pay/done-before"


def test_a_month_paid_with_a_later_one_keeps_nothing_open(world: World) -> None:
    fund(world, 200_000)
    world.settle(world.visit("A", CHEN_NO, date(2023, 1, 5), 60_000))
    world.settle(world.visit("B", CHEN_NO, date(2023, 2, 6), 20_000))
    pay(world, "2023-02", date(2023, 3, 1))
    world.credit("2023-02")
    world.close_month("2022-12")
    assert world.close_month("2023-01")["status"] == "closed"


def test_a_late_visit_of_a_paid_month_is_paid_with_the_next(world: World) -> None:
    fund(world, 200_000)
    world.settle(world.visit("A", CHEN_NO, date(2023, 1, 5), 60_000))
    pay(world, "2023-01", date(2023, 2, 1))
    world.settle(world.visit("late", CHEN_NO, date(2023, 1, 6), 20_000))
    assert pay(world, "2023-02", date(2023, 3, 1))["paid"] == "100.00"


# --- closing ---


def test_closing_refuses_with_everything_that_is_open(world: World) -> None:
    world.settle(world.visit("A", CHEN_NO, date(2023, 1, 5), 60_000))
    with pytest.raises(StillOpen) as refused:
        close_month(world.context, Month(2023, 1))
    assert refused.value.code == "close/still-open"
    assert [item["code"] for item in refused.value.items] == [
        "close/earlier-month-open",
        "close/not-credited",
        "close/providers-unpaid",
    ]
    assert all(item["message"] in refused.value.message for item in refused.value.items)
    assert world.rows("SELECT count(*) FROM fiscal_month WHERE status = 'closed'") == [(0,)]


def test_a_month_closes_when_nothing_is_open_any_more(world: World) -> None:
    fund(world, 100_000)
    world.settle(world.visit("A", CHEN_NO, date(2023, 1, 5), 60_000))
    world.credit("2023-01")
    pay_all(world.context, Month(2023, 1), date(2023, 2, 1))
    world.close_month("2022-12")
    before = dump(world, BOOKS)
    tried = close_month(world.context, Month(2023, 1), dry_run=True)
    assert dump(world, BOOKS) == before
    assert tried == {"month": "2023-01", "status": "closed", "dry_run": True}
    assert world.close_month("2023-01")["status"] == "closed"
    assert refusal(world.close_month, "2023-01") == "close/still-open"
    rolled = world.rows(
        "SELECT sum(debit_fen), sum(credit_fen) FROM account_month WHERE fiscal_month = 202301"
    )
    posted = world.rows("SELECT sum(amount_fen) FROM transfer WHERE fiscal_month = 202301")
    assert rolled == [posted[0] * 2]


def test_differences_that_wait_keep_a_month_open(world: World) -> None:
    world.credit("2023-01")
    world.close_month("2022-12")
    world.contribute(world.contribution(CHEN_NO, "2023-01", 1_000))
    with pytest.raises(StillOpen) as refused:
        close_month(world.context, Month(2023, 1))
    assert [item["code"] for item in refused.value.items] == ["close/differences-waiting"]
    world.credit("2023-01")
    world.close_month("2023-01")


def test_a_breach_keeps_a_month_open(world: World) -> None:
    world.credit("2023-01")
    world.close_month("2022-12")
    with world.context.writing() as work:
        work.connection.exec_driver_sql("UPDATE personal_account SET credited_fen = credited_fen+1")
        work.commit()
    with pytest.raises(StillOpen) as refused:
        close_month(world.context, Month(2023, 1))
    assert [item["code"] for item in refused.value.items] == ["verify/account-totals"]
    with world.context.writing() as work:
        work.connection.exec_driver_sql("UPDATE personal_account SET credited_fen = credited_fen-1")
        work.commit()


def test_what_comes_after_goes_to_the_first_open_month_and_names_its_own(world: World) -> None:
    fund(world, 100_000)
    visit = world.settle(world.visit("A", CHEN_NO, date(2023, 1, 5), 60_000, use=1))
    world.credit("2023-01")
    pay_all(world.context, Month(2023, 1), date(2023, 2, 1))
    world.close_month("2022-12")
    world.close_month("2023-01")
    late = world.settle(world.visit("late", CHEN_NO, date(2023, 1, 6), 20_000))
    refund = world.reverse(visit, datetime(2023, 1, 31, 23))
    flow = move_funds(world.context, "fiscal", Fen(1_000), date(2022, 12, 31))
    world.contribute(world.contribution(CHEN_NO, "2022-12", 1_000, arrived_on=date(2022, 12, 5)))
    assert {late["fiscal_month"], refund["fiscal_month"], flow["fiscal_month"]} == {"2023-02"}
    assert late["setl_time"] == "2023-01-06 09:00:00"
    rows = world.rows(
        "SELECT happened_on, kind FROM entry WHERE fiscal_month = 202302 ORDER BY happened_on"
    )
    assert rows == [
        ("2022-12-05", "contribution"),
        ("2022-12-31", "fund_flow"),
        ("2023-01-06", "settlement"),
        ("2023-01-31", "refund"),
        ("2023-02-01", "provider_payment"),
    ]


def test_the_year_turns_over_into_the_next_years_months(world: World) -> None:
    world.credit("2023-12")
    for month in ("2022-12", *(str(m) for m in Month(2023, 1).through(Month(2023, 12)))):
        world.close_month(month)
    late = world.settle(world.visit("late", CHEN_NO, date(2023, 12, 31), 60_000))
    assert (late["fiscal_month"], late["year"]) == ("2024-01", 2023)


def test_a_refusal_names_what_is_missing_in_yuan(world: World) -> None:
    with pytest.raises(Refused) as refused:
        move_funds(world.context, "fiscal", Fen(1_000_001), date(2023, 1, 25))
    assert "10000.00" in refused.value.message
    assert "10000.01" in refused.value.message
