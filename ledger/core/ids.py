"""Ids as types, and the time-ordered entry id.

An entry id is 63 bits: 41 of milliseconds since 2020 (the recorded instant, so that "as known
on" is a range of the key), 10 of the process that wrote it, 12 of a counter. Tables keep it as
a whole number; JSON shows it as text, since it does not fit a double.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import NewType

PersonId = NewType("PersonId", int)
"""The ledger's own number of a person; 0 stands for a run or a flow of the fund."""

EntryId = NewType("EntryId", int)
ProviderId = NewType("ProviderId", int)
EmployerId = NewType("EmployerId", int)

NOBODY = PersonId(0)

_EPOCH_MS = int(datetime(2020, 1, 1, tzinfo=UTC).timestamp()) * 1000
_COUNTER_BITS = 12
_NODE_BITS = 10
NODES = 1 << _NODE_BITS
"""How many may write at the same time."""


def _millis(instant: datetime) -> int:
    delta = instant - datetime(2020, 1, 1, tzinfo=UTC)
    return delta.days * 86_400_000 + delta.seconds * 1000 + delta.microseconds // 1000


def recorded_at(entry_id: int) -> datetime:
    """The instant in an id's upper bits, to the millisecond, UTC."""
    millis = entry_id >> (_COUNTER_BITS + _NODE_BITS)
    return datetime.fromtimestamp((millis + _EPOCH_MS) / 1000, tz=UTC)


def first_id_after(instant: datetime) -> int:
    """The smallest id of a later millisecond: what was known at `instant` (UTC, with its zone)
    has an id below it."""
    return (_millis(instant) + 1) << (_COUNTER_BITS + _NODE_BITS)


def first_id_of(year: int) -> int:
    """The smallest id that is recorded in a year (UTC)."""
    return _millis(datetime(year, 1, 1, tzinfo=UTC)) << (_COUNTER_BITS + _NODE_BITS)


class EntryIds:
    """Hands out ids that rise strictly, also when the clock stands still or runs back."""

    def __init__(self, now: Callable[[], datetime], node: int | None = None) -> None:
        self._now = now
        self._node = secrets.randbelow(NODES) if node is None else node
        self._millis = 0
        self._counter = 0

    def at(self, node: int) -> EntryIds:
        """Ids by the same clock, made by another node."""
        return EntryIds(self._now, node)

    def year(self) -> int:
        """In which an id made now is recorded (UTC)."""
        return self._now().astimezone(UTC).year

    def run(self) -> Iterator[EntryId]:
        """Ids for what is recorded at one instant: the clock is looked at once."""
        yield self.next()
        while True:
            yield self._after(self._millis)

    def next(self) -> EntryId:
        return self._after(_millis(self._now()))

    def _after(self, millis: int) -> EntryId:
        if millis > self._millis:
            self._millis, self._counter = millis, 0
        else:
            self._counter += 1
            if self._counter >> _COUNTER_BITS:
                self._millis, self._counter = self._millis + 1, 0
        return EntryId(
            (((self._millis << _NODE_BITS) | self._node) << _COUNTER_BITS) | self._counter
        )
