"""The frame around everything that writes: one transaction, and from its beginning again where
another one won the race.

How it stands to the others is its turn, see `storage.turns`.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from ledger.services.context import Context
from ledger.storage.database.busy import LostRace
from ledger.storage.database.turns import Turn
from ledger.storage.database.unit_of_work import UnitOfWork

TRIES = 20
"""How often a transaction that lost a race is tried again before the caller hears of it."""

LONGEST_PAUSE = 0.25
"""Seconds between two tries, at most: several that lost together do not come back together."""

T = TypeVar("T")


def carry_out(
    context: Context,
    act: Callable[[UnitOfWork], T],
    dry_run: bool = False,
    turn: Turn = Turn.COMMAND,
) -> T:
    """Carry `act` out and commit it. It may be called several times, each time on new books.

    Args:
        dry_run: do everything, then roll it back: the answer is the real one.
        turn: how it stands to other transactions.

    Raises:
        What `act` raises; nothing is written then.
        Refused: `database/busy`.
    """

    def attempt() -> T:
        with context.writing(turn) as work:
            answer = act(work)
            if not dry_run:
                work.commit()
        return answer

    return until_won(attempt)


def until_won(attempt: Callable[[], T]) -> T:
    """What an attempt at a transaction gives, the first that no other one got in the way of.

    Raises:
        LostRace: it lost every time.
    """
    for number in range(TRIES):
        try:
            return attempt()
        except LostRace:
            time.sleep(random.uniform(0, min(0.001 * 2**number, LONGEST_PAUSE)))
    return attempt()
