"""What settling anew reads, in sets, and what it leaves: marks, and what replaced what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection

from ledger.benefits.kernel import NEW_YEAR, YearSoFar
from ledger.benefits.resettlement import Cause, GivenBack, StandingVisit, plus
from ledger.benefits.settlement import Settlement
from ledger.benefits.windows import ORDINARY, WindowUse, benefit_of
from ledger.books.entry import Entry, Transfer
from ledger.books.kinds import EntryKind
from ledger.core.months import Month
from ledger.storage.database.bulk import execute_rows, insert_rows, keys
from ledger.storage.visits.settlements import DrawRow, accumulators_of, settlement_row
from ledger.storage.visits.windows import YearWindows, year_windows

ELSEWHERE = 0
"""The provider number of places that are not on our list (claims by papers)."""


STANDS = """
    s.reverses_settlement_id IS NULL AND NOT EXISTS (SELECT 1 FROM settlement AS r
        WHERE r.person_id = s.person_id AND r.reverses_settlement_id = s.settlement_id)
"""
"""SQL: the settlement `s` stands, nothing has given it back."""


NO_YEAR_WINDOWS = YearWindows({}, {})
NOBODY_MERGED: Mapping[int, int] = {}


class PersonYear(NamedTuple):
    """What stands of a person's natural year, in the order in which it was settled.

    Visits of merged numbers are among them. `start` is what the ordinary year holds beside its
    settlements; `now` are its accumulators as they are stored, after `version` settlements, and
    `elsewhere` what is still stored under merged numbers.
    """

    visits: list[StandingVisit]
    given_back: list[GivenBack]
    start: YearSoFar
    now: YearSoFar
    version: int
    elsewhere: YearSoFar = NEW_YEAR
    windows: YearWindows = NO_YEAR_WINDOWS


class ResettlementRow(NamedTuple):
    """A row of `resettlement`."""

    person_id: int
    settlement_id: int
    mirror_id: int
    original_id: int
    causes: str
    resettled_on: date
    run_id: int | None


# --- whose years ---


def people_of_year(connection: Connection, year: int) -> list[int]:
    """Everybody of whom anything was settled in a natural year."""
    rows = connection.exec_driver_sql(
        "SELECT DISTINCT person_id FROM accumulator WHERE year = ? ORDER BY person_id", (year,)
    )
    return [int(person_id) for (person_id,) in rows]


def people_of_employer(connection: Connection, employer_no: str, year: int) -> list[int] | None:
    """Whoever was insured by an employer on any day of the year; None: no such employer."""
    employer_id = connection.exec_driver_sql(
        "SELECT employer_id FROM employer WHERE employer_no = ?", (employer_no,)
    ).scalar()
    if employer_id is None:
        return None
    rows = connection.exec_driver_sql(
        "SELECT DISTINCT person_id FROM person_span WHERE employer_id = ? "
        "AND valid_from < ? AND valid_until > ? ORDER BY person_id",
        (employer_id, date(year + 1, 1, 1), date(year, 1, 1)),
    )
    return [int(person_id) for (person_id,) in rows]


def people_of_provider(connection: Connection, provider_id: int, year: int) -> list[int]:
    """Whoever had a visit at a provider in the year, or a prescription of it settled."""
    rows = connection.exec_driver_sql(
        "SELECT person_id FROM settlement WHERE provider_id = :provider AND year = :year "
        "UNION SELECT s.person_id FROM visit AS v JOIN settlement AS s "
        "ON s.person_id = v.person_id AND s.visit_id = v.visit_id "
        "WHERE v.prescriber_id = :provider AND s.year = :year ORDER BY 1",
        {"provider": provider_id, "year": year},
    )
    return [int(person_id) for (person_id,) in rows]


# --- what stands ---

_ROWS = """
    SELECT s.person_id, s.settlement_id, s.visit_id, s.settled_at, s.provider_id,
        v.prescriber_id, s.med_type, s.in_scope_fen, s.status, s.tier, s.reason,
        s.deductible_fen, s.beyond_deductible_fen, s.cost_fen, s.pool_fen, s.policy_version,
        v.facts, s.account_fen - s.family_fen, s.reverses_settlement_id
    FROM json_each(:keys) AS w
    CROSS JOIN settlement AS s ON s.person_id = w.value AND s.year = :year
    LEFT JOIN visit AS v ON v.person_id = s.person_id AND v.visit_id = s.visit_id
    ORDER BY s.settlement_id
