"""A file of visits for a simulation: ten million rows become eight arrays, or every fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from importers import visit_columns as columns
from importers.cells import Cell, Fault, Memo
from importers.texts import code_text
from importers.visit_files import VisitFile, read_ahead
from importers.visit_people import People
from ledger.core.errors import RowError
from ledger.core.people import Status

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.integer[Any]]

Kept = list[Any]
"""The batches of `COLUMNS` as they were read, `pyarrow.RecordBatch`es."""

COLUMNS = ("psn_no", "psn_type", "setl_time", "med_type", "tier", "inscp_scp_amt")
_MOST_AT_ONCE = 1 << 26
_KINDS = {
    "psn_no": "int32",
    "psn_type": "uint8",
    "setl_time": "int64",
    "day": "int32",
    "med_type": "int32",
    "tier": "uint8",
    "inscp_scp_amt": "int64",
}


@dataclass(frozen=True, slots=True)
class VisitArrays:
    """The visits of a file, one item per row, in the file's order."""

    person: Ints
    """Persons numbered from 0 in any order, int32."""
    people: int
    status: Ints
    """0 employed, 1 retired; uint8."""
    time: Ints
    """When the visit was settled, in one unit for the whole file since 1970, int64."""
    per_day: int
    """How many of that unit a day has."""
    day: Ints
    """Days since 1970-01-01, int32."""
    med_type: Ints
    """Place in `med_types`, int32."""
    med_types: list[str]
    tier: Ints
    """uint8."""
    in_scope: Ints
    """Fen, int64, >= 0."""

    @property
    def rows(self) -> int:
        return len(self.person)

    def days(self) -> list[int]:
        """The days on which there are visits, each once, rising."""
        import numpy as np

        if not self.rows:
            return []
        first = int(self.day.min())
        days: list[int] = (np.flatnonzero(np.bincount(self.day - first)) + first).tolist()
        return days


class Faults:
    """Faults as they are found, rows counted from 0 through the whole file."""

    def __init__(self) -> None:
        self._found: list[tuple[int, str, Fault]] = []

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, column: str, first_row: int, faults: columns.FaultyRows) -> None:
        self._found += [(first_row + row, column, fault) for row, fault in faults.items()]

    def add_days(self, code: str, days: Ints, messages: Mapping[int, str]) -> None:
        """The same fault in every row of a day."""
        import numpy as np

        known = {(row, column) for row, column, _ in self._found}
        for day, message in messages.items():
            fault = Fault(code, message)
            self._found += [
                (row, "setl_time", fault)
                for row in np.flatnonzero(days == day).tolist()
                if (row, "setl_time") not in known
            ]

    def in_order(self, file: VisitFile) -> list[RowError]:
        """By row as a person sees it, then in order of the columns; broken rows included."""
        found = sorted(self._found, key=lambda one: (one[0], COLUMNS.index(one[1])))
        rows = sorted({row for row, _, _ in found})
        number = dict(zip(rows, file.row_numbers(rows), strict=True)) if rows else {}
        errors = [RowError(number[row], column, *fault) for row, column, fault in found]
        return sorted([*errors, *file.faults()], key=lambda error: error.row)


def heading_faults(file: VisitFile, new: tuple[str, ...]) -> list[RowError]:
    """Columns that are missing, stand twice, or have the name of a result."""
    faults = [
        RowError(1, name, "import/missing-column", f"缺少 {name} 列；现有：{'、'.join(file.names)}")
        for name in COLUMNS
        if name not in file.names
    ]
    for name in dict.fromkeys(file.names):
        if file.names.count(name) > 1:
            faults.append(RowError(1, name, "import/repeated-column", f"{name} 列出现不止一次"))
        if name in new:
            message = f"文件里已有 {name} 列，试算结果也叫这个名字；请先改名或删去"
            faults.append(RowError(1, name, "simulate/column-exists", message))
    return faults


def read_visit_arrays(
    file: VisitFile, faults: Faults, advance: Callable[[int], object], kept: Kept | None = None
) -> VisitArrays:
    """Read every row. Where there are faults, the arrays hold zeros in their place.

    Args:
        file: its headings have been found good.
        faults: filled.
        advance: called with the number of rows after each batch.
        kept: filled, where it is given, with what `rows_again` needs to give the rows back.
    """
    with ThreadPoolExecutor(1) as beside:
        # Its code is loaded while the first rows are read.
        coming = beside.submit(_Reader, faults, beside, file.rows or 0)
        for batch in read_ahead(file.batches(COLUMNS)):
            coming.result().read(batch)
            if kept is not None:
                kept.append(batch)
            advance(batch.num_rows)
        return coming.result().arrays()


