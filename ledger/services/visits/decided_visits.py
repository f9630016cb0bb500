"""What a settlement desk has decided, as the rows that it becomes.

Rows that only ever are added can be written a stretch at a time, also beside the deciding of
the next stretch. What changes rows (totals, quotas, accumulators) is written once, at the end.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import Connection

from ledger.benefits.settlement import Settlement
from ledger.books.entry import Entry
from ledger.core.months import Month
from ledger.core.visits import VisitRecord, bill_of
from ledger.services.resettlement.setting_off import put_back_after
from ledger.storage.accounts.merges import CarriedOver, carry_over
from ledger.storage.books import journal
from ledger.storage.books.journal import Origin
from ledger.storage.books.months import BookingMonths
from ledger.storage.database.bulk import Columns, Insert, Step, steps
from ledger.storage.database.engine import instant_text
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.pools.incoming_quotas import IncomingDraw
from ledger.storage.pools.incoming_quotas import insert_draws as insert_pool_draws
from ledger.storage.visits import resettlements
from ledger.storage.visits import settlements as store
from ledger.storage.visits.settlements import AccumulatorRow, DrawRow, StayRow, VisitRow
from ledger.storage.visits.visit_facts import facts_text

Unopened = Callable[[Iterable[Month]], list[Month]]
"""Those of some months of account that must be opened first."""


class Prepared(NamedTuple):
    """A stretch as statements. Running them is SQLite's work alone, for which the interpreter
    gives up its lock: another thread decides meanwhile."""

    connection: Connection
    months: list[Month]
    steps: list[Step]

    def write(self) -> None:
        """Open the months of account, add the rows."""
        if self.months:
            booking = BookingMonths(self.connection)
            for month in self.months:
                booking.of(month.first_day)
        for step in self.steps:
            step()


@dataclass(slots=True)
class Stretch:
    """Visits decided one after another and not yet written, with what was made of them."""

    visits: list[VisitRow] = field(default_factory=list)
    stays: list[StayRow] = field(default_factory=list)
    settlements: list[Settlement] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    traces: list[Insert] = field(default_factory=list)
    plain: list[Insert | Columns] = field(default_factory=list)
    """Visits that never were objects here."""
    months: set[int] = field(default_factory=set)
    """Months of account that they are booked in."""

    def prepared(
        self, work: UnitOfWork, unopened: Unopened, origins: Mapping[int, Origin]
    ) -> Prepared:
        """The statements that add these rows, each table in the order of its key."""
        plain_months = {Month.from_number(number) for number in self.months}
        inserts = [
            *store.visit_inserts(self.visits),
            *store.stay_inserts(self.stays),
            *journal.entry_inserts(work, self.entries, origins=origins),
            *store.settlement_inserts(self.settlements),
            *self.traces,
            *self.plain,
        ]
        return Prepared(
            work.connection,
            unopened({entry.fiscal_month for entry in self.entries} | plain_months),
            [step for insert in inserts for step in steps(work.connection, insert)],
        )


@dataclass(slots=True)
class Decided:
    """Everything a desk has decided: entries and draws by the number of their settlement."""

    stretch: Stretch = field(default_factory=Stretch)
    entries: dict[int, Entry] = field(default_factory=dict)
    draws: dict[int, list[DrawRow]] = field(default_factory=dict)
    pool_draws: dict[int, list[IncomingDraw]] = field(default_factory=dict)
    carried: list[CarriedOver] = field(default_factory=list)
    """Refunds of visits that stand under merged numbers."""
    years: dict[tuple[int, int], AccumulatorRow] = field(default_factory=dict)
    moves: journal.AccountMoves = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    """What plain visits took from accounts."""
    marking: list[Settlement] = field(default_factory=list)
    """Those that mark their year where they are out of order (`resettle_later`)."""

    def post(self, entry: Entry) -> None:
        self.entries[entry.entry_id] = entry
        self.stretch.entries.append(entry)

    def hand_over(
        self, work: UnitOfWork, unopened: Unopened, origins: Mapping[int, Origin]
    ) -> Prepared:
        """What was decided since this was called last; whoever takes it writes it."""
        stretch, self.stretch = self.stretch, Stretch()
        return stretch.prepared(work, unopened, origins)

    def write_changes(self, work: UnitOfWork) -> None:
        """Once all stretches are written: what they change in totals, quotas and accumulators."""
        back = put_back_after(work, self.entries.values())
        if back:
            journal.append(work, back)
        journal.move_totals(work.connection, list(self.entries.values()))
        if self.moves:
            journal.add_to_accounts(work.connection, self.moves)
        draws = [draw for of_visit in self.draws.values() for draw in of_visit]
        if draws:
            store.insert_draws(work.connection, draws)
        of_pools = [draw for of_visit in self.pool_draws.values() for draw in of_visit]
        if of_pools:
            insert_pool_draws(work.connection, of_pools)
        if self.carried:
            carry_over(work.connection, self.carried)
        store.save_accumulators(work.connection, self.years)
        if self.marking:
            resettlements.mark_out_of_order(work.connection, self.marking)


def visit_row(
    record: VisitRecord,
    person_id: int,
    provider_id: int,
    prescriber_id: int | None,
    content: str,
) -> VisitRow:
    """A visit as it was reported; `content` is its hash."""
    return VisitRow(
        person_id,
        record.visit_id,
        content,
        provider_id,
        prescriber_id,
        record.med_type,
        instant_text(record.settled_at),
        *bill_of(record),
        int(record.account_use),
        record.original_visit_id,
        record.fee_category,
        facts_text(record),
    )
