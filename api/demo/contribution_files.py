"""Files of contributions that arrived: one per month, and the late ones of March."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from itertools import groupby
from random import Random
from typing import NamedTuple

from api.demo.cast import Cast
from api.demo.sheets import Cell, Formula, Line, Merge, Sheet
from api.demo.spelling import amount_cell, day_cell, identity_cell, month_text, yuan
from api.demo.world import FEBRUARY, JANUARY, MARCH, Person, Unit, World
from ledger.core.money import apply_bp
from ledger.core.months import Month
from ledger.core.people import Plan

HEADINGS = (
    "单位编号", "单位名称", "人员编号", "姓名", "证件号码", "费款所属期", "人员缴费基数",
    "单位缴费金额", "个人缴费金额", "划入个人账户金额", "缴费类型", "到账日期",
)  # fmt: skip
OTHER_HEADINGS = (
    "单位编码", "单位名称", "人员编号", "姓名", "公民身份号码", "费款所属期", "人员缴费基数",
    "单位缴费金额", "个人缴费金额", "划入个人账户金额", "缴费类型", "到账日期",
)  # fmt: skip

_EMPLOYER_BP, _PERSONAL_BP, _ACCOUNT_BP = 800, 200, 200
_FLEXIBLE_COMBINED_BP, _FLEXIBLE_POOL_ONLY_BP = 1000, 800

SUBTOTAL_AT = 1200
MERGED_UP_TO = 30

_MONTH, _BASE, _EMPLOYER, _ACCOUNT, _KIND, _ARRIVED = 5, 6, 7, 9, 10, 11
"""Columns that faults change."""


class Paid(NamedTuple):
    """One contribution of one person for one month."""

    person: Person
    unit: Unit | None
    month: Month
    base_fen: int
    plan: Plan
    kind: str
    arrived_on: date

    @property
    def parts(self) -> tuple[int, int, int]:
        """Employer's part, personal part, and what of it goes to the account; fen."""
        if self.unit is not None:
            personal = apply_bp(self.base_fen, _PERSONAL_BP)
            return apply_bp(self.base_fen, _EMPLOYER_BP), personal, personal
        if self.plan is Plan.POOL_ONLY:
            return 0, apply_bp(self.base_fen, _FLEXIBLE_POOL_ONLY_BP), 0
        account = apply_bp(self.base_fen, _ACCOUNT_BP)
        return 0, apply_bp(self.base_fen, _FLEXIBLE_COMBINED_BP), account


def _arrival(month: Month, unit: Unit | None) -> date:
    return month.first_day.replace(day=16 + (int(unit.number[1:]) % 4 if unit else 4))


def _unit_in(world: World, cast: Cast, person: Person, month: Month) -> Unit | None:
    if person in cast.transferred and month > JANUARY and person.unit is not None:
        return world.units[int(person.unit.number[1:]) % (len(world.units) - 1)]
    return person.unit


def _pays(cast: Cast, person: Person, month: Month) -> bool:
    """Whether a contribution of the person for the month arrives in that month."""
    if not person.employed or person.joined > month:
        return False
    if person in cast.paused:
        return month == JANUARY or (month == MARCH and person in cast.paused[:4])
    gone = {
        JANUARY: cast.starts_later,
        # Who retires during February still pays for it, and is a retiree from March on.
        FEBRUARY: cast.forgotten,
        MARCH: (cast.retires, cast.retired_late, cast.overdrawn),
    }
    if month == JANUARY and person.unit == cast.in_arrears:
        return False
    return person not in gone[month]


def paid_in(world: World, cast: Cast, month: Month) -> list[Paid]:
    """The contributions of an ordinary month, unit by unit, flexible workers at the end."""
    paid = []
    for person in world.people:
        if _pays(cast, person, month):
            unit = _unit_in(world, cast, person, month)
            wrong_plan = person is cast.wrong_plan and month > JANUARY
            plan = Plan.POOL_ONLY if wrong_plan else person.plan
            arrived = _arrival(month, unit)
            paid.append(Paid(person, unit, month, person.base_fen, plan, "10", arrived))
    return sorted(paid, key=lambda one: one.unit.number if one.unit else "Z")