def check_rest(file: VisitFile) -> None:
    """Read the columns that a simulation does not need.

    Raises:
        Refused: `import/unreadable`, for a damaged column nobody should get again as a result.
    """
    others = [name for name in file.names if name not in COLUMNS]
    for _ in file.batches(others) if others else ():
        pass


def rows_again(file: VisitFile, kept: Kept) -> Iterator[Any]:
    """All columns of all rows as `pyarrow.Table`s, in order: those kept from the first reading
    and, read from the file now, the rest. Text of few values may have become a dictionary."""
    import pyarrow as pa

    others = [name for name in file.names if name not in COLUMNS]
    if not others:
        for batch in kept:
            yield pa.Table.from_batches([batch]).select(file.names)
        return
    row = 0
    whole = pa.Table.from_batches(kept, kept[0].schema if kept else pa.schema([]))
    for rest in read_ahead(file.batches(others)):
        table = whole.slice(row, rest.num_rows)
        for name, column in zip(others, rest.columns, strict=True):
            table = table.append_column(name, column)
        yield table.select(file.names)
        row += rest.num_rows


class _Reader:
    """The columns as far as they have been read; the persons, half of the work, `beside`."""

    def __init__(self, faults: Faults, beside: Executor, rows: int) -> None:
        self._faults = faults
        self._beside = beside
        self._row = 0
        self._per_day = 1
        self._people = People()
        self._codes: dict[str, int] = {}
        self._memos = {
            "psn_type": Memo(_status, columns.BLANK),
            "med_type": Memo(self._med_type, columns.BLANK),
            "tier": Memo(_tier, columns.BLANK),
        }
        self._arrays = {name: _Growing(kind, rows) for name, kind in _KINDS.items()}

    def _med_type(self, cell: Cell) -> int:
        return self._codes.setdefault(code_text(cell), len(self._codes))

    def read(self, batch: Any) -> None:
        persons = self._beside.submit(columns.persons, batch.column("psn_no"), self._people)
        for name, memo in self._memos.items():
            self._add(name, *columns.labels(batch.column(name), memo))
        time, self._per_day, day, refused = columns.times(batch.column("setl_time"))
        self._add("setl_time", time, refused)
        self._arrays["day"].append(day)
        self._add("inscp_scp_amt", *columns.amounts(batch.column("inscp_scp_amt")))
        self._add("psn_no", *persons.result())
        self._row += batch.num_rows

    def _add(self, name: str, values: Ints, refused: columns.FaultyRows) -> None:
        self._arrays[name].append(values)
        self._faults.add(name, self._row, refused)

    def arrays(self) -> VisitArrays:
        whole = {name: growing.whole() for name, growing in self._arrays.items()}
        return VisitArrays(
            person=whole["psn_no"],
            people=self._people.count,
            status=whole["psn_type"],
            time=whole["setl_time"],
            per_day=self._per_day,
            day=whole["day"],
            med_type=whole["med_type"],
            med_types=list(self._codes),
            tier=whole["tier"],
            in_scope=whole["inscp_scp_amt"],
        )


class _Growing:
    """An array that is filled piece by piece, at once long enough where the file says how many
    rows it has: memory that is taken anew costs more than what is written there."""

    def __init__(self, kind: str, rows: int) -> None:
        import numpy as np

        # A damaged file may say anything.
        self._array: Ints = np.empty(min(max(rows, 0), _MOST_AT_ONCE), kind)
        self._filled = 0

    def append(self, values: Ints) -> None:
        import numpy as np

        end = self._filled + len(values)
        if end > len(self._array):
            longer = np.empty(max(end, 2 * len(self._array)), self._array.dtype)
            longer[: self._filled] = self.whole()
            self._array = longer
        self._array[self._filled : end] = values
        self._filled = end

    def whole(self) -> Ints:
        return self._array[: self._filled]


def _status(cell: Cell) -> int | Fault:
    """0 for 11…, 1 for 12…: the first two digits of psn_type say it."""
    text = code_text(cell)
    for place, status in enumerate((Status.EMPLOYED, Status.RETIRED)):
        if text.startswith(status.value):
            return place
    return Fault(
        "import/unknown-person-type", f"人员类别“{text}”不是 11（在职）或 12（退休）开头的代码"
    )


def _tier(cell: Cell) -> int | Fault:
    text = code_text(cell)
    if text in ("1", "2", "3"):
        return int(text)
    return Fault("import/unknown-tier", f"医院级别“{text}”不是 1、2 或 3")
