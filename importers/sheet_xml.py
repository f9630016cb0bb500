"""The XML of an xlsx's sheets, looked into for what calamine does not tell.

calamine shows a formula without a computed value, and a cell in error, as an empty cell; and it
lays a sheet out as one block, so that a single stray cell in the far corner takes all memory.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from xml.etree import ElementTree

from importers.cells import ERROR_RESULT, NO_RESULT
from importers.grids import Grid
from ledger.core.errors import Refused

_RELATION_IDS = (
    "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id",
    "{http://purl.oclc.org/ooxml/officeDocument/relationships}id",
)
"""As Excel saves by itself, and as "Strict Open XML"."""
_PREFIX = re.compile(rb"<(\w+:)?worksheet\b")
_REFERENCE = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')
_RESULT = re.compile(rb"<(?:\w+:)?v\b[^>/]*>[^<]")
_FAR = re.compile(rb"""r=(?:"(?:[A-Z][A-Z]|[A-Z]?[0-9]{7})|')""")
"""Columns behind Z or rows of seven digits: only then the block may be too large."""
_PLACES = re.compile(rb"""r=["']([A-Z]*)([0-9]*)["']""")
_MOST_CELLS = 32_000_000
_MOST_BYTES = 2_000_000_000


class SheetXml:
    """The parts of an xlsx package, by the names of the sheets."""

    def __init__(self, data: bytes, file: str) -> None:
        self._package = zipfile.ZipFile(io.BytesIO(data))
        self._file = file
        self._names = {_plain(name): name for name in self._package.namelist()}
        if sum(info.file_size for info in self._package.infolist()) > _MOST_BYTES:
            raise self._too_large("解压后超过 2 GB")
        self._parts = self._sheet_parts()

    def read(self, sheet: str) -> bytes:
        """The XML of a sheet. Raises `import/too-large` where its block of cells would not fit."""
        xml = self._part(self._parts[sheet])
        if _FAR.search(xml):
            rows, columns = _extent(xml)
            if rows * columns > _MOST_CELLS:
                raise self._too_large(
                    f"工作表“{sheet}”有单元格远在表格之外（{rows} 行 × {columns} 列）"
                )
        return xml

    def _part(self, name: str) -> bytes:
        return self._package.read(self._names[_plain(name)])

    def _sheet_parts(self) -> dict[str, str]:
        book = ElementTree.fromstring(self._part("xl/workbook.xml"))
        relations = ElementTree.fromstring(self._part("xl/_rels/workbook.xml.rels"))
        targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
        parts = {}
        for sheet in book.iter():
            ids = filter(None, map(sheet.get, _RELATION_IDS))
            target = targets.get(next(ids, None)) if sheet.tag.endswith("}sheet") else None
            if target:
                parts[sheet.get("name", "")] = target if target[0] == "/" else f"xl/{target}"
        return parts

    def _too_large(self, found: str) -> Refused:
        return Refused(
            "import/too-large",
            f"“{self._file}”太大：{found}；请只保留表格本身，另存为 .xlsx 后再导入",
        )


def mark_formulas(grid: Grid, xml: bytes) -> None:
    """Puts a mark into cells that look empty but hold a formula or an error."""
    found = _PREFIX.search(xml[:4096])
    prefix = (found[1] or b"") if found else b""
    for at in _suspects(xml, prefix):
        start = xml.rfind(b"<" + prefix + b"c ", 0, at + 1)
        end = xml.find(b"</" + prefix + b"c>", at)
        attributes, _, content = xml[start:end].partition(b">")
        place = _REFERENCE.search(attributes)
        mark = _mark(attributes, content)
        if place and mark:
            _put(grid, int(place[2]) - 1, _column_number(place[1]) - 1, mark)


def _plain(name: str) -> str:
    """Some programs write backslashes or other capitals into the package's directory."""
    return name.replace("\\", "/").lstrip("/").lower()


def _extent(xml: bytes) -> tuple[int, int]:
    """The last row and the last column that hold a cell."""
    rows = columns = 0
    for letters, digits in _PLACES.findall(xml):
        rows = max(rows, int(digits or b"0"))
        columns = max(columns, _column_number(letters))
    return rows, columns


def _suspects(xml: bytes, prefix: bytes) -> Iterator[int]:
    """Where a formula stands, or the attribute of a cell in error."""
    for needle in (b"<" + prefix + b"f", b't="e"'):
        at = xml.find(needle)
        while at >= 0:
            if needle[:1] != b"<" or xml[at + len(needle) : at + len(needle) + 1] in b" />":
                yield at
            at = xml.find(needle, at + 1)


def _put(grid: Grid, row: int, column: int, mark: str) -> None:
    # Formulas beyond the last filled row or column belong to no row of data.
    if row < len(grid.rows) and column < len(grid.rows[row]):
        grid.rows[row][column] = mark


def _mark(attributes: bytes, content: bytes) -> str | None:
    if b't="e"' in attributes:
        return ERROR_RESULT
    if b't="str"' not in attributes and not _RESULT.search(content):
        return NO_RESULT
    return None


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters[:4]:
        number = number * 26 + letter - 64
    return number
