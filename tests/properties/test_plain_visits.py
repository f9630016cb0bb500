"""A file of visits gives the same rows whether its plain visits are settled person by person or
every visit goes to the desk: the same settlements, entries, totals, refusals."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ledger.core.batches import Batch, ImportResult
from ledger.core.people import FamilyRecord, Insured, PersonRecord, Relation, Status
from ledger.core.visits import AccountUse, VisitRecord
from ledger.services.importing import ImportOptions
from ledger.services.visits.desk_knowledge import DeskKnowledge
from ledger.services.visits.import_visits import import_visits
from ledger.services.visits.plain_cases import SortedOut
from ledger.services.visits.settlement_desk import SettlementDesk
from tests.people import certno, psn_no, somebody
from tests.world import PROVIDERS, World, code_of

PEOPLE = 6
QUICK = (Phase.explicit, Phase.reuse, Phase.generate)
"""A failing file is short: making it shorter takes minutes."""
FIRST = datetime(2023, 1, 1)

ROWS = {
    "visit": (
        "SELECT v.* FROM visit AS v ORDER BY v.visit_id",
        "SELECT * FROM inpatient_stay ORDER BY visit_id",
    ),
    "settlement": (
        "SELECT s.*, o.visit_id FROM settlement AS s LEFT JOIN settlement AS o "
        "ON o.settlement_id = s.reverses_settlement_id ORDER BY s.visit_id",
    ),
    "entry": (
        "SELECT s.visit_id, e.* FROM entry AS e JOIN settlement AS s "
        "ON s.settlement_id = e.entry_id ORDER BY s.visit_id",
    ),
    "transfer": (
        "SELECT s.visit_id, t.* FROM transfer AS t JOIN settlement AS s "
        "ON s.settlement_id = t.entry_id ORDER BY s.visit_id, t.person_id, t.leg",
    ),
    "totals": (
        "SELECT * FROM personal_account ORDER BY person_id",
        "SELECT * FROM account_year ORDER BY person_id, year",
        "SELECT * FROM accumulator ORDER BY person_id, year, benefit",
        "SELECT * FROM family_link ORDER BY link_id",
        "SELECT * FROM fiscal_month ORDER BY month",
    ),
}
OF_THE_RUN = {"settlement_id", "reverses_settlement_id", "entry_id", "reverses_entry_id",
              "recorded_at", "opened_at"}  # fmt: skip
"""Columns that no two runs have alike."""
_NUMBER = re.compile(r"结算ID为 \d+")


def visits_of(row: int, drawn: tuple[Any, ...], before: Sequence[VisitRecord]) -> VisitRecord:
    """One row of the file; some are refunds of an earlier row, some repeat its id."""
    person, hours, at, fen, own, use, med_type, by_cert, prescriber, twist = drawn
    record = VisitRecord(
        row=row,
        visit_id=f"V{row}",
        provider_code=code_of(at),
        psn_no=None if by_cert else psn_no(person),
        certno=certno(person) if by_cert else None,
        med_type=med_type,
        settled_at=FIRST + timedelta(hours=hours),
        total_fen=fen + own,
        fully_self_paid_fen=own,
        over_limit_fen=0,
        paid_first_fen=0,
        in_scope_fen=fen,
        account_use=AccountUse(use),
        prescriber_code=code_of(prescriber) if prescriber else None,
    )
    if twist == "stay":
        day = record.settled_at.date()
        return record._replace(med_type="21", first_day=day, last_day=day + timedelta(days=9))
    if twist == "category":
        return record._replace(fee_category="体育健身")
    if twist == "wrong sum":
        return record._replace(total_fen=record.total_fen + 1)
    if before and twist == "refund":
        of = before[hours % len(before)]
        return of._replace(
            row=row,
            visit_id=f"V{row}",
            settled_at=of.settled_at + timedelta(hours=1),
            is_refund=True,
            original_visit_id=of.visit_id,
            **{name: -getattr(of, name) for name in of._fields if name.endswith("_fen")},
        )
    if before and twist == "again":
        return before[hours % len(before)]._replace(row=row)
    if before and twist == "other content":
        return record._replace(visit_id=before[hours % len(before)].visit_id)
    return record


TWISTS = ("", "", "refund", "stay", "category", "wrong sum", "again", "other content")


def rows_of_people(
    people: list[int], places: list[str], uses: list[int], types: list[str], twists: Sequence[str]
) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.tuples(
        st.sampled_from(people),
        st.integers(0, 24 * 420),
        st.sampled_from(places),
        st.one_of(st.integers(0, 60_000), st.integers(60_000, 900_000)),
        st.sampled_from([0, 0, 1_234]),
        st.sampled_from(uses),
        st.sampled_from(types),
        st.booleans(),
        st.sampled_from([None, None, "hospital-2", "pharmacy"]),
        st.sampled_from(twists),
    )


simple = rows_of_people(
    [2, 3, 4, 6], ["hospital-3", "hospital-1", "pharmacy"], [1, 1, 0, 2], ["11", "11", "41"], [""]
)
odd = rows_of_people(
    [1, 5, 5, 7], [*PROVIDERS, "H00000000000"], [0, 1, 2, 2, 2], ["11", "11", "41", "14", "12"],
    TWISTS,
)  # fmt: skip
drawn_rows = st.lists(st.one_of(simple, simple, odd), min_size=10, max_size=40)
"""Of most people every visit is plain; of some hardly any; 5 takes from 4's account."""


