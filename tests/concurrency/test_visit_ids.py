"""One visit id for two people on PostgreSQL, where no key can see it: a file of visits or of paper
bills, and somebody else's visit at a desk at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from ledger.core.batches import Batch, ImportResult
from ledger.core.errors import Conflict, Refused
from ledger.services import carry_out
from ledger.services.claims.claim import claim
from ledger.services.context import Context
from ledger.services.importing import ImportOptions
from ledger.services.visits.import_visits import import_visits
from ledger.services.visits.settle_visit import settle
from ledger.storage.database import visit_ids
from ledger.storage.database.bulk import array
from tests import databases
from tests.concurrency.held import IMPATIENT, desk, held
from tests.people import CHEN, LIN
from tests.resettle.test_claims import bill
from tests.world import World

DAY = date(2023, 3, 1)
CHEN_NO, LIN_NO = str(CHEN.psn_no), str(LIN.psn_no)

pytestmark = pytest.mark.skipif(not databases.POSTGRES, reason="SQLite lets one write at a time")


@pytest.fixture
def world(world: World) -> World:
    """The month is open: whoever opens it lets others wait for his commit."""
    world.settle(world.visit("opens the month", CHEN_NO, DAY, 0, self_paid_fen=100))
    return world


def file_of(world: World, number: str, *names: str) -> Callable[[Context], ImportResult]:
    records = [world.visit(name, number, DAY, 1_000) for name in names]
    return lambda context: import_visits(
        context, Batch("visits", "v", len(records), records, []), ImportOptions()
    )


def visit_of(world: World, number: str, name: str) -> Callable[[Context], Any]:
    return lambda context: settle(context, world.visit(name, number, DAY, 1_000))


def stay_of(world: World, number: str, name: str) -> Callable[[Context], Any]:
    stay = world.visit(name, number, DAY, 0, med_type="21")
    return lambda context: settle(context, stay._replace(first_day=DAY, last_day=DAY))


@pytest.mark.parametrize("what", [visit_of, stay_of], ids=["visit", "stay"])
def test_a_file_sees_the_id_that_a_desk_used_meanwhile(
    world: World, what: Callable[[World, str, str], Callable[[Context], Any]]
) -> None:
    url = databases.address(world.path)
    with held(url, [file_of(world, CHEN_NO, "same", "other")]) as (file,), desk(url) as context:
        what(world, LIN_NO, "same")(context)
    result = file.result()
    assert [error.code for error in result.errors] == ["visit/duplicate-id"]
    assert result.accepted == 1
    assert world.rows("SELECT count(*) FROM visit WHERE visit_id = 'same' AND person_id = ?",
                      world.person_id(CHEN_NO)) == [(0,)]  # fmt: skip


def test_a_file_gives_way_to_the_desk_that_holds_an_id_of_its_own(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carry_out, "TRIES", 1)
    url, file = databases.address(world.path), file_of(world, CHEN_NO, "same")
    with held(url, [visit_of(world, LIN_NO, "same")]), desk(url, IMPATIENT) as context:
        with pytest.raises(Refused, match="就诊ID") as refused:
            file(context)
        assert refused.value.code == "database/busy"
        assert file_of(world, CHEN_NO, "other")(context).accepted == 1
    assert [error.code for error in file(world.context).errors] == ["visit/duplicate-id"]


def test_a_desk_waits_for_a_file_that_has_looked_already(world: World) -> None:
    url, visit = databases.address(world.path), visit_of(world, LIN_NO, "same")
    with (
        held(url, [file_of(world, CHEN_NO, "same")], before_look=False) as (file,),
        desk(url, IMPATIENT) as context,
        pytest.raises(Refused) as refused,
    ):
        visit(context)
    assert refused.value.code == "database/busy"
    assert file.result().accepted == 1
    with pytest.raises(Conflict) as conflict:
        visit(world.context)
    assert conflict.value.code == "visit/duplicate-id"


def test_of_two_files_with_one_id_the_second_sees_it(world: World) -> None:
    url = databases.address(world.path)
    files = [file_of(world, CHEN_NO, "same", "other")]
    with held(url, files) as (first,), desk(url) as context:
        assert file_of(world, LIN_NO, "same")(context).accepted == 1
    assert [error.code for error in first.result().errors] == ["visit/duplicate-id"]


def test_known_visits_are_no_others(world: World) -> None:
    """A file that comes again while others work is unchanged."""
    url, again = databases.address(world.path), file_of(world, CHEN_NO, "same", "new")
    file_of(world, CHEN_NO, "same")(world.context)
    with held(url, [again]) as (file,), desk(url) as context:
        visit_of(world, LIN_NO, "hers")(context)
    assert (file.result().accepted, file.result().unchanged) == (2, 1)


def test_a_paper_bill_sees_the_id_that_a_desk_used_meanwhile(world: World) -> None:
    url, paper = databases.address(world.path), bill("same", psn_no=CHEN_NO)
    with held(url, [lambda context: claim(context, paper)]) as (claimed,), desk(url) as context:
        visit_of(world, LIN_NO, "same")(context)
    with pytest.raises(Conflict) as conflict:
        claimed.result()
    assert conflict.value.code == "visit/duplicate-id"


@pytest.mark.parametrize("look", ["_LOCKED", "_COMMITTED"])
@pytest.mark.parametrize("ids", [0, 1, 10_000])
def test_a_last_look_compares_no_pairs(world: World, look: str, ids: int) -> None:
    """Desks wait during it, however many ids the file has."""
    marks = {"texts": array(f"V{number}" for number in range(ids)), "keys": "[1]"}
    with desk(databases.address(world.path)) as context, context.reading() as connection:
        asked = f"EXPLAIN {getattr(visit_ids, look)}"
        plan = [line for (line,) in connection.exec_driver_sql(asked, marks)]
    assert not [line for line in plan if "Join Filter" in line], "\n".join(plan)
