"""Workbooks read back: values as stored, formulas as written, both as LibreOffice computes them."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from exports.catalog import EXPORTS
from tests.conftest import need_program

# "Always recalculate" for files that say Excel made them; LibreOffice's default is to believe
# the stored values, which would compare them with themselves.
_SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""


def written(name: str, report: Any) -> bytes:
    """The file of an export."""
    target = io.BytesIO()
    EXPORTS[name].write(report, target)
    return target.getvalue()


def values_of(content: bytes | Path) -> Workbook:
    """The workbook with what its cells show."""
    return load_workbook(_source(content), data_only=True)


def formulas_of(content: bytes | Path) -> Workbook:
    """The workbook with the formulas that its cells hold."""
    return load_workbook(_source(content))


def _source(content: bytes | Path) -> Any:
    return io.BytesIO(content) if isinstance(content, bytes) else content


def rows_of(sheet: Worksheet) -> list[tuple[Any, ...]]:
    return list(sheet.iter_rows(values_only=True))


def row_named(sheet: Worksheet, title: str, column: int = 0) -> tuple[Any, ...]:
    """The first row whose cell in `column` says `title`."""
    for row in rows_of(sheet):
        if row[column] == title:
            return row
    raise AssertionError(f"no row “{title}” on {sheet.title}")


def formula_cells(content: bytes | Path) -> Iterator[tuple[str, str, str]]:
    """(sheet, cell, formula) of every formula."""
    for sheet in formulas_of(content).worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    yield sheet.title, cell.coordinate, cell.value


def recalculated(folder: Path, files: list[Path]) -> dict[str, Path]:
    """The files as LibreOffice saves them after computing every formula; needs `soffice`."""
    soffice = need_program("soffice")
    profile, out = folder / "profile", folder / "out"
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(_SETTINGS, "utf-8")
    subprocess.run(
        [soffice, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--convert-to",
         "xlsx:Calc MS Excel 2007 XML", "--outdir", str(out), *map(str, files)],
        check=True,
        capture_output=True,
        timeout=300,
    )  # fmt: skip
    return {file.stem: out / file.name for file in files}
