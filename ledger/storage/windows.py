"""The windows of person-years: rows of `accumulator` whose benefit carries the window, and what
each settlement met and left in them.

In such a row `version` is the number of visits that count in the window, and `overall_fen` is
not used.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection

from ledger.benefits.explanation_shapes import Traces
from ledger.benefits.shaped_share import SharePart
from ledger.benefits.windows import WindowKey, WindowSoFar, WindowUse
from ledger.storage.bulk import Insert, execute_rows, inserts, keys
from ledger.storage.settlements import OUTPATIENT

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
        tuple(
            WindowUse(WindowKey(row[0], row[1]), tuple(row[8:13]), tuple(row[2:7]), row[7])
            for row in uses
        ),
        tuple(SharePart(*row) for row in parts),
    )


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
