"""What is read quickly is read as the careful readers read it, or left to them."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from importers.amounts import amount
from importers.days import instant
from importers.visit_people import BLANK, People
from importers.visit_text import UNREAD, one_amount, one_time

EPOCH = datetime(1970, 1, 1)

TIMES = st.datetimes(datetime(1900, 1, 1), datetime(9998, 1, 1)).flatmap(
    lambda time: st.sampled_from(
        [
            f"{time:%Y-%m-%d %H:%M:%S}",
            f"{time:%Y%m%d%H%M%S}",
            f"{time:%Y-%m-%dT%H:%M}",
            f"{time:%Y%m%d}",
            f"{time.year}/{time.month}/{time.day} {time.hour}:{time.minute:02}",
            f"{time.year}.{time.month}.{time.day}",
        ]
    )
)
NEARLY = st.text("0123456789-/: T.", max_size=20)


@given(TIMES | NEARLY)
@example("2023-02-29 10:00:00")
@example("2024-02-29 10:00:00")
@example("2023-01-06 24:00:00")
@example("1899-12-31 00:00:00")
@example("2023-1-1 1:01:01.1")
@example("2023-01-0600:00:00x")
def test_a_time_read_quickly_is_the_time_that_the_careful_reader_finds(text: str) -> None:
    data = text.encode()
    quick = one_time(data, 0, len(data))
    if quick != UNREAD:
        assert EPOCH + timedelta(seconds=quick) == instant(text)


@given(TIMES)
def test_the_usual_spellings_of_times_are_read_quickly(text: str) -> None:
    data = b"," + text.encode() + b","
    assert one_time(data, 1, len(data) - 1) != UNREAD


@given(st.text("0123456789.", max_size=12) | st.from_regex(r"\d{1,15}(\.\d{1,4})?", fullmatch=True))
def test_an_amount_read_quickly_is_the_amount_that_the_careful_reader_finds(text: str) -> None:
    data = text.encode()
    quick = one_amount(data, 0, len(data))
    if quick != UNREAD:
        assert quick == amount(text)


@given(st.integers(0, 10**12))
def test_the_usual_spelling_of_an_amount_is_read_quickly(fen: int) -> None:
    data = f"{fen // 100}.{fen % 100:02}".encode()
    assert one_amount(data, 0, len(data)) == fen


@given(st.lists(st.lists(st.text(" ab0人", max_size=24), max_size=6), max_size=6))
def test_persons_are_numbered_by_their_trimmed_text(batches: list[list[str]]) -> None:
    import numpy as np

    people = People()
    numbers: dict[str, int] = {"": BLANK}
    for texts in batches:
        cells = [text.encode() for text in texts]
        ends = np.cumsum([0, *map(len, cells)], dtype=np.int32)
        codes = people.codes(np.frombuffer(b"".join(cells) or b"\0", np.uint8), ends)
        expected = [numbers.setdefault(text.strip(" "), len(numbers) - 1) for text in texts]
        assert codes.tolist() == expected
    assert people.count == len(numbers) - 1


def test_a_table_of_persons_grows_with_them() -> None:
    import numpy as np

    people = People()
    cells = [f"{number:07}".encode() for number in range(30_000)]
    data = np.frombuffer(b"".join(cells), np.uint8)
    ends = np.arange(0, 7 * 30_001, 7, dtype=np.int32)
    for start in range(0, 30_000, 1_000):
        codes = people.codes(data, ends[start : start + 1_001])
        assert codes.tolist() == list(range(start, start + 1_000))
    assert people.codes(data, ends).tolist() == list(range(30_000))
