"""Claims by papers (手工报销): what was handed in, and what it may be a double of."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import Connection

from ledger.benefits.settlement import Settlement
from ledger.storage.database.bulk import insert_rows
from ledger.storage.visits.resettlements import STANDS


class ClaimRow(NamedTuple):
    """A row of `claim`."""

    person_id: int
    visit_id: str
    received_on: date
    place_name: str
    place_grade: str
    place_tier: int | None
    filed: bool
    bill_no: str
    papers: str


class Double(NamedTuple):
    """A settlement or claim that a claim repeats."""

    visit_id: str
    settlement_id: int
    settled_at: str
    place: str
    bill_no: str | None


def insert_claim(connection: Connection, row: ClaimRow) -> None:
    insert_rows(connection, "claim", " ".join(ClaimRow._fields), [row])


def claim_of(connection: Connection, person_id: int, visit_id: str) -> ClaimRow | None:
    row = connection.exec_driver_sql(
        f"SELECT {', '.join(ClaimRow._fields)} FROM claim WHERE person_id = ? AND visit_id = ?",
        (person_id, visit_id),
    ).first()
    if row is None:
        return None
    number, visit, received, name, grade, tier, filed, bill_no, papers = row
    return ClaimRow(
        number, visit, date.fromisoformat(received), name, grade, tier, bool(filed), bill_no, papers
    )


def place_of(connection: Connection, settlement: Settlement) -> str:
    """The institution that the claim of a settlement names; its refund stands for the same."""
    visit_id = connection.exec_driver_sql(
        "SELECT coalesce(original_visit_id, visit_id) FROM visit "
        "WHERE person_id = ? AND visit_id = ?",
        (settlement.person_id, settlement.visit_id),
    ).scalar()
    claim = claim_of(connection, settlement.person_id, str(visit_id))
    return "" if claim is None else claim.place_name


_SAME_BILL = f"""
    SELECT s.visit_id, s.settlement_id, s.settled_at, c.place_name, c.bill_no
    FROM claim AS c JOIN settlement AS s ON s.person_id = c.person_id AND s.visit_id = c.visit_id
    WHERE c.bill_no = :bill AND c.place_name = :place AND {STANDS} LIMIT 1
"""
_SAME_VISIT = f"""
    SELECT s.visit_id, s.settlement_id, s.settled_at, p.name, NULL
    FROM settlement AS s JOIN provider AS p ON p.provider_id = s.provider_id
    WHERE s.person_id = :person AND s.settled_at >= :day AND s.settled_at < :next
        AND (s.total_fen = :total OR s.visit_id = :bill) AND {STANDS} LIMIT 1
"""


def double_of(
    connection: Connection, person_id: int, claim: ClaimRow, day: date, total_fen: int
) -> Double | None:
    """What a claim repeats: the same bill of the same institution claimed before by anybody, or
    a visit of the same person and day that was settled directly, of the same total or under the
    bill's number. (Names of institutions are written in many ways, so they prove nothing.)
    What was given back is no double.
    """
    marks = {
        "person": person_id,
        "bill": claim.bill_no,
        "place": claim.place_name,
        "day": day.isoformat(),
        "next": (day + timedelta(days=1)).isoformat(),
        "total": total_fen,
    }
    for query in (_SAME_BILL, _SAME_VISIT):
        row = connection.exec_driver_sql(query, marks).first()
        if row is not None:
            return Double(*row)
    return None
