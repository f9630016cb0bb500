"""Links of mutual aid."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection

from ledger.core.people import FamilyRecord
from ledger.storage.database.bulk import Row, insert_rows, keys
from ledger.storage.database.questions import Question, ask

_COLUMNS = (
    "user_id link_id holder_id relation valid_from valid_until position quota_fen used_fen "
    "revoked_on"
)


class Link(NamedTuple):
    """A row of `family_link`, in the order of its columns above."""

    user_id: int
    link_id: int
    holder_id: int
    relation: str
    valid_from: date
    valid_until: date
    position: int
    quota_fen: int | None
    used_fen: int
    revoked_on: date | None = None

    def covers(self, day: date) -> bool:
        return self.valid_from <= day < self.valid_until

    def overlaps(self, record: FamilyRecord) -> bool:
        return self.valid_from < record.valid_until and record.valid_from < self.valid_until

    def says(self, record: FamilyRecord) -> bool:
        """Is it the link that the row describes? One that was revoked early still is."""
        revoked_early = self.revoked_on is not None and self.valid_until < record.valid_until
        return (
            self.relation == record.relation.value
            and self.valid_from == record.valid_from
            and (self.valid_until == record.valid_until or revoked_early)
            and self.quota_fen == record.quota_fen
        )


def links_of(connection: Connection, users: Iterable[int]) -> dict[int, list[Link]]:
    """Links of each user, in the order in which the holders pay."""
    return ask(connection, LINKS, keys=keys(users))


def _links(rows: Iterable[Row]) -> dict[int, list[Link]]:
    result: dict[int, list[Link]] = defaultdict(list)
    for row in rows:
        result[row[0]].append(_link(tuple(row)))
    return result


LINKS = Question(
    f"SELECT {', '.join(f'l.{name}' for name in _COLUMNS.split())} "
    "FROM json_each(:keys) AS w "
    "CROSS JOIN family_link AS l ON l.user_id = w.value "
    "ORDER BY l.user_id, l.position, l.link_id",
    _links,
)


def links_with(connection: Connection, person_id: int) -> list[Link]:
    """Links in which a person is the holder or the user."""
    rows = connection.exec_driver_sql(
        f"SELECT {', '.join(_COLUMNS.split())} FROM family_link "
        "WHERE user_id = :person OR holder_id = :person ORDER BY valid_from, link_id",
        {"person": person_id},
    )
    return [_link(tuple(row)) for row in rows]


def _link(row: tuple[Any, ...]) -> Link:
    values = list(row)
    values[4] = date.fromisoformat(row[4])
    values[5] = date.fromisoformat(row[5])
    values[9] = None if row[9] is None else date.fromisoformat(row[9])
    return Link(*values)


def next_link_id(connection: Connection) -> int:
    highest = connection.exec_driver_sql("SELECT max(link_id) FROM family_link").scalar()
    return (highest or 0) + 1


def insert_links(connection: Connection, links: Sequence[Link]) -> None:
    insert_rows(connection, "family_link", _COLUMNS, links)


def end_link(connection: Connection, link: Link, until: date, revoked_on: date) -> None:
    connection.exec_driver_sql(
        "UPDATE family_link SET valid_until = ?, revoked_on = ? WHERE user_id = ? AND link_id = ?",
        (until, revoked_on, link.user_id, link.link_id),
    )


def end_links_with(connection: Connection, person_id: int, until: date, on: date) -> list[Link]:
    """End every link of a person that still runs on `until`, as holder and as user; returns
    them as they were. One that had not begun never will."""
    running = [link for link in links_with(connection, person_id) if link.valid_until > until]
    for link in running:
        end_link(connection, link, max(until, link.valid_from), on)
    return running


def put_link_back(
    connection: Connection,
    user_id: int,
    link_id: int,
    valid_until: date,
    revoked_on: date | None,
    quota_fen: int | None,
) -> None:
    """A link that was ended by mistake runs again."""
    connection.exec_driver_sql(
        "UPDATE family_link SET valid_until = ?, revoked_on = ?, quota_fen = ? "
        "WHERE user_id = ? AND link_id = ?",
        (valid_until, revoked_on, quota_fen, user_id, link_id),
    )
