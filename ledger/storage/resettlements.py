"""What settling anew reads, in sets, and what it leaves: marks, and what replaced what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection

from ledger.benefits.kernel import NEW_YEAR, YearSoFar
from ledger.benefits.resettlement import GivenBack, StandingVisit
from ledger.benefits.settlement import Settlement
from ledger.storage.bulk import execute_rows, insert_rows, keys
from ledger.storage.settlements import accumulators_of

ELSEWHERE = 0
"""The provider number of places that are not on our list (claims by papers)."""


class PersonYear(NamedTuple):
    """What stands of a person's natural year, in the order in which it was settled.

    `start` is what the year holds beside its settlements: a merged number brought it.
    """

    visits: list[StandingVisit]
    given_back: list[GivenBack]
    start: YearSoFar
    version: int


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
        s.reverses_settlement_id
    FROM json_each(:keys) AS w
    CROSS JOIN settlement AS s ON s.person_id = w.value AND s.year = :year
    LEFT JOIN visit AS v ON v.person_id = s.person_id AND v.visit_id = s.visit_id
    ORDER BY s.person_id, s.settlement_id
"""


def person_years(connection: Connection, people: Sequence[int], year: int) -> dict[int, PersonYear]:
    """Person -> what stands of the year, for those of whom anything was settled in it."""
    rows: dict[int, list[Sequence[Any]]] = defaultdict(list)
    for row in connection.exec_driver_sql(_ROWS, {"keys": keys(people), "year": year}):
        rows[row[0]].append(row)
    stored = _stored(connection, people, year)
    return {
        person_id: _person_year(of_person, *stored.get(person_id, (NEW_YEAR, 0)))
        for person_id, of_person in rows.items()
    }


def _stored(
    connection: Connection, people: Sequence[int], year: int
) -> dict[int, tuple[YearSoFar, int]]:
    return {
        person_id: (row.year_so_far, row.version)
        for (person_id, of_year), row in accumulators_of(connection, people).items()
        if of_year == year
    }


def _person_year(rows: list[Sequence[Any]], stored: YearSoFar, version: int) -> PersonYear:
    ended: dict[int, tuple[int, str]] = {}
    arrival: dict[str, int] = {}
    deductible = beyond = cost = pool = 0
    for row in rows:
        arrival.setdefault(row[2], row[1])
        if row[16] is not None:
            ended[row[16]] = row[1], row[2]
        deductible, beyond = deductible + row[11], beyond + row[12]
        cost, pool = cost + row[13], pool + row[14]
    standing, given_back = [], []
    for row in rows:
        end = ended.get(row[1])
        if row[16] is None and end is None:
            standing.append(StandingVisit(row[0], row[1], arrival[row[2]], *row[2:16]))
        elif row[16] is None and end is not None and end[1] != row[2]:
            given_back.append(GivenBack(row[3], end[0]))
    start = (
        stored[0] - deductible - beyond,
        stored[1] - deductible,
        stored[2] - cost,
        stored[3] - pool,
        stored[4] - pool,
    )
    return PersonYear(standing, given_back, start, version)


def claimed_tiers(
    connection: Connection, people: Iterable[int]
) -> dict[tuple[int, str], int | None]:
    """(person, visit) -> tier of the place that a claim names."""
    rows = connection.exec_driver_sql(
        "SELECT c.person_id, c.visit_id, c.place_tier FROM json_each(:keys) AS w "
        "CROSS JOIN claim AS c ON c.person_id = w.value",
        {"keys": keys(people)},
    )
    return {(person_id, visit_id): tier for person_id, visit_id, tier in rows}


# --- marks ---

MARK = """
    INSERT INTO resettle_again (person_id, year, cause) VALUES (?, ?, ?)
    ON CONFLICT (person_id, year) DO NOTHING
"""


def mark(connection: Connection, marks: Iterable[tuple[int, int, str]]) -> None:
    """Mark person-years (person, year, cause) as to be resettled; the first cause stays."""
    execute_rows(connection, MARK, list(marks))


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


def out_of_order(
    connection: Connection, settlements: Sequence[Settlement]
) -> list[tuple[int, int, bool]]:
    """(person, year, by a refund) of those settlements after whose visit another stands."""
    later = (
        "SELECT 1 FROM settlement AS s WHERE s.person_id = ? AND s.year = ? "
        "AND s.settlement_id < ? AND s.settled_at > ? AND s.reverses_settlement_id IS NULL "
        "AND NOT EXISTS (SELECT 1 FROM settlement AS r WHERE r.person_id = s.person_id "
        "AND r.reverses_settlement_id = s.settlement_id)"
    )
    return [
        (of.person_id, of.year, of.reverses_settlement_id is not None)
        for of in settlements
        if connection.exec_driver_sql(
            later, (of.person_id, of.year, of.settlement_id, _visit_time(connection, of))
        ).first()
    ]


def _visit_time(connection: Connection, settlement: Settlement) -> str:
    """When the visit was settled; of a refund, the visit that it gives back."""
    if settlement.reverses_settlement_id is None:
        return settlement.settled_at.isoformat(" ")
    return str(
        connection.exec_driver_sql(
            "SELECT settled_at FROM settlement WHERE person_id = ? AND settlement_id = ?",
            (settlement.person_id, settlement.reverses_settlement_id),
        ).scalar_one()
    )


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
