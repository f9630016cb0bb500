"""A large file of visits, CSV or Parquet, batch by batch as often as wanted (Arrow)."""

from __future__ import annotations

import codecs
import csv
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from ledger.core.errors import Refused, RowError

_BATCH_ROWS = 1 << 18
_BLOCK_BYTES = 1 << 24
_FEW_TEXTS = ("psn_type", "med_type", "tier")
_SOMETIMES_FEW_TEXTS = ("setl_time", "inscp_scp_amt")
_LENGTH_BYTES = 4
"""Before each text that Parquet does not keep as a place in a dictionary."""
_AHEAD = 4
"""Batches read before they are asked for: the first of a row group takes longer than the rest."""


class VisitFile(Protocol):
    """What a format must offer. `names` are the headings as written."""

    names: list[str]
    rows: int | None
    """How many rows, where the file says so."""

    @property
    def schema(self) -> Any:
        """Types of all columns, a `pyarrow.Schema`."""

    def batches(self, names: Sequence[str]) -> Iterator[Any]:
        """The rows as `pyarrow.RecordBatch`, in order, with these columns."""

    def row_numbers(self, rows: Sequence[int]) -> list[int]:
        """The numbers that a person sees for rows counted from 0 (rising)."""

    def faults(self) -> list[RowError]:
        """Rows that are no rows; known once all batches have been read."""


def open_visit_file(path: Path) -> VisitFile:
    """By the file's ending: `.parquet`, or CSV."""
    with _readable(path):
        return ParquetVisits(path) if path.suffix.lower() == ".parquet" else CsvVisits(path)


State = tuple[int, int, int]


def file_state(path: Path) -> State:
    """What changes when somebody writes a file anew or into it."""
    now = path.stat()
    return now.st_ino, now.st_size, now.st_mtime_ns


def check_unchanged(path: Path, state: State) -> None:
    """Raises: Refused `import/changed-meanwhile`, before rows that nobody settled are given back
    beside the results of others."""
    with _readable(path):
        if file_state(path) == state:
            return
    raise Refused(
        "import/changed-meanwhile",
        f"“{path.name}”在读取期间被改动，没有写结果；请等文件写完后再试",
    )


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Arrow's, the codec's and the system's complaints about a file are one fault of ours."""
    try:
        yield
    except (OSError, ValueError) as fault:
        raise Refused(
            "import/unreadable",
            f"“{path.name}”读不出来：{fault}；请确认文件完整，内容与文件名的结尾相符",
        ) from fault


