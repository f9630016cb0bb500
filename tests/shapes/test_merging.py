"""Two numbers of one person under rules that count in other windows than the year."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from ledger.services.accounts.merging import propose_merge
from ledger.services.approvals import proposals
from ledger.services.books.read import balance
from tests.people import psn_no, somebody
from tests.shapes.test_packs import pack_of
from tests.world import CLOCK, World, open_context

KEPT, MERGED = psn_no(1), psn_no(7)
DAY = date(2023, 6, 15)


def test_what_a_merge_brought_to_a_quarter_counts_once_in_the_year(tmp_path: Path) -> None:
    """200.00 of deductible for each quarter: the second number had met it in February. Its year
    and its quarter go over, and the year is the same asked for now, as known now, as of the day."""
    world = World(tmp_path / "books.db", pack_of("quarterly"))
    second = open_context(world.path, world.context.pack, actor="second")
    world.enrol(somebody(1), somebody(7, "陈建国", benefit_until=date(2023, 4, 1)))
    world.settle(world.visit("A", MERGED, date(2023, 2, 1), 50_000))
    proposal = propose_merge(world.context, KEPT, MERGED, DAY, "重复建档")
    proposals.approve(second, int(proposal["proposal_id"]))
    now = balance(world.context, KEPT, DAY)
    assert (now["deductible_used"], now["pool_paid"]) == ("200.00", "180.00")
    for moment in ({"known_at": CLOCK()}, {"as_of_day": DAY}):
        then = balance(world.context, KEPT, DAY, **moment)
        assert (then["deductible_used"], then["pool_paid"]) == ("200.00", "180.00")
    world.prove()
    second.engine.dispose()
    world.close()
