"""One command, one transaction, one key: the frame around every command that moves money."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ledger.services.context import Context
from ledger.storage.engine import LostRace
from ledger.storage.requests import answered_before, content_hash, remember
from ledger.storage.unit_of_work import UnitOfWork

TRIES = 20
"""How often a transaction that lost a race is tried again before the caller hears of it."""

Act = Callable[[UnitOfWork], dict[str, Any]]


def once(
    context: Context,
    person_id: int,
    request_id: str | None,
    content: object,
    act: Act,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Run `act` in a transaction; the same request id gives the first answer again.

    A refusal inside `act` rolls everything back and does not burn the id.

    Raises:
        RequestReused: the id was used for other content.
    """
    hashed = content_hash(content)
    for _ in range(TRIES):
        try:
            return _try(context, person_id, request_id, hashed, act, dry_run)
        except LostRace:
            continue
    return _try(context, person_id, request_id, hashed, act, dry_run)


def _try(
    context: Context,
    person_id: int,
    request_id: str | None,
    hashed: str,
    act: Act,
    dry_run: bool,
) -> dict[str, Any]:
    with context.writing() as work:
        if request_id is not None:
            answer = answered_before(work.connection, person_id, context.actor, request_id, hashed)
            if answer is not None:
                return answer
        answer = act(work)
        if request_id is not None:
            remember(work, person_id, request_id, hashed, answer)
        if not dry_run:
            work.commit()
    return answer
