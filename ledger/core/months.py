"""A month, a day and an instant are three types.

Contributions and credits are for a `Month`; visits and changes of status happen on a
`date`; rows are written at a UTC `datetime` that only storage sees. Spans are half open.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from ledger.core.errors import NotADay, NotAMonth

FAR = date(9999, 12, 31)
"""Stands for "no end" where a column or a comparison needs a day."""


@dataclass(frozen=True, order=True, slots=True)
class Month:
    """A calendar month (费款所属期, 会计月份)."""

    year: int
    month: int

    def __post_init__(self) -> None:
        if not (1900 <= self.year <= 9998 and 1 <= self.month <= 12):
            raise NotAMonth(f"没有 {self.year} 年 {self.month} 月这个月份")

    @classmethod
    def parse(cls, text: str) -> Month:
        """Read "2023-01" or "202301"."""
        match = re.fullmatch(r"(\d{4})-?(\d{2})", text)
        if match is None:
            raise NotAMonth(f"“{text}”不是月份；应写作 2023-01")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, day: date) -> Month:
        """The month a day lies in."""
        return cls(day.year, day.month)

    @classmethod
    @lru_cache(maxsize=4096)
    def from_number(cls, number: int) -> Month:
        """The inverse of `number`: 202301."""
        return cls(*divmod(number, 100))

    @property
    def number(self) -> int:
        """As tables keep it: 202301."""
        return self.year * 100 + self.month

    @property
    def first_day(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def last_day(self) -> date:
        return date(self.year, self.month, monthrange(self.year, self.month)[1])

    @property
    def span(self) -> DateSpan:
        return DateSpan(self.first_day, self.next().first_day)

    def next(self) -> Month:
        return Month(self.year + self.month // 12, self.month % 12 + 1)

    def previous(self) -> Month:
        return Month.of(self.first_day - timedelta(days=1))

    def plus(self, months: int) -> Month:
        """So many months later; earlier for a number below zero."""
        years, before = divmod(self.month - 1 + months, 12)
        return Month(self.year + years, before + 1)

    def through(self, last: Month) -> Iterator[Month]:
        """Every month from this one to `last`, both included."""
        month = self
        while month <= last:
            yield month
            month = month.next()

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"


@dataclass(frozen=True, slots=True)
class DateSpan:
    """Days from `start`, up to but without `until`. Files give last days; the ledger never does."""

    start: date
    until: date = FAR

    def __post_init__(self) -> None:
        if self.until <= self.start:
            raise NotADay(f"起始日 {self.start} 应早于终止日 {self.until}")

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.until

    def overlaps(self, other: DateSpan) -> bool:
        return self.start < other.until and other.start < self.until


def day_after(last_day: date | None) -> date:
    """The half-open end of a file's inclusive last day; no last day means no end."""
    return FAR if last_day is None or last_day >= FAR else last_day + timedelta(days=1)
