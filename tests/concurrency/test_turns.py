"""Who may go on beside whom: one command stands just before its commit, another tries its luck.

No matter of time: what would have to wait is told so by an impatient desk, and nothing else is.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from ledger.benefits.account_states import Event
from ledger.core.batches import Batch
from ledger.core.errors import Refused
from ledger.core.months import Month
from ledger.services.accounts.account_states import change_state
from ledger.services.accounts.interest import post_interest
from ledger.services.books.close_month import close_month
from ledger.services.context import Context
from ledger.services.crediting.credit_month import credit_month
from ledger.services.importing import ImportOptions
from ledger.services.resettlement.adopt_pack import adopt_pack
from ledger.services.roster.import_people import import_people
from ledger.services.visits.import_visits import import_visits
from ledger.services.visits.settle_visit import settle
from tests import databases
from tests.concurrency.held import IMPATIENT, desk, held
from tests.people import CHEN, LIN, ZHAO, somebody
from tests.world import World

CHEN_NO, LIN_NO = str(CHEN.psn_no), str(LIN.psn_no)
MARCH, APRIL = date(2023, 3, 1), date(2023, 4, 3)

pytestmark = pytest.mark.skipif(not databases.POSTGRES, reason="SQLite lets one write at a time")

Command = Callable[[World, Context], Any]


def visit(number: str, use: int = 0, on: date = MARCH) -> Command:
    def command(world: World, context: Context) -> Any:
        record = world.visit(f"{number} {use} {on} {context.now()}", number, on, 0, use=use,
                             self_paid_fen=900)  # fmt: skip
        return settle(context, record)

    return command


def file_of(number: str) -> Command:
    def command(world: World, context: Context) -> Any:
        records = [world.visit(f"file of {number}", number, MARCH, 0, self_paid_fen=900)]
        return import_visits(context, Batch("visits", "v", 1, records, []), ImportOptions())

    return command


def people(_world: World, context: Context) -> Any:
    records = [somebody(150)]
    return import_people(context, Batch("people", "p", 1, records, []), ImportOptions())


def freeze(number: str) -> Command:
    def command(_world: World, context: Context) -> Any:
        return change_state(context, number, Event.FREEZE, date(2023, 5, 1), "法院冻结")

    return command


COMMANDS: dict[str, Command] = {
    "a visit of hers": visit(LIN_NO),
    "a visit of hers that her account pays": visit(LIN_NO, use=1),
    "a visit of his": visit(CHEN_NO),
    "a visit of his in April": visit(CHEN_NO, on=APRIL),
    "a file of her visits": file_of(LIN_NO),
    "a file of his visits": file_of(CHEN_NO),
    "his account frozen": freeze(CHEN_NO),
    "her account frozen": freeze(LIN_NO),
    "people": people,
    "credit": lambda _world, context: credit_month(context, Month(2023, 4)),
    "close": lambda _world, context: close_month(context, Month(2023, 3)),
    "interest": lambda _world, context: post_interest(context, date(2023, 12, 31)),
    "adopt": lambda _world, context: adopt_pack(context, "420300-shiyan"),
}

BESIDE = [
    ("a visit of his", "a visit of hers that her account pays"),
    ("a visit of his", "a file of her visits"),
    ("a visit of his", "her account frozen"),
    ("a visit of his", "credit"),
    ("a visit of his", "people"),
    ("a file of his visits", "a visit of hers that her account pays"),
    ("a file of his visits", "a file of her visits"),
    ("a file of his visits", "her account frozen"),
    ("a file of his visits", "people"),
    ("a file of his visits", "credit"),
    ("his account frozen", "a visit of hers"),
    ("people", "a visit of his"),
    ("credit", "a visit of his"),
    ("credit", "a file of his visits"),
    ("close", "a visit of his in April"),
    ("interest", "a visit of his"),
    ("interest", "a file of her visits"),
]
"""While the first has done everything but commit, the second is done whole."""

WAITS = [
    ("a visit of his", "a file of his visits"),
    ("a visit of his", "his account frozen"),
    ("a visit of his", "close"),
    ("a visit of his", "interest"),
    ("a visit of his", "adopt"),
    ("a file of his visits", "a visit of his"),
    ("a file of his visits", "adopt"),
    ("his account frozen", "a visit of his"),
    ("his account frozen", "credit"),
    ("people", "her account frozen"),
    ("credit", "a visit of hers that her account pays"),
    ("credit", "people"),
    ("credit", "close"),
    ("close", "a visit of his"),
    ("interest", "a visit of hers that her account pays"),
    ("interest", "her account frozen"),
    ("interest", "credit"),
    ("adopt", "a visit of his"),
]
"""And here the second waits for the first."""


@pytest.fixture
def ready(world: World) -> World:
    """March can be closed, April credited; both months are open, the rules stamped."""
    world.enrol(ZHAO)
    world.credit("2023-03")
    world.close_month("2022-12")
    for day in (MARCH, APRIL):
        world.settle(world.visit(f"of {day}", str(ZHAO.psn_no), day, 0, self_paid_fen=100))
    return world


def try_beside(world: World, first: str, second: str) -> str:
    """The code of what the second was told while the first was about to commit; "" for done."""
    url = databases.address(world.path)
    with (
        desk(url, IMPATIENT) as impatient,
        held(url, [lambda context: COMMANDS[first](world, context)]) as answers,
    ):
        try:
            COMMANDS[second](world, impatient)
            told = ""
        except Refused as refused:
            told = refused.code
    answers[0].result()
    return told


@pytest.mark.parametrize(("first", "second"), BESIDE)
def test_goes_on_beside(ready: World, first: str, second: str) -> None:
    assert try_beside(ready, first, second) == ""


@pytest.mark.parametrize(("first", "second"), WAITS)
def test_waits_for(ready: World, first: str, second: str) -> None:
    assert try_beside(ready, first, second) == "database/busy"
