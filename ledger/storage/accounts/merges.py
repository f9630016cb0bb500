"""Merged numbers: what happened, which number is an alias of whom, and what changed hands."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection

from ledger.benefits.settlement import Settlement
from ledger.benefits.windows import ORDINARY, WindowUse, benefit_of
from ledger.storage.database.bulk import Row, execute_rows, insert_rows, keys
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.roster.people import Span
from ledger.storage.visits.settlements import OUTPATIENT


class Merge(NamedTuple):
    """A row of `person_merge`: `person_id` is the number that is kept. `moved`: what else changed
    hands, so that it can be given back: identities, aliases, spans, links, whether the account
    was closed."""

    person_id: int
    merge_id: int
    merged_id: int
    happened_on: date
    undoes: int | None
    reason: str
    moved: dict[str, Any]


_COLUMNS = "person_id, merge_id, merged_id, happened_on, undoes, reason, moved"


def insert_merge(work: UnitOfWork, merge: Merge) -> None:
    row = (*merge[:6], json.dumps(merge.moved, ensure_ascii=False), work.actor)
    insert_rows(work.connection, "person_merge", f"{_COLUMNS.replace(',', '')} actor", [row])


def find_merge(connection: Connection, merge_id: int) -> Merge | None:
    row = connection.exec_driver_sql(
        f"SELECT {_COLUMNS} FROM person_merge WHERE merge_id = ?", (merge_id,)
    ).first()
    return None if row is None else _merge(tuple(row))


def merges_of(connection: Connection, person_id: int) -> list[Merge]:
    """Merges in which a person is the kept or the merged number, oldest first."""
    rows = connection.exec_driver_sql(
        f"SELECT {_COLUMNS} FROM person_merge WHERE person_id = :person OR merged_id = :person "
        "ORDER BY merge_id",
        {"person": person_id},
    )
    return [_merge(tuple(row)) for row in rows]


def all_merges(connection: Connection) -> list[Merge]:
    rows = connection.exec_driver_sql(f"SELECT {_COLUMNS} FROM person_merge ORDER BY merge_id")
    return [_merge(tuple(row)) for row in rows]


def _merge(row: tuple[Any, ...]) -> Merge:
    return Merge._make((*row[:3], date.fromisoformat(row[3]), *row[4:6], json.loads(row[6])))


# --- who is who ---


def kept_of(connection: Connection, people: Iterable[int]) -> dict[int, int]:
    """Merged number -> the person it is today, for those of `people` that were merged."""
    rows = connection.exec_driver_sql(
        "SELECT a.person_id, a.kept_id FROM json_each(:keys) AS w "
        "CROSS JOIN person_alias AS a ON a.person_id = w.value",
        {"keys": keys(people)},
    )
    return {merged: kept for merged, kept in rows}  # noqa: C416 - typed rows


def merged_into(connection: Connection, people: Iterable[int]) -> dict[int, int]:
    """Merged number -> the one of `people` that it is today."""
    rows = connection.exec_driver_sql(
        "SELECT a.person_id, a.kept_id FROM json_each(:keys) AS w "
        "CROSS JOIN person_alias AS a ON a.kept_id = w.value ORDER BY a.person_id",
        {"keys": keys(people)},
    )
    return {merged: kept for merged, kept in rows}  # noqa: C416 - typed rows


def aliases_of(connection: Connection, person_id: int) -> list[int]:
    """The merged numbers of a person."""
    rows = connection.exec_driver_sql(
        "SELECT person_id FROM person_alias WHERE kept_id = ? ORDER BY person_id", (person_id,)
    )
    return [int(merged) for (merged,) in rows]


def named_then(connection: Connection, person_id: int, number: str, before: int) -> int:
    """Whom a number named before the entry `before` was recorded, where it names `person_id`
    now: every merge since then, and every undoing, is taken back, the newest first."""
    rows = connection.exec_driver_sql(
        f"SELECT {_COLUMNS} FROM person_merge WHERE merge_id >= ? ORDER BY merge_id DESC",
        (before,),
    )
    for merge in [_merge(tuple(row)) for row in rows]:
        first = merge if merge.undoes is None else find_merge(connection, merge.undoes)
        if first is None or number not in (moved for _kind, moved in first.moved["identities"]):
            continue
        kept, merged = merge.person_id, merge.merged_id
        was, came_from = (kept, merged) if merge.undoes is None else (merged, kept)
        if person_id == was:
            person_id = came_from
    return person_id


def make_alias(connection: Connection, merged: int, kept: int, merge_id: int) -> list[int]:
    """`merged`, and whoever was merged into it, is now `kept`; returns those others."""
    others = aliases_of(connection, merged)
    connection.exec_driver_sql(
        "UPDATE person_alias SET kept_id = ? WHERE kept_id = ?", (kept, merged)
    )
    insert_rows(
        connection, "person_alias", "person_id kept_id merge_id", [(merged, kept, merge_id)]
    )
    return others


def end_alias(connection: Connection, merged: int, others: Iterable[int]) -> None:
    """`merged` stands for itself again, and so do those who were merged into it before."""
    connection.exec_driver_sql("DELETE FROM person_alias WHERE person_id = ?", (merged,))
    execute_rows(
        connection,
        "UPDATE person_alias SET kept_id = ? WHERE person_id = ?",
        [(merged, other) for other in others],
    )


def move_identities(
    connection: Connection, numbers: Iterable[tuple[str, str]], person_id: int
) -> None:
    """These numbers now name that person."""
    execute_rows(
        connection,
        "UPDATE person_identity SET person_id = ? WHERE kind = ? AND number = ?",
        [(person_id, kind, number) for kind, number in numbers],
    )


def identities_of(connection: Connection, person_id: int) -> list[tuple[str, str]]:
    """(kind, number) of every number that names a person."""
    rows = connection.exec_driver_sql(
        "SELECT kind, number FROM person_identity WHERE person_id = ? ORDER BY kind, number",
        (person_id,),
    )
    return [(kind, number) for kind, number in rows]


def put_spans_back(connection: Connection, spans: Iterable[Span]) -> None:
    """Spans that a merge had cut are as they were."""
    rows = [tuple(span) for span in spans]
    execute_rows(
        connection,
        "DELETE FROM person_span WHERE person_id = ? AND valid_from = ?",
        [row[:2] for row in rows],
    )
    insert_rows(connection, "person_span", " ".join(Span._fields), rows)


# --- the person-year ---

_AMOUNTS = ("in_scope_fen", "deductible_fen", "cost_fen", "paid_fen", "overall_fen", "version")


class YearMove(NamedTuple):
    """What a merge moved of one year and benefit."""

    year: int
    benefit: str
    amounts: tuple[int, ...]


def years_of(connection: Connection, person_id: int) -> list[YearMove]:
    """Accumulators of a person that are not empty."""
    rows = connection.exec_driver_sql(
        f"SELECT year, benefit, {', '.join(_AMOUNTS)} FROM accumulator "
        "WHERE person_id = ? AND version <> 0 ORDER BY year, benefit",
        (person_id,),
    )
    return [YearMove(row[0], row[1], tuple(row[2:])) for row in rows]


def years_moved(connection: Connection, merge: Merge) -> list[YearMove]:
    """What a merge brought the number that is kept."""
    rows = connection.exec_driver_sql(
        f"SELECT year, benefit, {', '.join(_AMOUNTS)} FROM accumulator_move "
        "WHERE person_id = ? AND merge_id = ? ORDER BY year, benefit",
        (merge.person_id, merge.merge_id),
    )
    return [YearMove(row[0], row[1], tuple(row[2:])) for row in rows]


def move_years(
    connection: Connection, merge_id: int, leaving: int, arriving: int, years: list[YearMove]
) -> None:
    """The years count for the other number from now on; `verify` adds the moves to the fold."""
    for person, sign in ((leaving, -1), (arriving, 1)):
        rows = [
            (person, merge_id, move.year, move.benefit, *(sign * fen for fen in move.amounts))
            for move in years
        ]
        columns = f"person_id merge_id year benefit {' '.join(_AMOUNTS)}"
        insert_rows(connection, "accumulator_move", columns, rows)
        execute_rows(
            connection,
            f"INSERT INTO accumulator (person_id, year, benefit, {', '.join(_AMOUNTS)}) "
            "VALUES (?, ?, ?, 0, 0, 0, 0, 0, 0) ON CONFLICT DO NOTHING",
            [(person, move.year, move.benefit) for move in years],
        )
        adds = ", ".join(f"{name} = {name} + ?" for name in _AMOUNTS)
        execute_rows(
            connection,
            f"UPDATE accumulator SET {adds} WHERE person_id = ? AND year = ? AND benefit = ?",
            [(*row[4:], person, *row[2:4]) for row in rows],
        )


class CarriedOver(NamedTuple):
    """A settlement that stands under a merged number after the merge (a refund, a resettlement):
    its year and windows are those of `kept`."""

    kept: int
    settlement: Settlement
    uses: tuple[WindowUse, ...] = ()


def carry_over(connection: Connection, settlements: Iterable[CarriedOver]) -> None:
    """Move what these settlements put into the year of their number to the person. The state of
    neither year changes by it: it was counted with the person already."""
    rows: list[Row] = []
    for kept, of, uses in settlements:
        moved = [(use.key.year, use.key.window, *use.added[:4], 0, use.added[4]) for use in uses]
        if benefit_of(uses) == ORDINARY:
            in_scope = of.deductible_fen + of.beyond_deductible_fen
            amounts = (in_scope, of.deductible_fen, of.cost_fen, of.pool_fen, of.pool_fen)
            moved.append((of.year, OUTPATIENT, *amounts, 1))
        for year, benefit, *amounts_moved in moved:
            for person, sign in ((of.person_id, -1), (kept, 1)):
                signed = (sign * amount for amount in amounts_moved)
                rows.append((person, of.settlement_id, year, benefit, *signed))
    columns = f"person_id merge_id year benefit {' '.join(_AMOUNTS)}"
    insert_rows(connection, "accumulator_move", columns, rows)


# --- what has happened since ---


def settled_since(connection: Connection, person_id: int, merge_id: int) -> list[str]:
    """Visits of a person settled after a merge and not given back."""
    rows = connection.exec_driver_sql(
        "SELECT s.visit_id FROM settlement AS s LEFT JOIN settlement AS r "
        "ON r.person_id = s.person_id AND r.reverses_settlement_id = s.settlement_id "
        "WHERE s.person_id = ? AND s.settlement_id > ? AND s.reverses_settlement_id IS NULL "
        "AND r.settlement_id IS NULL ORDER BY s.settlement_id",
        (person_id, merge_id),
    )
    return [str(visit) for (visit,) in rows]


def contributed_since(connection: Connection, person_id: int, merge_id: int) -> int:
    """Contributions of a person that were entered after a merge."""
    count = connection.exec_driver_sql(
        "SELECT count(*) FROM contribution WHERE person_id = ? AND entry_id > ?",
        (person_id, merge_id),
    ).scalar_one()
    return int(count)


def money_moved(connection: Connection, merge: Merge) -> list[tuple[int, int]]:
    """(year of the money, fen) that a merge brought the number that is kept."""
    rows = connection.exec_driver_sql(
        "SELECT fund_year, amount_fen FROM transfer "
        "WHERE person_id = ? AND entry_id = ? AND kind = 'merge_in' ORDER BY fund_year",
        (merge.person_id, merge.merge_id),
    )
    return [(year, fen) for year, fen in rows]


def debt_moved(connection: Connection, merge: Merge) -> int:
    fen = connection.exec_driver_sql(
        "SELECT coalesce(sum(amount_fen), 0) FROM transfer "
        "WHERE person_id = ? AND entry_id = ? AND kind = 'merge_debt_in'",
        (merge.person_id, merge.merge_id),
    ).scalar_one()
    return int(fen)


def given_back_since(connection: Connection, merge: Merge) -> int:
    """Visits of the merged number that were given back after the merge."""
    count = connection.exec_driver_sql(
        "SELECT count(*) FROM settlement WHERE person_id = ? AND settlement_id > ?",
        (merge.merged_id, merge.merge_id),
    ).scalar_one()
    return int(count)
