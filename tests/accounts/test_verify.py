"""`verify` names what somebody changed by hand in the life of accounts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from ledger.benefits.account_states import Event
from ledger.core.money import Fen
from ledger.core.people import BankAccount
from ledger.policy.loader import load_pack
from ledger.services.accounts.account_states import change_state
from ledger.services.accounts.pay_out import pay_out
from ledger.services.accounts.premiums import pay_premium
from ledger.services.accounts.special_adjustment import propose_adjustment
from ledger.services.approvals import proposals
from ledger.services.books.move_funds import move_funds
from ledger.services.claims.pay_person import pay_everybody
from tests import databases
from tests.accounts.conftest import CHEN_NO, LIN_NO
from tests.people import CHEN, LIN, psn_no, somebody
from tests.world import World, open_context

DAY = date(2023, 7, 1)
BANK = BankAccount("林秀英", "中国工商银行十堰分行", "6222020000000000001")


@pytest.fixture
def lived(tmp_path: Path) -> Iterator[World]:
    """An adjustment, a premium, a lost card, and an account paid out to whoever settled abroad."""
    world = World(
        tmp_path / "lived.db", load_pack("420300-shiyan", {"account_use.premiums_allowed": "true"})
    )
    world.enrol(CHEN, LIN, somebody(50))
    world.open_with(CHEN_NO, 50_000)
    world.open_with(LIN_NO, 8_000)
    world.contribute(world.contribution(psn_no(50), "2023-01", 10_000_000))
    move_funds(world.context, "fiscal", Fen(900_000), date(2023, 6, 1))
    move_funds(world.context, "disbursement", Fen(900_000), date(2023, 6, 1))
    answer = propose_adjustment(world.context, CHEN_NO, Fen(500), DAY, "补记")
    reviewer = open_context(world.path, world.context.pack, "reviewer")
    proposals.approve(reviewer, int(answer["proposal_id"]))
    reviewer.engine.dispose()
    pay_premium(world.context, CHEN_NO, CHEN_NO, "长期护理保险", 2024, Fen(1_000), DAY)
    change_state(world.context, CHEN_NO, Event.LOSE, DAY, "丢失")
    pay_out(world.context, LIN_NO, BANK, DAY, "出境定居")
    pay_everybody(world.context, DAY)
    world.prove()
    yield world
    world.close()


TAMPERED = [
    ("verify/account-status", "UPDATE personal_account SET status = 'open' WHERE person_id=1"),
    (
        "verify/event-without-account",
        "UPDATE account_event SET status_after = 'frozen' WHERE event = 'lose'",
    ),
    (
        "verify/closed-account",
        "UPDATE personal_account SET credited_fen = credited_fen + 1 WHERE status = 'closed'",
    ),
    ("verify/payees", "UPDATE payee SET account_fen = account_fen + 1"),
    ("verify/person-payments", "DELETE FROM payee_payment"),
    ("verify/premiums", "UPDATE premium SET amount_fen = 1"),
    ("verify/four-eyes", "UPDATE proposal_decision SET decided_by = 'tester'"),
    ("verify/adjusted-by-proposal", "DELETE FROM proposal_decision"),
]


@pytest.mark.parametrize(("code", "sql"), TAMPERED, ids=[row[0] for row in TAMPERED])
def test_what_was_changed_by_hand_is_named(lived: World, code: str, sql: str) -> None:
    databases.plant(lived.path, [sql])
    assert code in lived.breaches()
