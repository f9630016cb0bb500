"""The table of contributions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection

from ledger.storage.database.bulk import insert_rows, keys


class ContributionRow(NamedTuple):
    """A row of `contribution`, in the order of its columns below."""

    person_id: int
    month: int
    content_hash: str
    employer_id: int | None
    kind: str
    base_fen: int
    employer_fen: int
    personal_fen: int
    account_fen: int
    arrived_on: date
    county: str
    entry_id: int


def keys_of(connection: Connection, months: Iterable[tuple[int, int]]) -> set[tuple[int, int, str]]:
    """(person, month, content hash) of what is there already for these (person, month)."""
    rows = connection.exec_driver_sql(
        "SELECT c.person_id, c.month, c.content_hash FROM json_each(:pairs) AS w "
        "CROSS JOIN contribution AS c ON c.person_id = CAST(w.value ->> 0 AS BIGINT) "
        "AND c.month = CAST(w.value ->> 1 AS BIGINT)",
        {"pairs": keys(months)},
    )
    return {(person_id, month, content) for person_id, month, content in rows}


def insert(connection: Connection, rows: Sequence[ContributionRow]) -> None:
    insert_rows(connection, "contribution", " ".join(ContributionRow._fields), rows)