class ParquetVisits:
    """Text columns that are needed and hold few different values come as dictionaries."""

    def __init__(self, path: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._path = path
        with pq.ParquetFile(path) as file:
            self.schema = file.schema_arrow
            self.rows: int | None = file.metadata.num_rows
            self._coded = [
                name
                for name, kind in zip(self.schema.names, self.schema.types, strict=True)
                if kind == pa.string()
                and (
                    name in _FEW_TEXTS
                    or (name in _SOMETIMES_FEW_TEXTS and _kept_once(name, file.metadata))
                )
            ]
        self.names = list(self.schema.names)

    def batches(self, names: Sequence[str]) -> Iterator[Any]:
        import pyarrow.parquet as pq

        with (
            _readable(self._path),
            pq.ParquetFile(self._path, read_dictionary=self._coded, pre_buffer=False) as file,
        ):
            # One thread: the batches before this one keep the other cores busy.
            yield from file.iter_batches(
                batch_size=_BATCH_ROWS, columns=list(names), use_threads=False
            )

    def row_numbers(self, rows: Sequence[int]) -> list[int]:
        """There is no heading row in a Parquet file: the first row is 1."""
        return [row + 1 for row in rows]

    def faults(self) -> list[RowError]:
        return []


def _kept_once(name: str, metadata: Any) -> bool:
    """Whether a Parquet file's texts of a column stand in dictionaries, each once: it then needs
    less room than their lengths alone would."""
    paths = [metadata.schema.column(place).path for place in range(metadata.num_columns)]
    place = paths.index(name)
    groups = map(metadata.row_group, range(metadata.num_row_groups))
    room = sum(group.column(place).total_uncompressed_size for group in groups)
    return bool(room < metadata.num_rows * _LENGTH_BYTES)


class CsvVisits:
    """UTF-8 or GB18030, separated by commas or tabs. Every column is text."""

    def __init__(self, path: Path) -> None:
        import pyarrow as pa

        self._path = path
        self._encoding, paired = _encoding_of(path)
        with path.open(encoding=self._encoding, newline="") as file:
            first = file.readline()
        self._separator = "\t" if first.count("\t") > first.count(",") else ","
        heading = next(csv.reader([first], delimiter=self._separator), [])
        self.names = [name.strip() for name in heading]
        self.schema = pa.schema([(name, pa.string()) for name in self.names])
        self.rows: int | None = None
        self._broken: list[tuple[int, int]] = []
        if not paired:
            self._check_closed()

    def _check_closed(self) -> None:
        """A quotation mark that is never closed makes one cell of all rows behind it."""
        number = 1
        with self._path.open(encoding=self._encoding, newline="") as file:
            try:
                for _ in csv.reader(file, delimiter=self._separator, strict=True):
                    number += 1
            except csv.Error as fault:
                if "end of data" in str(fault):
                    raise Refused(
                        "import/open-quote",
                        f"“{self._path.name}”第 {number} 行有一个引号没有配对，"
                        "其后的行无法分开；请改正后再试",
                    ) from None

    def batches(self, names: Sequence[str]) -> Iterator[Any]:
        import pyarrow as pa
        from pyarrow import csv as arrow_csv

        self._broken = []
        if not self.names:
            return
        read = arrow_csv.ReadOptions(
            encoding=self._encoding.removesuffix("-sig"),
            block_size=_BLOCK_BYTES,
            column_names=self.names,
            skip_rows=1,
        )
        parse = arrow_csv.ParseOptions(
            delimiter=self._separator,
            newlines_in_values=True,
            invalid_row_handler=self._note_broken,
        )
        convert = arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(self.names, pa.string()),
            include_columns=list(names),
            strings_can_be_null=False,
        )
        with _readable(self._path):
            yield from arrow_csv.open_csv(self._path, read, parse, convert)

    def _note_broken(self, row: Any) -> str:
        self._broken.append((row.expected_columns, row.actual_columns))
        return "skip"

    def row_numbers(self, rows: Sequence[int]) -> list[int]:
        """Lines are counted as an editor and Excel count them: heading and blank ones included."""
        wanted = iter(rows)
        numbers: list[int] = []
        ask = next(wanted, None)
        seen = 0
        for number, cells in self._lines():
            if len(cells) != len(self.names):
                continue
            while ask == seen:
                numbers.append(number)
                ask = next(wanted, None)
            if ask is None:
                break
            seen += 1
        return numbers

    def faults(self) -> list[RowError]:
        if not self._broken:
            return []
        expected = len(self.names)
        return [
            RowError(
                number,
                "",
                "import/wrong-number-of-cells",
                f"这一行有 {len(cells)} 格，表头有 {expected} 格；请补齐或删去多余的逗号",
            )
            for number, cells in self._lines()
            if len(cells) != expected
        ]

    def _lines(self) -> Iterator[tuple[int, list[str]]]:
        """Rows with their numbers, without the heading and blank lines."""
        with self._path.open(encoding=self._encoding, newline="") as file:
            reader = csv.reader(file, delimiter=self._separator)
            next(reader, None)
            for number, cells in enumerate(reader, 2):
                if cells:
                    yield number, cells


def read_ahead(batches: Iterator[Any]) -> Iterator[Any]:
    """The same batches; while one is worked on, the next ones are read by another thread."""
    with ThreadPoolExecutor(1) as reader:
        coming = deque(reader.submit(next, batches, None) for _ in range(_AHEAD))
        while (batch := coming.popleft().result()) is not None:
            coming.append(reader.submit(next, batches, None))
            yield batch


def _encoding_of(path: Path) -> tuple[str, bool]:
    """UTF-8 where all of the file is, or else GB18030, which contains GBK and GB2312; and
    whether its quotation marks can all be in pairs."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    encoding, quotes = "utf-8-sig", 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            quotes += block.count(b'"')
            try:
                decoder.decode(block, final=len(block) < _BLOCK_BYTES)
            except UnicodeDecodeError:
                encoding = "gb18030"
    return encoding, quotes % 2 == 0
