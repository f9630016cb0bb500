"""A stream of records as a table: sums, groups, and tables longer than a sheet."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from exports.live import Live, added
from exports.tables import Column, Kind, Table, write_table
from exports.workbook import money_width, open_workbook, text_width, yuan_number
from ledger.core.money import yuan_text
from tests.exports.invented import HEAD
from tests.exports.sheets import rows_of, values_of

COLUMNS = (
    Column("name", "姓名", 10),
    Column("kind", "类别", 10, Kind.CENTERED, {"a": "甲", "b": "乙"}.__getitem__),
    Column("fen", "金额", 14, Kind.MONEY),
)


class Line(NamedTuple):
    name: str
    kind: str
    fen: int


LINES = [Line(f"人{i}", "ab"[i % 2], 100 * i + 1) for i in range(7)]


def table_of(lines: Iterable[Line], sheet_rows: int = 1000) -> tuple[Table, bytes]:
    target = io.BytesIO()
    with open_workbook(target, HEAD, "表") as book:
        table = write_table(
            book, "明细", "明细", COLUMNS, Line._fields, lines, group="kind", sheet_rows=sheet_rows
        )
    return table, target.getvalue()


def test_a_table_knows_its_sums_and_its_groups() -> None:
    table, _ = table_of(LINES)
    assert table.sum("fen").value == sum(line.fen for line in LINES)
    assert table.sum_of("fen", "乙").value == sum(line.fen for line in LINES if line.kind == "b")
    assert table.count().value == 7
    assert table.count_of("甲").value == 4
    assert table.sum_of("fen", "丙") == Live(
        "SUMIFS('明细'!$C$5:$C$11,'明细'!$B$5:$B$11,\"丙\")", 0
    )


def test_a_table_longer_than_a_sheet_goes_on_in_the_next() -> None:
    table, content = table_of(LINES, sheet_rows=8)
    book = values_of(content)
    assert book.sheetnames == ["明细", "明细(2)", "明细(3)"]
    assert [part.last_row - part.first_row + 1 for part in table.parts] == [3, 3, 1]
    assert [rows_of(sheet)[-1][2] for sheet in book] == [3.03, 12.03, 6.01]
    assert table.sum("fen").formula == (
        "SUM('明细'!$C$5:$C$7)+SUM('明细(2)'!$C$5:$C$7)+SUM('明细(3)'!$C$5:$C$5)"
    )
    assert table.sum("fen").value == sum(line.fen for line in LINES)


def test_a_table_that_just_fits_stays_on_one_sheet() -> None:
    assert values_of(table_of(LINES, sheet_rows=12)[1]).sheetnames == ["明细"]


def test_an_empty_table_keeps_a_blank_row_to_sum() -> None:
    table, content = table_of([])
    assert table.sum("fen") == Live("SUM('明细'!$C$5:$C$5)", 0)
    assert rows_of(values_of(content)["明细"])[-1] == ("合计", None, 0)


def test_taking_off_a_sum_takes_off_all_of_it() -> None:
    whole = Live("A1", 10) - added([Live("B1", 3), Live("B2", 4)])
    assert whole == Live("A1-(B1+B2)", 3)
    assert -Live("A1+A2", 3) == Live("-(A1+A2)", -3)
    assert added([]) == Live("0", 0)


@given(st.integers(min_value=-(10**15) + 1, max_value=10**15 - 1))
def test_a_cell_reads_back_as_the_very_fen(fen: int) -> None:
    """Up to the 15 digits that Excel keeps."""
    assert round(yuan_number(fen) * 100) == fen
    assert f"{yuan_number(fen):.2f}" == yuan_text(fen)


def test_a_chinese_character_takes_two_columns() -> None:
    assert text_width("ab合计") == 6
    assert money_width(123_456_789) == len("1,234,567.89") + 3
