"""Idempotency of commands: one request id, one effect, the first answer for ever."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sqlalchemy import Connection

from ledger.core.errors import RequestReused
from ledger.storage.unit_of_work import UnitOfWork


def content_hash(content: object) -> str:
    """A stable hash of what a command says, whatever the order of its keys."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def answered_before(
    connection: Connection, person_id: int, actor: str, request_id: str, content: str
) -> dict[str, Any] | None:
    """The stored answer of the same request, or None when it is new.

    Raises:
        RequestReused: the same id with other content.
    """
    row = connection.exec_driver_sql(
        "SELECT content_hash, answer FROM request "
        "WHERE person_id = ? AND actor = ? AND request_id = ?",
        (person_id, actor, request_id),
    ).one_or_none()
    if row is None:
        return None
    if row[0] != content:
        raise RequestReused(request_id)
    answer: dict[str, Any] = json.loads(row[1])
    return answer


def remember(
    work: UnitOfWork, person_id: int, request_id: str, content: str, answer: dict[str, Any]
) -> None:
    """Keep the answer. A refused request never comes here, so it does not burn its id."""
    work.connection.exec_driver_sql(
        "INSERT INTO request (person_id, actor, request_id, content_hash, answer) "
        "VALUES (?, ?, ?, ?, ?)",
        (person_id, work.actor, request_id, content, json.dumps(answer, ensure_ascii=False)),
    )
