"""Months, days and settlement times in the spellings that files use."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal

from importers.cells import Cell, Fault, number_text, shown, visible, without_spaces
from importers.plain_columns import plainly
from ledger.core.errors import NotAMonth
from ledger.core.months import FAR, Month

_SHANGHAI = timezone(timedelta(hours=8))
_EXCEL_EPOCH = datetime(1899, 12, 30)
_SERIAL = re.compile(r"[1-9]\d{4}(?:\.\d+)?", re.ASCII)
"""Five digits in a column of days: Excel's day numbers of 1927 to 2173, shown bare."""

_DAY = (
    r"(?:(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*[日号]?"
    r"|(\d{4})([-/.])(\d{1,2})\5(\d{1,2})|(\d{4})(\d\d)(\d\d))"
)
_TIME = (
    r"(?:(\d{1,2})[:时](\d{1,2})(?:[:分](\d{1,2})(?:\.\d+)?)?[秒分]?\s*(Z|[+-]\d\d:?\d\d)?"
    r"|(\d\d)(\d\d)(\d\d)?)"
)
_COMPACT = r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(?:(\d\d)(?:\d{3})?)?"
_INSTANT = re.compile(rf"{_DAY}(?:(?:[T\s]+|(?<=[日号]))(?:{_TIME}))?|{_COMPACT}", re.ASCII)
_HALF_DAY = re.compile(
    r"(?P<day>.*\d\D?)\s*(?:(?P<said>上午|下午)\s*(?P<clock>\d{1,2}[:时].*)"
    r"|\s(?P<clock_en>\d{1,2}:[\d:]*\d)\s*(?P<said_en>[AaPp][Mm]))",
    re.ASCII,
)
"""How Windows writes a time without being asked: 2023/1/5 下午 3:04, 2023/1/5 3:04 PM."""
_MONTH = re.compile(r"(\d{4})(?:\s*年\s*(\d{1,2})\s*月?份?|[-/.](\d{1,2})|(\d\d))", re.ASCII)
_PERIOD = re.compile(r"(.{6,}?)\s*(?:至|到|~|—+)\s*(.{6,})|(\d{6,8})-(\d{6,8})")
"""First and last day, or month, of a period."""
_ENGLISH_MONTH = re.compile(r"([A-Z][a-z]{2})-(\d\d|\d{4})", re.ASCII)
_ENGLISH = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_ENDLESS = frozenset({"长期", "永久", "至今", "长期有效", "永久有效", "无期限", "不限"})


def month(cell: Cell) -> Month | Fault:
    """A month: 202301, 2023-01, 2023/1, 2023.01, 2023年1月, any day of it, or a period within it
    (2023-01-01至2023-01-31)."""
    if isinstance(cell, date):
        return _checked_month(cell.year, cell.month, cell)
    if isinstance(cell, float) and cell != int(cell):
        return _month_from_fraction(cell)
    text = _plain(cell)
    if _SERIAL.fullmatch(text):
        return month(_from_serial(text))
    if match := _MONTH.fullmatch(text):
        year, *rest = match.groups()
        return _checked_month(int(year), int(next(filter(None, rest))), cell)
    if (match := _ENGLISH_MONTH.fullmatch(text)) and match[1] in _ENGLISH:
        return _checked_month(_full_year(match[2]), _ENGLISH.index(match[1]) + 1, cell)
    if match := _PERIOD.fullmatch(text):
        return _the_one_month(match[1] or match[3], match[2] or match[4], cell)
    found = _instant(cell)
    return (
        _not_a_month(cell)
        if isinstance(found, Fault)
        else _checked_month(found.year, found.month, cell)
    )


def _the_one_month(first: str, last: str, cell: Cell) -> Month | Fault:
    """The month in which a period begins and ends."""
    begun, ended = month(first), month(last)
    if isinstance(begun, Fault) or begun == ended:
        return begun
    return ended if isinstance(ended, Fault) else _not_a_month(cell)


def day(cell: Cell) -> date | Fault:
    """A day: 2023-01-05, 20230105, 2023/1/5, 2023.1.5, 2023年1月5日, a time of day behind it."""
    if type(cell) is date:
        return cell if cell.year >= 1900 else _not_a_day(cell)
    found = _instant(cell)
    if isinstance(found, Fault):
        return found
    return found.date()


def last_day(cell: Cell) -> date | Fault:
    """An inclusive last day; 长期 and 9999-12-31 mean no end."""
    if isinstance(cell, str) and without_spaces(cell) in _ENDLESS:
        return FAR
    return day(cell)


def _plain_instants(cells: Sequence[str]) -> list[datetime]:
    return list(map(datetime.fromisoformat, cells))


