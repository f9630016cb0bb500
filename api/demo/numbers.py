"""Invented identity numbers (GB 11643) and names. Nobody real is meant by any of them."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

COUNTIES: dict[str, str] = {
    "420302": "茅箭区",
    "420303": "张湾区",
    "420304": "郧阳区",
    "420322": "郧西县",
    "420323": "竹山县",
    "420324": "竹溪县",
    "420325": "房县",
    "420381": "丹江口市",
}
"""The pool's counties and districts (GB/T 2260)."""

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"

_SURNAMES = "赵钱孙李周吴郑王冯陈卫蒋沈韩杨朱秦许何吕施张孔曹严华魏陶姜谢邹苏潘范彭鲁韦马方俞任袁柳"
_FIRST = "文明志建国永春晓雨思家子海云庆德世宏新立长兆景维一"
_LAST_MALE = "军强伟刚涛勇磊杰平超峰辉斌林波鹏亮成松柏"
_LAST_FEMALE = "丽芳敏静秀娟艳娜玉梅兰桂英霞红琴莲凤珍萍"


def check_digit(first_17: str) -> str:
    """The 18th character of an identity number, from its first 17 digits."""
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, first_17, strict=True))
    return _CHECK[total % 11]


def wrong_check_digit(certno: str) -> str:
    """The same number with a last digit that does not fit."""
    return certno[:17] + ("1" if certno[17] != "1" else "2")


class IdentityNumbers:
    """Hands out identity numbers, each once."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._used: set[str] = set()

    def new(self, birthday: date, female: bool) -> str:
        """A well-formed number: county of birth, birthday, an order number whose last digit is
        odd for men and even for women, check digit."""
        while True:
            county = self._rng.choice(tuple(COUNTIES))
            order = self._rng.randrange(10, 490) * 2 + (0 if female else 1)
            first_17 = f"{county}{birthday:%Y%m%d}{order:03d}"
            if first_17 not in self._used:
                self._used.add(first_17)
                return first_17 + check_digit(first_17)

    def born_on_no_day(self) -> str:
        """Check digit right, birthday impossible: 45 January."""
        first_17 = f"{self._rng.choice(tuple(COUNTIES))}19900145{self._rng.randrange(100, 999)}"
        return first_17 + check_digit(first_17)


def birthday(rng: Random, first_year: int, last_year: int) -> date:
    """Any day of the years given."""
    start = date(first_year, 1, 1)
    days = (date(last_year, 12, 31) - start).days
    return start + timedelta(days=rng.randint(0, days))


def person_name(rng: Random, female: bool) -> str:
    """Two or three characters."""
    last = rng.choice(_LAST_FEMALE if female else _LAST_MALE)
    middle = rng.choice(_FIRST) if rng.random() < 0.6 else ""
    return rng.choice(_SURNAMES) + middle + last


def child_name(rng: Random) -> str:
    """A child, plainly invented."""
    return rng.choice(_SURNAMES) + "小" + rng.choice("宝贝米豆苗禾果星")
