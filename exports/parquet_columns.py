"""A Parquet file again, byte for byte, with columns of money behind its own.

Where a file of Parquet says which columns it has and where they stand is its last part, the
footer. So what came is copied as it is, the new columns are put behind it, and a footer that
tells of both is put behind them. Nothing that came is decoded and encoded again, which is slow
and, for what Arrow does not know, a loss; and the new columns, each encoded by itself, keep
several cores busy.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from exports.thrift_compact import BINARY, STRUCT, Struct, read_struct, write_struct
from exports.visit_arrays import YUAN_TYPE, appearing_whole, column_options, decimals

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from exports.visit_arrays import Fens

_MAGIC = b"PAR1"
_LENGTH_BYTES = 4
_BLOCK_BYTES = 1 << 24
_MOST_ROWS = 1 << 26
"""Arrow cuts row groups that have more."""
_ARROW_SCHEMA = b"ARROW:schema"

# Numbers of fields, from the format's description (parquet.thrift).
_SCHEMA, _ROW_GROUPS, _NOTES, _COLUMN_ORDERS, _ENCRYPTION = 2, 4, 5, 7, 8
_CHILDREN = 5
_KEY, _VALUE = 1, 2
_COLUMNS, _BYTES, _ROWS, _COMPRESSED_BYTES = 1, 2, 3, 6
_CHUNK_OFFSET, _CHUNK = 2, 3
_CHUNK_BYTES, _CHUNK_COMPRESSED_BYTES, _DATA_OFFSET = 6, 7, 9


class Footer(NamedTuple):
    """What a file of Parquet says of itself."""

    start: int
    """Where it begins; what stands before it is the columns."""
    fields: Struct


class _Chunk(NamedTuple):
    """A new column in one row group."""

    data: Any
    """Bytes."""
    footer: Footer
    """Of a file that has nothing else."""


def footer_to_extend(source: Path) -> Footer | None:
    """The footer of a file that `write_more_columns` can extend; None where something of the
    file is encrypted, a row group has no rows or too many, or the footer is not understood."""
    with source.open("rb") as file:
        try:
            footer = _read_footer(file)
        except ValueError:
            return None
    groups = _items(footer.fields, _ROW_GROUPS)
    fitting = all(0 < _number(group, _ROWS) <= _MOST_ROWS for group in groups)
    return footer if fitting and _ENCRYPTION not in footer.fields else None


def write_more_columns(
    path: Path,
    source: Path,
    footer: Footer,
    computed: Fens,
    threads: int,
    advance: Callable[[int], object],
) -> None:
    """Write `source` with one more column of yuan for each of `computed`.

    Args:
        footer: of `source`, see `footer_to_extend`.
        computed: fen, >= 0, one item per row, by the name of the column.
        advance: called with the number of rows after each row group.

    Raises:
        Refused: `export/unwritable`.
    """
    groups = _items(footer.fields, _ROW_GROUPS)
    with (
        appearing_whole(path) as unseen,
        source.open("rb") as old,
        unseen.open("wb") as new,
        ThreadPoolExecutor(threads) as pool,
    ):
        coming = pool.map(lambda part: _encoded(*part), list(_parts(groups, computed)))
        _copy(old, new, footer.start)
        for group in groups:
            chunks = [next(coming) for _ in computed]
            _extend_group(group, [_put(new, chunk) for chunk in chunks])
            advance(_number(group, _ROWS))
        _extend_schema(footer.fields, list(computed))
        said = write_struct(footer.fields)
        new.write(said + len(said).to_bytes(_LENGTH_BYTES, "little") + _MAGIC)


def _read_footer(file: IO[bytes]) -> Footer:
    end = file.seek(0, 2) - _LENGTH_BYTES - len(_MAGIC)
    file.seek(max(end, 0))
    length, magic = file.read(_LENGTH_BYTES), file.read()
    start = end - int.from_bytes(length, "little")
    if magic != _MAGIC or start < len(_MAGIC):
        raise ValueError("no footer of Parquet")
    file.seek(start)
    return Footer(start, read_struct(file.read(end - start))[0])


def _parts(groups: list[Struct], computed: Fens) -> Iterator[tuple[str, NDArray[np.integer[Any]]]]:
    """What each new column has in each row group."""
    row = 0
    for group in groups:
        end = row + _number(group, _ROWS)
        for name, fen in computed.items():
            yield name, fen[row:end]
        row = end


def _encoded(name: str, fen: NDArray[np.integer[Any]]) -> _Chunk:
    """A column as a file of its own, in memory."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({name: decimals(fen)})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, row_group_size=_MOST_ROWS, **column_options(table.schema))
    whole = sink.getvalue()
    with pa.BufferReader(whole) as file:
        footer = _read_footer(file)
    return _Chunk(memoryview(whole)[len(_MAGIC) : footer.start], footer)


def _copy(old: IO[bytes], new: IO[bytes], length: int) -> None:
    while length and (block := old.read(min(length, _BLOCK_BYTES))):
        new.write(block)
        length -= len(block)


def _put(new: IO[bytes], chunk: _Chunk) -> Struct:
    """Write a column's bytes; the column as a row group tells of it."""
    moved = new.tell() - len(_MAGIC)
    new.write(chunk.data)
    (group,) = _items(chunk.footer.fields, _ROW_GROUPS)
    (column,) = _items(group, _COLUMNS)
    _add(column[_CHUNK][1], _DATA_OFFSET, moved)
    if _number(column, _CHUNK_OFFSET):
        _add(column, _CHUNK_OFFSET, moved)
    return column


def _extend_group(group: Struct, columns: list[Struct]) -> None:
    _items(group, _COLUMNS).extend(columns)
    for column in columns:
        chunk = column[_CHUNK][1]
        _add(group, _BYTES, _number(chunk, _CHUNK_BYTES))
        if _COMPRESSED_BYTES in group:
            _add(group, _COMPRESSED_BYTES, _number(chunk, _CHUNK_COMPRESSED_BYTES))


def _extend_schema(fields: Struct, names: list[str]) -> None:
    """Tell of the new columns, to all readers and, in the note that it keeps, to Arrow."""
    import numpy as np

    empty = [_encoded(name, np.empty(0, np.int64)).footer.fields for name in names]
    schema = _items(fields, _SCHEMA)
    _add(schema[0], _CHILDREN, len(names))
    schema += [_items(one, _SCHEMA)[1] for one in empty]
    orders = _items(fields, _COLUMN_ORDERS)
    if orders:  # Without them nobody trusts the least and greatest values.
        orders += [_items(one, _COLUMN_ORDERS)[0] for one in empty]
    for note in _items(fields, _NOTES):
        if note[_KEY][1] == _ARROW_SCHEMA:
            note[_VALUE] = (BINARY, _arrow_note(note[_VALUE][1], names))


def _arrow_note(note: bytes, names: list[str]) -> bytes:
    import pyarrow as pa

    schema = pa.ipc.read_schema(pa.py_buffer(base64.b64decode(note)))
    for name in names:
        schema = schema.append(pa.field(name, pa.decimal128(*YUAN_TYPE)))
    return base64.b64encode(schema.serialize().to_pybytes())


def _items(fields: Struct, number: int) -> list[Struct]:
    """The structs of a list, to be changed in place; none where there is no such field."""
    found: list[Struct]
    kind, found = fields[number][1] if number in fields else (STRUCT, [])
    assert kind == STRUCT or not found
    return found


def _number(fields: Struct, number: int) -> int:
    value: int = fields[number][1]
    return value


def _add(fields: Struct, number: int, more: int) -> None:
    kind, value = fields[number]
    fields[number] = (kind, value + more)
