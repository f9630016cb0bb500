"""Text files: comma, tab, semicolon or bar separated, in the encodings that occur.

GB18030 comes before any guess: it is what Chinese Excel writes for "CSV", and it holds GBK and
GB 2312. Where not even that fits, charset-normalizer guesses, and what cannot be decoded stays
visible in its cell (U+FFFD), so that only the rows concerned are refused.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter

from importers.cells import Cell, is_blank
from importers.grids import Grid
from ledger.core.errors import Refused

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DELIMITERS = ",\t;|，；"
_SAMPLE = 65_536


def read_delimited(data: bytes, file: str) -> Grid:
    """One grid of text cells; its row numbers are those of Excel on opening the file.

    Raises:
        Refused: `import/unreadable` (binary data, a web page), `import/open-quote`.
    """
    text = decode(data, file)
    if text[:1000].lstrip().lower().startswith(("<html", "<!doctype", "<table", "<?xml", "<meta")):
        raise Refused(
            "import/unreadable",
            f"“{file}”其实是网页或 XML，不是表格文件；请用 Excel 打开，另存为 .xlsx 后再导入",
        )
    delimiter = _delimiter(text[:_SAMPLE])
    rows = _parse(text, delimiter, file)
    width = max(map(len, rows), default=0)
    for row in rows:
        if len(row) < width:
            row.extend([""] * (width - len(row)))
    return Grid(name="", rows=rows)


def decode(data: bytes, file: str) -> str:
    """The text of a file. Raises `import/unreadable` for what is no text."""
    for bom, marked in _BOMS:
        if data.startswith(bom):
            return data.decode(marked, errors="replace").removeprefix("\ufeff")
    encoding = _without_bom(data)
    if data[:4096].count(0) > 0 and not encoding.startswith("utf_16"):
        raise Refused(
            "import/unreadable",
            f"“{file}”不是表格文件；可导入 .xlsx、.xls、.csv 和制表符分隔的 .txt",
        )
    return data.decode(encoding, errors="replace")


def _without_bom(data: bytes) -> str:
    for encoding in ("utf_8", "gb18030"):
        try:
            data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return _utf_16_without_bom(data) or encoding
    from charset_normalizer import from_bytes

    best = from_bytes(data[:_SAMPLE]).best()
    guess = None if best is None else best.encoding
    return _utf_16_without_bom(data) or (guess if guess in ("utf_8", "big5") else "gb18030")


def _utf_16_without_bom(data: bytes) -> str | None:
    """Commas and digits of UTF-16 have a zero byte on one side, always the same."""
    sample = data[:4096]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if max(even, odd) * 10 < len(sample) or min(even, odd) * 10 > max(even, odd):
        return None
    return "utf_16_le" if odd > even else "utf_16_be"


def _delimiter(sample: str) -> str:
    """The separator that the most lines have, the same number of times."""
    lines = [line for line in sample.splitlines()[:60] if line.strip()]
    best, most = ",", (0, 0)
    for delimiter in _DELIMITERS:
        counts = Counter(line.count(delimiter) for line in lines)
        counts.pop(0, None)
        if counts:
            columns, agreeing = counts.most_common(1)[0]
            if (agreeing, columns) > most:
                best, most = delimiter, (agreeing, columns)
    return best


def _parse(text: str, delimiter: str, file: str) -> list[list[Cell]]:
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    text = text.replace("\0", "")
    rows: list[list[Cell]] = []
    rows.extend(csv.reader(_lines(text), delimiter=delimiter))  # type: ignore[arg-type]  # Texts.
    if rows and any("\n" in str(cell) for cell in rows[-1]):
        _check_closed(text, delimiter, len(rows), file)
    while rows and all(is_blank(cell) for cell in rows[-1]):
        rows.pop()
    return [[_from_excel_text(cell) for cell in row] for row in rows] if '="' in text else rows


def _check_closed(text: str, delimiter: str, row: int, file: str) -> None:
    """A quotation mark that is never closed makes one cell of all rows behind it."""
    try:
        for _ in csv.reader(_lines(text), delimiter=delimiter, strict=True):
            pass
    except csv.Error as fault:
        if "end of data" in str(fault):
            raise Refused(
                "import/open-quote",
                f"“{file}”第 {row} 行有一个引号没有配对，其后的行无法分开；请改正后再导入",
            ) from None


def _lines(text: str) -> io.StringIO:
    return io.StringIO(text, newline="")


def _from_excel_text(cell: Cell) -> Cell:
    """`="0012"` in a CSV is how a system makes Excel keep a text."""
    if isinstance(cell, str) and len(cell) > 2 and cell.startswith('="') and cell.endswith('"'):
        return cell[2:-1]
    return cell
