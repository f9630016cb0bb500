"""What windows ask, all of it: the verbs that somebody waits for."""

from __future__ import annotations

from datetime import UTC, date, datetime

from ledger.services.books.read import balance, family_links, statement
from ledger.services.visits.settle_visit import explain_settlement, quote
from tests.people import CHEN, LIN, WANG
from tests.world import World

EARLIER = datetime(2024, 1, 1, tzinfo=UTC)


def what_windows_ask(world: World, name: str = "W") -> None:
    """`name`: of the visits, which are new each time."""
    chen, lin, wang = (str(person.psn_no) for person in (CHEN, LIN, WANG))
    day = date(2023, 2, 20)
    quote(world.context, world.visit(f"{name} Q", chen, day, 30_000, use=1))
    alone = world.settle(world.visit(f"{name} 1", chen, day, 30_000, use=1), f"{name} 1")
    world.settle(world.visit(f"{name} 1", chen, day, 30_000, use=1), f"{name} 1")
    shared = world.settle(world.visit(f"{name} 2", lin, day, 50_000, "hospital-2", use=2), name)
    explain_settlement(world.context, int(alone["setl_id"]))
    world.reverse(shared, datetime(2023, 2, 21, 9))
    for number in (chen, lin, wang):
        balance(world.context, number, day)
        balance(world.context, number, day, date(2023, 1, 31))
        balance(world.context, number, day, None, EARLIER)
        statement(world.context, number)
        statement(world.context, number, date(2023, 1, 1), date(2023, 2, 1), EARLIER)
        family_links(world.context, number)
