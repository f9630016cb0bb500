"""Nobody at a window waits for a table to be read from end to end: the plans of the statements
that the verbs really execute, in a town of some size."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ledger.services.read import balance, family_links, statement
from ledger.services.settle_visit import explain_settlement, quote
from tests.people import CHEN, LIN, WANG
from tests.plans.crowd import GROWING, fill_the_rest, move_in
from tests.plans.recording import Recording, recording
from tests.world import World, busy_template, copy_of

EARLIER = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    path = tmp_path_factory.mktemp("plans") / "town.db"
    world = copy_of(busy_template(), path)
    move_in(path)
    fill_the_rest(path, [table for table in sorted(GROWING) if not world.count(table)])
    yield world
    world.close()


@pytest.fixture(scope="module")
def at_the_window(town: World) -> Recording:
    with recording(town.context.engine, town.path) as made:
        _what_desks_ask(town)
    return made


def _what_desks_ask(world: World) -> None:
    chen, lin, wang = (str(person.psn_no) for person in (CHEN, LIN, WANG))
    day = date(2023, 2, 20)
    quote(world.context, world.visit("Q", chen, day, 30_000, use=1))
    alone = world.settle(world.visit("W1", chen, day, 30_000, use=1), "window-1")
    world.settle(world.visit("W1", chen, day, 30_000, use=1), "window-1")
    shared = world.settle(world.visit("W2", lin, day, 50_000, "hospital-2", use=2), "window-2")
    explain_settlement(world.context, int(alone["setl_id"]))
    world.reverse(shared, datetime(2023, 2, 21, 9))
    for number in (chen, lin, wang):
        balance(world.context, number, day)
        balance(world.context, number, day, date(2023, 1, 31))
        balance(world.context, number, day, None, EARLIER)
        statement(world.context, number)
        statement(world.context, number, date(2023, 1, 1), date(2023, 2, 1), EARLIER)
        family_links(world.context, number)


def test_no_window_reads_a_table_that_grows_from_end_to_end(at_the_window: Recording) -> None:
    assert len(at_the_window.plans) > 20
    for t, s in at_the_window.scans().items():
        print("##", t, *sorted(s), sep="\n   ")
    assert at_the_window.scans() == {}
