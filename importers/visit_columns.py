"""One column of a batch of visits (Arrow) to an array of whole numbers, or its faults by row.

Each reader takes the cells of one column in one batch. Cells that are spelt plainly are read all
at once; the rest, and every refusal, goes through the readers of `amounts`, `days` and `texts`
that the other importers use.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from importers import visit_text
from importers.amounts import amount
from importers.cells import Cell, Fault, Memo
from importers.days import instant
from importers.texts import code_text
from importers.visit_people import BLANK as BLANK_PERSON
from importers.visit_people import People
from importers.visit_text import UNREAD
from ledger.benefits.compiled import machine_code
from ledger.benefits.kernel import MOST_FEN
from ledger.core.money import yuan_text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.integer[Any]]

FaultyRows = dict[int, Fault]
"""Faults by row of the batch, counted from 0."""

BLANK = Fault("import/missing-value", "这一格不能为空")
_NEGATIVE = Fault(
    "simulate/negative-amount", "金额为负；试算只收就诊，退费请连同原就诊一起从文件中去掉"
)
_TOO_LARGE = Fault("simulate/amount-too-large", f"金额超过 {yuan_text(MOST_FEN)} 元，请核对")
_EPOCH = datetime(1970, 1, 1)
_FIRST_DAY = (datetime(1900, 1, 1) - _EPOCH).days
_LAST_DAY = (datetime(9998, 12, 31) - _EPOCH).days
_CHINA_HOURS = 8
_UNITS_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


def amounts(column: Any) -> tuple[Ints, FaultyRows]:
    """Yuan in any type that holds it exactly to the fen, as fen (int64), 0 <= fen <= MOST_FEN."""
    import numpy as np

    column = _ready(column)
    fen = _each_once(column, _plain_amounts)
    faults: FaultyRows = {}
    memo = Memo(amount, BLANK)
    for row in np.flatnonzero(fen == UNREAD).tolist():
        read = memo[_cell(column[row])]
        if isinstance(read, Fault):
            faults[row] = read
        fen[row] = 0 if isinstance(read, Fault) else read
    for row in np.flatnonzero((fen < 0) | (fen > MOST_FEN)).tolist():
        faults[row] = _NEGATIVE if fen[row] < 0 else _TOO_LARGE
    return fen, faults


def _plain_amounts(column: Any) -> Ints:
    """Fen, or UNREAD for a cell that needs a closer look."""
    import numpy as np
    import pyarrow as pa

    kind = column.type
    if pa.types.is_decimal128(kind) and kind.scale == 2:
        words = _words(column, 2)
        low, high = words[:, 0], words[:, 1]
        fen = np.where(high == low >> 63, low, UNREAD)
    elif pa.types.is_integer(kind):
        yuan = column.fill_null(0).to_numpy(zero_copy_only=False)
        near = (yuan >= 0) & (yuan <= MOST_FEN // 100)
        fen = np.where(near, yuan, 0).astype(np.int64) * 100
        fen[~near] = UNREAD
    elif pa.types.is_floating(kind):
        yuan = column.cast(pa.float64()).fill_null(0).to_numpy(zero_copy_only=False)
        near = np.abs(yuan) <= MOST_FEN // 100
        fen = np.rint(np.where(near, yuan, 0) * 100).astype(np.int64)
        # Exact when the double nearest to these fen is the very one in the cell.
        fen[~near | (fen / 100 != yuan)] = UNREAD
    elif _is_text(kind):
        return _from_text(column, _amount_reader())
    else:
        fen = np.full(len(column), UNREAD)
    return _unread_where_null(column, fen)


def times(column: Any) -> tuple[Ints, int, Ints, FaultyRows]:
    """When each visit was settled, in the column's own unit (int64) since 1970; how many of that
    unit a day has; and the day (int32)."""
    import numpy as np
    import pyarrow as pa

    column = _ready(column)
    if pa.types.is_integer(column.type):
        column = column.cast(pa.string())
    units = _UNITS_PER_SECOND[column.type.unit] if pa.types.is_timestamp(column.type) else 1
    per_day = 86_400 * units
    time = _each_once(column, _plain_times)
    faults: FaultyRows = {}
    memo = Memo(_seconds, BLANK)
    for row in np.flatnonzero(time == UNREAD).tolist():
        read = memo[_cell(column[row])]
        if isinstance(read, Fault):
            faults[row] = read
        time[row] = 0 if isinstance(read, Fault) else read
    day = time // per_day
    for row in np.flatnonzero((day < _FIRST_DAY) | (day > _LAST_DAY)).tolist():
        faults[row] = Fault("value/not-a-day", "年份不在 1900 至 9998 之间，请核对")
        day[row] = 0
    return time, per_day, day.astype(np.int32), faults


def _plain_times(column: Any) -> Ints:
    """Times since 1970, or UNREAD for a cell that needs a closer look."""
    import numpy as np
    import pyarrow as pa

    kind = column.type
    if pa.types.is_timestamp(kind):
        time = column.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
        if kind.tz is not None:  # Stored as UTC; visits are settled by the local day.
            time = time + _CHINA_HOURS * 3600 * _UNITS_PER_SECOND[kind.unit]
        return _unread_where_null(column, time.astype(np.int64))
    if pa.types.is_date(kind):
        days = column.cast(pa.date32()).cast(pa.int32()).fill_null(0)
        time = days.to_numpy(zero_copy_only=False).astype(np.int64) * 86_400
        return _unread_where_null(column, time)
    if _is_text(kind):
        return _from_text(column, _time_reader())
    return np.full(len(column), UNREAD)


def _seconds(cell: Cell) -> int | Fault:
    read = instant(cell)
    return read if isinstance(read, Fault) else (read - _EPOCH) // timedelta(seconds=1)


def labels(column: Any, memo: Memo[int]) -> tuple[Ints, FaultyRows]:
    """A column of few different values, each looked up once; in the least type that holds them."""
    import numpy as np
    import pyarrow as pa

    coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    cells = [_cell(value) for value in coded.dictionary]
    read = [*memo.read_all(cells), memo[""]]
    numbers = [0 if isinstance(value, Fault) else value for value in read]
    table = np.array(numbers, np.min_scalar_type(max(numbers)))
    places = _places(coded)
    refused = np.array([isinstance(value, Fault) for value in read])
    faults: FaultyRows = {}
    if refused[places].any():
        for row in np.flatnonzero(refused[places]).tolist():
            value = read[places[row]]
            assert isinstance(value, Fault)
            faults[row] = value
    return table[places], faults


def _ready(column: Any) -> Any:
    """The column without its dictionary, unless that spares the reading of texts."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type) and _is_text(column.type.value_type):
        return column if len(column.dictionary) <= len(column) else column.dictionary_decode()
    return _without_dictionary(column)


