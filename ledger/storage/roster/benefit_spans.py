"""Periods of benefit (待遇享受期) as derived: the table that crediting and the desk read.

Where the roster decides, one statement derives them for any number of people; where
contributions decide, `benefits.benefit_period` does, person by person.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from sqlalchemy import Connection

from ledger.benefits.benefit_period import BenefitSpan, RosterSpan
from ledger.core.months import Month
from ledger.storage.database.bulk import Row, day_once, execute_rows, insert_rows, keys
from ledger.storage.database.questions import Question, ask
from ledger.storage.roster import people as people_store

COLUMNS = "person_id valid_from valid_until status plan"

# Whoever is retired by the roster and settles up later is an employee until that day.
_LATE = "s.status = '12' AND p.settled_up_on > s.valid_from"
FROM_ROSTER = f"""
    SELECT s.person_id, s.valid_from,
        CASE WHEN {_LATE} THEN min(p.settled_up_on, s.valid_until) ELSE s.valid_until END
            AS valid_until,
        CASE WHEN {_LATE} THEN '11' ELSE s.status END AS status, s.plan
    FROM {{people}} person_span AS s
    CROSS JOIN person AS p ON p.person_id = s.person_id
    WHERE {{whose}} s.insured = '1'
    UNION ALL
    SELECT s.person_id, p.settled_up_on, s.valid_until, s.status, s.plan
    FROM {{people}} person_span AS s
    CROSS JOIN person AS p ON p.person_id = s.person_id
    WHERE {{whose}} s.insured = '1' AND {_LATE} AND p.settled_up_on < s.valid_until
"""
"""The rule of `benefits.benefit_period.insured_spans`, for many people at once."""

EVERYBODY_FROM_ROSTER = FROM_ROSTER.format(people="", whose="")
SOME_FROM_ROSTER = FROM_ROSTER.format(
    people="json_each(:keys) AS w CROSS JOIN", whose="s.person_id = w.value AND"
)


def spans_of(connection: Connection, people: Iterable[int]) -> dict[int, list[BenefitSpan]]:
    """Periods of each person, oldest first."""
    return ask(connection, SPANS, keys=keys(people))


def _spans(rows: Iterable[Row]) -> dict[int, list[BenefitSpan]]:
    days: dict[str, date] = {}
    result: dict[int, list[BenefitSpan]] = defaultdict(list)
    for person_id, start, until, status, plan in rows:
        result[person_id].append(
            BenefitSpan(day_once(start, days), day_once(until, days), status, plan)
        )
    return result


SPANS = Question(
    "SELECT s.person_id, s.valid_from, s.valid_until, s.status, s.plan "
    "FROM json_each(:keys) AS w CROSS JOIN benefit_span AS s ON s.person_id = w.value "
    "ORDER BY s.person_id, s.valid_from",
    _spans,
)


def follow_roster(connection: Connection, people: Iterable[int], fresh: bool = False) -> None:
    """Derive the periods of some people anew, from the roster alone.

    Args:
        fresh: they have none yet.
    """
    marks = {"keys": keys(sorted(people))}
    if not fresh:
        connection.exec_driver_sql(
            "DELETE FROM benefit_span "
            "WHERE person_id IN (SELECT w.value FROM json_each(:keys) AS w)",
            marks,
        )
    connection.exec_driver_sql(
        f"INSERT INTO benefit_span ({', '.join(COLUMNS.split())}) {SOME_FROM_ROSTER}", marks
    )


def replace(connection: Connection, spans: Mapping[int, Sequence[BenefitSpan]]) -> None:
    """Write the periods of these people in place of what they had."""
    people = sorted(spans)
    execute_rows(connection, "DELETE FROM benefit_span WHERE person_id = ?", [(p,) for p in people])
    rows = [
        (person, span.valid_from.isoformat(), span.valid_until.isoformat(), *span[2:])
        for person in people
        for span in spans[person]
    ]
    insert_rows(connection, "benefit_span", COLUMNS, rows)


# --- what they are derived from ---


def roster_of(connection: Connection, people: Iterable[int]) -> dict[int, list[RosterSpan]]:
    """The roster's spans of each person, oldest first, without employer and county."""
    return {
        person_id: [RosterSpan(*(getattr(s, name) for name in RosterSpan._fields)) for s in spans]
        for person_id, spans in people_store.spans_of(connection, people).items()
    }


def settled_up(connection: Connection, people: Iterable[int]) -> dict[int, date]:
    """Person -> day of settling up on retirement, where there is one."""
    rows = connection.exec_driver_sql(
        "SELECT p.person_id, p.settled_up_on FROM json_each(:keys) AS w "
        "CROSS JOIN person AS p ON p.person_id = w.value WHERE p.settled_up_on IS NOT NULL",
        {"keys": keys(people)},
    )
    return {person_id: date.fromisoformat(day) for person_id, day in rows}


def paid_months(connection: Connection, people: Iterable[int]) -> dict[int, dict[Month, date]]:
    """Person -> month -> the day on which its contribution had arrived.

    A month is paid while more of its base came in than was returned; differences of base or rate
    (34, 35) pay no month.
    """
    rows = connection.exec_driver_sql(
        "SELECT c.person_id, c.month, c.arrived_on, sum(c.base_fen) FROM json_each(:keys) AS w "
        "CROSS JOIN contribution AS c ON c.person_id = w.value "
        "WHERE c.kind NOT IN ('34', '35') GROUP BY c.person_id, c.month, c.arrived_on "
        "ORDER BY c.person_id, c.month, c.arrived_on",
        {"keys": keys(people)},
    )
    days: dict[str, date] = {}
    totals: dict[tuple[int, int], int] = defaultdict(int)
    result: dict[int, dict[Month, date]] = defaultdict(dict)
    for person_id, number, arrived_on, base_fen in rows:
        before = totals[person_id, number]
        totals[person_id, number] = now = before + base_fen
        month = Month.from_number(number)
        if now <= 0:
            result[person_id].pop(month, None)
        elif before <= 0:
            result[person_id][month] = day_once(arrived_on, days)
    return result


def everybody(connection: Connection) -> list[int]:
    """Whoever was ever on the roster."""
    rows = connection.exec_driver_sql(
        "SELECT DISTINCT person_id FROM person_span ORDER BY person_id"
    )
    return [int(person_id) for (person_id,) in rows]


# --- by which rules ---


def derived_by(connection: Connection) -> str | None:
    """By which rules the table was derived; None: from the roster."""
    text = connection.exec_driver_sql("SELECT benefit_rules FROM pool").scalar()
    return None if text is None else str(text)


def set_derived_by(connection: Connection, rules: str | None) -> None:
    connection.exec_driver_sql("UPDATE pool SET benefit_rules = ?", (rules,))


# --- what follows ---


def settled_years(connection: Connection, people: Mapping[int, date]) -> list[tuple[int, int]]:
    """(person, year) in which anything was settled on or after the person's day."""
    rows = connection.exec_driver_sql(
        "SELECT DISTINCT s.person_id, s.year FROM json_each(:pairs) AS w "
        "CROSS JOIN settlement AS s ON s.person_id = CAST(w.value ->> 0 AS BIGINT) "
        "AND CAST(s.happened_on AS TEXT) >= w.value ->> 1",
        {"pairs": keys((person, day.isoformat()) for person, day in people.items())},
    )
    return [(person_id, year) for person_id, year in rows]
