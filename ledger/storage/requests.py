"""Idempotency of commands: one request id, one effect, the first answer for ever."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection

from ledger.core.errors import RequestReused
from ledger.storage.database.bulk import insert_rows
from ledger.storage.database.unit_of_work import UnitOfWork


class GivenRequest(NamedTuple):
    """The key of a request: two hospitals may choose the same id."""

    person_id: int
    actor: str
    request_id: str


class KnownAnswer(NamedTuple):
    """What a request said, as its hash, and what it was answered, as JSON."""

    content_hash: str
    answer: str

    def again(self, request_id: str, content: str) -> dict[str, Any]:
        """The same answer once more.

        Raises:
            RequestReused: it was asked with other content.
        """
        if self.content_hash != content:
            raise RequestReused(request_id)
        answer: dict[str, Any] = json.loads(self.answer)
        return answer


_IN_ORDER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, default=str)
_AS_BUILT = json.JSONEncoder(ensure_ascii=False)


def answer_text(answer: Mapping[str, Any]) -> str:
    """An answer as it is kept."""
    return _AS_BUILT.encode(answer)


def content_hash(content: object) -> str:
    """A stable hash of what a command says, whatever the order of its keys."""
    text = _IN_ORDER.encode(content)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def answered_before(
    connection: Connection, person_id: int, actor: str, request_id: str, content: str
) -> dict[str, Any] | None:
    """The stored answer of the same request, or None when it is new.

    Raises:
        RequestReused: the same id with other content.
    """
    known = known_answer(connection, GivenRequest(person_id, actor, request_id))
    return None if known is None else known.again(request_id, content)


def known_answer(connection: Connection, given: GivenRequest) -> KnownAnswer | None:
    row = connection.exec_driver_sql(
        "SELECT content_hash, answer FROM request "
        "WHERE person_id = ? AND actor = ? AND request_id = ?",
        tuple(given),
    ).one_or_none()
    return None if row is None else KnownAnswer(*row)


def remember(
    work: UnitOfWork, person_id: int, request_id: str, content: str, answer: dict[str, Any]
) -> None:
    """Keep the answer. A refused request never comes here, so it does not burn its id."""
    given = GivenRequest(person_id, work.actor, request_id)
    remember_all(work.connection, {given: KnownAnswer(content, answer_text(answer))})


def remember_all(connection: Connection, answers: Mapping[GivenRequest, KnownAnswer]) -> None:
    """Keep the answers of several requests."""
    insert_rows(
        connection,
        "request",
        "person_id actor request_id content_hash answer",
        [(*given, *answer) for given, answer in answers.items()],
    )
