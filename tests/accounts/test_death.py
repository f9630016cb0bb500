"""Death, heirs and emigration (article 15): not a fen is lost, the account is empty and closed."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.benefits.account_states import Event
from ledger.benefits.debts import Cause
from ledger.benefits.heirs import divide, share_from_text
from ledger.core.batches import Batch
from ledger.core.errors import Conflict, Refused, Unknown
from ledger.core.money import Fen, fen_from_yuan
from ledger.core.people import BankAccount, Plan
from ledger.services.accounts.account_states import change_state, states
from ledger.services.accounts.death import Heir, inherit, register_death, visits_after_death
from ledger.services.accounts.interest import post_interest
from ledger.services.accounts.pay_out import clear_account, pay_out, return_account
from ledger.services.books.move_funds import move_funds
from ledger.services.claims.pay_person import due_to_persons, pay_everybody, pay_person
from ledger.services.claims.returned_payment import payment_returned
from ledger.services.debts.owed import book_debt
from ledger.services.importing import ImportOptions
from ledger.services.roster.import_families import add_link
from ledger.services.roster.import_people import import_people
from tests.accounts.conftest import CHEN_NO, LIN_NO
from tests.people import CHEN, LIN, psn_no, somebody
from tests.world import World

DIED, DAY = date(2023, 6, 1), date(2023, 7, 1)
BANK = BankAccount("陈小雨", "中国工商银行十堰分行", "6222020000000000001")
THIRD = Fraction(1, 3)


def die(world: World, number: str = CHEN_NO) -> dict[str, Any]:
    return register_death(world.context, number, DIED, "死亡医学证明")


def heirs_of(*heirs: Heir) -> list[Heir]:
    return list(heirs)


def amounts(answer: dict[str, Any]) -> list[int]:
    return [fen_from_yuan(heir["amount"]) for heir in answer["heirs"]]


# --- dividing ---


@given(st.integers(0, 10**9), st.lists(st.integers(1, 1000), min_size=1, max_size=9))
def test_no_fen_is_lost_and_nobody_is_a_fen_from_the_exact_share(
    amount: int, weights: list[int]
) -> None:
    shares = [Fraction(weight, sum(weights)) for weight in weights]
    parts = divide(amount, shares)
    assert sum(parts) == amount
    assert all(abs(part - amount * share) < 1 for part, share in zip(parts, shares, strict=True))


def test_of_equal_remainders_the_first_named_gets_the_fen() -> None:
    assert divide(100, [THIRD] * 3) == [34, 33, 33]
    assert divide(101, [Fraction(1, 2), Fraction(1, 4), Fraction(1, 4)]) == [51, 25, 25]


@pytest.mark.parametrize(
    ("text", "share"),
    [("1/3", THIRD), ("25%", Fraction(1, 4)), ("33.34％", Fraction(1667, 5000)), ("1", 1)],
)
def test_a_share_is_a_fraction_or_percent(text: str, share: Fraction) -> None:
    assert share_from_text(text) == share


@pytest.mark.parametrize("text", ["", "0", "1/0", "0/3", "4/3", "120%", "三分之一", "0.5"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        share_from_text(text)
    assert refused.value.code == "heirs/bad-share"


def test_shares_that_are_not_the_whole_are_refused() -> None:
    with pytest.raises(Refused) as refused:
        divide(100, [THIRD, THIRD])
    assert refused.value.code == "heirs/shares-not-whole"


# --- death ---


def test_a_death_ends_benefits_and_links_and_lists_what_was_settled_after_it(
    world: World,
) -> None:
    add_link(world.context, world.relation(CHEN.certno, LIN.certno))
    world.settle(world.visit("on-the-day", CHEN_NO, DIED, 60_000, use=1))
    late = world.settle(world.visit("after", CHEN_NO, date(2023, 6, 2), 20_000, use=1))
    answer = die(world)
    assert answer["status"] == "dead"
    assert answer["links_ended"] == 1
    assert [row["setl_id"] for row in answer["settled_after_death"]] == [late["setl_id"]]
    assert visits_after_death(world.context, LIN_NO) == []
    world.reverse(late, late_instant())
    assert visits_after_death(world.context) == []
    later = world.settle(world.visit("later", CHEN_NO, date(2023, 6, 9), 20_000))
    assert (later["hifp_pay"], later["reason"]) == ("0.00", "outside_benefit_period")


def late_instant() -> Any:
    from datetime import datetime

    return datetime(2023, 6, 20, 9)


def test_the_roster_cannot_insure_the_dead_but_may_repeat_what_it_said(world: World) -> None:
    die(world)
    again = Batch("people", "people.xlsx", 1, [CHEN], [])
    assert import_people(world.context, again, ImportOptions()).unchanged == 1
    back = CHEN._replace(changed_on=date(2023, 8, 1))
    result = import_people(
        world.context, Batch("people", "people.xlsx", 1, [back], []), ImportOptions()
    )
    assert [error.code for error in result.errors] == ["person/registered-dead"]


def test_credits_after_the_death_are_taken_back_by_the_next_run(world: World) -> None:
    for month in ("2023-05", "2023-06", "2023-07"):
        world.contribute(world.contribution(CHEN_NO, month, 500_000))
    world.credit("2023-07")
    assert world.balance(CHEN_NO) == 80_000
    die(world)
    world.credit("2023-07")
    assert world.balance(CHEN_NO) == 70_000


def test_several_heirs_get_their_shares_into_their_accounts(world: World) -> None:
    world.open_with(CHEN_NO, 1, 2021)
    world.enrol(somebody(30), somebody(31))
    die(world)
    answer = inherit(
        world.context,
        CHEN_NO,
        heirs_of(Heir(THIRD, LIN_NO), Heir(THIRD, psn_no(30)), Heir(THIRD, psn_no(31))),
        DAY,
        "公证书",
    )
    left = fen_from_yuan(answer["divided"])
    assert left >= 50_001
    assert sum(amounts(answer)) == left
    assert world.balance(LIN_NO) == 8_000 + amounts(answer)[0]
    assert world.balance(CHEN_NO) == 0
    assert states(world.context, CHEN_NO)["status"] == "closed"
    kinds = world.rows(
        "SELECT kind, count(*) FROM transfer WHERE entry_id = ? GROUP BY kind ORDER BY kind",
        int(answer["entry_id"]),
    )
    assert [kind for kind, _count in kinds] == ["inherit_in", "inherit_out"]
    years = world.rows("SELECT DISTINCT fund_year FROM transfer WHERE kind = 'inherit_in'")
    assert years == [(2023,)]


def test_whoever_divides_hears_of_visits_after_the_death_until_they_are_owed(world: World) -> None:
    late = world.settle(world.visit("after", CHEN_NO, date(2023, 6, 2), 20_000, use=1))
    die(world)
    trial = inherit(
        world.context, CHEN_NO, [Heir(Fraction(1), LIN_NO)], DAY, "公证书", dry_run=True
    )
    assert [row["setl_id"] for row in trial["settled_after_death"]] == [late["setl_id"]]
    number = int(late["setl_id"])
    book_debt(world.context, CHEN_NO, Cause.AFTER_DEATH, DAY, settlement_id=number)
    assert visits_after_death(world.context) == []


def test_an_account_is_not_closed_on_a_day_up_to_which_it_has_interest_already(
    world: World,
) -> None:
    """A closed account's interest stops: interest of later days must not be divided."""
    post_interest(world.context, date(2023, 12, 31))
    die(world)
    heirs = [Heir(Fraction(1), LIN_NO)]
    with pytest.raises(Refused, match="2023-12-31") as refused:
        inherit(world.context, CHEN_NO, heirs, DAY, "公证书")
    assert refused.value.code == "account/interest-posted-later"
    assert (
        inherit(world.context, CHEN_NO, heirs, date(2023, 12, 31), "公证书")["status"] == "closed"
    )


