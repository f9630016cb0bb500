"""Workbooks (xlsx, xls) as grids, read with calamine."""

from __future__ import annotations

import io
from collections.abc import Iterator

from python_calamine import CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from importers.grids import Grid
from importers.sheet_xml import SheetXml, mark_formulas
from ledger.core.errors import Refused

_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def is_workbook(data: bytes) -> bool:
    """Told by the content: systems hand out text under the name .xls, and the reverse."""
    return data.startswith((_ZIP, _OLE))


def read_workbook(data: bytes, file: str) -> Iterator[Grid]:
    """The sheets of a workbook, one after the other.

    Raises:
        Refused: `import/encrypted`, `import/unreadable`, `import/too-large`.
    """
    if data.startswith(_OLE) and _ENCRYPTED in data:
        raise _encrypted(file)
    try:
        yield from _sheets(data, file)
    except (Refused, KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError):
        raise
    except PasswordError:
        raise _encrypted(file) from None
    except BaseException as fault:
        # A damaged workbook may make the reader panic; pyo3 raises that past Exception.
        raise Refused(
            "import/unreadable",
            f"“{file}”打不开，文件已损坏或不是 Excel 表格；请用 Excel 打开，另存为 .xlsx 后再导入",
            reason=str(fault),
        ) from None


def _sheets(data: bytes, file: str) -> Iterator[Grid]:
    package = SheetXml(data, file) if data.startswith(_ZIP) else None
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
    for index, about in enumerate(workbook.sheets_metadata):
        if about.typ is not SheetTypeEnum.WorkSheet:
            continue
        # The XML first: it tells whether calamine can lay the sheet out at all.
        xml = package.read(about.name) if package else None
        sheet = workbook.get_sheet_by_index(index)
        grid = Grid(
            name=about.name,
            rows=sheet.to_python(skip_empty_area=False),
            merged=sheet.merged_cell_ranges or [],
            hidden=about.visible is not SheetVisibleEnum.Visible,
        )
        if xml:
            mark_formulas(grid, xml)
        yield grid


def _encrypted(file: str) -> Refused:
    return Refused("import/encrypted", f"“{file}”设有打开密码；请在 Excel 里取消密码后再导入")
