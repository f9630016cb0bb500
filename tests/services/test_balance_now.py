"""The balance of now: one question of what is kept, which agrees in every field with the one that
is added up from what was booked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import event

from ledger.benefits.account_states import Event
from ledger.core.errors import GongjiError
from ledger.core.money import Fen
from ledger.core.people import BankAccount, Relation
from ledger.services.accounts.account_states import change_state
from ledger.services.accounts.merging import propose_merge
from ledger.services.accounts.pay_out import clear_account
from ledger.services.approvals import proposals
from ledger.services.books.read import balance
from ledger.services.debts import owed
from ledger.services.pools.pool_quotas import give
from tests.people import CHEN, LIN, WANG, YU_CERTNO, ZHAO, certno, psn_no, somebody
from tests.world import World, open_context

CHEN_NO, LIN_NO, WANG_NO, ZHAO_NO = (str(who.psn_no) for who in (CHEN, LIN, WANG, ZHAO))
SECOND_NO = psn_no(7)
EVERYBODY = (CHEN_NO, CHEN.certno, LIN_NO, WANG_NO, ZHAO_NO, YU_CERTNO)
DAYS = [date(2021, 1, 1), date(2023, 1, 31), date(2023, 3, 1), date(2024, 1, 1)]
FAR_FUTURE = datetime(9000, 1, 1, tzinfo=UTC)
MARCH = date(2023, 3, 20)


def then(world: World, number: str, on: date) -> dict[str, Any]:
    """Everything that was ever booked, added up."""
    return balance(world.context, number, on, known_at=FAR_FUTURE) | {"known_at": None}


def refused(world: World, number: str, **more: Any) -> tuple[str, str]:
    with pytest.raises(GongjiError) as error:
        balance(world.context, number, MARCH, **more)
    return error.value.code, error.value.message


@contextmanager
def said(world: World) -> Iterator[list[str]]:
    """What the database is told, but for where the view of it begins."""
    texts: list[str] = []

    def note(*given: Any) -> None:
        if given[2] != "BEGIN":
            texts.append(given[2])

    event.listen(world.context.engine, "before_cursor_execute", note)
    try:
        yield texts
    finally:
        event.remove(world.context.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("on", DAYS)
def test_what_is_kept_is_what_was_booked(world: World, on: date) -> None:
    for number in EVERYBODY:
        assert balance(world.context, number, on) == then(world, number, on)


def test_debts_are_what_was_booked_less_what_was_settled(world: World) -> None:
    owed.repay(world.context, ZHAO_NO, 4_000, MARCH)
    found = balance(world.context, ZHAO_NO, MARCH)
    assert found["owed"] == "64.17"
    assert found == then(world, ZHAO_NO, MARCH)


def test_frozen_and_closed_accounts_and_held_quotas_are_shown_as_they_are(world: World) -> None:
    child = (certno(800), "陈远")
    give(world.context, CHEN_NO, child, "420100", Relation.CHILD, Fen(40_000), date(2026, 3, 2))
    change_state(world.context, ZHAO_NO, Event.FREEZE, MARCH, "核查")
    world.credit("2023-03")
    bank = BankAccount("林秀英", "样例银行", "6222000011112222")
    clear_account(world.context, LIN_NO, bank, MARCH, "外国人离境终止参保", "离境证明")
    shown = {number: balance(world.context, number, MARCH) for number in EVERYBODY}
    assert shown[CHEN_NO]["held"] == "400.00"
    assert shown[ZHAO_NO]["account_status"] == "frozen"
    assert (shown[LIN_NO]["account_status"], shown[LIN_NO]["balc"]) == ("closed", "0.00")
    assert shown == {number: then(world, number, MARCH) for number in shown}


def test_both_numbers_of_a_person_show_what_both_had(world: World) -> None:
    world.enrol(somebody(7, ZHAO.name, benefit_until=date(2023, 2, 1)))
    world.open_with(SECOND_NO, 7_000, 2021)
    world.settle(world.visit("second", SECOND_NO, date(2023, 1, 9), 60_000))
    world.credit("2023-02")
    second = open_context(world.path, actor="second")
    proposal = propose_merge(world.context, ZHAO_NO, SECOND_NO, MARCH, "重复建档")
    proposals.approve(second, int(proposal["proposal_id"]))
    second.engine.dispose()
    for number in (ZHAO_NO, ZHAO.certno, SECOND_NO, certno(7)):
        found = balance(world.context, number, MARCH)
        assert found["by_year"]["2021"] == "70.00"
        assert found == then(world, number, MARCH)


@pytest.mark.parametrize("number", ["nobody", "", "陈建国", "%(x)s ? :on", "' OR '1' = '1", "\\"])
def test_nobody_is_nobody_now_and_then(world: World, number: str) -> None:
    assert refused(world, number)[0] == "person/unknown"
    assert refused(world, number) == refused(world, number, known_at=FAR_FUTURE)


@pytest.mark.parametrize("number", [CHEN_NO, WANG_NO, YU_CERTNO])
def test_the_balance_of_now_is_one_question(world: World, number: str) -> None:
    balance(world.context, number, MARCH)  # PostgreSQL plans it the first time.
    with said(world) as texts:
        balance(world.context, number, MARCH)
    assert len(texts) == 1, texts