def _cells(rng: Random, paid: Paid, dates: bool = True) -> list[Cell]:
    employer, personal, account = paid.parts
    person = paid.person
    return [
        paid.unit.number if paid.unit else None, paid.unit.name if paid.unit else None,
        person.psn_no, person.name, identity_cell(rng, person.certno),
        month_text(rng, paid.month), amount_cell(rng, paid.base_fen),
        amount_cell(rng, employer), amount_cell(rng, personal), amount_cell(rng, account),
        paid.kind, day_cell(rng, paid.arrived_on, dates),
    ]  # fmt: skip


def _with_formula(cells: list[Cell], paid: Paid) -> list[Cell]:
    """The employer's part as the clerk's own formula."""
    cells[_BASE] = yuan(paid.base_fen)
    cells[_EMPLOYER] = Formula("=ROUND(G{row}*0.08,2)", yuan(paid.parts[0]))
    return cells


_Spoil = tuple[str, Callable[[list[Cell], Paid], None]]


def _wrong_account(cells: list[Cell], paid: Paid) -> None:
    cells[_ACCOUNT] = yuan(paid.parts[2] + 100)


def _no_such_month(cells: list[Cell], paid: Paid) -> None:
    cells[_MONTH] = f"{paid.month.year}13"


def _negative_base(cells: list[Cell], paid: Paid) -> None:
    cells[_BASE] = yuan(-paid.base_fen)


def _stranger(cells: list[Cell], paid: Paid) -> None:
    cells[2] = f"42039999{paid.person.psn_no[-8:]}"


def _somebody_else(cells: list[Cell], paid: Paid) -> None:
    cells[2] = f"{int(paid.person.psn_no) + 2:016d}"


def _no_amount(cells: list[Cell], paid: Paid) -> None:
    cells[_BASE] = "待核"


def _third_decimal(cells: list[Cell], paid: Paid) -> None:
    cells[_EMPLOYER] = f"{yuan(paid.parts[0])}5"


def _no_such_day(cells: list[Cell], paid: Paid) -> None:
    cells[_ARRIVED] = f"{paid.month.year}-02-31"


def _no_such_kind(cells: list[Cell], paid: Paid) -> None:
    cells[_KIND] = "77"


_SPOILT: dict[Month, dict[int, _Spoil]] = {
    JANUARY: {
        210: ("account-part-wrong", _wrong_account), 388: ("no-such-month", _no_such_month),
        951: ("negative-base", _negative_base), 1502: ("unknown-person", _stranger),
        2240: ("numbers-disagree", _somebody_else), 3001: ("not-an-amount", _no_amount),
    },
    FEBRUARY: {
        77: ("third-decimal", _third_decimal), 1207: ("account-part-wrong", _wrong_account),
        2801: ("unknown-person", _stranger),
    },
    MARCH: {
        301: ("no-such-day", _no_such_day), 1650: ("no-such-kind", _no_such_kind),
        2903: ("negative-base", _negative_base), 3330: ("no-such-month", _no_such_month),
    },
}  # fmt: skip
"""Month -> place in the list of contributions -> what is wrong with that row."""


def _lines(rng: Random, paid: list[Paid], month: Month, cast: Cast, dates: bool) -> Iterator[Line]:
    for i, one in enumerate(paid):
        cells = _cells(rng, one, dates)
        if dates and i % 9 == 0 and one.unit is not None:
            cells = _with_formula(cells, one)
        fault = None
        if i in _SPOILT[month]:
            fault, spoil = _SPOILT[month][i]
            spoil(cells, one)
        elif month == JANUARY and one.person in cast.mistyped:
            # The roster refused the row that names this person.
            fault = "unknown-person"
        yield Line(cells, fault)


