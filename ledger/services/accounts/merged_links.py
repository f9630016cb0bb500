"""Links of mutual aid when two numbers of a person are put together or taken apart.

A link's rows and what was drawn by it stay where they are: the old link ends, and one like it,
with what is left of its quota, begins under the other number.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection

from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.roster import family
from ledger.storage.roster.family import Link


def links_go_over(work: UnitOfWork, merged: int, kept: int, on: date) -> list[dict[str, Any]]:
    """End what runs under `merged` and begin it under `kept`; what is needed to undo it.

    A link that the kept number has itself, or that would join the person with itself, has no
    successor.
    """
    connection = work.connection
    known = family.links_with(connection, kept)
    moved = []
    for link in family.end_links_with(connection, merged, on, on):
        successor = _successor(connection, link, merged, kept, on)
        taken = any(
            (other.user_id, other.holder_id) == (successor.user_id, successor.holder_id)
            and other.valid_from < successor.valid_until
            and successor.valid_from < other.valid_until
            for other in known
        )
        nothing_left = successor.quota_fen is not None and successor.quota_fen <= 0
        joins_itself = successor.user_id == successor.holder_id
        new_id = None
        if not (taken or nothing_left or joins_itself):
            family.insert_links(connection, [successor])
            new_id = successor.link_id
        moved.append(_memory(link, successor, new_id))
    return moved


def _successor(connection: Connection, link: Link, merged: int, kept: int, on: date) -> Link:
    return link._replace(
        user_id=kept if link.user_id == merged else link.user_id,
        holder_id=kept if link.holder_id == merged else link.holder_id,
        link_id=family.next_link_id(connection),
        valid_from=max(link.valid_from, on),
        quota_fen=None if link.quota_fen is None else link.quota_fen - link.used_fen,
        used_fen=0,
        revoked_on=None,
    )


def _memory(link: Link, successor: Link, new_id: int | None) -> dict[str, Any]:
    return {
        "user": link.user_id,
        "link": link.link_id,
        "until": link.valid_until.isoformat(),
        "revoked_on": link.revoked_on.isoformat() if link.revoked_on else None,
        "quota": link.quota_fen,
        "new_user": successor.user_id,
        "new_link": new_id,
    }


def links_come_back(work: UnitOfWork, moved: list[dict[str, Any]], on: date) -> None:
    """The old links run again, less what their successors were used for or cut short."""
    for memory in moved:
        until, quota = date.fromisoformat(memory["until"]), memory["quota"]
        revoked = memory["revoked_on"] and date.fromisoformat(memory["revoked_on"])
        if memory["new_link"] is not None:
            links = family.links_of(work.connection, [memory["new_user"]])[memory["new_user"]]
            new = next(link for link in links if link.link_id == memory["new_link"])
            if new.valid_until < until:
                until, revoked = new.valid_until, new.revoked_on
            else:
                family.end_link(work.connection, new, max(on, new.valid_from), on)
            quota = None if quota is None else quota - new.used_fen
        family.put_link_back(work.connection, memory["user"], memory["link"], until, revoked, quota)