@plainly(r"(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}", _plain_instants)
def instant(cell: Cell) -> datetime | Fault:
    """A local time (Asia/Shanghai), naive. A day alone is its midnight; a zone is converted."""
    if type(cell) is str and len(cell) == 19 and cell[4] == cell[7] == "-" and cell[16] == ":":
        try:
            return datetime.fromisoformat(cell)
        except ValueError:
            return _instant(cell)
    return _instant(cell)


def _instant(cell: Cell) -> datetime | Fault:
    if isinstance(cell, datetime):
        return _to_the_second(cell) if 1900 <= cell.year < 9999 else _not_a_day(cell)
    if isinstance(cell, date):
        return datetime.combine(cell, time()) if cell.year >= 1900 else _not_a_day(cell)
    text = _plain(cell)
    if _SERIAL.fullmatch(text):
        return _from_serial(text)
    match = _INSTANT.fullmatch(text)
    if match is None and (half := _HALF_DAY.fullmatch(text)):
        match = _INSTANT.fullmatch(_by_24_hours(half))
    if match is None:
        return _not_a_day(cell)
    return _from_parts([part for part in match.groups() if part not in (None, "-", "/", ".")], cell)


def _by_24_hours(half: re.Match[str]) -> str:
    """A time with 上午, 下午, AM or PM by the clock of 24 hours; nothing sensible stays no time."""
    clock = half["clock"] or half["clock_en"]
    hour = re.match(r"\d+", clock)
    late = (half["said"] or half["said_en"].upper()) in ("下午", "PM")
    if hour is None or not 1 <= int(hour[0]) <= (23 if late else 12):
        return ""
    number = int(hour[0]) if int(hour[0]) > 12 else int(hour[0]) % 12 + 12 * late
    return f"{half['day']} {number:02}{clock[hour.end() :]}"


def _from_parts(parts: list[str], cell: Cell) -> datetime | Fault:
    zone = parts.pop() if parts[-1] == "Z" or parts[-1][0] in "+-" else None
    year, month_number, day_number, *clock = map(int, parts)
    try:
        on = date(year, month_number, day_number)
    except ValueError:
        return _not_a_day(cell)
    try:
        hour, minute, second = (*clock, 0, 0, 0)[:3]
        at = datetime.combine(on, time(hour, minute, second))
    except ValueError:
        return Fault("value/not-a-time", f"“{shown(cell)}”里的时刻不存在；时 0–23，分秒 0–59")
    if year < 1900 or (zone is not None and not 1900 < year < 9999):
        return _not_a_day(cell)
    return at if zone is None else _local(at, zone)


def _from_serial(text: str) -> datetime:
    days = Decimal(text)
    seconds = (days % 1 * 86_400).to_integral_value()
    return _EXCEL_EPOCH + timedelta(days=int(days), seconds=int(seconds))


def _to_the_second(at: datetime) -> datetime:
    """Excel keeps a time as a fraction of a day: 9:01 may come as 9:00:59.999999."""
    return (at + timedelta(microseconds=500_000)).replace(microsecond=0)


def _local(at: datetime, zone: str) -> datetime:
    digits = "+0000" if zone == "Z" else zone.replace(":", "")
    offset = timedelta(hours=int(digits[1:3]), minutes=int(digits[3:5]))
    behind = -offset if digits[0] == "-" else offset
    return at - behind + timedelta(hours=8)


def _full_year(text: str) -> int:
    """Excel writes Jan-23 for a month of 2023 in a CSV."""
    return int(text) if len(text) == 4 else 2000 + int(text)


def _plain(cell: Cell) -> str:
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return number_text(cell)
    return visible(shown(cell)).strip("'’`")


def _month_from_fraction(cell: float) -> Month | Fault:
    """A month typed as a number: 2023.01. What shows as 2023.1 may have been 2023.10."""
    year, _, decimals = number_text(cell).partition(".")
    if len(year) != 4 or len(decimals) != 2:
        return _not_a_month(cell)
    return _checked_month(int(year), int(decimals), cell)


def _checked_month(year: int, number: int, cell: Cell) -> Month | Fault:
    try:
        return Month(year, number)
    except NotAMonth:
        return Fault("value/not-a-month", f"没有“{shown(cell)}”这个月份")


def _not_a_month(cell: Cell) -> Fault:
    return Fault("value/not-a-month", f"“{shown(cell)}”不是月份；应写作 2023-01 或 202301")


def _not_a_day(cell: Cell) -> Fault:
    return Fault("value/not-a-day", f"“{shown(cell)}”不是日期，或没有这一天；应写作 2023-01-05")
