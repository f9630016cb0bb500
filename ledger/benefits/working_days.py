"""Working days (工作日): days off and moved weekends as the State Council arranged them.

The arrangement of a year is made known in the autumn before. A year that the calendar does not
know is counted by plain weeks and the result says that it is unconfirmed: never silently wrong.

Source: 医保办发〔2021〕43号 counts the steps of a transfer in working days.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

import chinese_calendar

_SATURDAY = 5


class Counted(NamedTuple):
    """A day, or a number of days, and whether the calendar knew every year on the way."""

    value: int
    confirmed: bool


class Due(NamedTuple):
    day: date
    confirmed: bool
    """False: some day on the way lies in a year whose days off are not known yet."""


@lru_cache(maxsize=8192)
def _is_working(day: date) -> tuple[bool, bool]:
    """(is it a working day, does the calendar know its year)."""
    try:
        return bool(chinese_calendar.is_workday(day)), True
    except NotImplementedError:
        return day.weekday() < _SATURDAY, False


def is_working_day(day: date) -> bool:
    """By plain weeks in a year that the calendar does not know."""
    return _is_working(day)[0]


def due_on(start: date, working_days: int) -> Due:
    """The last day of a limit of `working_days` that begins the day after `start`."""
    day, left, confirmed = start, working_days, True
    while left > 0:
        day += timedelta(days=1)
        working, known = _is_working(day)
        confirmed = confirmed and known
        left -= working
    return Due(day, confirmed)


def working_days_late(due: date, until: date) -> Counted:
    """Working days after `due` up to and with `until`; zero when `until` is not later."""
    late, confirmed, day = 0, True, due
    while day < until:
        day += timedelta(days=1)
        working, known = _is_working(day)
        confirmed = confirmed and known
        late += working
    return Counted(late, confirmed)
