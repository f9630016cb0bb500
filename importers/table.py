"""A sheet whose header is understood: columns to values, faults to rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeVar

from importers.cells import NO_RESULT, SHARED, Cell, Fault, Memo, Reader, is_blank, shown
from importers.cells import without_spaces as squeezed
from importers.grids import Grid
from importers.headings import Field, Header, Layout, plain_heading
from ledger.core.batches import Batch
from ledger.core.columns import by_column
from ledger.core.errors import Refused, RowError

T = TypeVar("T")
R = TypeVar("R")


class RawRows(NamedTuple):
    """Rows as a file has them, as text: what a workbook of rejected rows is made of."""

    titles: list[list[str]]
    header: list[str]
    rows: dict[int, list[str]]
    """Row number in Excel -> cells."""


Progress = Callable[[int, int], None]

_TOTAL = re.compile(
    r"[\[【(（“*—-]*(?:合计|小计|总计|共计|累计|本页|总合计|本表合计)[:：]?.*"
    r"|.*(?:合计|小计|总计|累计)[:：]?"
    r"|汇总|共\d+(?:人|人次|条|笔|户|家|件|行)|总(?:人|户|笔|条)数[:：]?.*"
    r"|(?:sub-?|grand)?total[:：]?|sum",
    re.IGNORECASE,
)
_SIGN_OFF = re.compile(
    r"(?:制表|填表|填报|审核|复核|审批|经办人|负责人|单位负责人|主管|打印|导出时间|注[:：]|备注[:：]"
    r"|说明[:：]|填表说明|单位[(（]?[盖公]章|以下空白|第\d+页|共\d+页).*"
)
_NOTE = re.compile(
    r"[\u4e00-\u9fff()（）]{2,12}[:：].*|.*(?:签字|签章|盖章)[)）]?|[(（]?以[上下].*|说明|报表日期"
    r"|[-=_—]{2,}|\d+/\d+|(?:\d{4}年\d+|年)月\d*日"
)
"""What stands below a table, or in it as a line; only in a row that says nothing else."""
_COLUMN_NUMBER = re.compile(r"[(（]?(\d{1,2})[)）]?(?:=.*)?")
"""A cell of the row 栏次 below a header: 1, (2), 3=1+2."""
_FEWEST_NUMBERED = 3
_NEVER_USED = {"序号", "行号", "备注", "姓名", "人员姓名", "性别", "单位名称"}
"""Known to be of no use, so not worth telling: who a row is about its number says."""
_COUNT = re.compile(r"(?:共|人数[:：]?)?[\d,]{1,9}(?:\.0+)?(?:人|人次|条|笔|户|家|件)?")


class Table:
    """The rows below a header. `column` reads one field of every row; `batch` ends the reading."""

    def __init__(
        self, kind: str, file: str, grid: Grid, header: Header, layout: Layout, progress: Progress
    ) -> None:
        self.kind = kind
        self.file = file
        self._layout = layout
        self._header = header
        self._progress = progress
        self._titles = _shown_rows(grid.rows[: header.row + header.depth])
        first = header.row + header.depth
        self._rows = grid.rows
        self._kept = [i for i, row in enumerate(grid.rows) if i >= first and any(row)]
        self.numbers = [i + 1 for i in self._kept]
        """Every row's number as Excel shows it."""
        _fill_merged(grid, first, self._text_columns())
        self._cells = by_column([grid.rows[i] for i in self._kept])
        self._faults: dict[int, list[tuple[int, Fault]]] = {}
        self.headings = self._settle_columns()
        self._done = 0
        progress(0, len(self))

    def __len__(self) -> int:
        return len(self._kept)

    def has(self, key: str) -> bool:
        return key in self._header.columns

    def needed(self, key: str, read: Reader[T]) -> list[T | None]:
        """A field that every row must fill."""
        return self._column(key, read, self.blank(key))

    def optional(self, key: str, read: Reader[T], blank: T | None = None) -> list[T | None]:
        """A field that may be blank or have no column; `blank` stands for it then."""
        return self._column(key, read, blank)

    def raw(self, key: str) -> Sequence[Cell]:
        """The cells of a field as they are; blank where the file has no such column."""
        if key not in self._header.columns:
            return [""] * len(self)
        return self._column_cells(self._header.columns[key][0])

    def _column_cells(self, column: int) -> list[Cell]:
        return self._cells[column] if self._cells else []

    def take(self, key: str, values: Sequence[T | Fault]) -> list[T | None]:
        """Keeps the faults among `values`, which were read from the column of `key`."""
        clean: list[T | None] = []
        for index, value in enumerate(values):
            if isinstance(value, Fault):
                self.fault(index, key, value)
                clean.append(None)
            else:
                clean.append(value)
        return clean

    def fault(self, index: int, key: str, fault: Fault) -> None:
        """A fault of one row, found in or between its fields; "" for the row as a whole."""
        column = self._header.columns[key][0] if self.has(key) else -1
        self._faults.setdefault(index, []).append((column, fault))

    def is_faulty(self, index: int) -> bool:
        return index in self._faults

    def is_faulty_in(self, index: int, *keys: str) -> bool:
        """Whether a row has a fault in one of these fields."""
        found = self._faults.get(index)
        if found is None:
            return False
        columns = {self._header.columns[key][0] for key in keys if self.has(key)}
        return any(column in columns for column, _ in found)

    def blank(self, key: str) -> Fault:
        """The fault of a cell that may not be blank."""
        return Fault("import/missing-value", f"“{self.headings.get(key, key)}”不能为空")

    def raw_rows(self, numbers: set[int]) -> RawRows:
        """The rows of these numbers as text, with the titles and headings above them."""
        header = self._header
        titles = [[shown(cell) for cell in row] for row in self._rows[: header.row]]
        rows = {
            number: [shown(cell) for cell in self._rows[number - 1]] for number in sorted(numbers)
        }
        return RawRows(titles, list(header.texts), rows)

    def batch(self, records: Iterable[R]) -> Batch[R]:
        """The records of the rows without faults, the faults of the others.

        Rows that are no data (blank, totals, signatures, a header printed again, 栏次) always lack
        what a record needs, so only rows with faults are looked at for that.
        """
        if not self._faults:
            return self._ended(len(self), list(records), [])
        dropped = {index for index in self._faults if not self._is_data(index)}
        errors = [
            RowError(self._kept[index] + 1, self._heading_of(column), *fault)
            for index in sorted(self._faults.keys() - dropped)
            for column, fault in sorted(self._faults[index], key=lambda found: found[0])
        ]
        sound = [record for i, record in enumerate(records) if i not in self._faults]
        return self._ended(len(self) - len(dropped), sound, errors)

    def _ended(self, rows: int, records: list[R], errors: list[RowError]) -> Batch[R]:
        self._progress(len(self), len(self))
        headings, unused = self.headings, self._unused_headings()
        return Batch(self.kind, self.file, rows, records, errors, headings, unused)

    def _column(self, key: str, read: Reader[T], blank: T | Fault | None) -> list[T | None]:
        self._report()
        if key not in self._header.columns:
            return [None if isinstance(blank, Fault) else blank] * len(self)
        memo: Memo[T | None] = Memo(read, blank)
        values = memo.read_all(self.raw(key))
        if memo.faulty:
            return self.take(key, values)
        return values  # type: ignore[return-value]  # The memo says that no fault is among them.

    def _report(self) -> None:
        self._done += 1
        fields = max(1, len(self._header.columns))
        self._progress(min(len(self), len(self) * self._done // fields), len(self))

    def _heading_of(self, column: int) -> str:
        return self._header.texts[column] if column >= 0 else ""

    def _settle_columns(self) -> dict[str, str]:
        """One column for each field. Two that agree in every row are one; else the file is
        refused, because taking either would be a guess."""
        headings = {}
        for key, columns in self._header.columns.items():
            first, *others = columns
            for other in others:
                if self._column_cells(other) != self._column_cells(first):
                    texts = self._header.texts
                    raise Refused(
                        "import/ambiguous-column",
                        f"“{self.file}”有两列都像“{texts[first]}”（第 {first + 1} 列、"
                        f"第 {other + 1} 列“{texts[other]}”），内容不同；请删去或改名其中一列",
                    )
            headings[key] = self._header.texts[first]
        return headings

    def _unused_headings(self) -> list[str]:
        """Headings of columns that hold something and are no field of this kind of file."""
        used = {column for columns in self._header.columns.values() for column in columns}
        return [
            text
            for column, text in enumerate(self._header.texts)
            if column not in used
            and text
            and plain_heading(text) not in _NEVER_USED
            and not all(map(is_blank, set(self._column_cells(column))))
        ]

    def _text_columns(self) -> set[int]:
        amounts = {field.key for field in self._layout.fields if _is_amount(field)}
        return {
            column
            for key, columns in self._header.columns.items()
            if key not in amounts
            for column in columns
        }

    def _is_data(self, index: int) -> bool:
        row = self._rows[self._kept[index]]
        known = [row[c] for columns in self._header.columns.values() for c in columns]
        if NO_RESULT not in known and all(is_blank(cell) for cell in known):
            # Only what we do not read is filled, such as a number printed ahead on blank rows.
            return False
        texts = tuple(squeezed(shown(cell)) for cell in row)
        if all(is_blank(cell) or _is_note(squeezed(shown(cell))) for cell in known):
            return False
        if texts in self._titles or _counts_columns(texts):
            return False
        labels = {text for text in texts if _TOTAL.fullmatch(text) or _SIGN_OFF.fullmatch(text)}
        leads = next(filter(None, texts), "") in labels
        ids = {squeezed(shown(self.raw(key)[index])) for key in self._layout.identifying}
        ids -= {"", *labels}
        # A total row may have its count under the column of ids: 合计 | 120.
        return not labels or not (not ids or (leads and all(map(_COUNT.fullmatch, ids))))


def _is_note(text: str) -> bool:
    return bool(_NOTE.fullmatch(text) or _SIGN_OFF.fullmatch(text))


def _counts_columns(texts: Iterable[str]) -> bool:
    """Whether the cells number the columns, one after the other; 栏次 may stand before them."""
    filled = [text for text in texts if text]
    found = [_COLUMN_NUMBER.fullmatch(text) for text in filled[filled[:1] == ["栏次"] :]]
    numbers = [int(match[1]) for match in found if match]
    first = numbers[0] if numbers else 0
    consecutive = numbers == list(range(first, first + len(found)))
    return len(found) >= _FEWEST_NUMBERED and first < 3 and consecutive


def _is_amount(field: Field) -> bool:
    return field.key.endswith("_fen")


def _shown_rows(rows: Iterable[Sequence[Cell]]) -> set[tuple[str, ...]]:
    return {tuple(squeezed(shown(cell)) for cell in row) for row in rows if any(row)}


def _fill_merged(grid: Grid, first: int, text_columns: set[int]) -> None:
    """A text merged over several rows holds for each; an amount cannot be shared out."""
    width = max(map(len, grid.rows), default=0)
    for (top, left), (bottom, right) in grid.merged:
        if top < first or bottom == top:
            continue
        for column in range(left, min(right + 1, width)):
            cell = grid.rows[top][left] if top < len(grid.rows) else ""
            shared = cell if column in text_columns else SHARED
            for row in range(top, min(bottom + 1, len(grid.rows))):
                if column < len(grid.rows[row]) and any(grid.rows[row]):
                    grid.rows[row][column] = shared