"""
Uses = Mapping[int, tuple[WindowUse, ...]]


def person_years(
    connection: Connection,
    people: Sequence[int],
    year: int,
    aliases: Mapping[int, int] = NOBODY_MERGED,
) -> dict[int, PersonYear]:
    """Person -> what stands of the year in all benefits, for those of whom anything was settled
    in it. What was settled under a number that is merged stands with the person it is now.

    Args:
        aliases: merged number -> the one of `people` that it is now.
    """
    everybody = [*people, *aliases]
    rows: dict[int, list[Sequence[Any]]] = defaultdict(list)
    for row in connection.exec_driver_sql(_ROWS, {"keys": keys(everybody), "year": year}).all():
        rows[aliases.get(row[0], row[0])].append(row)
    stored = _stored(connection, everybody, year)
    elsewhere: dict[int, YearSoFar] = {}
    for merged, kept in aliases.items():
        if merged in stored:
            elsewhere[kept] = plus(elsewhere.get(kept, NEW_YEAR), stored[merged][0])
    windows, uses = year_windows(connection, everybody, year, aliases)
    return {
        person_id: _person_year(
            of_person,
            *stored.get(person_id, (NEW_YEAR, 0)),
            elsewhere.get(person_id, NEW_YEAR),
            uses,
        )._replace(windows=windows.get(person_id, NO_YEAR_WINDOWS))
        for person_id, of_person in sorted(rows.items())
    }


def _stored(
    connection: Connection, people: Sequence[int], year: int
) -> dict[int, tuple[YearSoFar, int]]:
    return {
        person_id: (row.year_so_far, row.version)
        for (person_id, of_year), row in accumulators_of(connection, people).items()
        if of_year == year
    }


def _person_year(
    rows: list[Sequence[Any]], stored: YearSoFar, version: int, elsewhere: YearSoFar, uses: Uses
) -> PersonYear:
    ended: dict[int, tuple[int, str]] = {}
    arrival: dict[str, int] = {}
    deductible = beyond = cost = pool = 0
    for row in rows:
        arrival.setdefault(row[2], row[1])
        if row[18] is not None:
            ended[row[18]] = row[1], row[2]
        if uses and benefit_of(uses.get(row[1], ())) != ORDINARY:
            continue
        deductible, beyond = deductible + row[11], beyond + row[12]
        cost, pool = cost + row[13], pool + row[14]
    standing, given_back = [], []
    for row in rows:
        end = ended.get(row[1])
        if row[18] is None and end is None:
            visit = StandingVisit(row[0], row[1], arrival[row[2]], *row[2:18])
            standing.append(visit._replace(uses=uses[row[1]]) if row[1] in uses else visit)
        elif row[18] is None and end is not None and end[1] != row[2]:
            given_back.append(GivenBack(row[3], end[0]))
    in_year = plus(stored, elsewhere)
    paid = in_year[3] - pool
    # What all benefits paid is added up from each of them: it begins with this one's alone.
    start = (
        in_year[0] - deductible - beyond, in_year[1] - deductible, in_year[2] - cost, paid, paid,
    )  # fmt: skip
    return PersonYear(standing, given_back, start, stored, version, elsewhere)


class ClaimedPlace(NamedTuple):
    """The institution that a claim names, which is not on our list."""

    tier: int | None
    name: str

    @property
    def window(self) -> str:
        """What stands for it where rules count by institution."""
        return f":{self.name}"


def claimed_places(
    connection: Connection, people: Iterable[int]
) -> dict[tuple[int, str], ClaimedPlace]:
    """(person, visit) -> the place that a claim names."""
    rows = connection.exec_driver_sql(
        "SELECT c.person_id, c.visit_id, c.place_tier, c.place_name FROM json_each(:keys) AS w "
        "CROSS JOIN claim AS c ON c.person_id = w.value",
        {"keys": keys(people)},
    )
    return {(person_id, visit_id): ClaimedPlace(*place) for person_id, visit_id, *place in rows}


# --- marks ---

MARK = """
    INSERT INTO resettle_again (person_id, year, cause) VALUES (?, ?, ?)
    ON CONFLICT (person_id, year) DO NOTHING
