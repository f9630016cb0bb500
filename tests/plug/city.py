"""Books that other processes work on: any database, the real clock, the commands as they run."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

from api.demo.visit_files import HEADINGS
from api.wiring import utc_now
from ledger.core.batches import Batch
from ledger.core.ids import EntryIds
from ledger.core.money import yuan_text
from ledger.core.people import PersonRecord
from ledger.core.visits import VisitRecord
from ledger.services.context import Context
from ledger.services.importing import ImportOptions
from ledger.services.initialise import initialise
from ledger.services.roster.import_providers import import_providers
from ledger.storage.database.engine import open_engine
from tests.architecture.tree import ROOT
from tests.people import somebody
from tests.world import World, provider_records, shiyan

PEOPLE = tuple(somebody(number) for number in range(100, 124))
HOLDER, RELATIVES = PEOPLE[0], PEOPLE[1:4]
"""The relatives may pay from the holder's account."""
DAY = date(2023, 3, 1)


class Books(World):
    """A world on any database. `owner`: the address that makes the schema there."""

    def __init__(self, address: str, owner: str | None = None) -> None:
        self.address = address
        self.context = self.open(owner or address)
        initialise(self.context)
        if owner is not None:
            self.close()
            self.context = self.open(address)
        self._rows, self._receipts = 1, 0

    def open(self, address: str) -> Context:
        return Context(open_engine(address), shiyan(), utc_now, EntryIds(utc_now), "tester")

    def settle_in(self, people: tuple[PersonRecord, ...] = PEOPLE) -> None:
        """Providers, people with money in their accounts, relatives, a month's contributions."""
        records = provider_records()
        batch = Batch("providers", "providers", len(records), records, [])
        import_providers(self.context, batch, ImportOptions())
        self.enrol(*people)
        for person in people:
            self.open_with(str(person.psn_no), 5_000_000)
        self.link(*(self.relation(HOLDER.certno, each.certno) for each in RELATIVES[:1]))
        self.contribute(
            *(self.contribution(str(each.psn_no), "2023-01", 600_000) for each in people)
        )


def write_visits(file: Path, visits: list[VisitRecord]) -> None:
    """A file of visits as an institution sends it."""
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(HEADINGS)
        for visit in visits:
            amounts = (
                visit.total_fen, visit.fully_self_paid_fen, visit.over_limit_fen,
                visit.paid_first_fen, visit.in_scope_fen,
            )  # fmt: skip
            writer.writerow([
                visit.visit_id, visit.provider_code, visit.psn_no, visit.certno, visit.med_type,
                visit.settled_at.isoformat(" "), *map(yuan_text, amounts),
                int(visit.account_use), None, "0", None, None, None,
            ])  # fmt: skip


def gongji(*words: str) -> list[str]:
    """The command line of a real process."""
    return [sys.executable, "-m", "api.cli.main", *words]


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "GONGJI_ACTOR": "tester"}


RATIONED = """
import resource, sys
most = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
from api.cli.main import main
main()
"""


def run(*words: str, ration: int | None = None) -> subprocess.CompletedProcess[str]:
    """A command to its end. `ration`: bytes beyond which none of its files may grow."""
    line = gongji(*words)
    if ration is not None:
        line = [sys.executable, "-c", RATIONED, str(ration), *words]
    return subprocess.run(line, env=environment(), text=True, capture_output=True, check=False)
