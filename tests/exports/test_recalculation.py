"""What a formula shows before anybody computes it is what LibreOffice computes."""

from __future__ import annotations

from pathlib import Path

import pytest
import xlsxwriter

from tests.exports import invented
from tests.exports.sheets import formula_cells, recalculated, values_of, written

pytestmark = pytest.mark.xdist_group("libreoffice")

REPORTS = {
    "reconciliation": invented.reconciliation,
    "statement": invented.statement,
    "crediting-list": lambda: invented.crediting_list(600),
    "provider-statement": invented.provider_statement,
    "fund-report": invented.fund_report,
}


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Path], dict[str, Path]]:
    """Every workbook as written, and as recalculated; one start of LibreOffice for all."""
    folder = tmp_path_factory.mktemp("recalculated")
    files = {}
    for name, report in REPORTS.items():
        files[name] = folder / f"{name}.xlsx"
        files[name].write_bytes(written(name, report()))
    files["control"] = _with_a_wrong_value(folder / "control.xlsx")
    return files, recalculated(folder, list(files.values()))


def _with_a_wrong_value(path: Path) -> Path:
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet().write_formula(0, 0, "=1+1", None, 99)
    return path


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
