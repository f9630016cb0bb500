"""Quotas that holders of other pools gave to patients of ours, and what the desk drew of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection

from ledger.storage.database.bulk import Row, execute_rows, insert_rows, keys
from ledger.storage.database.questions import Question, ask


class IncomingQuota(NamedTuple):
    """A row of `incoming_quota`: `reference` is the other pool's number of it."""

    person_id: int
    quota_id: int
    pool: str
    reference: str
    holder_certno: str
    holder_name: str
    relation: str
    amount_fen: int
    used_fen: int
    valid_from: date
    valid_until: date
    position: int
    ended_on: date | None = None

    @property
    def left_fen(self) -> int:
        return self.amount_fen - self.used_fen

    def covers(self, day: date) -> bool:
        return self.ended_on is None and self.valid_from <= day < self.valid_until


class IncomingDraw(NamedTuple):
    """A row of `incoming_draw`; negative on a refund."""

    person_id: int
    settlement_id: int
    quota_id: int
    amount_fen: int


_FIELDS = ", ".join(f"q.{name}" for name in IncomingQuota._fields)


def quotas_of(connection: Connection, people: Iterable[int]) -> dict[int, list[IncomingQuota]]:
    """Quotas of each patient, in the order in which they pay."""
    return ask(connection, QUOTAS, keys=keys(people))


def _quotas(rows: Iterable[Row]) -> dict[int, list[IncomingQuota]]:
    result: dict[int, list[IncomingQuota]] = defaultdict(list)
    for row in rows:
        result[row[0]].append(_quota(tuple(row)))
    return result


QUOTAS = Question(
    f"SELECT {_FIELDS} FROM json_each(:keys) AS w "
    "CROSS JOIN incoming_quota AS q ON q.person_id = w.value "
    "ORDER BY q.person_id, q.position, q.quota_id",
    _quotas,
)


def _quota(row: tuple[Any, ...]) -> IncomingQuota:
    ended = None if row[12] is None else date.fromisoformat(row[12])
    days = (date.fromisoformat(row[9]), date.fromisoformat(row[10]))
    return IncomingQuota._make((*row[:9], *days, row[11], ended))


def running_of(connection: Connection, person_id: int) -> list[IncomingQuota]:
    """Those that have not ended."""
    found = quotas_of(connection, [person_id]).get(person_id, [])
    return [quota for quota in found if quota.ended_on is None]


def find_quota(connection: Connection, quota_id: int) -> IncomingQuota | None:
    row = connection.exec_driver_sql(
        f"SELECT {_FIELDS} FROM incoming_quota AS q WHERE q.quota_id = ?", (quota_id,)
    ).first()
    return None if row is None else _quota(tuple(row))


def insert_quota(connection: Connection, quota: IncomingQuota) -> None:
    insert_rows(connection, "incoming_quota", " ".join(IncomingQuota._fields), [quota])


def end_quota(connection: Connection, quota: IncomingQuota, on: date) -> None:
    connection.exec_driver_sql(
        "UPDATE incoming_quota SET ended_on = ? WHERE person_id = ? AND quota_id = ?",
        (on, quota.person_id, quota.quota_id),
    )


def insert_draws(connection: Connection, draws: Sequence[IncomingDraw]) -> None:
    """Write what quotas of other pools paid and move their used part."""
    insert_rows(connection, "incoming_draw", " ".join(IncomingDraw._fields), draws)
    execute_rows(
        connection,
        "UPDATE incoming_quota SET used_fen = used_fen + ? WHERE person_id = ? AND quota_id = ?",
        [(draw.amount_fen, draw.person_id, draw.quota_id) for draw in draws],
    )


def draws_of(connection: Connection, person_id: int, settlement_id: int) -> list[IncomingDraw]:
    rows = connection.exec_driver_sql(
        "SELECT person_id, settlement_id, quota_id, amount_fen FROM incoming_draw "
        "WHERE person_id = ? AND settlement_id = ? ORDER BY quota_id",
        (person_id, settlement_id),
    )
    return [IncomingDraw(*row) for row in rows]


def draws_by_day(connection: Connection, person_id: int) -> list[tuple[str, str, IncomingDraw]]:
    """(day, visit, draw) of a patient, in the order of settling."""
    rows = connection.exec_driver_sql(
        "SELECT s.happened_on, s.visit_id, d.person_id, d.settlement_id, d.quota_id, "
        "d.amount_fen FROM incoming_draw AS d JOIN settlement AS s "
        "ON s.person_id = d.person_id AND s.settlement_id = d.settlement_id "
        "WHERE d.person_id = ? ORDER BY d.settlement_id, d.quota_id",
        (person_id,),
    )
    return [(row[0], row[1], IncomingDraw(*row[2:])) for row in rows]


def people_with_quotas(connection: Connection) -> list[int]:
    rows = connection.exec_driver_sql("SELECT DISTINCT person_id FROM incoming_quota ORDER BY 1")
    return [int(person_id) for (person_id,) in rows]


def carry_draws(connection: Connection, replaced: Iterable[tuple[int, int, int, int]]) -> None:
    """A settlement was replaced: its mirror gives back what quotas of other pools paid, the new
    one draws it again. What was used of the quotas stays.

    Args:
        replaced: (person, settlement, its mirror, the settlement that takes its place).
    """
    columns = ", ".join(IncomingDraw._fields)
    carry = (
        f"INSERT INTO incoming_draw ({columns}) SELECT person_id, ?, quota_id, ? * amount_fen "
        "FROM incoming_draw WHERE person_id = ? AND settlement_id = ?"
    )
    rows = [
        (number, sign, person_id, old)
        for person_id, old, mirror, new in replaced
        for number, sign in ((mirror, -1), (new, 1))
    ]
    execute_rows(connection, carry, rows)
