"""Visits, settlements, accumulators, and what settling has to know of people beforehand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection

from ledger.benefits.account_use import Purse
from ledger.benefits.kernel import YearSoFar
from ledger.benefits.settlement import Settlement
from ledger.books.entry import Entry, Transfer
from ledger.books.kinds import EntryKind
from ledger.core.ids import EntryId, PersonId
from ledger.core.months import Month
from ledger.core.visit_facts import VisitFacts
from ledger.storage.database.bulk import (
    BY_PERSON,
    Insert,
    Row,
    insert_rows,
    inserts,
    keys,
    run_inserts,
    texts,
)
from ledger.storage.database.changes import change_rows, numbers
from ledger.storage.database.engine import instant_text
from ledger.storage.database.questions import Question, ask
from ledger.storage.visits.visit_facts import facts_of

OUTPATIENT = "outpatient"
"""The benefit whose accumulators ordinary outpatient visits move."""

_STATE = "in_scope_fen deductible_fen cost_fen paid_fen overall_fen version"
SAVE_ACCUMULATORS = (
    f"INSERT INTO accumulator (person_id, year, benefit, {', '.join(_STATE.split())}) "
    f"SELECT v.person_id, v.year, '{OUTPATIENT}', {', '.join(_STATE.split())} "
    f"FROM {numbers(f'person_id year {_STATE}')} WHERE true "
    "ON CONFLICT (person_id, year, benefit) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _STATE.split())
)


ADD_USED = (
    "UPDATE family_link AS l SET used_fen = l.used_fen + v.used "
    f"FROM {numbers('person_id link_id used')} "
    "WHERE v.person_id = l.user_id AND v.link_id = l.link_id"
)


class VisitRow(NamedTuple):
    """A row of `visit`, in the order of its columns."""

    person_id: int
    visit_id: str
    content_hash: str
    provider_id: int
    prescriber_id: int | None
    med_type: str
    settled_at: str
    total_fen: int
    fully_self_paid_fen: int
    over_limit_fen: int
    paid_first_fen: int
    in_scope_fen: int
    account_use: int
    original_visit_id: str | None
    fee_category: str | None
    facts: str | None


class StayRow(NamedTuple):
    """A row of `inpatient_stay`."""

    person_id: int
    visit_id: str
    content_hash: str
    provider_id: int
    first_day: date
    last_day: date


class DrawRow(NamedTuple):
    """A row of `family_draw`."""

    person_id: int
    settlement_id: int
    link_id: int
    holder_id: int
    amount_fen: int


class AccumulatorRow(NamedTuple):
    """The year so far, and how many settlements made it."""

    year_so_far: YearSoFar
    version: int


# The order leaves but one index to choose. While a table is empty, to read another one from end to
# end looks as good, and a session that planned it so goes on doing it when the table is full.
_KNOWN = (
    "SELECT v.visit_id, coalesce((SELECT a.kept_id FROM person_alias AS a "
    "WHERE a.person_id = v.person_id), v.person_id) AS person_id, v.content_hash FROM ("
    "SELECT n.visit_id, n.person_id, n.content_hash "
    "FROM json_each(:texts) AS w CROSS JOIN {} AS n ON n.visit_id = w.value "
    "ORDER BY n.visit_id) AS v"
)

KNOWN_VISITS = Question(
    f"{_KNOWN.format('visit')} UNION ALL {_KNOWN.format('inpatient_stay')}",
    lambda rows: {visit_id: (person_id, content) for visit_id, person_id, content in rows},
)


def known_visits(connection: Connection, visit_ids: Iterable[str]) -> dict[str, tuple[int, str]]:
    """Visit id -> (person, content hash), for stays too; a visit of a merged number is one of
    the person that it is now."""
    return ask(connection, KNOWN_VISITS, texts=texts(connection, visit_ids))


ACCUMULATORS = Question(
    "SELECT a.person_id, a.year, a.in_scope_fen, a.deductible_fen, a.cost_fen, a.paid_fen, "
    "a.overall_fen, a.version FROM json_each(:keys) AS w "
    f"CROSS JOIN accumulator AS a ON a.person_id = w.value AND a.benefit = '{OUTPATIENT}'",
    lambda rows: {
        (row[0], row[1]): AccumulatorRow((row[2], row[3], row[4], row[5], row[6]), row[7])
        for row in rows
    },
)


def accumulators_of(
    connection: Connection, people: Iterable[int]
) -> dict[tuple[int, int], AccumulatorRow]:
    """(person, year) -> accumulators of the outpatient benefit."""
    return ask(connection, ACCUMULATORS, keys=keys(people))


def purses_of(connection: Connection, people: Iterable[int]) -> dict[int, Purse]:
    """What is in each person's account and not held, whatever its state; nobody without an
    account is in it. Whether it may pay is `benefits.account_states`."""
    return ask(connection, PURSES, keys=keys(people))


def _purses(rows: Iterable[Row]) -> dict[int, Purse]:
    purses: dict[int, Purse] = {}
    for person_id, available, year, left in rows:
        purse = purses.setdefault(person_id, Purse(available, {}))
        if year is not None:
            purse.years[year] = left
    return purses


PURSES = Question(
    "SELECT p.person_id, p.credited_fen - p.debited_fen - p.held_fen AS available, y.year, "
    "y.credited_fen - y.debited_fen AS left_fen FROM json_each(:keys) AS w "
    "CROSS JOIN personal_account AS p ON p.person_id = w.value "
    "LEFT JOIN account_year AS y ON y.person_id = p.person_id",
    _purses,
)


def account_use_of(connection: Connection, person_id: int, visit_id: str) -> int:
    """Which accounts a visit wanted to use (acct_used_flag); 0 for a visit that is not here."""
    use = connection.exec_driver_sql(
        "SELECT account_use FROM visit WHERE person_id = ? AND visit_id = ?",
        (person_id, visit_id),
    ).scalar()
    return int(use or 0)


def facts_of_visit(connection: Connection, person_id: int, visit_id: str) -> VisitFacts:
    """What only the rules of some pools ask, as the visit said it."""
    text = connection.exec_driver_sql(
        "SELECT facts FROM visit WHERE person_id = ? AND visit_id = ?", (person_id, visit_id)
    ).scalar()
    return facts_of(text)


def stays_of(connection: Connection, people: Iterable[int]) -> dict[int, list[tuple[date, date]]]:
    """First and last days of inpatient stays, those of merged numbers included."""
    return ask(connection, STAYS, keys=keys(people))


def _stays(rows: Iterable[Row]) -> dict[int, list[tuple[date, date]]]:
    result: dict[int, list[tuple[date, date]]] = defaultdict(list)
    for person_id, first, last in rows:
        result[person_id].append((date.fromisoformat(first), date.fromisoformat(last)))
    return result


STAYS = Question(
    "SELECT s.person_id, s.first_day, s.last_day FROM json_each(:keys) AS w "
    "CROSS JOIN inpatient_stay AS s ON s.person_id = w.value UNION ALL "
    "SELECT a.kept_id, s.first_day, s.last_day FROM ("
    "SELECT n.kept_id, n.person_id FROM json_each(:keys) AS w "
    "CROSS JOIN person_alias AS n ON n.kept_id = w.value ORDER BY n.kept_id) AS a "
    "JOIN inpatient_stay AS s ON s.person_id = a.person_id",
    _stays,
)


_SETTLEMENT_COLUMNS = ", ".join(f"s.{name}" for name in Settlement._fields)


def settlement_row(row: Sequence[object]) -> Settlement:
    """A row whose columns stand in the order of the fields."""
    values = list(row)
    values[5] = date.fromisoformat(str(values[5]))
    values[6] = datetime.fromisoformat(str(values[6]))
    return Settlement(*values)  # type: ignore[arg-type]  # Columns in the order of the fields.


def settlements_of_visits(
    connection: Connection, visit_ids: Iterable[str]
) -> dict[str, Settlement]:
    """Visit id -> its settlement, for those that are settled (refunds have ids of their own).

    Of a visit that was settled anew it is the newest: the one that stands, or stood last.
    """
    rows = connection.exec_driver_sql(
        f"SELECT {_SETTLEMENT_COLUMNS} FROM json_each(:texts) AS w "
        "CROSS JOIN visit AS v ON v.visit_id = w.value "
        "JOIN settlement AS s ON s.person_id = v.person_id AND s.visit_id = v.visit_id "
        "ORDER BY s.settlement_id",
        {"texts": texts(connection, visit_ids)},
    )
    return {row[2]: settlement_row(tuple(row)) for row in rows}


def settlement_by_id(connection: Connection, settlement_id: int) -> Settlement | None:
    """A settlement by its own number, which is the number of its entry."""
    row = connection.exec_driver_sql(
        f"SELECT {_SETTLEMENT_COLUMNS} FROM entry AS e JOIN settlement AS s "
        "ON s.person_id = e.person_id AND s.settlement_id = e.entry_id WHERE e.entry_id = ?",
        (settlement_id,),
    ).first()
    return None if row is None else settlement_row(tuple(row))


def reversed_settlements(connection: Connection, people: Iterable[int]) -> dict[int, int]:
    """Numbers of settlements that were given back -> of what gave them back."""
    rows = connection.exec_driver_sql(
        "SELECT s.reverses_settlement_id, s.settlement_id FROM json_each(:keys) AS w "
        "CROSS JOIN settlement AS s "
        "ON s.person_id = w.value AND s.reverses_settlement_id IS NOT NULL",
        {"keys": keys(people)},
    )
    return {int(given_back): int(by) for given_back, by in rows}


def reversal_of(connection: Connection, settlement: Settlement) -> int | None:
    """The refund that gave a settlement back, if there is one."""
    number = connection.exec_driver_sql(
        "SELECT settlement_id FROM settlement WHERE person_id = ? AND reverses_settlement_id = ?",
        (settlement.person_id, settlement.settlement_id),
    ).scalar()
    return None if number is None else int(number)


def draws_of(connection: Connection, settlement: Settlement) -> list[DrawRow]:
    rows = connection.exec_driver_sql(
        "SELECT person_id, settlement_id, link_id, holder_id, amount_fen FROM family_draw "
        "WHERE person_id = ? AND settlement_id = ? ORDER BY link_id",
        (settlement.person_id, settlement.settlement_id),
    )
    return [DrawRow(*row) for row in rows]


def entry_of(connection: Connection, settlement: Settlement) -> Entry:
    """The entry of a settlement with all its legs, those under holders included."""
    people = [settlement.person_id, *(d.holder_id for d in draws_of(connection, settlement))]
    legs: list[Transfer] = []
    for person_id in dict.fromkeys(people):
        rows = connection.exec_driver_sql(
            "SELECT person_id, leg, kind, fund_year, amount_fen, provider_id, county, "
            "benefit_month FROM transfer WHERE person_id = ? AND entry_id = ?",
            (person_id, settlement.settlement_id),
        )
        legs += [Transfer(*row) for row in rows]
    return Entry(
        PersonId(settlement.person_id),
        EntryId(settlement.settlement_id),
        EntryKind.SETTLEMENT,
        settlement.happened_on,
        Month.from_number(settlement.fiscal_month),
        tuple(sorted(legs, key=lambda leg: leg.leg)),
        policy_version=settlement.policy_version,
    )


def visit_inserts(visits: Sequence[VisitRow]) -> list[Insert]:
    return inserts("visit", " ".join(VisitRow._fields), sorted(visits, key=BY_PERSON))


def insert_visits(connection: Connection, visits: Sequence[VisitRow]) -> None:
    run_inserts(connection, visit_inserts(visits))


def stay_inserts(stays: Sequence[StayRow]) -> list[Insert]:
    return inserts("inpatient_stay", " ".join(StayRow._fields), stays)


def settlement_inserts(settlements: Sequence[Settlement]) -> list[Insert]:
    rows = [
        (*row[:5], row.happened_on.isoformat(), instant_text(row.settled_at), *row[7:])
        for row in sorted(settlements, key=BY_PERSON)
    ]
    return inserts("settlement", " ".join(Settlement._fields), rows)


def insert_settlements(connection: Connection, settlements: Sequence[Settlement]) -> None:
    run_inserts(connection, settlement_inserts(settlements))


def insert_draws(connection: Connection, draws: Sequence[DrawRow]) -> None:
    """Write what holders paid and move the used part of each quota."""
    insert_rows(connection, "family_draw", " ".join(DrawRow._fields), draws)
    used: dict[tuple[int, int], int] = defaultdict(int)
    for draw in draws:
        used[draw.person_id, draw.link_id] += draw.amount_fen
    change_rows(connection, ADD_USED, [(*link, fen) for link, fen in sorted(used.items())])


def save_accumulators(connection: Connection, rows: dict[tuple[int, int], AccumulatorRow]) -> None:
    """Write the state after the last settlement of each person-year."""
    states = [(*key, *row.year_so_far, row.version) for key, row in sorted(rows.items())]
    change_rows(connection, SAVE_ACCUMULATORS, states)
