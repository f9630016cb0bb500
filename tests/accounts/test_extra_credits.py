"""Supplements, one-off credits for a list, returns where a pack allows them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ledger.benefits.account_states import Event
from ledger.books.kinds import TRANSFER_KINDS
from ledger.core.errors import Refused
from ledger.core.money import Fen
from ledger.core.people import BankAccount
from ledger.policy.loader import load_pack
from ledger.services.accounts.account_states import change_state
from ledger.services.accounts.extra_credits import RowsRefused, inject, supplement
from ledger.services.accounts.pay_out import return_account
from ledger.services.accounts.special_adjustment import propose_adjustment
from ledger.services.books.read import statement
from tests.accounts.conftest import CHEN_NO, LIN_NO
from tests.people import CHEN, LIN, YU_CERTNO, psn_no, somebody
from tests.world import World

DAY = date(2023, 5, 4)
BANK = BankAccount("陈建国", "中国工商银行十堰分行", "6222020000000000001")


def lines(world: World, number: str = CHEN_NO) -> list[tuple[str, str]]:
    return [(line["name"], line["amount"]) for line in statement(world.context, number)["lines"]]


def test_a_supplement_is_money_of_the_year_it_is_for(world: World) -> None:
    supplement(world.context, CHEN_NO, Fen(8_800), DAY, "旧系统漏转", 2021)
    assert ("补录个账", "88.00") in lines(world)
    assert world.rows("SELECT fund_year FROM transfer WHERE kind = 'supplementary'") == [(2021,)]


@pytest.mark.parametrize("year", [23, 1989, 2024, 99_999])
def test_money_is_of_no_year_to_come_and_of_none_before_accounts(world: World, year: int) -> None:
    for book in (supplement, propose_adjustment):
        with pytest.raises(Refused) as refused:
            book(world.context, CHEN_NO, Fen(100), DAY, "补录", year)
        assert refused.value.code == "account/no-such-year"


def test_no_money_comes_in_on_a_day_before_there_were_accounts(world: World) -> None:
    day = date(1985, 2, 3)
    for refusing in (
        lambda: supplement(world.context, CHEN_NO, Fen(100), day, "补录"),
        lambda: propose_adjustment(world.context, CHEN_NO, Fen(100), day, "补录"),
        lambda: inject(world.context, [(CHEN_NO, Fen(100))], day, "注入"),
    ):
        with pytest.raises(Refused) as refused:
            refusing()
        assert refused.value.code == "account/no-such-year"
    assert world.balance(CHEN_NO) == 50_000


@pytest.mark.parametrize(
    ("number", "fen", "reason", "code"),
    [
        (CHEN_NO, 0, "补", "account/not-above-zero"),
        (CHEN_NO, 100, "", "account/no-reason"),
        (YU_CERTNO, 100, "补", "account/none"),
    ],
)
def test_a_supplement_that_cannot_be_is_refused(
    world: World, number: str, fen: int, reason: str, code: str
) -> None:
    world.link(world.relation(CHEN.certno, YU_CERTNO))
    with pytest.raises(Refused) as refused:
        supplement(world.context, number, Fen(fen), DAY, reason)
    assert refused.value.code == code


def test_a_list_is_injected_as_one_entry(world: World) -> None:
    answer = inject(
        world.context, [(CHEN_NO, Fen(5_000)), (LIN.certno, Fen(3_000))], DAY, "一次性注入", "i-1"
    )
    assert (answer["people"], answer["amount"]) == (2, "80.00")
    assert ("一次性注入", "50.00") in lines(world)
    assert world.balance(LIN_NO) == 11_000
    assert world.rows("SELECT legs, person_id FROM entry WHERE kind = 'one_off_credit'") == [(2, 0)]


def test_of_a_list_with_faults_nothing_is_booked_and_every_fault_is_told(world: World) -> None:
    world.link(world.relation(CHEN.certno, YU_CERTNO))
    world.enrol(somebody(30))
    change_state(world.context, psn_no(30), Event.CLOSE, DAY, "本人申请")
    wanted = [
        (CHEN_NO, Fen(5_000)),
        ("0", Fen(5_000)),
        (YU_CERTNO, Fen(5_000)),
        (LIN_NO, Fen(0)),
        (CHEN.certno, Fen(5_000)),
        (psn_no(30), Fen(5_000)),
    ]
    with pytest.raises(RowsRefused) as refused:
        inject(world.context, wanted, DAY, "一次性注入")
    assert [(error.row, error.code) for error in refused.value.errors] == [
        (2, "person/unknown"),
        (3, "account/none"),
        (4, "account/not-above-zero"),
        (5, "injection/twice"),
        (6, "account/closed"),
    ]
    assert world.balance(CHEN_NO) == 50_000
    with pytest.raises(Refused) as empty:
        inject(world.context, [], DAY, "一次性注入")
    assert empty.value.code == "injection/empty"


def test_where_a_pack_allows_it_money_is_returned_and_the_account_stays(tmp_path: Path) -> None:
    pack = load_pack("420300-shiyan", {"account_use.returned_when_settled_elsewhere": "true"})
    world = World(tmp_path / "returns.db", pack)
    world.enrol(CHEN)
    world.open_with(CHEN_NO, 50_000)
    return_account(world.context, CHEN_NO, BANK, DAY, "异地安置", Fen(20_000))
    assert world.balance(CHEN_NO) == 30_000
    assert ("个人账户返还", "-200.00") in lines(world)
    return_account(world.context, CHEN_NO, BANK, DAY, "异地安置")
    assert world.balance(CHEN_NO) == 0
    assert world.rows("SELECT status FROM personal_account") == [("open",)]
    world.prove()
    world.close()


def test_every_kind_of_an_account_has_a_national_type_and_a_name() -> None:
    kinds = {
        "adjust_up": "110", "supplementary": "111", "one_off": "112", "account_return": "202",
        "paid_out": "203", "premium": "205", "inherit_in": "106", "inherit_out": "208",
    }  # fmt: skip
    assert {kind: TRANSFER_KINDS[kind].national for kind in kinds} == kinds
