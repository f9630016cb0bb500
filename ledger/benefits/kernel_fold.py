"""The fold over visits whose rules count in other windows than the year as well.

Like `kernel.fold_visits`, which it equals where the rules have no shapes; apart from it, so that
the fold of a plain pack carries nothing of this. The windows that one person's year knows stand
in a small table, looked through from its end: a person has few institutions and diseases.

What it does not know are inpatient stays: there is no column of them, and every visit counts as
one of its own.
"""

from __future__ import annotations

from collections.abc import MutableSequence, Sequence

from ledger.benefits.kernel import (
    DEDUCTIBLE_WINDOW,
    DISEASE_WINDOW,
    HOSPITAL_YEAR,
    MONTH,
    PERIOD,
    QUARTER,
    TIER_YEAR,
    add_to_year,
    settle_visit,
)

SLOTS_PER_VISIT = 3
"""A visit opens at most so many windows: of the deductible, of a period, of a disease."""
_KINDS = 1 << 40


def window_number(kind: int, month: int, tier: int, place: int) -> int:
    """A window of a person's year as one number; -1 for the year itself and for what has none.

    Args:
        kind: `policy.shapes.Window`.
        month: 0 for January.
    """
    if kind == QUARTER:
        return QUARTER * _KINDS + month // 3
    if kind == MONTH:
        return MONTH * _KINDS + month
    if kind == HOSPITAL_YEAR:
        return HOSPITAL_YEAR * _KINDS + place
    if kind == TIER_YEAR:
        return TIER_YEAR * _KINDS + tier
    return -1


def place_of(keys: MutableSequence[int], used: int, number: int) -> int:
    """Where a window stands in the table; `used` where it does not stand yet."""
    for slot in range(used - 1, -1, -1):
        if keys[slot] == number:
            return slot
    return used


def fold_shaped_visits(
    person: Sequence[int],
    day: Sequence[int],
    status: Sequence[int],
    tier: Sequence[int],
    in_scope: Sequence[int],
    place: Sequence[int],
    variant: Sequence[int],
    disease: Sequence[int],
    first_day: int,
    period_of_day: Sequence[int],
    year_of_period: Sequence[int],
    month_of_day: Sequence[int],
    rules_of_period: Sequence[Sequence[int]],
    keys: MutableSequence[int],
    slots: MutableSequence[MutableSequence[int]],
    deductible: MutableSequence[int],
    pay: MutableSequence[int],
) -> None:
    """Settle visits sorted by person, then time; fill `deductible` and `pay` (fen).

    Args:
        person, day, status, tier, in_scope, first_day, period_of_day, year_of_period,
        rules_of_period: as `kernel.fold_visits` takes them; every row of rules with the places
            of the shapes.
        place: of each visit's institution, any number from 0.
        variant: of the ratio, `kernel_rules.variant_of`.
        disease: place in the table of diseases.
        month_of_day: 0 for January, by day as `period_of_day`.
        keys, slots: room for the windows of one person's year, `SLOTS_PER_VISIT` for each of the
            most visits that a person has and one more; rows of three.
        deductible, pay: filled, as long as the visits.
    """
    who = period = current_year = its_year = -1
    rules = rules_of_period[0]
    year = (0, 0, 0, 0, 0)
    used = turns = 0
    for i in range(len(in_scope)):
        if period_of_day[day[i] - first_day] != period:
            period = period_of_day[day[i] - first_day]
            rules = rules_of_period[period]
            its_year = year_of_period[period]
        if person[i] != who or its_year != current_year:
            who = person[i]
            current_year = its_year
            year = (0, 0, 0, 0, 0)
            used = turns = 0
        month = month_of_day[day[i] - first_day]
        windows = (
            window_number(rules[DEDUCTIBLE_WINDOW], month, tier[i], place[i]),
            window_number(rules[PERIOD], month, tier[i], place[i]),
            DISEASE_WINDOW * _KINDS + disease[i],
        )
        counted, during, of_disease = (
            place_of(keys, used, windows[0]),
            place_of(keys, used, windows[1]),
            place_of(keys, used, windows[2]),
        )
        met = (
            slots[counted][0] if counted < used else 0,
            turns,
            0,
            0,
            slots[during][1] if during < used else 0,
            slots[during][2] if during < used else 0,
            slots[of_disease][1] if of_disease < used else 0,
            slots[of_disease][2] if of_disease < used else 0,
            year[3],
            variant[i],
            disease[i],
        )
        amounts = settle_visit(rules, year, met, status[i], tier[i], in_scope[i])
        year = add_to_year(year, amounts)
        deductible[i] = amounts[0]
        pay[i] = amounts[7]
        if amounts[0] + amounts[1] == 0:
            continue
        turns += 1
        # The month of the deductible and the month of a limit are one window.
        for role in range(3):
            number = windows[role]
            slot = place_of(keys, used, number)
            if number < 0 or (role == 1 and number == windows[0]):
                continue
            if slot == used:
                keys[slot] = number
                slots[slot][0] = slots[slot][1] = slots[slot][2] = 0
                used += 1
            slots[slot][0] += amounts[0]
            slots[slot][1] += amounts[2]
            slots[slot][2] += amounts[7]
