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


def count_by_person(person: Ints, counts: Ints) -> None:
    """Add the visits of each person to `counts`."""
    for i in range(len(person)):
        counts[person[i]] += 1


def begin_stretches(counts: Ints, limits: Ints) -> None:
    """Where the visits of each person will stand once they are grouped.

    Args:
        counts: parts of the file x persons; becomes where the person's visits of each part begin.
        limits: one per person and one more; filled, so that a person's stretch runs from one to
            the next.
    """
    total = 0
    for who in range(len(limits) - 1):
        limits[who] = total
        for part in range(len(counts)):
            count = counts[part, who]
            counts[part, who] = total
            total += count
    limits[len(limits) - 1] = total


def group_by_person(
    person: Ints,
    time: Ints,
    status: Ints,
    tier: Ints,
    in_scope: Ints,
    first_row: int,
    starts: Ints,
    records: Ints,
    places: Ints,
) -> int:
    """Stable counting sort by person, of one part of the file.

    Args:
        first_row: of this part.
        starts: where each person's visits of this part begin; moved to their end.
        records: rows x 3, filled where these visits belong.
        places: room for a block of visits. Their records are touched before they are written,
            so that the processor fetches them side by side instead of one after another.

    Returns:
        nothing of use; but what was touched must be used, or the compiler would leave it out.
    """
    touched = 0
    for first in range(0, len(person), BLOCK):
        rows = min(BLOCK, len(person) - first)
        for k in range(rows):
            place = starts[person[first + k]]
            starts[person[first + k]] = place + 1
            places[k] = place
        for k in range(rows):
            touched ^= records[places[k], TIME]
        for k in range(rows):
            i, place = first + k, places[k]
            records[place, TIME] = time[i]
            records[place, IN_SCOPE] = in_scope[i]
            records[place, ROW] = (first_row + i) << _CELL_BITS | status[i] << _STATUS_BIT | tier[i]
    return touched


def sort_short_stretches(limits: Ints, records: Ints, left: Ints) -> int:
    """Stable insertion sort by time within each person's stretch of at most `LONG` visits.

    Longer stretches that are out of order are left as they are.

    Returns:
        how many were left; their persons stand at the beginning of `left`.
    """
    found = 0
    for who in range(len(limits) - 1):
        start, end = limits[who], limits[who + 1]
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
    return found


def unpack(
    limits: Ints,
    records: Ints,
    per_day: int,
    person: Ints,
    day: Ints,
    status: Ints,
    tier: Ints,
    in_scope: Ints,
    order: Ints,
) -> None:
    """Sorted records of some persons as the columns that the fold reads; `order` says from which
    row each came. The persons are numbered from 0 anew."""
    for who in range(len(limits) - 1):
        for i in range(limits[who], limits[who + 1]):
            visit = i - limits[0]
            cell = records[i, ROW]
            person[visit] = who
            day[visit] = records[i, TIME] // per_day
            status[visit] = cell >> _STATUS_BIT & 1
            tier[visit] = cell & _TIER_MASK
            in_scope[visit] = records[i, IN_SCOPE]
            order[visit] = cell >> _CELL_BITS


def put_back(order: Ints, deductible: Ints, pay: Ints, settled: Ints) -> None:
    """Results in the order of the file, rows x 2."""
    for i in range(len(order)):
        settled[order[i], 0] = deductible[i]
        settled[order[i], 1] = pay[i]
