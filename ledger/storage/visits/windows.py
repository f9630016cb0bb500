"""The windows of person-years: rows of `accumulator` whose benefit carries the window, and what
each settlement met and left in them.

In such a row `version` is the number of visits that count in the window, and `overall_fen` is
not used.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection

from ledger.benefits.explanation_shapes import Traces
from ledger.benefits.shaped_share import SharePart
from ledger.benefits.windows import EMPTY_WINDOW, WindowKey, WindowSoFar, WindowUse, add, less
from ledger.storage.database.bulk import Insert, execute_rows, inserts, keys
from ledger.storage.visits.settlements import OUTPATIENT

PersonWindows = dict[tuple[int, WindowKey], WindowSoFar]

_USE_COLUMNS = (
    "in_scope_fen deductible_fen cost_fen paid_fen visits cut_fen in_scope_before_fen "
    "deductible_before_fen cost_before_fen paid_before_fen visits_before"
)
_PART_COLUMNS = "kind name base_fen ratio_bp pay_fen"
_SO_FAR = "in_scope_fen, deductible_fen, cost_fen, paid_fen, version"


def windows_of(connection: Connection, people: Iterable[int]) -> PersonWindows:
    """Every window of these people but the year of ordinary outpatient visits."""
    rows = connection.exec_driver_sql(
        f"SELECT a.person_id, a.year, a.benefit, {_SO_FAR} FROM json_each(:keys) AS w "
        "CROSS JOIN accumulator AS a ON a.person_id = w.value AND a.benefit <> :benefit",
        {"keys": keys(people), "benefit": OUTPATIENT},
    )
    return {
        (person_id, WindowKey(year, window)): (in_scope, deductible, cost, paid, visits)
        for person_id, year, window, in_scope, deductible, cost, paid, visits in rows
    }


def save_windows(
    connection: Connection, windows: Mapping[tuple[int, WindowKey], WindowSoFar]
) -> None:
    """Write the state of each window after its last settlement."""
    execute_rows(
        connection,
        f"INSERT INTO accumulator (person_id, year, benefit, {_SO_FAR}, overall_fen) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT (person_id, year, benefit) DO UPDATE SET "
        "in_scope_fen = excluded.in_scope_fen, deductible_fen = excluded.deductible_fen, "
        "cost_fen = excluded.cost_fen, paid_fen = excluded.paid_fen, version = excluded.version",
        [(person_id, *key, *so_far) for (person_id, key), so_far in windows.items()],
    )


def traces_of(connection: Connection, person_id: int, settlement_id: int) -> Traces:
    """Windows, bands and funds of a settlement; nothing under rules without shapes."""
    key = (person_id, settlement_id)
    uses = connection.exec_driver_sql(
        f"SELECT year, benefit, {', '.join(_USE_COLUMNS.split())} FROM settlement_window "
        "WHERE person_id = ? AND settlement_id = ? ORDER BY year, benefit",
        key,
    )
    parts = connection.exec_driver_sql(
        f"SELECT {', '.join(_PART_COLUMNS.split())} FROM settlement_part "
        "WHERE person_id = ? AND settlement_id = ? ORDER BY position",
        key,
    )
    return Traces(
        tuple(_use(tuple(row)) for row in uses),
        tuple(SharePart(*row) for row in parts),
    )


def traces_numbered(connection: Connection, numbers: Mapping[int, int]) -> dict[int, Traces]:
    """Settlement -> its windows, bands and funds, for those that have any.

    Args:
        numbers: settlement -> person.
    """
    if not numbers:
        return {}
    uses: dict[int, list[WindowUse]] = defaultdict(list)
    parts: dict[int, list[SharePart]] = defaultdict(list)
    wanted = {"pairs": keys((who, number) for number, who in numbers.items())}
    of_settlement = (
        "b.person_id = CAST(w.value ->> 0 AS BIGINT) "
        "AND b.settlement_id = CAST(w.value ->> 1 AS BIGINT)"
    )
    columns = ", ".join(f"b.{name}" for name in _USE_COLUMNS.split())
    for row in connection.exec_driver_sql(
        f"SELECT b.settlement_id, b.year, b.benefit, {columns} FROM json_each(:pairs) AS w "
        f"CROSS JOIN settlement_window AS b ON {of_settlement} "
        "ORDER BY b.settlement_id, b.year, b.benefit",
        wanted,
    ):
        uses[row[0]].append(_use(tuple(row[1:])))
    columns = ", ".join(f"b.{name}" for name in _PART_COLUMNS.split())
    for row in connection.exec_driver_sql(
        f"SELECT b.settlement_id, {columns} FROM json_each(:pairs) AS w "
        f"CROSS JOIN settlement_part AS b ON {of_settlement} "
        "ORDER BY b.settlement_id, b.position",
        wanted,
    ):
        parts[row[0]].append(SharePart(*row[1:]))
    return {
        number: Traces(tuple(uses[number]), tuple(parts[number]))
        for number in numbers
        if number in uses or number in parts
    }


class YearWindows(NamedTuple):
    """The windows of a person around a natural year.

    `begun` is what they hold without the settlements of the year and of later ones; `ended` what
    those hold at its end with which a later year goes on (a stay across the year end).
    """

    begun: dict[WindowKey, WindowSoFar]
    ended: dict[WindowKey, WindowSoFar]


def year_windows(
    connection: Connection, people: Iterable[int], year: int, aliases: Mapping[int, int]
) -> tuple[dict[int, YearWindows], dict[int, tuple[WindowUse, ...]]]:
    """Person -> windows around the year; settlement of the year -> in which windows it counts.

    Args:
        aliases: merged number -> the person that it is now, whose windows they are.
    """
    everybody = list(people)
    rows = _uses_since(connection, everybody, year)
    if not rows:
        return {}, {}
    found: dict[int, YearWindows] = defaultdict(lambda: YearWindows({}, {}))
    for (who, key), so_far in windows_of(connection, everybody).items():
        begun = found[aliases.get(who, who)].begun
        begun[key] = add(begun.get(key, EMPTY_WINDOW), so_far)
    of_year: dict[int, tuple[WindowUse, ...]] = defaultdict(tuple)
    for who, number, in_year, use in rows:
        begun, ended = found[aliases.get(who, who)]
        begun[use.key] = less(begun[use.key], use.added)
        if in_year == year:
            of_year[number] += (use,)
        else:
            ended[use.key] = EMPTY_WINDOW
    for begun, ended in found.values():
        ended.update((key, begun[key]) for key in ended)
    for who, _number, in_year, use in rows:
        ended = found[aliases.get(who, who)].ended
        if in_year == year and use.key in ended:
            ended[use.key] = add(ended[use.key], use.added)
    return found, of_year


def _uses_since(
    connection: Connection, people: Iterable[int], year: int
) -> list[tuple[int, int, int, WindowUse]]:
    """(person, settlement, its natural year, use) of a year and later ones."""
    columns = ", ".join(f"b.{name}" for name in _USE_COLUMNS.split())
    rows = connection.exec_driver_sql(
        "SELECT s.person_id, s.settlement_id, s.year, b.year, b.benefit, "
        f"{columns} FROM json_each(:keys) AS w "
        "CROSS JOIN settlement_window AS b ON b.person_id = w.value "
        "JOIN settlement AS s ON s.person_id = b.person_id AND s.settlement_id = b.settlement_id "
        "WHERE s.year >= :year ORDER BY b.settlement_id, b.year, b.benefit",
        {"keys": keys(people), "year": year},
    )
    return [(row[0], row[1], row[2], _use(tuple(row[3:]))) for row in rows]


def _use(row: tuple[Any, ...]) -> WindowUse:
    return WindowUse(WindowKey(row[0], row[1]), tuple(row[8:13]), tuple(row[2:7]), row[7])


def use_inserts(uses: Iterable[tuple[int, int, WindowUse]]) -> list[Insert]:
    """Rows of (person, settlement, use) ready to be written."""
    rows = [
        (person_id, settlement_id, *use.key, *use.added, use.cut_fen, *use.before)
        for person_id, settlement_id, use in uses
    ]
    columns = f"person_id settlement_id year benefit {_USE_COLUMNS}"
    return inserts("settlement_window", columns, rows) if rows else []


def part_inserts(
    parts: Iterable[tuple[int, int, tuple[SharePart, ...]]],
) -> list[Insert]:
    """Rows of (person, settlement, parts) ready to be written."""
    rows = [
        (person_id, settlement_id, position, *part)
        for person_id, settlement_id, of in parts
        for position, part in enumerate(of)
    ]
    columns = f"person_id settlement_id position {_PART_COLUMNS}"
    return inserts("settlement_part", columns, rows) if rows else []
