"""Visits that arrive in the same few milliseconds share a transaction (group commit).

Whoever comes while nothing is under way settles at once, alone. Whoever comes while a group is
under way waits for it and then goes with all others that came meanwhile: the busier the desks,
the more of them share what a transaction costs. Nobody waits for company, and a group waits for
nobody: whose people are held by others (by a file that settles them, say) is left out of it, and
then settles alone and waits alone.
"""

from __future__ import annotations

from collections import deque
from threading import Lock
from typing import Any

from ledger.core.errors import GongjiError
from ledger.services.context import Context
from ledger.services.visits.settle_together import BUSY, Command, Verdict, settle_together

MOST = 64
"""Visits in one transaction: the people of all of them are locked until it ends."""

LANES = 2
"""Groups under way at once: while the database writes one, the next is being decided."""


class _Waiting:
    """One command, and the thread that waits for its verdict."""

    __slots__ = ("_bell", "command", "failure", "verdict")

    def __init__(self, command: Command) -> None:
        self.command = command
        self.verdict: Verdict | None = None
        self.failure: Exception | None = None
        self._bell = Lock()
        self._bell.acquire()

    def wait(self) -> None:
        self._bell.acquire()

    def wake(self) -> None:
        self._bell.release()

    @property
    def settled(self) -> bool:
        return self.verdict is not None or self.failure is not None

    @property
    def stands_back(self) -> bool:
        """Would its group have had to wait for people whom others hold?"""
        said = None if self.verdict is None else self.verdict.said
        return isinstance(said, GongjiError) and said.code == BUSY

    def answer(self) -> dict[str, Any]:
        """Raises: why it was refused, or what went wrong."""
        if self.failure is not None:
            raise self.failure
        assert self.verdict is not None
        return self.verdict.answer()


class SharedCommit:
    """The desk at which all threads of a process settle their visits."""

    def __init__(self, context: Context, most: int = MOST, lanes: int = LANES) -> None:
        self._context, self._most, self._free = context, most, lanes
        self._patient = context.engine.dialect.name != "postgresql"
        self._door = Lock()
        self._coming: deque[_Waiting] = deque()

    def settle(self, command: Command) -> dict[str, Any]:
        """Settle one visit (no refund) together with whoever else is waiting.

        Raises:
            What `settle_visit.settle` raises.
        """
        mine = _Waiting(command)
        with self._door:
            leads = self._free > 0
            if leads:
                self._free -= 1
            else:
                self._coming.append(mine)
        if not leads:
            mine.wait()  # Until there is a verdict, or it is this thread's turn to lead.
        if not mine.settled:
            self._lead(mine)
        if mine.stands_back:
            return settle_together(self._context, [mine.command])[0].answer()
        return mine.answer()

    def _lead(self, mine: _Waiting) -> None:
        """Settle this one with those who wait, tell them, and let the next one lead."""
        with self._door:
            company = min(self._most - 1, len(self._coming))
            group = [mine, *(self._coming.popleft() for _ in range(company))]
        try:
            self._decide(group)
        finally:
            with self._door:
                following = self._coming.popleft() if self._coming else None
                self._free += following is None
            for waiting in (*group[1:], *((following,) if following else ())):
                waiting.wake()

    def _decide(self, group: list[_Waiting]) -> None:
        try:
            commands = [waiting.command for waiting in group]
            verdicts = settle_together(self._context, commands, patient=self._patient)
        except Exception as failure:
            if len(group) == 1:
                group[0].failure = failure
                return
            for waiting in group:  # What is wrong with one of them is nothing to the others.
                self._decide([waiting])
            return
        for waiting, verdict in zip(group, verdicts, strict=True):
            waiting.verdict = verdict
