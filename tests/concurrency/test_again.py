"""What lost a race is done again from the beginning: done once, counted once, answered once."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from ledger.core.batches import Batch, ImportResult
from ledger.core.errors import Refused
from ledger.core.money import Fen
from ledger.core.months import Month
from ledger.core.people import FamilyRecord
from ledger.services import carry_out
from ledger.services.accounts.interest import post_interest
from ledger.services.books.close_month import close_month
from ledger.services.books.move_funds import move_funds
from ledger.services.books.pay_provider import pay_all
from ledger.services.crediting.credit_month import credit_month
from ledger.services.crediting.import_contributions import import_contributions
from ledger.services.importing import ImportOptions
from ledger.services.resettlement.adopt_pack import adopt_pack
from ledger.services.roster.import_families import import_families
from ledger.services.roster.import_people import import_people
from ledger.services.roster.import_providers import import_providers
from ledger.services.visits.import_visits import import_visits
from ledger.services.visits.settle_visit import reverse, settle
from ledger.storage.database.busy import LostRace
from ledger.storage.database.unit_of_work import UnitOfWork
from tests.people import CHEN, LIN, somebody
from tests.world import World, dump, provider_records

CHEN_NO = str(CHEN.psn_no)
DAY = date(2023, 3, 1)
JANUARY = Month(2023, 1)

Verb = Callable[[World], Any]


def importing(verb: Callable[..., ImportResult], records: Callable[[World], list[Any]]) -> Verb:
    def take(world: World) -> ImportResult:
        given = records(world)
        return verb(world.context, Batch("file", "file", len(given), given, []), ImportOptions())

    return take


def families(world: World) -> list[FamilyRecord]:
    return [world.relation(CHEN.certno, LIN.certno)]


RUNS: dict[str, Verb] = {
    "people": importing(import_people, lambda _world: [somebody(n) for n in range(100, 105)]),
    "contributions": importing(
        import_contributions, lambda world: [world.contribution(CHEN_NO, "2023-02", 100_000)]
    ),
    "families": importing(import_families, families),
    "providers": importing(
        import_providers, lambda _world: [r._replace(name="改名") for r in provider_records()]
    ),
    "visits": importing(
        import_visits, lambda world: [world.visit(f"f{n}", CHEN_NO, DAY, 900) for n in range(5)]
    ),
    "credit": lambda world: credit_month(world.context, JANUARY),
    "interest": lambda world: post_interest(world.context, date(2023, 12, 31)),
    "adopt": lambda world: adopt_pack(world.context, "420300-shiyan"),
    "move": lambda world: move_funds(world.context, "fiscal", Fen(100), DAY),
    "pay": lambda world: pay_all(world.context, JANUARY, DAY),
    "close": lambda world: close_month(world.context, Month(2022, 12)),
}


def lose(monkeypatch: pytest.MonkeyPatch, times: int) -> list[str]:
    """The next commits lose their race; what each of them said."""
    commit, lost = UnitOfWork.commit, []

    def losing(work: UnitOfWork) -> None:
        if len(lost) < times:
            lost.append("lost")
            raise LostRace("database/busy", "")
        commit(work)

    monkeypatch.setattr(UnitOfWork, "commit", losing)
    monkeypatch.setattr(carry_out.time, "sleep", lambda _seconds: None)
    return lost


@pytest.fixture
def ready(world: World) -> World:
    """A contribution waits to be credited."""
    world.contribute(world.contribution(CHEN_NO, "2023-01", 500_000))
    return world


@pytest.mark.parametrize("name", RUNS)
def test_a_run_that_lost_its_races_is_done_once_and_whole(
    ready: World, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    if name == "close":
        ready.credit("2023-01")
    tables = ["entry", "person", "contribution", "settlement", "family_link", "fiscal_month"]
    before = dump(ready, tables)
    lost = lose(monkeypatch, times=3)
    answer = RUNS[name](ready)
    assert len(lost) == 3
    if isinstance(answer, ImportResult):
        assert (answer.accepted, answer.errors) == (answer.rows, [])
    after = {table: len(rows) for table, rows in dump(ready, tables).items()}
    new = {table: count - len(before[table]) for table, count in after.items()}
    assert all(count <= 5 for count in new.values()), new


def test_a_visit_and_its_refund_that_lost_their_races_are_there_once(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose(monkeypatch, times=2)
    answer = settle(ready.context, ready.visit("v", CHEN_NO, DAY, 2_000, use=1), "once")
    lose(monkeypatch, times=2)
    reverse(ready.context, int(answer["setl_id"]), datetime(2023, 3, 2, 9), "back")
    assert (ready.count("settlement"), ready.count("request")) == (2, 2)
    assert ready.balance(CHEN_NO) == 10_000


def test_a_run_that_loses_for_ever_leaves_nothing(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = ready.count("entry")
    lose(monkeypatch, times=1_000)
    with pytest.raises(Refused) as refused:
        credit_month(ready.context, JANUARY)
    assert refused.value.code == "database/busy"
    assert ready.count("entry") == entries


def test_whatever_writes_goes_through_the_frame() -> None:
    """`Context.writing` is opened by what begins again, and by nothing else."""
    root = Path(__file__).parents[2]
    opened = {
        path.relative_to(root).as_posix()
        for folder in ("ledger", "api")
        for path in (root / folder).rglob("*.py")
        if re.search(r"\.writing\(", path.read_text("utf-8"))
    }
    assert opened <= {
        "ledger/services/carry_out.py",
        "ledger/services/importing.py",
        "ledger/services/visits/settle_together.py",
    }