"""


def mark(connection: Connection, marks: Iterable[tuple[int, int, str]]) -> None:
    """Mark person-years (person, year, cause) as to be resettled; the first cause stays."""
    execute_rows(connection, MARK, list(marks))


def mark_provider(connection: Connection, provider_id: int, since: date) -> None:
    """Mark the years of everybody who had a visit there, or a prescription from there settled,
    on or after a day: what the institution was from that day on has changed."""
    rows = connection.exec_driver_sql(
        "SELECT person_id, year FROM settlement "
        "WHERE provider_id = :provider AND settled_at >= :since UNION "
        "SELECT s.person_id, s.year FROM visit AS v JOIN settlement AS s "
        "ON s.person_id = v.person_id AND s.visit_id = v.visit_id "
        "WHERE v.prescriber_id = :provider AND v.settled_at >= :since",
        {"provider": provider_id, "since": since.isoformat()},
    )
    mark(connection, [(person_id, year, str(Cause.TIER)) for person_id, year in rows.all()])


def marks(connection: Connection) -> dict[int, list[int]]:
    """Year -> people whose year waits to be settled anew."""
    found: dict[int, list[int]] = defaultdict(list)
    rows = connection.exec_driver_sql(
        "SELECT year, person_id FROM resettle_again ORDER BY year, person_id"
    )
    for year, person_id in rows:
        found[year].append(person_id)
    return dict(found)


def unmark(connection: Connection, people: Iterable[int], year: int) -> None:
    """These person-years have been settled anew."""
    execute_rows(
        connection,
        "DELETE FROM resettle_again WHERE person_id = ? AND year = ?",
        [(person_id, year) for person_id in people],
    )


_LATER = f"""
    SELECT 1 FROM settlement AS s WHERE s.person_id = ? AND s.year = ? AND s.settlement_id < ?
        AND s.settled_at > coalesce((SELECT o.settled_at FROM settlement AS o
            WHERE o.person_id = s.person_id AND o.settlement_id = ?), ?) AND {STANDS} LIMIT 1
