"""Cases of moving between pools, and their steps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection

from ledger.benefits.pool_transfer import Direction, Step
from ledger.storage.database.bulk import insert_rows, keys
from ledger.storage.database.engine import instant_text
from ledger.storage.database.unit_of_work import UnitOfWork


class Case(NamedTuple):
    """A row of `pool_transfer`."""

    person_id: int
    case_id: int
    direction: Direction
    pool: str
    accepted_on: date
    memo: str


class StepRow(NamedTuple):
    """A row of `pool_transfer_step`."""

    step: Step
    happened_on: date
    amount_fen: int
    entry_id: int | None
    memo: str


_CASE = "person_id, case_id, direction, pool, accepted_on, memo"


def insert_case(work: UnitOfWork, case: Case) -> None:
    """Write a case down, with its first step."""
    insert_rows(
        work.connection,
        "pool_transfer",
        "person_id case_id direction pool accepted_on memo recorded_at actor",
        [
            (
                case.person_id,
                case.case_id,
                str(case.direction),
                case.pool,
                case.accepted_on,
                case.memo,
                instant_text(work.recorded_at),
                work.actor,
            )
        ],
    )
    insert_step(work, case, StepRow(Step.ACCEPTED, case.accepted_on, 0, None, case.memo))


def insert_step(work: UnitOfWork, case: Case, row: StepRow) -> None:
    insert_rows(
        work.connection,
        "pool_transfer_step",
        "person_id case_id step happened_on amount_fen entry_id memo recorded_at actor",
        [
            (
                case.person_id,
                case.case_id,
                *row,
                instant_text(work.recorded_at),
                work.actor,
            )
        ],
    )


def find_case(connection: Connection, case_id: int) -> Case | None:
    row = connection.exec_driver_sql(
        f"SELECT {_CASE} FROM pool_transfer WHERE case_id = ?", (case_id,)
    ).first()
    return None if row is None else _case(tuple(row))


def cases(connection: Connection, person_id: int | None = None) -> list[Case]:
    """Every case, or those of one person, in the order in which they were accepted."""
    rows = connection.exec_driver_sql(
        f"SELECT {_CASE} FROM pool_transfer "
        "WHERE (:person IS NULL OR person_id = :person) ORDER BY accepted_on, case_id",
        {"person": person_id},
    )
    return [_case(tuple(row)) for row in rows]


def steps_of(connection: Connection, wanted: Iterable[Case]) -> dict[int, dict[Step, StepRow]]:
    """Case -> its steps."""
    rows = connection.exec_driver_sql(
        "SELECT s.case_id, s.step, s.happened_on, s.amount_fen, s.entry_id, s.memo "
        "FROM json_each(:keys) AS w CROSS JOIN pool_transfer AS c ON c.case_id = w.value "
        "CROSS JOIN pool_transfer_step AS s "
        "ON s.person_id = c.person_id AND s.case_id = c.case_id",
        {"keys": keys(case.case_id for case in wanted)},
    )
    result: dict[int, dict[Step, StepRow]] = defaultdict(dict)
    order = list(Step)
    for case_id, step, day, *rest in sorted(
        rows, key=lambda row: (*row[:1], row[2], order.index(Step(row[1])))
    ):
        row = StepRow(Step(step), date.fromisoformat(day), *rest)
        result[case_id][row.step] = row
    return result


def _case(row: tuple[object, ...]) -> Case:
    person_id, case_id, direction, pool, accepted_on, memo = row
    return Case(
        person_id,  # type: ignore[arg-type]  # Columns in the order of the fields.
        case_id,  # type: ignore[arg-type]
        Direction(str(direction)),
        str(pool),
        date.fromisoformat(str(accepted_on)),
        str(memo),
    )
