"""The order in which visits are settled: by person, then by time, ties as they came.

Written like the kernel, on ints and arrays of ints only, so that it can be compiled. Persons are
numbered from 0 without gaps, hence counting sorts them in two passes.

In a large file every jump to another place in memory costs more than the arithmetic of a visit.
So what belongs to a visit travels as one record of three numbers and jumps once: time, amount in
scope, and the row with status and tier in its lowest bits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.integer[Any]]

BLOCK = 256
LONG = 64
"""Visits of one person beyond which insertion is no longer the quickest way to sort them."""

TIME, IN_SCOPE, ROW = 0, 1, 2
_CELL_BITS = 3
_STATUS_BIT = 2
_TIER_MASK = 3


def in_order(person: Ints, time: Ints) -> bool:
    """Whether the visits are sorted by person and time already (persons in rising order)."""
    for i in range(1, len(person)):
        if person[i] < person[i - 1] or (person[i] == person[i - 1] and time[i] < time[i - 1]):
            return False
    return True


def group_by_person(
    person: Ints,
    time: Ints,
    status: Ints,
    tier: Ints,
    in_scope: Ints,
    ends: Ints,
    records: Ints,
    places: Ints,
) -> int:
    """Stable counting sort by person.

    Args:
        ends: zeros, one per person; filled with the end of each person's stretch of records.
        records: rows x 3, filled.
        places: room for a block of visits. Their records are touched before they are written,
            so that the processor fetches them side by side instead of one after another.

    Returns:
        nothing of use; but what was touched must be used, or the compiler would leave it out.
    """
    for i in range(len(person)):
        ends[person[i]] += 1
    total = 0
    for who in range(len(ends)):
        count = ends[who]
        ends[who] = total
        total += count
    touched = 0
    for first in range(0, len(person), BLOCK):
        rows = min(BLOCK, len(person) - first)
        for k in range(rows):
            place = ends[person[first + k]]
            ends[person[first + k]] = place + 1
            places[k] = place
        for k in range(rows):
            touched ^= records[places[k], TIME]
        for k in range(rows):
            i, place = first + k, places[k]
            records[place, TIME] = time[i]
            records[place, IN_SCOPE] = in_scope[i]
            records[place, ROW] = i << _CELL_BITS | status[i] << _STATUS_BIT | tier[i]
    return touched


def sort_short_stretches(ends: Ints, records: Ints, left: Ints) -> int:
    """Stable insertion sort by time within each person's stretch of at most `LONG` visits.

    Longer stretches that are out of order are left as they are.

    Returns:
        how many were left; their persons stand at the beginning of `left`.
    """
    found = 0
    start = 0
    for who in range(len(ends)):
        end = ends[who]
        for i in range(start + 1, end):
            at = records[i, TIME]
            if at >= records[i - 1, TIME]:
                continue
            if end - start > LONG:
                left[found] = who
                found += 1
                break
            in_scope, row = records[i, IN_SCOPE], records[i, ROW]
            place = i
            while place > start and records[place - 1, TIME] > at:
                records[place, TIME] = records[place - 1, TIME]
                records[place, IN_SCOPE] = records[place - 1, IN_SCOPE]
                records[place, ROW] = records[place - 1, ROW]
                place -= 1
            records[place, TIME], records[place, IN_SCOPE], records[place, ROW] = at, in_scope, row
        start = end
    return found


def unpack(
    ends: Ints,
    records: Ints,
    per_day: int,
    person: Ints,
    day: Ints,
    status: Ints,
    tier: Ints,
    in_scope: Ints,
    order: Ints,
) -> None:
    """Sorted records as the columns that the fold reads; `order` says where each came from."""
    start = 0
    for who in range(len(ends)):
        for i in range(start, ends[who]):
            cell = records[i, ROW]
            person[i] = who
            day[i] = records[i, TIME] // per_day
            status[i] = cell >> _STATUS_BIT & 1
            tier[i] = cell & _TIER_MASK
            in_scope[i] = records[i, IN_SCOPE]
            order[i] = cell >> _CELL_BITS
        start = ends[who]


def put_back(order: Ints, deductible: Ints, pay: Ints, settled: Ints) -> None:
    """Results in the order of the file, rows x 2."""
    for i in range(len(order)):
        settled[order[i], 0] = deductible[i]
        settled[order[i], 1] = pay[i]