@settings(max_examples=25, phases=QUICK, suppress_health_check=[HealthCheck.too_slow])
@given(drawn=drawn_rows, cut=st.integers(0, 40))
def test_plain_visits_become_the_rows_that_the_desk_writes(
    drawn: list[tuple[Any, ...]], cut: int
) -> None:
    records: list[VisitRecord] = []
    for row, of_row in enumerate(drawn, 2):
        records.append(visits_of(row, of_row, records))
    files = [part for part in (records[:cut], records[cut:]) if part]
    beside = settled(files)
    with everything_to_the_desk():
        alone = settled(files)
    assert beside == alone


def test_most_of_a_file_is_plain() -> None:
    """Else the test above compares the desk with itself."""
    with tempfile.TemporaryDirectory() as folder:
        world = city(Path(folder) / "world.db")
        records = [
            world.visit(f"V{n}", psn_no(1 + n % PEOPLE), date(2023, 3, 1 + n), 70_000, use=1)
            for n in range(12)
        ]
        with world.context.writing() as work:
            desk = SettlementDesk(work, world.context.pack, "", records)
            plain, others = desk.sort_out(records)
        world.close()
    assert len(plain) == 12
    assert not others


def test_a_lender_s_visits_wait_for_those_that_draw_on_his_account() -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = city(Path(folder) / "world.db")
        records = [
            world.visit("own before", psn_no(4), date(2023, 3, 1), 100_000, use=1),
            world.visit("child's", psn_no(5), date(2023, 3, 2), 900_000, use=2),
            world.visit("own after", psn_no(4), date(2023, 3, 3), 100_000, use=1),
        ]
        taken_in(world, records)
        paid = rows_of(world, "SELECT visit_id, account_fen FROM settlement ORDER BY happened_on")
        world.close()
    assert [name for name, _fen in paid] == ["own before", "child's", "own after"]
    assert paid[0][1] > 0, "his own visit came first"
    assert paid[2][1] == 0, "the child left nothing"


def settled(files: Sequence[list[VisitRecord]]) -> tuple[Any, ...]:
    """What two imports leave in the database and what they answer."""
    with tempfile.TemporaryDirectory() as folder:
        world = city(Path(folder) / "world.db")
        try:
            answers = [taken_in(world, records) for records in files]
            world.prove()
            return answers, {
                name: [rows_of(world, query) for query in queries] for name, queries in ROWS.items()
            }
        finally:
            world.close()


def taken_in(world: World, records: list[VisitRecord]) -> tuple[Any, ...]:
    batch = Batch("visits", "visits.csv", len(records), records, [])
    result: ImportResult = import_visits(world.context, batch, ImportOptions())
    errors = [e._replace(message=_NUMBER.sub("…", e.message)) for e in result.errors]
    return result.accepted, result.unchanged, errors


def rows_of(world: World, query: str) -> list[tuple[Any, ...]]:
    with world.context.reading() as connection:
        found = connection.exec_driver_sql(query)
        kept = [at for at, name in enumerate(found.keys()) if name not in OF_THE_RUN]
        return [tuple(row[at] for at in kept) for row in found]


def city(path: Path) -> World:
    """One retired, one retiring, one stopped, one who lends his account to a child."""
    world = World(path)
    people: list[PersonRecord] = [somebody(n) for n in range(1, PEOPLE)]
    people.append(somebody(PEOPLE, status=Status.RETIRED, settled_up_on=date(2022, 6, 1)))
    world.enrol(*people)
    world.enrol(somebody(2, status=Status.RETIRED, changed_on=date(2023, 7, 1)))
    world.enrol(somebody(3, insured=Insured.PAUSED, changed_on=date(2023, 9, 1)))
    for n in range(1, PEOPLE):
        world.open_with(psn_no(n), 30_000 * n, 2021)
        world.open_with(psn_no(n), 20_011, 2022)
    year = date(2023, 1, 1), date(2024, 1, 1)
    world.link(FamilyRecord(2, certno(4), "参保人4", certno(5), "参保人5", Relation.CHILD, *year))
    return world


@contextmanager
def everything_to_the_desk() -> Iterator[None]:
    def nothing_is_plain(_know: DeskKnowledge, records: Sequence[VisitRecord]) -> SortedOut:
        return SortedOut([], list(records))

    import ledger.services.visits.settlement_desk as desk

    kept = desk.sort_out
    desk.sort_out = nothing_is_plain
    try:
        yield
    finally:
        desk.sort_out = kept
