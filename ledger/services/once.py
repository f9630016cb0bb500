"""One command, one transaction, one key: the frame around every command that moves money."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ledger.core.ids import NOBODY
from ledger.services.carry_out import carry_out
from ledger.services.context import Context
from ledger.storage.database.turns import Turn, lock_people
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.requests import answered_before, content_hash, remember

Act = Callable[[UnitOfWork], dict[str, Any]]


def once(
    context: Context,
    person_id: int,
    request_id: str | None,
    content: object,
    act: Act,
    dry_run: bool = False,
    turn: Turn = Turn.COMMAND,
) -> dict[str, Any]:
    """Run `act` in a transaction; the same request id gives the first answer again.

    A refusal inside `act` rolls everything back and does not burn the id.

    Args:
        person_id: whom the command is about; `NOBODY` for a run or a flow of the fund.
        turn: how it stands to other transactions. Settling locks its people itself.

    Raises:
        RequestReused: the id was used for other content.
    """
    hashed = content_hash(content)

    def act_once(work: UnitOfWork) -> dict[str, Any]:
        if turn is Turn.COMMAND and person_id != NOBODY:
            lock_people(work.connection, [person_id])
        if request_id is None:
            return act(work)
        answer = answered_before(work.connection, person_id, context.actor, request_id, hashed)
        if answer is None:
            answer = act(work)
            remember(work, person_id, request_id, hashed, answer)
        return answer

    return carry_out(context, act_once, dry_run, turn)
