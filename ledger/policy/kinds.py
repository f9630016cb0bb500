"""What a value may be: a reader per kind. A reader turns text into a typed value, or reports
every fault it meets and returns something harmless, so that one bad cell hides no other.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from ledger.core.errors import BadValue
from ledger.core.money import BASIS, fen_from_yuan, ratio_bp
from ledger.core.months import Month
from ledger.core.people import Relation
from ledger.policy.nodes import Node, Place
from ledger.policy.values import StatusTierTable

Reader = Callable[[Node, Place], object]

STATUSES = ("employed", "retired")
TIERS = ("1", "2", "3")
NOTHING = ("", "none")
"""How an override says "no limit"; a file leaves the value empty."""


def is_nothing(node: Node) -> bool:
    return node.value is None or node.value in NOTHING


def text(node: Node, place: Place) -> str:
    if isinstance(node.value, str) and node.value.strip():
        return node.value
    place.report(node, "wrong-shape", "应为一个值，不能为空，也不能是列表或表格")
    return ""


def amount(node: Node, place: Place) -> int:
    """Yuan >= 0 as fen."""
    written = text(node, place)
    if not written:
        return 0
    try:
        fen = fen_from_yuan(written)
    except BadValue as error:
        plain = _as_amount(written)
        message = f"“{written}”不是金额；应写作 {plain}" if plain else error.message
        place.report(node, "bad-amount", message)
        return 0
    if fen < 0:
        place.report(node, "bad-amount", f"“{written}”小于零；金额应为零或正数")
    return fen


def _as_amount(written: str) -> str | None:
    """The amount that 3,000.00 and 500元 mean; None where nothing so simple is meant."""
    plain = re.sub(r"[,，\s]|元$", "", written)
    return plain if re.fullmatch(r"\d+(\.\d{1,2})?", plain) else None


def ratio(node: Node, place: Place) -> int:
    """A ratio between 0 and 1 as basis points."""
    written = text(node, place)
    if not written:
        return 0
    try:
        return ratio_bp(written)
    except BadValue as error:
        percent = re.fullmatch(r"(\d{1,2}|100)(\.\d{1,2})?\s*[%％]", written) or re.fullmatch(
            "([2-9]|[1-9][0-9]|100)()", written
        )
        message = f"“{written}”不是比例；应写作 {_as_ratio(percent)}" if percent else error.message
        place.report(node, "bad-ratio", message)
        return 0


def _as_ratio(percent: re.Match[str]) -> str:
    basis = int(percent[1]) * 100 + int((percent[2] or ".0")[1:].ljust(2, "0"))
    return f"{basis // BASIS}.{basis % BASIS:04d}".rstrip("0").ljust(4, "0")


def flag(node: Node, place: Place) -> bool:
    if node.value not in ("true", "false"):
        place.report(node, "bad-flag", f"“{node.value}”应写作 true（是）或 false（否）")
    return node.value == "true"


def choice(*options: str) -> Reader:
    def read(node: Node, place: Place) -> str:
        written = text(node, place)
        if written and written not in options:
            place.report(
                node, "bad-choice", f"“{written}”不在可选范围内；可选：{'、'.join(options)}"
            )
        return written

    return read


def whole(low: int, high: int) -> Reader:
    def read(node: Node, place: Place) -> int:
        written = text(node, place)
        number = int(written) if re.fullmatch(r"\d{1,6}", written) else -1
        if written and not low <= number <= high:
            place.report(node, "bad-number", f"“{written}”应为 {low} 到 {high} 之间的整数")
        return number

    return read


def month(node: Node, place: Place) -> Month | None:
    written = text(node, place)
    try:
        return Month.parse(written) if written else None
    except BadValue as error:
        place.report(node, "bad-month", error.message)
        return None


def month_day(node: Node, place: Place) -> str:
    """A day of every year, "03-31"."""
    written = text(node, place)
    if written and not re.fullmatch(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", written):
        place.report(node, "bad-day", f"“{written}”应为每年的某月某日，写作 03-31")
    return written


def texts(node: Node, place: Place) -> tuple[str, ...]:
    if not isinstance(node.value, list):
        place.report(node, "wrong-shape", "应为列表，例如 [甲, 乙]")
        return ()
    return tuple(text(item, place) for item in node.value)


def codes(node: Node, place: Place) -> tuple[str, ...]:
    """Codes of a national dictionary: digits, kept as text."""
    found = texts(node, place)
    for code in found:
        if code and not re.fullmatch(r"\d{1,6}", code):
            place.report(node, "bad-code", f"“{code}”不是代码；应为 1 至 6 位数字")
    return found


def rising_months(node: Node, place: Place) -> tuple[int, ...]:
    """Whole months, each more than the one before: the edges of bands."""
    found = tuple(int(item) if item.isdigit() else 0 for item in texts(node, place))
    if any(later <= earlier for earlier, later in zip((0, *found), found, strict=False)):
        place.report(node, "bad-number", "应为从小到大的整月数，例如 [3, 6, 12]")
    return found


def relations(node: Node, place: Place) -> frozenset[str]:
    """Names of `Relation` in lower case; gives their codes."""
    known = {relation.name.lower(): relation.value for relation in Relation}
    found = texts(node, place)
    for name in found:
        if name and name not in known:
            place.report(
                node, "bad-choice", f"“{name}”不是亲属关系；可选：{'、'.join(sorted(known))}"
            )
    return frozenset(known[name] for name in found if name in known)


def optional(reader: Reader) -> Reader:
    """Empty means that the rules set no such limit."""

    def read(node: Node, place: Place) -> object:
        return None if is_nothing(node) else reader(node, place)

    return read


def cells(node: Node, place: Place, names: tuple[str, ...]) -> dict[str, Node]:
    """The cells of a table by name; each missing and each unknown one is a fault."""
    table = node.value if isinstance(node.value, dict) else {}
    for name in table:
        if name not in names:
            place.under(name).report(
                table[name], "unknown-key", f"没有“{name}”这一栏；应为 {'、'.join(names)}"
            )
    for name in names:
        if name not in table:
            place.report(node, "wrong-shape", f"缺少“{name}”一栏；应有 {'、'.join(names)}")
    return {name: table[name] for name in names if name in table}


def by_status(reader: Callable[[Node, Place], int]) -> Reader:
    """One value for all, or one each for employed and retired."""

    def read(node: Node, place: Place) -> tuple[int, int]:
        if not isinstance(node.value, dict):
            same = reader(node, place)
            return same, same
        found = {
            name: reader(cell, place.under(name))
            for name, cell in cells(node, place, STATUSES).items()
        }
        return found.get("employed", 0), found.get("retired", 0)

    return read


def by_status_and_tier(reader: Callable[[Node, Place], int]) -> Reader:
    """One value for all, one per tier, one per status, or one per status and tier."""

    def tiers(node: Node, place: Place) -> tuple[int, int, int]:
        if not isinstance(node.value, dict):
            same = reader(node, place)
            return same, same, same
        found = {
            name: reader(cell, place.under(name))
            for name, cell in cells(node, place, TIERS).items()
        }
        return found.get("1", 0), found.get("2", 0), found.get("3", 0)

    def read(node: Node, place: Place) -> StatusTierTable:
        if isinstance(node.value, dict) and not set(node.value) & set(TIERS):
            rows = cells(node, place, STATUSES)
            found = {name: tiers(row, place.under(name)) for name, row in rows.items()}
            return found.get("employed", (0, 0, 0)), found.get("retired", (0, 0, 0))
        row = tiers(node, place)
        return row, row

    return read