def test_an_heir_without_an_account_is_paid_in_cash(world: World) -> None:
    die(world)
    heirs = heirs_of(Heir(Fraction(2, 3), LIN_NO), Heir(THIRD, bank_account=BANK))
    answer = inherit(world.context, CHEN_NO, heirs, DAY, "公证书")
    due = due_to_persons(world.context)
    assert [(row["name"], row["for"]) for row in due] == [("陈小雨", "个人账户继承")]
    assert fen_from_yuan(due[0]["amount"]) == amounts(answer)[1]


@pytest.mark.parametrize(
    ("heirs", "code"),
    [
        ([], "heirs/none"),
        ([Heir(Fraction(1), CHEN_NO)], "heirs/twice"),
        ([Heir(Fraction(1, 2), LIN_NO), Heir(Fraction(1, 2), LIN.certno)], "heirs/twice"),
        ([Heir(Fraction(1), psn_no(40))], "heirs/no-account"),
        ([Heir(THIRD, LIN_NO)], "heirs/shares-not-whole"),
        ([Heir(Fraction(1), bank_account=BANK._replace(bank=""))], "payee/incomplete"),
        ([Heir(Fraction(1), bank_account=BANK._replace(number="12"))], "payee/bad-number"),
        ([Heir(Fraction(1), psn_no(41))], "account/closed"),
    ],
)
def test_heirs_that_cannot_be_are_refused(world: World, heirs: list[Heir], code: str) -> None:
    world.enrol(somebody(40, plan=Plan.POOL_ONLY), somebody(41))
    change_state(world.context, psn_no(41), Event.CLOSE, DAY, "本人申请")
    die(world)
    with pytest.raises(Refused) as refused:
        inherit(world.context, CHEN_NO, heirs, DAY, "公证书")
    assert refused.value.code == code
    assert world.balance(CHEN_NO) == 50_000


