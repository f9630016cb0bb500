"""Workbooks (xlsx, xlsm, xlsb, xls, ods) as grids, read with calamine.

calamine shows a formula without a computed value, and a cell in error, as an empty cell. The
sheet's XML is looked through for both, so that neither passes for "nothing entered".
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from xml.etree import ElementTree

from python_calamine import CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from importers.cells import ERROR_RESULT, NO_RESULT
from importers.grids import Grid
from ledger.core.errors import Refused

_RELATION_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_PREFIX = re.compile(rb"<(\w+:)?worksheet\b")
_REFERENCE = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')
_RESULT = re.compile(rb"<(?:\w+:)?v\b[^>/]*>[^<]")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def is_workbook(data: bytes) -> bool:
    """Told by the content: systems hand out text under the name .xls, and the reverse."""
    return data[:4] == b"PK\x03\x04" or data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read_workbook(data: bytes, file: str) -> Iterator[Grid]:
    """The sheets of a workbook, one after the other.

    Raises:
        Refused: `import/encrypted`, `import/unreadable`.
    """
    if _ENCRYPTED in data:
        raise _encrypted(file)
    try:
        yield from _sheets(data)
    except (Refused, KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError):
        raise
    except PasswordError:
        raise _encrypted(file) from None
    except BaseException as fault:
        # A damaged workbook may make the reader panic; pyo3 raises that past Exception.
        raise Refused(
            "import/unreadable",
            f"“{file}”打不开，文件已损坏或不是表格；请用 Excel 打开，另存为 .xlsx 后再导入",
            reason=str(fault),
        ) from None


def _sheets(data: bytes) -> Iterator[Grid]:
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
    parts = _sheet_parts(data) if data[:2] == b"PK" else {}
    for index, about in enumerate(workbook.sheets_metadata):
        if about.typ is not SheetTypeEnum.WorkSheet:
            continue
        sheet = workbook.get_sheet_by_index(index)
        grid = Grid(
            name=about.name,
            rows=sheet.to_python(skip_empty_area=False),
            merged=sheet.merged_cell_ranges or [],
            hidden=about.visible is not SheetVisibleEnum.Visible,
        )
        if about.name in parts:
            _mark_formulas(grid, data, parts[about.name])
        yield grid


def _sheet_parts(data: bytes) -> dict[str, str]:
    """Name of a sheet -> its part of the package; empty for packages that are no xlsx."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        if "xl/workbook.xml" not in package.namelist():
            return {}
        book = ElementTree.fromstring(package.read("xl/workbook.xml"))
        relations = ElementTree.fromstring(package.read("xl/_rels/workbook.xml.rels"))
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    parts = {}
    for sheet in book.iter():
        target = targets.get(sheet.get(_RELATION_ID)) if sheet.tag.endswith("}sheet") else None
        if target:
            parts[sheet.get("name", "")] = target[1:] if target.startswith("/") else f"xl/{target}"
    return parts


def _mark_formulas(grid: Grid, data: bytes, part: str) -> None:
    """Puts a mark into cells that look empty but hold a formula or an error."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        if part not in package.namelist():
            return
        xml = package.read(part)
    prefix = _PREFIX.search(xml[:4096])
    p = (prefix[1] or b"") if prefix else b""
    for at in _suspects(xml, p):
        start = xml.rfind(b"<" + p + b"c ", 0, at + 1)
        end = xml.find(b"</" + p + b"c>", at)
        attributes, _, content = xml[start:end].partition(b">")
        place = _REFERENCE.search(attributes)
        mark = _mark(attributes, content)
        if place and mark:
            _put(grid, int(place[2]) - 1, _column_index(place[1]), mark)


def _suspects(xml: bytes, prefix: bytes) -> Iterator[int]:
    """Where a formula stands, or the attribute of a cell in error."""
    for needle in (b"<" + prefix + b"f", b't="e"'):
        at = xml.find(needle)
        while at >= 0:
            if needle[0] != ord("<") or xml[at + len(needle)] in b" />":
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


def _column_index(letters: bytes) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + letter - 64
    return index - 1


def _encrypted(file: str) -> Refused:
    return Refused("import/encrypted", f"“{file}”设有打开密码；请在 Excel 里取消密码后再导入")