def _each_once(column: Any, read: Callable[[Any], Ints]) -> Ints:
    """`read` of a column; of each different text once, where the column has them so."""
    import numpy as np
    import pyarrow as pa

    if not pa.types.is_dictionary(column.type):
        return read(column)
    return np.append(read(column.dictionary), UNREAD)[_places(column)]


def _places(coded: Any) -> Ints:
    """Where each cell stands in the dictionary; behind its end for an empty one."""
    import pyarrow as pa

    places = coded.indices
    if places.null_count:
        places = places.cast(pa.int64()).fill_null(len(coded.dictionary))
    numbers: Ints = places.to_numpy(zero_copy_only=False)
    return numbers


def persons(column: Any, people: People) -> tuple[Ints, FaultyRows]:
    """Numbers of persons, text or whole, as `people` numbers them; int32."""
    import numpy as np
    import pyarrow as pa

    column = _without_dictionary(column)
    if pa.types.is_floating(column.type):  # 1001.0, where an empty cell has made all of them so.
        column = pa.array([code_text(_cell(value)) for value in column], pa.string())
    codes = people.codes(*_text_buffers(column.cast(pa.string())))
    codes = np.where(column.is_null().to_numpy(zero_copy_only=False), BLANK_PERSON, codes)
    return codes, dict.fromkeys(np.flatnonzero(codes == BLANK_PERSON).tolist(), BLANK)


def _words(column: Any, per_item: int) -> Ints:
    """A fixed-width column's buffer as int64 words, one row per item, without copying."""
    import numpy as np

    buffer = column.buffers()[1]
    start = column.offset
    words = np.frombuffer(buffer, np.int64, (start + len(column)) * per_item)
    return words.reshape(-1, per_item)[start:]


def _from_text(column: Any, reader: Callable[..., None]) -> Ints:
    """Run one of the readers of `visit_text` over a text column's own bytes."""
    import numpy as np
    import pyarrow as pa

    numbers = np.empty(len(column), np.int64)
    reader(*_text_buffers(column.cast(pa.string())), numbers)
    return _unread_where_null(column, numbers)


def _text_buffers(column: Any) -> tuple[Ints, Ints]:
    """The bytes of a text column's cells, and where each begins and the last one ends."""
    import numpy as np

    if not len(column):
        return np.zeros(1, np.uint8), np.zeros(1, np.int32)
    _, ends, data = column.buffers()
    limits = np.frombuffer(ends, np.int32, column.offset + len(column) + 1)[column.offset :]
    read = (
        np.frombuffer(data, np.uint8) if data is not None and data.size else np.zeros(1, np.uint8)
    )
    return read, limits


@cache
def _amount_reader() -> Any:
    return machine_code(
        visit_text.read_amounts, digits=visit_text.digits, one_amount=visit_text.one_amount
    )


@cache
def _time_reader() -> Any:
    helpers = ("digits", "two_digits", "clock_seconds", "day_number", "usual_time", "clock_at")
    return machine_code(
        visit_text.read_times,
        **{name: getattr(visit_text, name) for name in (*helpers, "one_time")},
    )


def _unread_where_null(column: Any, numbers: Ints) -> Ints:
    import numpy as np

    if not column.null_count:
        return numbers
    return np.where(column.is_null().to_numpy(zero_copy_only=False), UNREAD, numbers)


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def _without_dictionary(column: Any) -> Any:
    import pyarrow as pa

    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def _cell(value: Any) -> Cell:
    """An Arrow value as the readers of cells know it; nothing is blank."""
    plain = value.as_py()
    if plain is None or plain != plain:  # NaN: how pandas writes an empty cell among numbers.
        return ""
    return plain if isinstance(plain, (str, int, float, datetime)) else str(plain)
