"""Visits settled after the day of death (死亡后结算)."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection


class LateVisit(NamedTuple):
    """A settlement of a day after the death, not given back: what the fund and accounts paid."""

    person_id: int
    settlement_id: int
    visit_id: str
    happened_on: date
    provider_name: str
    pool_fen: int
    account_fen: int
    family_fen: int
    died_on: date


def settled_after_death(connection: Connection, person_id: int | None = None) -> list[LateVisit]:
    """Of everybody who is registered as dead, or of one person; oldest first.

    The day of death is that of the last registration; one that was withdrawn counts no more. What
    counts is the day of the visit: a paper bill or a resettlement may be booked much later. What
    was given back or is booked as owed is done with.
    """
    rows = connection.exec_driver_sql(
        """
        SELECT s.person_id, s.settlement_id, s.visit_id, substr(CAST(s.settled_at AS TEXT), 1, 10),
            coalesce(p.name, ''), s.pool_fen, s.account_fen, s.family_fen, d.happened_on
        FROM account_event AS d
        CROSS JOIN settlement AS s
            ON s.person_id = d.person_id
            AND substr(CAST(s.settled_at AS TEXT), 1, 10) > CAST(d.happened_on AS TEXT)
        LEFT JOIN provider AS p ON p.provider_id = s.provider_id
        WHERE d.event = 'death' AND (:person IS NULL OR d.person_id = :person)
            AND NOT EXISTS (
                SELECT 1 FROM account_event AS w WHERE w.person_id = d.person_id
                    AND w.event IN ('withdraw', 'death') AND w.event_id > d.event_id)
            AND s.reverses_settlement_id IS NULL
            AND NOT EXISTS (
                SELECT 1 FROM settlement AS r WHERE r.person_id = s.person_id
                    AND r.reverses_settlement_id = s.settlement_id)
            AND NOT EXISTS (
                SELECT 1 FROM debt AS b WHERE b.person_id = s.person_id
                    AND b.settlement_id = s.settlement_id)
        ORDER BY s.settled_at, s.settlement_id
        """,
        {"person": person_id},
    )
    return [
        LateVisit(
            person, settlement, visit, date.fromisoformat(day), name, pool, account, family,
            date.fromisoformat(died),
        )
        for person, settlement, visit, day, name, pool, account, family, died in rows
    ]  # fmt: skip
