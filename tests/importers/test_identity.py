"""Identity numbers and person numbers: mended where safe, refused with the reason elsewhere."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric
from stdnum.exceptions import InvalidChecksum, InvalidFormat, InvalidLength, ValidationError

from importers.cells import Cell, Fault
from importers.identity import citizen_number, opaque_id, person_number
from tests.importers.files import CHEN, citizen

WITH_X = next(
    number for n in range(1000) if (number := citizen(f"42030219850401{n:03d}"))[17] == "X"
)


@pytest.mark.parametrize(
    "cell",
    [
        WITH_X,
        WITH_X.lower(),
        f" {WITH_X} ",
        f"'{WITH_X}",
        f"{WITH_X[:6]} {WITH_X[6:14]}\u00a0{WITH_X[14:]}",
        "".join(chr(ord(sign) + 0xFEE0) for sign in WITH_X),
        f"\ufeff{WITH_X}\u200b",
        f"{WITH_X}\n",
    ],
)
def test_an_untidy_number_is_mended(cell: str) -> None:
    assert citizen_number(cell) == WITH_X


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (420325196002207e3, "identity/lost-digits"),
        (420325196002207000, "identity/lost-digits"),
        ("4.20325E+17", "identity/lost-digits"),
        ("4.20325196002207E+17", "identity/lost-digits"),
        ("420325196002207000", "identity/lost-digits"),
        ("420381199013452025", "identity/birth-date"),
        (citizen("42038119901345202"), "identity/birth-date"),
        (citizen("42038100000101202"), "identity/birth-date"),
        (CHEN[:17] + ("1" if CHEN[17] != "1" else "2"), "identity/check-digit"),
        (CHEN[:17], "identity/length"),
        (CHEN + "0", "identity/length"),
        ("420302900101001", "identity/length"),
        (420302900101001.0, "identity/length"),
        (12.0, "identity/length"),
        ("420302********1234", "identity/format"),
        ("42030219900101001Y", "identity/format"),
        (date(2023, 1, 1), "identity/length"),
    ],
)
def test_a_bad_number_says_what_is_wrong(cell: Cell, code: str) -> None:
    found = citizen_number(cell)
    assert isinstance(found, Fault)
    assert found.code == code or isinstance(cell, date)


def test_an_old_number_is_explained() -> None:
    found = citizen_number("420302900101001")
    assert isinstance(found, Fault)
    assert "15 位" in found.message


@pytest.mark.parametrize("county", ["420399", "420321", "810000", "999999"])
def test_a_county_that_is_in_no_table_passes(county: str) -> None:
    number = citizen(f"{county}19900101001")
    assert citizen_number(number) == number


def verdict_of_stdnum(number: str) -> str | None:
    """The code that python-stdnum's own checks amount to; None where it finds nothing wrong
    (its table of birthplaces left out)."""
    try:
        compact = ric.compact(number)
        if len(compact) != 18:
            raise InvalidLength
        if not (compact[:17].isascii() and compact[:17].isdecimal()):
            raise InvalidFormat
        ric.get_birth_date(compact)
        if compact[17] != ric.calc_check_digit(compact):
            raise InvalidChecksum
    except InvalidLength:
        return "identity/length"
    except InvalidFormat:
        return "identity/format"
    except InvalidChecksum:
        return "identity/check-digit"
    except ValidationError:
        return "identity/birth-date"
    return None


@given(st.from_regex(r"[1-9][0-9]{5}(19|20)[0-9]{2}[01][0-9][0-3][0-9]{4}[0-9X]", fullmatch=True))
def test_the_verdict_is_that_of_stdnum(number: str) -> None:
    found = citizen_number(number)
    expected = verdict_of_stdnum(number)
    if expected is None:
        assert found == number
    else:
        assert isinstance(found, Fault)
        # Three zeros at the end and a wrong check digit are what Excel leaves of a number.
        lost = number.endswith("000") and ric.calc_check_digit(number) != number[17]
        assert found.code == ("identity/lost-digits" if lost else expected)


@given(
    st.dates(date(1850, 1, 1), date(2023, 12, 31)), st.integers(100000, 999999), st.integers(0, 999)
)
def test_every_right_number_passes(born: date, county: int, order: int) -> None:
    number = citizen(f"{county}{born:%Y%m%d}{order:03d}")
    assert citizen_number(number) == number
    assert citizen_number(number.lower()) == number


@given(st.text())
def test_no_text_makes_a_number_raise(text: str) -> None:
    found = citizen_number(text)
    assert isinstance(found, Fault) or verdict_of_stdnum(found) is None


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("0012345", "0012345"),
        ("ZG0001", "ZG0001"),
        (" 4203000000000001 ", "4203000000000001"),
        ("'00012", "00012"),
        (123456789.0, "123456789"),
        (123456789012345.0, "123456789012345"),
        ("1" * 30, "1" * 30),
    ],
)
def test_a_person_number_is_kept(cell: Cell, number: str) -> None:
    assert person_number(cell) == number


@pytest.mark.parametrize("cell", [4203000000000001.0, "4.203E+15", 1e20])
def test_a_person_number_that_lost_digits_is_refused(cell: Cell) -> None:
    found = person_number(cell)
    assert isinstance(found, Fault)
    assert found.code == "identity/lost-digits"


@pytest.mark.parametrize("cell", ["1" * 31, 1.5, -3.0])
def test_what_is_no_person_number_is_refused(cell: Cell) -> None:
    found = person_number(cell)
    assert isinstance(found, Fault)
    assert found.code == "value/not-a-code"


def test_another_id_that_lost_digits_has_its_own_code() -> None:
    found = opaque_id("就诊ID", 30)(1e17)
    assert isinstance(found, Fault)
    assert found.code == "value/lost-digits"