def _total(label: str, first: int, last: int, paid: list[Paid]) -> Line:
    """A total row with live formulas over the rows above, as clerks put them."""
    sums = [Formula(f"=SUM({column}{first}:{column}{last})", yuan(sum(
        one.parts[part] for one in paid
    ))) for part, column in enumerate("HIJ")]  # fmt: skip
    return Line([label, *[None] * 6, *sums, None, None], is_data=False)


def month_sheet(rng: Random, world: World, cast: Cast, month: Month) -> Sheet:
    """January with title and subtotals, February with other headings and a plain total, March
    for a text file."""
    paid = paid_in(world, cast, month)
    lines = list(_lines(rng, paid, month, cast, dates=month != MARCH))
    if month == JANUARY:
        lines.insert(SUBTOTAL_AT, _total("小计", 4, SUBTOTAL_AT + 3, paid[:SUBTOTAL_AT]))
    if month == FEBRUARY:
        return Sheet(OTHER_HEADINGS, [*lines, _total("合计", 2, len(lines) + 1, paid)])
    lines.append(_total("合计", 4, len(lines) + 3, paid))
    return Sheet(
        HEADINGS,
        lines,
        title="职工医保费征缴到账明细",
        notes=(f"费款所属期：{month.number}", "金额单位：元"),
        merged=_merged_units(lines) if month == JANUARY else (),
    )


def _merged_units(lines: list[Line]) -> list[Merge]:
    """Number and name of a small unit stand once, merged over the rows of its people."""
    merges = []
    first = SUBTOTAL_AT + 1
    for unit, rows in groupby(lines[first:-1], key=lambda line: line.cells[0]):
        last = first + len(list(rows)) - 1
        if unit is not None and 0 < last - first < MERGED_UP_TO:
            merges += [Merge(first, last, column) for column in (0, 1)]
        first = last + 1
    return merges


def late_paid(world: World, cast: Cast) -> list[Paid]:
    """What reaches the agency in March for earlier months."""
    day = date(2023, 3, 22)
    arrears = [
        Paid(person, person.unit, JANUARY, person.base_fen, person.plan, "30", day)
        for person in world.people
        if person.unit == cast.in_arrears and person.employed and person.joined == JANUARY
    ]
    corrected = [
        Paid(person, person.unit, JANUARY, person.base_fen, person.plan, "10", date(2023, 1, 18))
        for person in cast.mistyped
    ]
    refunds = [
        Paid(person, person.unit, month, -person.base_fen, person.plan, "20", day)
        for person, months in (
            (cast.overdrawn, (JANUARY, FEBRUARY)),
            (cast.refunded, (FEBRUARY,)),
            (cast.retired_late, (FEBRUARY,)),
        )
        for month in months
    ]
    differences = [
        Paid(person, person.unit, JANUARY, 50_000 * (i + 1), person.plan, "34", day)
        for i, person in enumerate(cast.base_too_low)
    ]
    return [*arrears, *corrected, *refunds, *differences]


_KIND_WORDS = {"30": "补收", "20": "退收", "34": "基数补差", "10": "正常应缴"}


def late_sheet(rng: Random, world: World, cast: Cast) -> Sheet:
    """Arrears, refunds, base differences; kinds in words and in codes; one stranger."""
    lines = []
    for i, paid in enumerate(late_paid(world, cast)):
        cells = _cells(rng, paid, dates=False)
        if i % 2:
            cells[_KIND] = _KIND_WORDS[paid.kind]
        lines.append(Line(cells))
    unknown = Paid(cast.forgotten[1], cast.forgotten[1].unit, FEBRUARY, 500_000, Plan.COMBINED,
                   "30", date(2023, 3, 22))  # fmt: skip
    cells = _cells(rng, unknown, dates=False)
    _stranger(cells, unknown)
    lines.append(Line(cells, "unknown-person"))
    return Sheet(HEADINGS, lines)
