"""The many ways in which one value is written. Every way here is one that clerks use."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from random import Random

from api.demo.sheets import Cell
from ledger.core.money import yuan_text
from ledger.core.months import Month

_FULL_WIDTH = str.maketrans("0123456789.", "０１２３４５６７８９．")


def yuan(fen: int) -> Decimal:
    """An amount as Excel holds it: a number."""
    return Decimal(yuan_text(fen))


def thousands(fen: int) -> str:
    """1,234.50"""
    return f"{yuan(fen):,.2f}"


def amount_cell(rng: Random, fen: int) -> Cell:
    """Mostly a number; else text, with separators, a sign of currency, spaces or 元."""
    way = rng.random()
    if way < 0.80:
        return yuan(fen)
    if way < 0.88:
        return yuan_text(fen)
    if way < 0.92:
        return f" {yuan_text(fen)} "
    if way < 0.95:
        return thousands(fen)
    if way < 0.97:
        return "¥" + thousands(fen)
    if way < 0.985:
        return yuan_text(fen) + "元"
    return yuan_text(fen).translate(_FULL_WIDTH)


def month_text(rng: Random, month: Month) -> str:
    """One of four spellings."""
    ways = (
        str(month),
        f"{month.number}",
        f"{month.year}年{month.month}月",
        f"{month.year}/{month.month:02d}",
    )
    return rng.choice(ways)


def day_cell(rng: Random, day: date, dates: bool = True) -> Cell:
    """One of four spellings, or a date of Excel's own (where the file can hold one)."""
    ways: list[Cell] = [
        day.isoformat(),
        f"{day:%Y%m%d}",
        f"{day.year}/{day.month}/{day.day}",
        f"{day.year}年{day.month}月{day.day}日",
    ]
    return rng.choice([day, *ways] if dates else ways)


def instant_text(rng: Random, at: datetime) -> str:
    """A settlement time, as the systems of three makers print it."""
    way = rng.choice(("%Y-%m-%d %H:%M:%S", "%Y%m%d%H%M%S", "%Y/%m/%d {hour}:%M:%S"))
    return f"{at:{way}}".replace("{hour}", str(at.hour))


def identity_cell(rng: Random, certno: str) -> str:
    """Mostly as it should be; a lower-case x, a stray space before or after."""
    if certno.endswith("X") and rng.random() < 0.3:
        return certno.lower()
    return f" {certno} " if rng.random() < 0.01 else certno
