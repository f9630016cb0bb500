"""A question asked of many keys at once, so that it can be put alone or together with others.

Alone it is one statement over `json_each(:keys)` or `json_each(:texts)`. On PostgreSQL a desk puts
all of its questions in one statement (`storage.facts_at_once`); what the rows then become is said
here once for both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import Connection

T = TypeVar("T")


class Question(NamedTuple, Generic[T]):
    """A SELECT, and what its rows become. Days and instants come as text."""

    statement: str
    shape: Callable[[Iterable[Sequence[Any]]], T]


def ask(connection: Connection, question: Question[T], **marks: object) -> T:
    """The answer, by a statement of its own."""
    # All rows at once: of a file's people, one by one they took as long as the server over them.
    return question.shape(connection.exec_driver_sql(question.statement, marks).all())
