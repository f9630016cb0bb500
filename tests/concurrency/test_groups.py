"""Visits that share commits beside a file that holds some of their people for a minute."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillWaiting
from datetime import date
from typing import Any

import pytest

from ledger.core.batches import Batch
from ledger.services.context import Context
from ledger.services.importing import ImportOptions
from ledger.services.visits.import_visits import import_visits
from ledger.services.visits.settle_together import Command
from ledger.services.visits.shared_commit import SharedCommit
from ledger.storage.books.journal import Origin
from tests import databases
from tests.concurrency.held import desk, held
from tests.people import CHEN, LIN
from tests.world import World

CHEN_NO, LIN_NO = str(CHEN.psn_no), str(LIN.psn_no)
DAY = date(2023, 3, 1)


@pytest.mark.skipif(not databases.POSTGRES, reason="SQLite lets one write at a time")
def test_whoever_waits_for_a_file_keeps_nobody_else_waiting(world: World) -> None:
    world.settle(world.visit("first", LIN_NO, DAY, 100))
    records = [world.visit("of the file", CHEN_NO, DAY, 1_000)]

    def file(context: Context) -> Any:
        return import_visits(context, Batch("visits", "v", 1, records, []), ImportOptions())

    def command(name: str, number: str) -> Command:
        return Command(world.visit(name, number, DAY, 1_000), Origin(name, "desk"))

    with desk(databases.address(world.path)) as context, ThreadPoolExecutor(8) as threads:
        shared = SharedCommit(context)
        with held(databases.address(world.path), [file]):
            his: list[Future[dict[str, Any]]] = [
                threads.submit(shared.settle, command(f"his {n}", CHEN_NO)) for n in range(4)
            ]
            with pytest.raises(StillWaiting):
                his[0].result(timeout=0.3)
            hers = [threads.submit(shared.settle, command(f"hers {n}", LIN_NO)) for n in range(2)]
            assert [each.result(timeout=30)["psn_no"] for each in hers] == [LIN_NO] * 2
            assert not any(each.done() for each in his)
        assert [each.result(timeout=60)["psn_no"] for each in his] == [CHEN_NO] * 4
    assert world.count("settlement") == 8
