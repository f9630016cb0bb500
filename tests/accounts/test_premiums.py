"""Premiums from the account (article 13(3)): off by default; where a pack allows them, they leave
this fund by the clearing account."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from ledger.benefits.account_states import Event
from ledger.core.errors import Conflict, Refused, Unknown
from ledger.core.money import Fen
from ledger.policy.loader import load_pack
from ledger.services.accounts.account_states import change_state
from ledger.services.accounts.death import Heir, inherit
from ledger.services.accounts.premiums import list_premiums, pay_premium
from ledger.services.accounts.premiums_back import give_back
from ledger.services.accounts.premiums_cash import pay_over, receive_back
from ledger.services.books.move_funds import move_funds
from ledger.services.books.read import statement
from ledger.services.roster.import_families import add_link
from tests.accounts.conftest import CHEN_NO, LIN_NO
from tests.people import CHEN, LIN, YU_CERTNO, YU_NAME, psn_no, somebody
from tests.world import World

DAY = date(2023, 10, 8)


@pytest.fixture
def allowed(tmp_path: Path) -> Iterator[World]:
    """The cast under a pack whose switch is on; the child is linked to its father."""
    pack = load_pack("420300-shiyan", {"account_use.premiums_allowed": "true"})
    world = World(tmp_path / "allowed.db", pack)
    world.enrol(CHEN, LIN)
    world.open_with(CHEN_NO, 50_000)
    add_link(world.context, world.relation(CHEN.certno, YU_CERTNO, user_name=YU_NAME))
    yield world
    world.prove()
    world.close()


def pay(world: World, insured: str = CHEN_NO, **more: Any) -> dict[str, Any]:
    words = {"kind": "长期护理保险", "year": 2024, "fen": 10_000, "on": DAY, "request_id": None}
    words |= more
    return pay_premium(
        world.context,
        CHEN_NO,
        insured,
        words["kind"],
        words["year"],
        Fen(words["fen"]),
        words["on"],
        words["request_id"],
    )


def test_the_switch_is_off_by_default_and_the_refusal_names_the_article(world: World) -> None:
    with pytest.raises(Refused) as refused:
        pay(world)
    assert refused.value.code == "premium/not-allowed"
    assert "S3c-13.3" in refused.value.message


def test_the_holders_own_premium_leaves_by_the_clearing_account(allowed: World) -> None:
    answer = pay(allowed)
    assert (answer["amount"], answer["relation"]) == ("100.00", None)
    assert allowed.balance(CHEN_NO) == 40_000
    assert allowed.rows("SELECT debit_account, credit_account, amount_fen FROM transfer "
                        "WHERE kind = 'premium'") == [("3201", "2202", 10_000)]  # fmt: skip


def test_a_linked_relatives_resident_insurance_is_paid(allowed: World) -> None:
    answer = pay(allowed, YU_CERTNO, kind="城乡居民医保", fen=38_000)
    assert answer["insured"] == YU_NAME
    assert answer["relation"] == "1"
    listed = list_premiums(allowed.context, date(2023, 1, 1), date(2023, 12, 31), CHEN_NO)
    assert (listed["total"], listed["waiting"], len(listed["premiums"])) == ("380.00", "380.00", 1)


@pytest.mark.parametrize(
    ("insured", "more", "code"),
    [
        (CHEN_NO, {"kind": "城乡居民医保"}, "premium/kind-not-allowed"),
        (YU_CERTNO, {"kind": "商业健康险"}, "premium/kind-not-allowed"),
        (CHEN_NO, {"kind": "体育健身保险"}, "account/forbidden-category"),
        (LIN_NO, {}, "premium/not-linked"),
        (YU_CERTNO, {"on": date(2022, 12, 31)}, "premium/not-linked"),
        (CHEN_NO, {"fen": 50_001}, "account/insufficient"),
        (CHEN_NO, {"fen": 0}, "account/not-above-zero"),
    ],
)
def test_what_the_rules_do_not_allow_is_refused(
    allowed: World, insured: str, more: dict[str, Any], code: str
) -> None:
    with pytest.raises(Refused) as refused:
        pay(allowed, insured, **more)
    assert refused.value.code == code
    assert allowed.balance(CHEN_NO) == 50_000


def test_a_kind_by_another_name_is_told_what_may_be_paid(allowed: World) -> None:
    """As the words of `--kind` are typed: for whom is said by `--for`."""
    with pytest.raises(Refused) as refused:
        pay(allowed, CHEN_NO, kind="本人长期护理保险")
    assert refused.value.message == (
        "个人账户不能为本人代缴“本人长期护理保险”；可为本人代缴：大额医疗费用补助、长期护理保险"
    )


def test_a_lost_account_pays_no_premium(allowed: World) -> None:
    change_state(allowed.context, CHEN_NO, Event.LOSE, date(2023, 5, 4), "卡丢失")
    with pytest.raises(Refused) as refused:
        pay(allowed)
    assert refused.value.message == "账户自 2023-05-04 起挂失，不能代缴保费"


def test_a_year_of_one_insurance_is_paid_once(allowed: World) -> None:
    first = pay(allowed, request_id="p-1")
    assert pay(allowed, request_id="p-1") == first
    with pytest.raises(Conflict) as refused:
        pay(allowed)
    assert refused.value.code == "premium/paid-before"
    pay(allowed, year=2025)


def test_the_cash_goes_to_the_other_funds(allowed: World) -> None:
    with pytest.raises(Refused) as refused:
        pay_over(allowed.context, DAY)
    assert refused.value.code == "premium/nothing-waiting"
    pay(allowed)
    with pytest.raises(Refused) as refused:
        pay_over(allowed.context, DAY)
    assert refused.value.code == "fund/insufficient"
    allowed.enrol(somebody(50))
    allowed.contribute(allowed.contribution(psn_no(50), "2023-01", 10_000_000))
    move_funds(allowed.context, "fiscal", Fen(900_000), date(2023, 6, 1))
    move_funds(allowed.context, "disbursement", Fen(900_000), date(2023, 6, 1))
    with pytest.raises(Refused) as refused:
        pay_over(allowed.context, DAY, Fen(10_001))
    assert refused.value.code == "premium/more-than-waiting"
    assert pay_over(allowed.context, DAY, Fen(4_000))["waiting"] == "60.00"
    assert pay_over(allowed.context, DAY)["amount"] == "60.00"


def test_a_premium_given_back_is_the_exact_mirror_and_may_be_paid_again(allowed: World) -> None:
    pay(allowed)
    back = ("长期护理保险", 2024, date(2023, 11, 2), "重复参保", "b-1")
    first = give_back(allowed.context, CHEN_NO, *back)
    assert give_back(allowed.context, CHEN_NO, *back) == first
    assert allowed.balance(CHEN_NO) == 50_000
    kinds = "SELECT kind, fund_year, amount_fen FROM transfer WHERE kind LIKE 'premium%'"
    assert allowed.rows(f"{kinds} ORDER BY entry_id") == [
        ("premium", 2022, 10_000),
        ("premium_refund", 2022, 10_000),
    ]
    line = statement(allowed.context, CHEN_NO)["lines"][-1]
    assert (line["name"], line["national"]) == ("退回：个人账户代缴费", "110")
    with pytest.raises(Unknown) as unknown:
        give_back(allowed.context, CHEN_NO, *back[:-1])
    assert unknown.value.code == "premium/unknown"
    found = list_premiums(allowed.context, DAY, DAY)
    assert (found["premiums"][0]["given_back_on"], found["total"]) == ("2023-11-02", "0.00")
    pay(allowed)
    assert allowed.balance(CHEN_NO) == 40_000


def test_what_was_paid_over_comes_back_from_the_other_fund(allowed: World) -> None:
    pay(allowed)
    allowed.enrol(somebody(50))
    allowed.contribute(allowed.contribution(psn_no(50), "2023-01", 10_000_000))
    move_funds(allowed.context, "fiscal", Fen(100_000), date(2023, 10, 30))
    move_funds(allowed.context, "disbursement", Fen(100_000), date(2023, 10, 30))
    pay_over(allowed.context, date(2023, 10, 31))
    with pytest.raises(Refused) as refused:
        give_back(allowed.context, CHEN_NO, "长期护理保险", 2024, date(2023, 10, 1), "误缴")
    assert refused.value.code == "premium/back-before-paid"
    give_back(allowed.context, CHEN_NO, "长期护理保险", 2024, date(2023, 11, 2), "误缴")
    assert list_premiums(allowed.context, DAY, DAY)["waiting"] == "-100.00"
    with pytest.raises(Refused) as refused:
        receive_back(allowed.context, date(2023, 11, 20), Fen(10_001))
    assert refused.value.code == "premium/more-than-comes-back"
    assert receive_back(allowed.context, date(2023, 11, 20))["amount"] == "100.00"
    with pytest.raises(Refused) as refused:
        receive_back(allowed.context, date(2023, 11, 20))
    assert refused.value.code == "premium/nothing-to-come-back"


def test_nothing_is_given_back_into_a_closed_account(allowed: World) -> None:
    pay(allowed, fen=50_000)
    change_state(allowed.context, CHEN_NO, Event.DEATH, date(2023, 10, 20), "死亡证明")
    allowed.prove()
    heirs = [Heir(Fraction(1), LIN_NO)]
    inherit(allowed.context, CHEN_NO, heirs, date(2023, 11, 1), "公证书")
    with pytest.raises(Refused) as refused:
        give_back(allowed.context, CHEN_NO, "长期护理保险", 2024, date(2023, 11, 2), "误缴")
    assert refused.value.code == "account/closed"
