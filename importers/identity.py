"""Identity numbers (公民身份号码, GB 11643) and person numbers, mended where that is safe.

python-stdnum gives the verdict on a check digit and a birth date. Its table of birthplaces is not
asked: counties are founded and dissolved, and a number is kept for life.
"""

from __future__ import annotations

import re
from functools import lru_cache

from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from importers.cells import Cell, Fault, Reader, number_text, shown, tidy
from importers.plain_columns import plainly

_EXPONENT = re.compile(r"\d(?:\.\d+)?[eE]\+\d+", re.ASCII)
_EXACT = 10**15
"""Excel keeps 15 digits of a number; the ones behind are zeros."""

CITIZEN = "01"
"""psn_cert_type of an identity card or household register."""


def citizen_number(cell: Cell) -> str | Fault:
    """An 18-digit identity number. Lower-case x, spaces, full width and apostrophes are mended."""
    if type(cell) is not str:
        return _number_cell(cell)
    clean = len(cell) == 18 and cell.isascii() and cell[:17].isdecimal() and _born(cell[6:14])
    if clean and ric.calc_check_digit(cell) == cell[17]:
        return cell
    return _verdict(tidy(cell).upper())


def opaque_id(what: str, longest: int, lost: str = "value/lost-digits") -> Reader[str]:
    """Makes a reader of ids that are kept as they are; a number that lost digits is refused."""

    # What is shorter may be a word that stands for nothing.
    @plainly(rf"[0-9A-Za-z]{{5,{longest}}}", list)
    def read(cell: Cell) -> str | Fault:
        if type(cell) is str and cell.isalnum() and cell.isascii() and len(cell) <= longest:
            return cell
        if isinstance(cell, (int, float)):
            if cell != int(cell) or cell < 0:
                return Fault("value/not-a-code", f"“{shown(cell)}”不是{what}")
            return str(int(cell)) if cell < _EXACT else _digits_lost(lost, what, cell)
        text = tidy(shown(cell))
        if _EXPONENT.fullmatch(text):
            return _digits_lost(lost, what, cell)
        if not 0 < len(text) <= longest:
            return Fault("value/not-a-code", f"“{text}”不是{what}；应为 1 到 {longest} 位文本")
        return text

    return read


def _digits_lost(code: str, what: str, cell: Cell) -> Fault:
    return Fault(
        code,
        f"{what}“{shown(cell)}”是 Excel 的数字，15 位以后的数字已丢失；请按原件以文本格式重新填写",
    )


person_number = opaque_id("人员编号", 30, "identity/lost-digits")
"""A person number (人员编号): text that is not looked into, at most 30 characters."""

other_document = opaque_id("证件号码", 50, "identity/lost-digits")
"""A passport or permit number: text that is not looked into, at most 50 characters."""


def _verdict(number: str) -> str | Fault:
    if _EXPONENT.fullmatch(number):
        return _lost(number)
    if len(number) == 15 and number.isascii() and number.isdecimal():
        return Fault(
            "identity/length", f"“{number}”是 15 位的旧身份证号，2013 年起已停用；请填写 18 位号码"
        )
    if len(number) != 18:
        return Fault("identity/length", f"身份证号“{number}”有 {len(number)} 位；应为 18 位")
    if not (number.isascii() and number[:17].isdecimal() and number[17] in "0123456789X"):
        return Fault("identity/format", f"身份证号“{number}”应为 17 位数字加一位数字或 X")
    matches = ric.calc_check_digit(number) == number[17]
    if not matches and number.endswith("000"):
        return _lost(number)
    if not _born(number[6:14]):
        return Fault(
            "identity/birth-date", f"身份证号“{number}”的第 7–14 位“{number[6:14]}”不是日期"
        )
    if not matches:
        return Fault("identity/check-digit", f"身份证号“{number}”的末位校验码不对；请核对原件")
    return number


@lru_cache(maxsize=65_536)
def _born(digits: str) -> bool:
    """Whether the eight digits of a birth date are a day."""
    try:
        return ric.get_birth_date(f"000000{digits}0000").year >= 1850
    except ValidationError:
        return False


def _number_cell(cell: Cell) -> Fault:
    if isinstance(cell, (int, float)) and abs(cell) < _EXACT:
        return _as_length(number_text(cell))
    return _lost(shown(cell))


def _as_length(text: str) -> Fault:
    fault = _verdict(text)
    return fault if isinstance(fault, Fault) else _lost(text)


def _lost(text: str) -> Fault:
    return Fault(
        "identity/lost-digits",
        f"身份证号“{text}”被 Excel 当作数字，末几位已丢失；请按原件以文本格式重新填写",
    )
