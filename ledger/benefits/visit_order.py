"""The order in which visits are settled: by person, then by time, ties as they came.

Written like the kernel, on ints and arrays of ints only, so that it can be compiled. Persons are
numbered from 0 without gaps, hence counting sorts them in two passes.
"""

from __future__ import annotations

from collections.abc import MutableSequence, Sequence

LONG = 64
"""Visits of one person beyond which insertion is no longer the quickest way to sort them."""


def in_order(person: Sequence[int], time: Sequence[int]) -> bool:
    """Whether the visits are sorted by person and time already (persons in rising order)."""
    for i in range(1, len(person)):
        if person[i] < person[i - 1] or (person[i] == person[i - 1] and time[i] < time[i - 1]):
            return False
    return True


def group_by_person(
    person: Sequence[int],
    time: Sequence[int],
    ends: MutableSequence[int],
    order: MutableSequence[int],
    grouped: MutableSequence[int],
) -> None:
    """Stable counting sort by person.

    Args:
        ends: zeros, one per person; filled with the end of each person's stretch.
        order: filled with the rows in their new order.
        grouped: filled with the times in their new order.
    """
    for i in range(len(person)):
        ends[person[i]] += 1
    total = 0
    for who in range(len(ends)):
        count = ends[who]
        ends[who] = total
        total += count
    for i in range(len(person)):
        place = ends[person[i]]
        order[place] = i
        grouped[place] = time[i]
        ends[person[i]] = place + 1


def sort_short_stretches(
    ends: Sequence[int],
    order: MutableSequence[int],
    grouped: MutableSequence[int],
    left: MutableSequence[int],
) -> int:
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
            if grouped[i] >= grouped[i - 1]:
                continue
            if end - start > LONG:
                left[found] = who
                found += 1
                break
            row, at = order[i], grouped[i]
            place = i
            while place > start and grouped[place - 1] > at:
                order[place], grouped[place] = order[place - 1], grouped[place - 1]
                place -= 1
            order[place], grouped[place] = row, at
        start = end
    return found
