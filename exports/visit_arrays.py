"""The rows of a simulation's input again, with what was computed beside them; CSV or Parquet.

The file appears whole or not at all: it is written beside its place under another name and
then moved there.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ledger.core.errors import Refused

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Fens = Mapping[str, NDArray[np.integer[Any]]]

YUAN_TYPE = (16, 2)
"""Digits, and how many of them are fen."""
_ROW_GROUP = 1 << 20
_DIGITS_OF_64_BITS = 18


def write_visit_arrays(
    path: Path,
    schema: Any,
    tables: Iterable[Any],
    computed: Fens,
    advance: Callable[[int], object],
) -> None:
    """Write every row as it came, with one more column of yuan for each of `computed`.

    Args:
        path: `.parquet`, or anything else for CSV.
        schema: of the columns that came, a `pyarrow.Schema`.
        tables: the rows in order, `pyarrow.Table`s; dictionaries may stand for plain text.
        computed: fen, >= 0, one item per row, by the name of the column.
        advance: called with the number of rows after each table.

    Raises:
        Refused: `export/unwritable`, `export/not-for-csv`.
    """
    import pyarrow as pa

    yuan = pa.decimal128(*YUAN_TYPE)
    whole = pa.schema([*schema, *((name, yuan) for name in computed)], schema.metadata)
    opened = _parquet if path.suffix.lower() == ".parquet" else _csv
    row = 0
    with appearing_whole(path) as unseen, opened(unseen, whole) as write:
        for table in tables:
            end = row + table.num_rows
            for name, fen in computed.items():
                table = table.append_column(name, decimals(fen[row:end]))
            write(table)
            advance(end - row)
            row = end


def check_columns(path: Path, schema: Any) -> None:
    """Raises: Refused `export/not-for-csv` for columns of lists, records and the like, where
    `path` is not `.parquet`."""
    import pyarrow as pa

    if path.suffix.lower() != ".parquet":
        for field in schema:
            _texts(field.name, pa.chunked_array([], field.type))


@contextmanager
def appearing_whole(path: Path) -> Iterator[Path]:
    unseen = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield unseen
        unseen.replace(path)
    except OSError as error:
        from exports.workbook import unwritable

        raise unwritable(path, error) from error
    finally:
        with suppress(OSError):
            unseen.unlink()


@contextmanager
def _parquet(path: Path, schema: Any) -> Iterator[Callable[[Any], None]]:
    """Small tables are gathered into row groups of a size that readers like."""
    import pyarrow as pa

    waiting: list[Any] = []
    with ExitStack() as opened:
        writer: Any = None

        def flush() -> None:
            nonlocal writer
            table = pa.concat_tables(waiting) if waiting else schema.empty_table()
            table = table.replace_schema_metadata(None)
            if writer is None:
                writer = opened.enter_context(_parquet_writer(path, schema, table.schema))
            writer.write_table(table, row_group_size=_ROW_GROUP)
            waiting.clear()

        def write(table: Any) -> None:
            waiting.append(table)
            if sum(part.num_rows for part in waiting) >= _ROW_GROUP:
                flush()

        yield write
        if waiting or writer is None:
            flush()


def _parquet_writer(path: Path, schema: Any, coming: Any) -> Any:
    """A writer of tables as they are `coming` into a file that says it has `schema`.

    Text that comes as a dictionary is written five times as fast, but Arrow would note the
    dictionary as the column's type. So the notes about the file are ours, not Arrow's.
    """
    import base64

    import pyarrow.parquet as pq

    writer = pq.ParquetWriter(path, coming, **column_options(coming))
    note = {b"ARROW:schema": base64.b64encode(schema.serialize().to_pybytes())}
    writer.add_key_value_metadata({**(schema.metadata or {}), **note})
    return writer


def column_options(coming: Any) -> dict[str, Any]:
    """How Parquet keeps tables as they are `coming`, a `pyarrow.Schema`."""
    import pyarrow as pa

    whole = [f.name for f in coming if _stored_as_whole_number(f.type)]
    ordered = [
        f.name for f in coming if pa.types.is_primitive(f.type) or pa.types.is_decimal(f.type)
    ]
    return {
        "store_schema": False,
        # A dictionary of amounts, times or ids is as long as the column: only trying costs.
        "use_dictionary": [f.name for f in coming if pa.types.is_dictionary(f.type)] or False,
        # Differences take a quarter of the room, and no compression on top of them pays.
        "column_encoding": dict.fromkeys(whole, "DELTA_BINARY_PACKED"),
        "compression": {f.name: "none" if f.name in whole else "snappy" for f in coming},
        "write_statistics": ordered or False,
        "store_decimal_as_integer": True,
    }


def _stored_as_whole_number(kind: Any) -> bool:
    """Whether Parquet keeps such cells as integers."""
    import pyarrow as pa

    return bool(
        pa.types.is_integer(kind)
        or pa.types.is_temporal(kind)
        or (pa.types.is_decimal128(kind) and kind.precision <= _DIGITS_OF_64_BITS)
        or pa.types.is_decimal64(kind)
    )


@contextmanager
def _csv(path: Path, schema: Any) -> Iterator[Callable[[Any], None]]:
    """UTF-8; a cell is quoted only where it must be."""
    with path.open("w", encoding="utf-8", newline="") as text:
        csv.writer(text, lineterminator="\n").writerow(schema.names)
    with path.open("ab") as file:
        yield lambda table: _csv_rows(file, table)


def _csv_rows(file: IO[bytes], table: Any) -> None:
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    names = table.column_names
    texts = pa.table([_texts(name, table[name]) for name in names], names=names)
    for quoting in ("none", "needed"):
        sink = pa.BufferOutputStream()
        options = arrow_csv.WriteOptions(include_header=False, quoting_style=quoting)
        try:
            arrow_csv.write_csv(texts, sink, options)
        except pa.ArrowInvalid:  # A cell has a comma, a quote or a line's end in it.
            continue
        file.write(sink.getvalue())
        return


def _texts(name: str, column: Any) -> Any:
    """A column as a CSV shows it: no fractions of a second where there are none.

    Raises:
        Refused: `export/not-for-csv` where a cell is no single value, or bytes that are no text.
    """
    import pyarrow as pa

    if pa.types.is_timestamp(column.type):
        with suppress(pa.ArrowInvalid):  # Where there are fractions, they stay.
            column = column.cast(pa.timestamp("s", column.type.tz))
    try:
        return column.cast(pa.string())
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid) as fault:
        raise Refused(
            "export/not-for-csv",
            f"{name} 列的内容不是文字、数字或时间，写不成 CSV；请改写 .parquet，或先去掉这一列",
        ) from fault


def decimals(fen: Any) -> Any:
    """Fen as decimal(16,2) in 64 bits: the very same numbers."""
    import numpy as np
    import pyarrow as pa

    words = pa.py_buffer(np.ascontiguousarray(fen))
    return pa.Array.from_buffers(pa.decimal64(*YUAN_TYPE), len(fen), [None, words])
