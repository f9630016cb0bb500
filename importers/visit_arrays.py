"""A file of visits for a simulation: ten million rows become seven arrays, or every fault."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from importers import visit_columns as read
from importers.cells import Cell, Fault, Memo
from importers.texts import code_text
from importers.visit_files import VisitFile
from ledger.core.errors import RowError
from ledger.core.people import Status

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.integer[Any]]

COLUMNS = ("psn_no", "psn_type", "setl_time", "med_type", "tier", "inscp_scp_amt")


@dataclass(frozen=True, slots=True)
class VisitArrays:
    """The visits of a file, one item per row, in the file's order."""

    person: Ints
    """Persons numbered from 0 in any order, int32."""
    people: int
    status: Ints
    """0 employed, 1 retired; uint8."""
    time: Ints
    """When the visit was settled, in one unit for the whole file, int64."""
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

    def add(self, column: str, first_row: int, faults: read.FaultyRows) -> None:
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
    file: VisitFile, faults: Faults, advance: Callable[[int], object]
) -> VisitArrays:
    """Read every row. Where there are faults, the arrays hold zeros in their place.

    Args:
        file: its headings have been found good.
        faults: filled.
        advance: called with the number of rows after each batch.
    """
    chunks: dict[str, list[Any]] = {name: [] for name in (*COLUMNS, "day")}
    codes: dict[str, int] = {}
    memos = {
        "psn_type": Memo(_status, read.BLANK),
        "med_type": Memo(lambda cell: codes.setdefault(code_text(cell), len(codes)), read.BLANK),
        "tier": Memo(_tier, read.BLANK),
    }
    row = 0
    for batch in file.batches(COLUMNS):
        chunks["psn_no"].append(read.keys(batch.column("psn_no")))
        for name, memo in memos.items():
            values, refused = read.labels(batch.column(name), memo)
            chunks[name].append(values)
            faults.add(name, row, refused)
        time, day, refused = read.times(batch.column("setl_time"))
        chunks["setl_time"].append(time)
        chunks["day"].append(day)
        faults.add("setl_time", row, refused)
        fen, refused = read.amounts(batch.column("inscp_scp_amt"))
        chunks["inscp_scp_amt"].append(fen)
        faults.add("inscp_scp_amt", row, refused)
        row += batch.num_rows
        advance(batch.num_rows)
    return _joined(chunks, list(codes), faults)


def _joined(chunks: dict[str, list[Any]], med_types: list[str], faults: Faults) -> VisitArrays:
    """One array per column; the pieces are let go as they are joined."""
    import numpy as np

    def joined(name: str, kind: type[np.integer[Any]]) -> Ints:
        pieces = chunks.pop(name)
        return np.concatenate(pieces).astype(kind, copy=False) if pieces else np.empty(0, kind)

    person: Ints = np.empty(0, np.int32)
    blank: Ints = np.empty(0, np.int64)
    if chunks["psn_no"]:
        person, blank = read.person_codes(chunks.pop("psn_no"))
    faults.add("psn_no", 0, dict.fromkeys(blank.tolist(), read.BLANK))
    return VisitArrays(
        person=person.astype(np.int32, copy=False),
        people=int(person.max(initial=-1)) + 1,
        status=joined("psn_type", np.uint8),
        time=joined("setl_time", np.int64),
        day=joined("day", np.int32),
        med_type=joined("med_type", np.int32),
        med_types=med_types,
        tier=joined("tier", np.uint8),
        in_scope=joined("inscp_scp_amt", np.int64),
    )


def _status(cell: Cell) -> int | Fault:
    """0 for 11…, 1 for 12…: the first two digits of psn_type say it."""
    text = code_text(cell)
    for place, status in enumerate((Status.EMPLOYED, Status.RETIRED)):
        if text.startswith(status.value):
            return place
    return Fault(
        "simulate/unknown-psn-type", f"人员类别“{text}”不是 11（在职）或 12（退休）开头的代码"
    )


def _tier(cell: Cell) -> int | Fault:
    text = code_text(cell)
    if text in ("1", "2", "3"):
        return int(text)
    return Fault("simulate/unknown-tier", f"医院级别“{text}”不是 1、2 或 3")
