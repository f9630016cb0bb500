"""What a formula shows before anybody computes it is what LibreOffice computes."""

from __future__ import annotations

from pathlib import Path

import pytest
import xlsxwriter
from openpyxl import load_workbook

from tests.exports import invented
from tests.exports.sheets import (
    formula_cells,
    recalculated,
    row_named,
    rows_of,
    values_of,
    written,
)

pytestmark = pytest.mark.xdist_group("libreoffice")

REPORTS = {
    "reconciliation": invented.reconciliation,
    "statement": invented.statement,
    "crediting-list": lambda: invented.crediting_list(600),
    "provider-statement": invented.provider_statement,
    "fund-report": invented.fund_report,
}


MEDDLED = {"a-fen-more": 123.46, "words": "123.45元", "an-error": "=1/0"}
"""What somebody may write over an amount of the fund in 结算明细."""


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Path], dict[str, Path]]:
    """Every workbook as written, and as recalculated; one start of LibreOffice for all."""
    folder = tmp_path_factory.mktemp("recalculated")
    files = {}
    for name, report in REPORTS.items():
        files[name] = folder / f"{name}.xlsx"
        files[name].write_bytes(written(name, report()))
    for name, value in MEDDLED.items():
        files[name] = _meddled_with(files["reconciliation"], folder / f"{name}.xlsx", value)
    files["control"] = _with_a_wrong_value(folder / "control.xlsx")
    return files, recalculated(folder, list(files.values()))


def _with_a_wrong_value(path: Path) -> Path:
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet().write_formula(0, 0, "=1+1", None, 99)
    return path


def _meddled_with(source: Path, path: Path, value: object) -> Path:
    book = load_workbook(source)
    sheet = book["结算明细"]
    cells = (cell for row in sheet.iter_rows() for cell in row)
    heading = next(cell for cell in cells if str(cell.value).startswith("统筹支出"))
    below = (
        cell[0] for cell in sheet.iter_rows(heading.row + 1, None, heading.column, heading.column)
    )
    next(cell for cell in below if cell.value).value = value
    book.save(path)
    return path


@pytest.mark.parametrize("name", MEDDLED)
def test_whatever_is_written_over_an_amount_turns_its_checks_and_the_verdict_red(
    name: str, books: tuple[dict[str, Path], dict[str, Path]]
) -> None:
    sheet = values_of(books[1][name])["核对"]
    rows = [row for row in rows_of(sheet) if row[5] in ("平", "不平")]
    wrong = {row[1] for row in rows if row[5] == "不平"}
    assert len(rows) == len([row for row in rows_of(sheet) if isinstance(row[3], int | float)])
    assert {"统筹基金支出（退费已减）", "统筹＋个人账户＋现金＝总额"} <= wrong
    assert row_named(sheet, "结论")[1] == f"有 {len(wrong)} 项不平"


def test_libreoffice_really_computes_again(
    books: tuple[dict[str, Path], dict[str, Path]],
) -> None:
    files, computed = books
    assert values_of(files["control"]).worksheets[0]["A1"].value == 99
    assert values_of(computed["control"]).worksheets[0]["A1"].value == 2


@pytest.mark.parametrize("name", REPORTS)
def test_every_formula_shows_what_libreoffice_computes(
    name: str, books: tuple[dict[str, Path], dict[str, Path]]
) -> None:
    files, computed = books
    stored, again = values_of(files[name]), values_of(computed[name])
    cells = list(formula_cells(files[name]))
    assert len(cells) > 5
    for sheet, cell, formula in cells:
        shown, found = stored[sheet][cell].value, again[sheet][cell].value
        if isinstance(shown, str):
            assert found == shown, f"{sheet}!{cell} {formula}"
        else:
            assert found == pytest.approx(shown, abs=0.001), f"{sheet}!{cell} {formula}"
