"""A process without a port: it settles visits by the services and says what it was answered.

    < w1 60
    > ask w1-0
    > done w1-0 {"setl_id": …}
    > rest

Told a name and a number, it asks so many requests of that name. A line is out before the next
thing happens, so that whoever kills it knows what was answered.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from time import sleep

from ledger.core.errors import GongjiError
from ledger.core.ids import EntryIds
from ledger.core.money import Fen
from ledger.core.visits import AccountUse, VisitRecord
from ledger.policy.loader import load_pack
from ledger.services.context import Context
from ledger.services.visits.settle_visit import settle
from ledger.storage.database.engine import open_engine
from tests.people import psn_no

ACTOR = "worker"
FIRST, PEOPLE = 100, 24
AGAIN = {"database/busy", "database/unreachable", "database/unusable"}
"""Refusals after which the same request id is the right answer."""


def visit_of(request_id: str) -> VisitRecord:
    """The visit that a request of this id settles: always the same one."""
    number = int(request_id.rpartition("-")[2])
    return VisitRecord(
        2, request_id, "H42030000002", psn_no(FIRST + number % PEOPLE), None, "11",
        datetime(2023, 3, 2, 9), Fen(1_200), Fen(0), Fen(0), Fen(0), Fen(1_200),
        AccountUse.OWN,
    )  # fmt: skip


def context_of(database: str) -> Context:
    def now() -> datetime:
        return datetime.now(UTC)

    engine = open_engine(database)
    return Context(engine, load_pack("420300-shiyan"), now, EntryIds(now), ACTOR)


def main(database: str) -> None:
    context = context_of(database)
    print("rest", flush=True)
    for line in sys.stdin:
        name, count = line.split()
        for number in range(int(count)):
            _ask(context, f"{name}-{number}")
        print("rest", flush=True)


def _ask(context: Context, request_id: str) -> None:
    print("ask", request_id, flush=True)
    try:
        answer = settle(context, visit_of(request_id), request_id)
    except GongjiError as error:
        if error.code not in AGAIN:
            raise
        sleep(0.02)
    else:
        print("done", request_id, json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