def test_nobody_inherits_from_the_living_nor_before_the_death(world: World) -> None:
    heirs = [Heir(Fraction(1), LIN_NO)]
    with pytest.raises(Refused) as refused:
        inherit(world.context, CHEN_NO, heirs, DAY, "公证书")
    assert refused.value.code == "heirs/not-dead"
    die(world)
    with pytest.raises(Refused) as refused:
        inherit(world.context, CHEN_NO, heirs, date(2023, 5, 1), "公证书")
    assert refused.value.code == "heirs/before-death"
    with pytest.raises(Unknown):
        inherit(world.context, CHEN_NO, [Heir(Fraction(1), "0")], DAY, "公证书")


def test_an_empty_account_is_closed_without_an_entry(world: World) -> None:
    world.enrol(somebody(30))
    die(world, psn_no(30))
    answer = inherit(world.context, psn_no(30), [Heir(Fraction(1), LIN_NO)], DAY, "公证书")
    assert answer["entry_id"] is None
    assert states(world.context, psn_no(30))["status"] == "closed"


def test_inheriting_twice_by_the_same_request_is_one_effect(world: World) -> None:
    die(world)
    heirs = [Heir(Fraction(1), LIN_NO)]
    first = inherit(world.context, CHEN_NO, heirs, DAY, "公证书", "i-1")
    assert inherit(world.context, CHEN_NO, heirs, DAY, "公证书", "i-1") == first
    with pytest.raises(Refused) as refused:
        inherit(world.context, CHEN_NO, heirs, DAY, "公证书")
    assert refused.value.code == "account/closed"


# --- emigration, returns, paying ---


def test_whoever_settles_abroad_is_paid_out_and_the_account_is_closed(world: World) -> None:
    answer = pay_out(world.context, CHEN_NO, BANK, DAY, "出境定居证明")
    assert answer["status"] == "closed"
    assert world.balance(CHEN_NO) == 0
    events = [row["event"] for row in states(world.context, CHEN_NO)["events"]]
    assert events == ["emigration", "close"]


def test_whoever_leaves_for_a_cause_of_the_pack_is_paid_out(world: World) -> None:
    with pytest.raises(Refused) as refused:
        clear_account(world.context, CHEN_NO, BANK, DAY, "不想用了", "本人申请")
    assert refused.value.code == "account/cause-not-allowed"
    assert "外国人离境终止参保" in refused.value.message
    change_state(world.context, CHEN_NO, Event.FREEZE, date(2023, 6, 1), "核查")
    with pytest.raises(Refused) as refused:
        clear_account(world.context, CHEN_NO, BANK, DAY, "外国人离境终止参保", "离境证明")
    assert refused.value.code == "account/frozen"
    change_state(world.context, CHEN_NO, Event.UNFREEZE, date(2023, 6, 2), "核查完毕")
    cause = ("外国人离境终止参保", "离境证明", "c-1")
    answer = clear_account(world.context, CHEN_NO, BANK, DAY, *cause)
    assert clear_account(world.context, CHEN_NO, BANK, DAY, *cause) == answer
    assert (answer["status"], world.balance(CHEN_NO)) == ("closed", 0)
    assert due_to_persons(world.context, CHEN_NO)[0]["amount"] == answer["amount"]
    kinds = world.rows("SELECT kind FROM transfer WHERE entry_id = ?", int(answer["entry_id"]))
    assert {kind for (kind,) in kinds} == {"paid_out"}


