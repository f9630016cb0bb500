"""The plain spellings of an amount and of a time, read from a column's bytes.

Ten million cells are too many for a function call each, so the common spellings are read here,
by code that is written on ints only and compiled. A cell that it does not know is left at
`UNREAD` and goes to `importers.amounts` or `importers.days`, which know them all: what a cell
means, and why it is refused, is decided there alone.
"""

from __future__ import annotations

from collections.abc import MutableSequence, Sequence

UNREAD = -(1 << 62)

_DIGIT_0, _DIGIT_9 = 48, 57
_SPACE, _DASH, _DOT, _SLASH, _COLON, _T = 32, 45, 46, 47, 58, 84


def read_amounts(data: Sequence[int], ends: Sequence[int], fen: MutableSequence[int]) -> None:
    """Yuan as `1234`, `1234.5`, `1234.50`, zeros behind; up to 13 digits before the point.

    Args:
        data: the bytes of all cells, one after another.
        ends: where each cell begins, and where the last one ends.
        fen: filled.
    """
    for i in range(len(fen)):
        fen[i] = one_amount(data, ends[i], ends[i + 1])


def one_amount(data: Sequence[int], start: int, end: int) -> int:
    """One amount in fen, or UNREAD."""
    value, at = digits(data, start, end)
    if at == start or at - start > 13:
        return UNREAD
    if at == end:
        return value * 100
    if data[at] != _DOT or at + 1 == end:
        return UNREAD
    cents, after = digits(data, at + 1, min(end, at + 3))
    if after == at + 2:
        cents *= 10
    while after < end and data[after] == _DIGIT_0:
        after += 1
    return value * 100 + cents if after == end else UNREAD


def read_times(data: Sequence[int], ends: Sequence[int], seconds: MutableSequence[int]) -> None:
    """Times as `2023-01-06 09:00:00`, `2023/1/6 9:00`, `20230106090000`, `2023.1.6`, with T.

    Args:
        data, ends: as for `read_amounts`.
        seconds: filled with seconds since 1970-01-01 00:00, local time.
    """
    for i in range(len(seconds)):
        seconds[i] = one_time(data, ends[i], ends[i + 1])


def one_time(data: Sequence[int], start: int, end: int) -> int:
    """One time in seconds, or UNREAD; a day alone is its midnight."""
    if end - start == 19 and data[start + 13] == _COLON and data[start + 16] == _COLON:
        seconds = usual_time(data, start)
        if seconds != UNREAD:
            return seconds
    number, at = digits(data, start, end)
    clock = 0
    if at - start == 14 and at == end:
        clock = clock_seconds(number // 10_000 % 100, number // 100 % 100, number % 100)
        number //= 1_000_000
    elif at - start == 4 and at < end and data[at] in (_DASH, _SLASH, _DOT):
        mark = data[at]
        month, second = digits(data, at + 1, end)
        if second == end or data[second] != mark or month > 12:
            return UNREAD
        day, at = digits(data, second + 1, end)
        number = number * 10_000 + month * 100 + day if day < 100 else 0
    elif at - start != 8:
        return UNREAD
    if at < end:
        if data[at] != _SPACE and data[at] != _T:
            return UNREAD
        clock = clock_at(data, at + 1, end)
    days = day_number(number // 10_000, number // 100 % 100, number % 100)
    return UNREAD if days == UNREAD or clock == UNREAD else days * 86_400 + clock


def usual_time(data: Sequence[int], at: int) -> int:
    """`2023-01-06 09:00:00`, the spelling of databases, by its places; or UNREAD."""
    between = data[at + 10]
    dashes = data[at + 4] == _DASH and data[at + 7] == _DASH
    century, year = two_digits(data, at), two_digits(data, at + 2)
    if not dashes or (between != _SPACE and between != _T) or century > 99 or year > 99:
        return UNREAD
    days = day_number(century * 100 + year, two_digits(data, at + 5), two_digits(data, at + 8))
    clock = clock_seconds(
        two_digits(data, at + 11), two_digits(data, at + 14), two_digits(data, at + 17)
    )
    return UNREAD if days == UNREAD or clock == UNREAD else days * 86_400 + clock


def two_digits(data: Sequence[int], at: int) -> int:
    """A number of two digits; 100 where there is something else."""
    tens, ones = data[at] - _DIGIT_0, data[at + 1] - _DIGIT_0
    # One question instead of four: the sign stays only if none of the four is negative.
    return tens * 10 + ones if tens | ones | 9 - tens | 9 - ones >= 0 else 100


def clock_at(data: Sequence[int], start: int, end: int) -> int:
    """`9:00` or `09:00:00` in seconds, or UNREAD."""
    hour, at = digits(data, start, end)
    if at == start or at >= end or data[at] != _COLON:
        return UNREAD
    minute, after = digits(data, at + 1, end)
    if after == at + 1 or after == end:
        return clock_seconds(hour, minute, 0) if after > at + 1 else UNREAD
    second, last = digits(data, after + 1, end)
    if data[after] != _COLON or last == after + 1 or last != end:
        return UNREAD
    return clock_seconds(hour, minute, second)


def clock_seconds(hour: int, minute: int, second: int) -> int:
    """Seconds since midnight, or UNREAD where there is no such time."""
    if hour > 23 or minute > 59 or second > 59:
        return UNREAD
    return hour * 3600 + minute * 60 + second


def day_number(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 in the Gregorian calendar, or UNREAD where there is no such day."""
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if year < 1900 or month < 1 or month > 12 or day < 1 or day > 31:
        return UNREAD
    if month == 2 and day > (29 if leap else 28):
        return UNREAD
    if day == 31 and month in (4, 6, 9, 11):
        return UNREAD
    # Years that begin in March put the leap day last, so that months have a regular length.
    from_march = (month + 9) % 12
    if month <= 2:
        year -= 1
    in_year = (153 * from_march + 2) // 5 + day - 1
    return year * 365 + year // 4 - year // 100 + year // 400 + in_year - 719_468


def digits(data: Sequence[int], start: int, end: int) -> tuple[int, int]:
    """The number that begins at `start`, and where it ends; at most 18 digits."""
    value = 0
    at = start
    while at < end and at - start < 18 and _DIGIT_0 <= data[at] <= _DIGIT_9:
        value = value * 10 + (data[at] - _DIGIT_0)
        at += 1
    return value, at
