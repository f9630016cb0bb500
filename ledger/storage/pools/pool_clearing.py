"""What is owed to other pools and by them: the clearing account, by pool.

`EVENTS` adds up what the registers say happened; `verify` proves that the transfers on the
clearing account are exactly these, event by event.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection

from ledger.storage.database.bulk import insert_rows

PAID, RECEIVED = "paid", "received"


class PoolPayment(NamedTuple):
    """A row of `pool_payment`; `direction` is `paid` or `received`."""

    entry_id: int
    pool: str
    direction: str
    amount_fen: int
    happened_on: date


EVENTS = """
    SELECT s.entry_id, c.pool, CASE c.direction WHEN 'out' THEN s.amount_fen
        ELSE -s.amount_fen END AS owed_fen
    FROM pool_transfer_step AS s JOIN pool_transfer AS c
        ON c.person_id = s.person_id AND c.case_id = s.case_id
    WHERE s.entry_id IS NOT NULL AND s.amount_fen <> 0
        AND s.step = CASE c.direction WHEN 'out' THEN 'moved_out' ELSE 'received' END
    UNION ALL
    SELECT entry_id, pool, CASE direction WHEN 'received' THEN amount_fen ELSE -amount_fen END
    FROM pool_payment
    UNION ALL
    SELECT e.entry_id, q.pool, CASE e.kind WHEN 'used' THEN e.amount_fen ELSE -e.amount_fen END
    FROM quota_event AS e JOIN pool_quota AS q
        ON q.person_id = e.person_id AND q.hold_id = e.hold_id
    WHERE e.kind IN ('used', 'reversed')
    UNION ALL
    SELECT d.settlement_id, q.pool, -d.amount_fen
    FROM incoming_draw AS d JOIN incoming_quota AS q
        ON q.person_id = d.person_id AND q.quota_id = d.quota_id
"""
"""(entry, other pool, fen that we owe it more than before)."""


def owed_to_pools(connection: Connection) -> list[tuple[str, int]]:
    """(pool, fen that we owe it; below zero: that it owes us), every pool with business."""
    rows = connection.exec_driver_sql(
        f"SELECT pool, sum(owed_fen) FROM ({EVENTS}) GROUP BY pool ORDER BY pool"
    )
    return [(str(code), int(fen)) for code, fen in rows]


def owed_to_pool(connection: Connection, pool: str) -> int:
    return dict(owed_to_pools(connection)).get(pool, 0)


def insert_payment(connection: Connection, row: PoolPayment) -> None:
    insert_rows(connection, "pool_payment", " ".join(PoolPayment._fields), [row])
