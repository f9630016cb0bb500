"""Thrift's compact protocol, in which a Parquet file describes itself: any struct, there and back.

Nothing is known here of what a struct means. Fields that nobody asks about come back as they
were, so that a description from a newer writer loses nothing on its way through.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Struct = dict[int, tuple[int, Any]]
"""By number of the field: its type and its value, in rising order of the numbers."""

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)
_STOP = 0
_DOUBLE_BYTES = 8
_SHORT = 15
"""Above: the length of a list and the step to the next field stand in bytes of their own."""


def read_struct(data: bytes, at: int = 0) -> tuple[Struct, int]:
    """A struct and where it ends.

    Lists are pairs of their items' type and the items; whole numbers are ints, texts are bytes.

    Raises:
        ValueError: these bytes are no struct.
    """
    fields: Struct = {}
    number = 0
    try:
        while (head := data[at]) != _STOP:
            at += 1
            kind = head & 0x0F
            if head >> 4:
                number += head >> 4
            else:
                number, at = _read_int(data, at)
            if kind in (TRUE, FALSE):
                fields[number] = (kind, None)
                continue
            value, at = _READERS[kind](data, at)
            fields[number] = (kind, value)
    except (IndexError, KeyError) as fault:
        raise ValueError("no struct in Thrift's compact protocol") from fault
    return fields, at + 1


def write_struct(fields: Struct) -> bytes:
    """The same struct as bytes."""
    parts = bytearray()
    _put_struct(parts, fields)
    return bytes(parts)


def _read_unsigned(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while (byte := data[at]) & 0x80:
        value |= (byte & 0x7F) << shift
        shift += 7
        at += 1
    return value | byte << shift, at + 1


def _read_int(data: bytes, at: int) -> tuple[int, int]:
    value, at = _read_unsigned(data, at)
    return value >> 1 ^ -(value & 1), at


def _read_byte(data: bytes, at: int) -> tuple[int, int]:
    return data[at], at + 1


def _read_double(data: bytes, at: int) -> tuple[bytes, int]:
    return _cut(data, at, _DOUBLE_BYTES)


def _read_binary(data: bytes, at: int) -> tuple[bytes, int]:
    length, at = _read_unsigned(data, at)
    return _cut(data, at, length)


def _cut(data: bytes, at: int, length: int) -> tuple[bytes, int]:
    if at + length > len(data):
        raise IndexError(at + length)
    return data[at : at + length], at + length


def _read_list(data: bytes, at: int) -> tuple[tuple[int, list[Any]], int]:
    kind, length = data[at] & 0x0F, data[at] >> 4
    at += 1
    if length == _SHORT:
        length, at = _read_unsigned(data, at)
    items: list[Any] = []
    if not length:  # Some writers do not say then of what.
        return (kind, items), at
    read = _read_byte if kind in (TRUE, FALSE) else _READERS[kind]
    for _ in range(length):
        item, at = read(data, at)
        items.append(item)
    return (kind, items), at


_READERS: dict[int, Callable[[bytes, int], tuple[Any, int]]] = {
    BYTE: _read_byte,
    I16: _read_int,
    I32: _read_int,
    I64: _read_int,
    DOUBLE: _read_double,
    BINARY: _read_binary,
    LIST: _read_list,
    SET: _read_list,
    STRUCT: read_struct,
}
"""No maps: the description of a Parquet file has none."""


def _put_struct(parts: bytearray, fields: Struct) -> None:
    last = 0
    for number, (kind, value) in sorted(fields.items()):
        if 0 < number - last <= _SHORT:
            parts.append(number - last << 4 | kind)
        else:
            parts.append(kind)
            _put_int(parts, number)
        last = number
        if kind not in (TRUE, FALSE):
            _WRITERS[kind](parts, value)
    parts.append(_STOP)


def _put_unsigned(parts: bytearray, value: int) -> None:
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)


def _put_int(parts: bytearray, value: int) -> None:
    _put_unsigned(parts, value << 1 if value >= 0 else (-value << 1) - 1)


def _put_binary(parts: bytearray, value: bytes) -> None:
    _put_unsigned(parts, len(value))
    parts += value


def _put_list(parts: bytearray, value: tuple[int, list[Any]]) -> None:
    kind, items = value
    if len(items) < _SHORT:
        parts.append(len(items) << 4 | kind)
    else:
        parts.append(_SHORT << 4 | kind)
        _put_unsigned(parts, len(items))
    for item in items:
        put = bytearray.append if kind in (TRUE, FALSE) else _WRITERS[kind]
        put(parts, item)


_WRITERS: dict[int, Callable[[bytearray, Any], None]] = {
    BYTE: bytearray.append,
    I16: _put_int,
    I32: _put_int,
    I64: _put_int,
    DOUBLE: bytearray.extend,
    BINARY: _put_binary,
    LIST: _put_list,
    SET: _put_list,
    STRUCT: _put_struct,
}
