"""Months, days and times in every spelling that files use."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importers.cells import Cell, Fault
from importers.days import day, instant, last_day, month
from ledger.core.months import FAR, Month

DAYS = st.dates(date(1900, 3, 1), date(2200, 12, 31))
TIMES = st.datetimes(datetime(1900, 3, 1), datetime(2200, 12, 31)).map(
    lambda at: at.replace(microsecond=0)
)


@pytest.mark.parametrize(
    "cell",
    [
        "202301",
        "2023-01",
        "2023-1",
        "2023/1",
        "2023/01",
        "2023.01",
        "2023.1",
        "2023年1月",
        "2023年01月",
        "2023 年 1 月份",
        "２０２３年１月",
        "2023-01-20",
        "2023-01-01 00:00:00",
        "20230105",
        "Jan-23",
        "Jan-2023",
        "202301-202301",
        "202301至202301",
        "2023-01-01至2023-01-31",
        "2023年1月1日 ～ 2023年1月31日",
        "'202301",
        202301,
        202301.0,
        2023.01,
        44927.0,
        date(2023, 1, 1),
        datetime(2023, 1, 31, 9),
    ],
)
def test_a_month_is_read(cell: Cell) -> None:
    assert month(cell) == Month(2023, 1)


@pytest.mark.parametrize(
    "cell",
    [
        "202313",
        "202301-202302",
        "202301至202313",
        "2023-00",
        "202300",
        "1月",
        "23-01",
        "2023",
        "abc",
        2023.1,
        2023.13,
        1.0,
        time(9),
        "",
    ],
)
def test_what_is_no_month_is_a_fault(cell: Cell) -> None:
    found = month(cell)
    assert isinstance(found, Fault)
    assert found.code == "value/not-a-month"


def test_a_number_that_may_have_been_october_is_not_guessed() -> None:
    assert isinstance(month(2023.1), Fault)
    assert month("2023.10") == Month(2023, 10)


@pytest.mark.parametrize(
    "cell",
    [
        "2023-01-05",
        "\u200e2023-01-05\u200b",
        "2023-1-5",
        "20230105",
        "2023/1/5",
        "2023.1.5",
        "2023年1月5日",
        "2023年01月05号",
        "2023-01-05 00:00:00",
        "2023-01-05T09:10:00",
        "2023/1/5 9:00",
        "20230105091000",
        20230105,
        20230105.0,
        44931.0,
        44931,
        "44931",
        44931.375,
        date(2023, 1, 5),
        datetime(2023, 1, 5, 9, 1),
    ],
)
def test_a_day_is_read(cell: Cell) -> None:
    assert day(cell) == date(2023, 1, 5)


@pytest.mark.parametrize(
    "cell",
    [
        "2023-02-29",
        "2023-02-30 10:00:00",
        "20230230",
        "2023-13-01",
        "5/1/2023",
        "2023-1/5",
        "2023-1-1123",
        "23-01-05",
        "1623-01-05",
        "明天",
        date(1899, 12, 31),
        datetime(1899, 12, 31),
        True,
        3.5,
    ],
)
def test_what_is_no_day_is_a_fault(cell: Cell) -> None:
    for read in (day, instant):
        found = read(cell)
        assert isinstance(found, Fault)
        assert found.code == "value/not-a-day"


@pytest.mark.parametrize(
    "cell",
    [
        "2023/01/06 9:01",
        "20230106090100",
        "202301060901",
        "20230106 090100",
        "20230106090100000",
        "2023-01-06 09:01:00",
        "2023-01-06T09:01:00",
        "2023-01-06T09:01:00.000",
        "2023-01-06T09:01:00+08:00",
        "2023-01-06T01:01:00Z",
        "2023年1月6日 9时1分",
        "2023年1月6日9:01:00",
        20230106090100.0,
        datetime(2023, 1, 6, 9, 1),
        datetime(2023, 1, 6, 9, 0, 59, 999999),
        44932.37569444445,
        "44932.3756944444",
    ],
)
def test_a_time_is_read(cell: Cell) -> None:
    assert instant(cell) == datetime(2023, 1, 6, 9, 1)


@pytest.mark.parametrize("cell", ["2023-01-06 24:00:00", "2023/1/6 9:61", "20230106096100"])
def test_an_hour_that_does_not_exist_has_its_own_code(cell: str) -> None:
    found = instant(cell)
    assert isinstance(found, Fault)
    assert found.code == "value/not-a-time"


def test_a_day_alone_is_its_midnight() -> None:
    assert instant("2023-01-06") == datetime(2023, 1, 6)


@pytest.mark.parametrize("cell", ["长期", "9999-12-31", "长期有效"])
def test_an_end_may_be_never(cell: str) -> None:
    assert last_day(cell) == FAR


@given(TIMES)
def test_every_spelling_of_a_time_reads_back(at: datetime) -> None:
    for shape in ("%Y-%m-%d %H:%M:%S", "%Y%m%d%H%M%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"):
        assert instant(at.strftime(shape)) == at
    assert instant(at) == at


@given(DAYS)
def test_every_spelling_of_a_day_reads_back(on: date) -> None:
    spellings = [
        on.isoformat(),
        on.strftime("%Y%m%d"),
        f"{on.year}/{on.month}/{on.day}",
        f"{on.year}.{on.month}.{on.day}",
        f"{on.year}年{on.month}月{on.day}日",
    ]
    assert {day(text) for text in spellings} == {on}
    assert {month(text) for text in spellings} == {Month.of(on)}
    serial = (on - date(1899, 12, 30)) // timedelta(days=1)
    if 10_000 <= serial < 100_000:
        assert day(serial) == on


@given(
    st.text() | st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.datetimes()
)
def test_no_cell_makes_a_reader_raise(cell: Cell) -> None:
    for read in (month, day, instant, last_day):
        read(cell)


@pytest.mark.parametrize(
    ("cell", "hour", "minute"),
    [
        ("2023/1/5 上午 9:04", 9, 4),
        ("2023/1/5 下午 3:04", 15, 4),
        ("2023/1/5 下午 3:04:00", 15, 4),
        ("2023年1月5日下午3时4分", 15, 4),
        ("2023-01-05 下午 15:04", 15, 4),
        ("2023-01-05 下午12:30", 12, 30),
        ("2023/1/5 12:30:00 AM", 0, 30),
        ("2023/1/5 3:04 pm", 15, 4),
    ],
)
def test_a_time_may_say_which_half_of_the_day(cell: str, hour: int, minute: int) -> None:
    assert instant(cell) == datetime(2023, 1, 5, hour, minute)
    assert day(cell) == date(2023, 1, 5)


@pytest.mark.parametrize(
    "cell", ["2023/1/5 上午", "2023/1/5 PM", "2023/1/5 上午 13:00", "2023/1/5 下午 0:30"]
)
def test_half_a_time_of_half_a_day_is_a_fault(cell: str) -> None:
    assert isinstance(instant(cell), Fault)
