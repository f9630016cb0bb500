"""What a window asks most, in one question: whose number it is, what the person is insured as,
and how the account stands now."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection

from ledger.storage.database.kept_plans import ask_again
from ledger.storage.roster.people import CERTNO, PSN_NO
from ledger.storage.visits.settlements import OUTPATIENT


class AccountFound(NamedTuple):
    """A person and the account, fen; `status` is "none" for a person who never had one."""

    person_id: int
    psn_no: str | None
    certno: str
    name: str
    insured_as: str | None
    """`Status`; None, like the two below, on a day without insurance."""
    psn_type: str | None
    plan: str | None
    status: str
    held_fen: int
    owed_fen: int
    deductible_fen: int
    """Used of the year, as is the next."""
    pool_fen: int
    years: dict[int, int]
    """Year of the money -> what is left of it."""

    @property
    def balance_fen(self) -> int:
        return sum(self.years.values())


# A row for each year of the money, one where there is none. Every table is entered by its key,
# and of spans no two cover a day. What is kept of totals is read, never a transfer.
_NOW = f"""
    SELECT p.person_id, p.psn_no, p.certno, p.name, s.status, s.psn_type, s.plan,
        coalesce(a.status, 'none'), coalesce(a.held_fen, 0),
        coalesce(d.owed_fen - d.settled_fen, 0),
        coalesce(u.deductible_fen, 0), coalesce(u.paid_fen, 0),
        y.year, y.credited_fen - y.debited_fen
    FROM (
        SELECT i.person_id FROM person_identity AS i
        WHERE i.kind IN ('{PSN_NO}', '{CERTNO}') AND i.number = :number
        ORDER BY i.kind DESC LIMIT 1) AS named
    CROSS JOIN person AS p ON p.person_id = named.person_id
    LEFT JOIN person_span AS s
        ON s.person_id = p.person_id AND s.valid_from <= :on AND s.valid_until > :on
    LEFT JOIN personal_account AS a ON a.person_id = p.person_id
    LEFT JOIN debtor AS d ON d.person_id = p.person_id
    LEFT JOIN accumulator AS u
        ON u.person_id = p.person_id AND u.year = :year AND u.benefit = '{OUTPATIENT}'
    LEFT JOIN account_year AS y ON y.person_id = p.person_id
    ORDER BY y.year
"""


def account_now(connection: Connection, number: str, on: date) -> AccountFound | None:
    """The account of whoever has this person number or identity number, if anybody has.

    Args:
        on: which day's insurance, and which year's deductible and limit.
    """
    rows = ask_again(connection, _NOW, {"number": number, "on": on, "year": on.year})
    if not rows:
        return None
    years = {year: left for *_same, year, left in rows if year is not None}
    return AccountFound._make((*rows[0][:-2], years))