"""


def mark_out_of_order(connection: Connection, settlements: Iterable[Settlement]) -> None:
    """Mark the years of those settlements after whose visit another one stands already: they
    came late, or they give an earlier visit back."""
    found = []
    for of in settlements:
        original = of.reverses_settlement_id
        at = of.settled_at.isoformat(" ")
        row = (of.person_id, of.year, of.settlement_id, original, at)
        if connection.exec_driver_sql(_LATER, row).first():
            cause = Cause.LATE if original is None else Cause.REVERSAL
            found.append((of.person_id, of.year, str(cause)))
    mark(connection, found)


# --- what replaced what ---


def insert_resettlements(connection: Connection, rows: Sequence[ResettlementRow]) -> None:
    insert_rows(connection, "resettlement", " ".join(ResettlementRow._fields), rows)


def resettlement_of(connection: Connection, settlement: Settlement) -> ResettlementRow | None:
    """The resettlement that a settlement is the new or the mirror row of; None for others."""
    row = connection.exec_driver_sql(
        f"SELECT {', '.join(ResettlementRow._fields)} FROM resettlement "
        "WHERE person_id = ? AND (settlement_id = ? OR mirror_id = ?)",
        (settlement.person_id, settlement.settlement_id, settlement.settlement_id),
    ).first()
    if row is None:
        return None
    return ResettlementRow(
        row[0], row[1], row[2], row[3], row[4], date.fromisoformat(row[5]), row[6]
    )


# --- what stands, in full, of the visits that change ---

_COLUMNS = ", ".join(f"s.{name}" for name in Settlement._fields)
_OF_ENTRY = (
    "t.person_id, t.entry_id, t.leg, t.kind, t.fund_year, t.amount_fen, t.provider_id, "
    "t.county, t.benefit_month"
)


def settlements_numbered(connection: Connection, numbers: Iterable[int]) -> dict[int, Settlement]:
    """Number -> settlement."""
    rows = connection.exec_driver_sql(
        f"SELECT {_COLUMNS} FROM json_each(:keys) AS w "
        "CROSS JOIN entry AS e ON e.entry_id = w.value "
        "JOIN settlement AS s ON s.person_id = e.person_id AND s.settlement_id = e.entry_id",
        {"keys": keys(numbers)},
    )
    return {row[1]: settlement_row(tuple(row)) for row in rows.all()}


def entries_numbered(connection: Connection, numbers: Iterable[int]) -> dict[int, Entry]:
    """Number -> entry with all its legs, those under holders included."""
    wanted = {"keys": keys(numbers)}
    heads = connection.exec_driver_sql(
        "SELECT e.entry_id, e.person_id, e.kind, e.happened_on, e.fiscal_month, "
        "e.policy_version, e.memo FROM json_each(:keys) AS w "
        "CROSS JOIN entry AS e ON e.entry_id = w.value",
        wanted,
    ).all()
    rows = connection.exec_driver_sql(
        f"SELECT {_OF_ENTRY} FROM json_each(:keys) AS w "
        "CROSS JOIN entry AS e ON e.entry_id = w.value "
        "JOIN transfer AS t ON t.person_id = e.person_id AND t.entry_id = e.entry_id "
        f"UNION SELECT {_OF_ENTRY} FROM json_each(:keys) AS w "
        "CROSS JOIN entry AS e ON e.entry_id = w.value "
        "JOIN family_draw AS d ON d.person_id = e.person_id AND d.settlement_id = e.entry_id "
        "JOIN transfer AS t ON t.person_id = d.holder_id AND t.entry_id = d.settlement_id",
        wanted,
    )
    legs: dict[int, list[Transfer]] = defaultdict(list)
    for person_id, entry_id, *rest in rows.all():
        legs[entry_id].append(Transfer(person_id, *rest))
    return {
        row[0]: Entry(
            row[1],
            row[0],
            EntryKind(row[2]),
            date.fromisoformat(row[3]),
            Month.from_number(row[4]),
            tuple(sorted(legs[row[0]], key=lambda leg: leg.leg)),
            policy_version=row[5],
            memo=row[6],
        )
        for row in heads
    }


def draws_numbered(connection: Connection, numbers: Iterable[int]) -> dict[int, list[DrawRow]]:
    """Settlement -> what each holder paid of it."""
    rows = connection.exec_driver_sql(
        "SELECT d.person_id, d.settlement_id, d.link_id, d.holder_id, d.amount_fen "
        "FROM json_each(:keys) AS w CROSS JOIN entry AS e ON e.entry_id = w.value "
        "JOIN family_draw AS d ON d.person_id = e.person_id AND d.settlement_id = e.entry_id "
        "ORDER BY d.settlement_id, d.link_id",
        {"keys": keys(numbers)},
    )
    found: dict[int, list[DrawRow]] = defaultdict(list)
    for row in rows:
        found[row[1]].append(DrawRow(*row))
    return found


def names_of(connection: Connection, people: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Person -> (person number, or identity number without one; name)."""
    rows = connection.exec_driver_sql(
        "SELECT p.person_id, coalesce(p.psn_no, p.certno), p.name FROM json_each(:keys) AS w "
        "CROSS JOIN person AS p ON p.person_id = w.value",
        {"keys": keys(people)},
    )
    return {person_id: (number, name) for person_id, number, name in rows}
