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

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Fens = Mapping[str, NDArray[np.integer[Any]]]

_ROW_GROUP = 1 << 20


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
    """
    import pyarrow as pa

    yuan = pa.decimal128(16, 2)
    whole = pa.schema([*schema, *((name, yuan) for name in computed)], schema.metadata)
    opened = _parquet if path.suffix.lower() == ".parquet" else _csv
    row = 0
    with _appearing_whole(path) as unseen, opened(unseen, whole) as write:
        for table in tables:
            end = row + table.num_rows
            for name, fen in computed.items():
                table = table.append_column(name, _decimals(fen[row:end], yuan))
            write(table)
            advance(end - row)
            row = end


@contextmanager
def _appearing_whole(path: Path) -> Iterator[Path]:
    unseen = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield unseen
        unseen.replace(path)
    finally:
        unseen.unlink(missing_ok=True)


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

    import pyarrow as pa
    import pyarrow.parquet as pq

    writer = pq.ParquetWriter(
        path,
        coming,
        store_schema=False,
        # A dictionary of amounts, times or ids is as long as the column: only trying costs.
        use_dictionary=[f.name for f in coming if pa.types.is_dictionary(f.type)] or False,
        write_statistics=[f.name for f in coming if pa.types.is_primitive(f.type)] or False,
        store_decimal_as_integer=True,
    )
    note = {b"ARROW:schema": base64.b64encode(schema.serialize().to_pybytes())}
    writer.add_key_value_metadata({**(schema.metadata or {}), **note})
    return writer


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

    texts = pa.table([_texts(column) for column in table.columns], names=table.column_names)
    for quoting in ("none", "needed"):
        sink = pa.BufferOutputStream()
        options = arrow_csv.WriteOptions(include_header=False, quoting_style=quoting)
        try:
            arrow_csv.write_csv(texts, sink, options)
        except pa.ArrowInvalid:  # A cell has a comma, a quote or a line's end in it.
            continue
        file.write(sink.getvalue())
        return


def _texts(column: Any) -> Any:
    """A column as a CSV shows it: no fractions of a second where there are none."""
    import pyarrow as pa

    if pa.types.is_timestamp(column.type):
        with suppress(pa.ArrowInvalid):  # Where there are fractions, they stay.
            column = column.cast(pa.timestamp("s", column.type.tz))
    return column.cast(pa.string())


def _decimals(fen: Any, kind: Any) -> Any:
    """Amounts of at least zero as decimal(16,2): the low word is the fen, the high word zero."""
    import numpy as np
    import pyarrow as pa

    words = np.zeros((len(fen), 2), np.int64)
    words[:, 0] = fen
    return pa.Array.from_buffers(kind, len(fen), [None, pa.py_buffer(words)])