def test_what_is_due_is_paid_once_from_the_disbursement_account(world: World) -> None:
    pay_out(world.context, CHEN_NO, BANK, DAY, "出境定居证明")
    payee = int(due_to_persons(world.context, CHEN_NO)[0]["payee_id"])
    with pytest.raises(Refused) as refused:
        pay_person(world.context, payee, DAY)
    assert refused.value.code == "fund/insufficient"
    fund(world)
    with pytest.raises(Refused) as refused:
        pay_person(world.context, payee, date(2023, 6, 30))
    assert refused.value.code == "payee/paid-before-claim"
    first = pay_person(world.context, payee, DAY, "p-1")
    assert pay_person(world.context, payee, DAY, "p-1") == first
    with pytest.raises(Conflict) as twice:
        pay_person(world.context, payee, DAY)
    assert twice.value.code == "payee/paid-before"
    assert due_to_persons(world.context) == []
    assert due_to_persons(world.context, paid_too=True)[0]["paid_on"] == DAY.isoformat()
    with pytest.raises(Unknown):
        pay_person(world.context, 1, DAY)


def test_a_payment_that_the_bank_returns_is_due_again(world: World) -> None:
    amount = pay_out(world.context, CHEN_NO, BANK, DAY, "出境定居证明")["amount"]
    payee = int(due_to_persons(world.context, CHEN_NO)[0]["payee_id"])
    on, why = date(2023, 7, 5), "账号与户名不符"
    with pytest.raises(Refused) as refused:
        payment_returned(world.context, payee, on, why)
    assert refused.value.code == "payee/not-paid"
    fund(world)
    pay_person(world.context, payee, DAY)
    with pytest.raises(Refused) as refused:
        payment_returned(world.context, payee, date(2023, 6, 30), why)
    assert refused.value.code == "payee/returned-before-payment"
    other = BANK._replace(number="6222020000000000002")
    first = payment_returned(world.context, payee, on, why, other, "r-1")
    assert payment_returned(world.context, payee, on, why, other, "r-1") == first
    with pytest.raises(Conflict) as twice:
        payment_returned(world.context, payee, on, why)
    assert twice.value.code == "payee/returned-before"
    again = due_to_persons(world.context, CHEN_NO)
    assert [(row["amount"], row["for"], row["bank_account"]) for row in again] == [
        (amount, "付款退回", "6222020000000000002")
    ]
    world.prove()
    pay_person(world.context, int(again[0]["payee_id"]), date(2023, 7, 6))
    both = due_to_persons(world.context, CHEN_NO, paid_too=True)
    assert [row["returned_on"] for row in both] == ["2023-07-05", None]
    moved = world.rows("SELECT kind, count(*) FROM transfer WHERE kind LIKE 'person_pay%' "
                       "GROUP BY kind ORDER BY kind")  # fmt: skip
    legs = len(world.rows("SELECT 1 FROM transfer WHERE kind = 'person_pay_account'")) // 2
    assert moved == [("person_pay_account", 2 * legs), ("person_pay_account_refund", legs)]


def test_everybody_who_waits_is_paid_in_one_go(world: World) -> None:
    pay_out(world.context, CHEN_NO, BANK, DAY, "出境定居证明")
    pay_out(world.context, LIN_NO, BANK._replace(name="林秀英"), DAY, "出境定居证明")
    fund(world)
    assert len(pay_everybody(world.context, DAY, dry_run=True)) == 2
    assert len(pay_everybody(world.context, DAY)) == 2
    assert pay_everybody(world.context, DAY) == []


def fund(world: World) -> None:
    """Money in the disbursement account."""
    world.enrol(somebody(50))
    world.contribute(world.contribution(psn_no(50), "2023-01", 10_000_000))
    move_funds(world.context, "fiscal", Fen(900_000), date(2023, 6, 1))
    move_funds(world.context, "disbursement", Fen(900_000), date(2023, 6, 1))


def test_money_is_not_returned_in_cash_unless_the_pack_says_so(world: World) -> None:
    with pytest.raises(Refused) as refused:
        return_account(world.context, CHEN_NO, BANK, DAY, "异地安置", Fen(100))
    assert refused.value.code == "account/return-not-allowed"
