"""From a file to the one sheet that holds the table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from importers.delimited import read_delimited
from importers.grids import Grid
from importers.headings import Header, Layout, check_unit, display, find_header
from importers.table import Progress, Table
from importers.workbooks import is_workbook, read_workbook
from ledger.core.errors import Refused


def read_bytes(path: Path) -> bytes:
    """The content of a file.

    Raises:
        Refused: `import/unreadable`, `import/empty`.
    """
    try:
        data = path.read_bytes()
    except OSError as fault:
        raise Refused(
            "import/unreadable", f"读不到文件“{path}”；请检查路径和权限", reason=str(fault)
        ) from None
    if not data.strip():
        raise Refused("import/empty", f"“{path.name}”是空文件")
    return data


def open_table(kind: str, layout: Layout, data: bytes, file: str, progress: Progress) -> Table:
    """The table of `kind` in a file.

    Raises:
        Refused: `import/empty`, `import/unreadable`, `import/encrypted`, `import/no-header`,
            `import/missing-column`, `import/several-sheets`, `import/ambiguous-column`,
            `import/unit`, `import/too-large`, `import/open-quote`.
    """
    grid, header = _the_one_sheet(layout, _grids(data, file), file)
    amounts = [field.key for field in layout.fields if field.key.endswith("_fen")]
    check_unit(grid, header, amounts, file)
    return Table(kind, file, grid, header, layout, progress)


def _grids(data: bytes, file: str) -> Iterator[Grid]:
    if is_workbook(data):
        return read_workbook(data, file)
    return iter([read_delimited(data, file)])


def _the_one_sheet(layout: Layout, grids: Iterator[Grid], file: str) -> tuple[Grid, Header]:
    whole: list[tuple[Grid, Header]] = []
    nearest: tuple[Grid, Header] | None = None
    filled = False
    for grid in grids:
        filled = filled or any(map(any, grid.rows))
        header = find_header(grid, layout)
        if header is None:
            continue
        if not header.missing(layout) and _has_rows(grid, header):
            whole.append((grid, header))
        if nearest is None or len(header.columns) > len(nearest[1].columns):
            nearest = grid, header
    if len(whole) > 1:
        raise _several_sheets(whole, file)
    if nearest is None:
        raise _no_header(layout, file) if filled else Refused("import/empty", f"“{file}”里没有数据")
    chosen = whole[0] if whole else nearest
    if missing := chosen[1].missing(layout):
        raise _missing_columns(layout, chosen[1], missing, file)
    return chosen


def _has_rows(grid: Grid, header: Header) -> bool:
    return any(map(any, grid.rows[header.row + header.depth :]))


def _several_sheets(sheets: list[tuple[Grid, Header]], file: str) -> Refused:
    names = "、".join(f"“{grid.name}”{'（隐藏）' if grid.hidden else ''}" for grid, _ in sheets)
    return Refused(
        "import/several-sheets",
        f"“{file}”有 {len(sheets)} 张工作表都是数据（{names}）；一次只导入一张，请分成几个文件",
        sheets=[grid.name for grid, _ in sheets],
    )


def _no_header(layout: Layout, file: str) -> Refused:
    needed = "、".join(display(layout, group) for group in layout.needed)
    return Refused("import/no-header", f"“{file}”里找不到表头行；表头应有：{needed}")


def _missing_columns(
    layout: Layout, header: Header, missing: list[tuple[str, ...]], file: str
) -> Refused:
    lacking = [display(layout, group) for group in missing]
    found = [text for text in header.texts if text]
    return Refused(
        "import/missing-column",
        f"“{file}”缺少必需的列：{'、'.join(lacking)}；"
        f"第 {header.row + header.depth} 行表头里有：{'、'.join(found)}",
        missing=lacking,
        found=found,
    )
