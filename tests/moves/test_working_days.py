"""Working days as the State Council arranged them; unknown years are marked, never guessed."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.benefits.working_days import due_on, is_working_day, working_days_late

# Weekend days on which people worked, and working days on which they did not, as announced.
WORKED = ("2020-02-01", "2021-02-07", "2022-04-02", "2023-01-28", "2024-02-04", "2025-01-26")
WORKED += ("2020-06-28", "2021-10-09", "2022-10-08", "2023-10-07", "2024-10-12", "2025-10-11")
WORKED += ("2026-01-04", "2026-02-14", "2026-10-10")
OFF = ("2020-10-08", "2021-10-07", "2022-02-04", "2023-05-03", "2024-04-04", "2025-10-08")
OFF += ("2026-01-02", "2026-02-16", "2026-10-07")


@pytest.mark.parametrize("day", [day for day in WORKED if day != "2020-02-01"])
def test_a_moved_weekend_is_a_working_day(day: str) -> None:
    assert is_working_day(date.fromisoformat(day))
    assert date.fromisoformat(day).weekday() >= 5


@pytest.mark.parametrize("day", OFF)
def test_a_holiday_in_the_week_is_none(day: str) -> None:
    assert not is_working_day(date.fromisoformat(day))
    assert date.fromisoformat(day).weekday() < 5


def test_the_spring_festival_that_was_prolonged_in_2020_is_known() -> None:
    assert not is_working_day(date(2020, 1, 31))
    assert not is_working_day(date(2020, 2, 1))
    assert is_working_day(date(2020, 2, 3))


def test_ten_working_days_over_the_national_day_of_2025() -> None:
    """24 September; 25, 26, 28 (Sunday worked), 29, 30, then 9, 10, 11 (Saturday worked), 13, 14
    October."""
    assert due_on(date(2025, 9, 24), 10) == (date(2025, 10, 14), True)


def test_five_working_days_from_a_friday() -> None:
    assert due_on(date(2023, 3, 3), 5).day == date(2023, 3, 10)


def test_a_limit_that_ends_on_a_friday_is_one_day_late_on_monday() -> None:
    assert working_days_late(date(2023, 3, 10), date(2023, 3, 12)) == (0, True)
    assert working_days_late(date(2023, 3, 10), date(2023, 3, 13)) == (1, True)
    assert working_days_late(date(2023, 3, 10), date(2023, 3, 1)) == (0, True)


def test_a_year_without_an_arrangement_is_counted_by_weeks_and_marked() -> None:
    due = due_on(date(2049, 12, 24), 10)
    assert not due.confirmed
    assert due.day == date(2050, 1, 7)
    assert not working_days_late(date(2049, 12, 24), date(2049, 12, 31)).confirmed
