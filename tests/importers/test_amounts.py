"""Amounts: whatever a clerk or Excel writes becomes the fen that was meant, or a fault."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importers.amounts import amount
from importers.cells import Fault
from ledger.core.money import yuan_text

FEN = st.integers(-(10**15) + 1, 10**15 - 1)
"""Thirteen digits of yuan: what a double holds to the fen."""


@pytest.mark.parametrize(
    ("cell", "fen"),
    [
        ("1,234.50", 123450),
        ("¥1,234.50", 123450),
        ("￥1，234．50", 123450),
        ("8000.25元", 800025),
        ("人民币1,234.50元整", 123450),
        (" 6012.50 ", 601250),
        ("\u00a06012.50\u3000", 601250),
        ("１２３４．５０", 123450),
        ("(12.50)", -1250),
        ("（1,212.50）", -121250),
        ("−12.50", -1250),
        ("－12.5", -1250),
        ("-¥12.50", -1250),
        ("¥-12.50", -1250),
        ("+3", 300),
        (".5", 50),
        ("7.", 700),
        ("'200.00", 20000),
        ("10.500", 1050),
        ("1.5E3", 150000),
        ("1.2345E+3", 123450),
        ("0", 0),
        (5, 500),
        (800.0, 80000),
        (1615.6, 161560),
        (1.15, 115),
        (0.1 + 0.2, 30),
        (-8000.25, -800025),
        (9999999999999.99, 999999999999999),
    ],
)
def test_an_amount_is_read(cell: str | int | float, fen: int) -> None:
    assert amount(cell) == fen


@pytest.mark.parametrize(
    "cell",
    [
        "abc",
        "12.345",
        "1.23456E2",
        "12,34.50",
        "1,2345.00",
        "1.234,50",
        "1.00 2.00",
        "--5",
        "(-5)",
        "1.2万",
        "12。50",
        "1e999",
        "999999999999999.00",
        "٣.٠٠",
        "¥",
        104.166,
        160.005,
        1e16,
        1e300,
    ],
)
def test_what_is_no_amount_is_a_fault(cell: str | float) -> None:
    found = amount(cell)
    assert isinstance(found, Fault)
    assert found.code == "value/not-an-amount"


@given(FEN)
def test_every_spelling_of_an_amount_reads_back(fen: int) -> None:
    plain = yuan_text(fen)
    grouped = f"{Decimal(fen).scaleb(-2):,.2f}"
    for text in (plain, f" {plain} ", grouped, f"¥{grouped}", f"{plain}元", plain + "0"):
        assert amount(text) == fen
    if fen < 0:
        assert amount(f"({grouped[1:]})") == fen


@given(FEN)
def test_a_number_cell_gives_the_fen_that_excel_shows(fen: int) -> None:
    assert amount(fen / 100) == fen


@given(st.floats(-1e12, 1e12))
def test_a_number_cell_is_exact_or_refused(number: float) -> None:
    found = amount(number)
    shown = Decimal(f"{number:.15g}")
    if isinstance(found, Fault):
        assert shown.scaleb(2) != shown.scaleb(2).to_integral_value()
    else:
        assert Decimal(found).scaleb(-2) == shown


@given(st.text())
def test_no_text_makes_an_amount_raise(text: str) -> None:
    found = amount(text)
    assert isinstance(found, (int, Fault))
