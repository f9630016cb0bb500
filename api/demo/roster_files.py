"""Files of providers and people, with their faults."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from random import Random

from api.demo.cast import Cast
from api.demo.numbers import IdentityNumbers, wrong_check_digit
from api.demo.sheets import Cell, Line, Sheet, blank
from api.demo.spelling import day_cell, identity_cell
from api.demo.world import FEBRUARY, JANUARY, MARCH, Person, Provider, World
from ledger.core.months import Month
from ledger.core.people import Plan, Status

PROVIDER_HEADINGS = (
    "定点机构编号", "定点机构名称", "机构类型", "医院等级", "起付线等级", "所属区划",
    "协议开始日期", "协议结束日期", "门诊统筹药店",
)  # fmt: skip
PEOPLE_HEADINGS = (
    "序号", "人员编号", "姓名", "证件号码", "人员类别", "参保方式", "单位编号", "单位名称",
    "参保区划", "待遇开始日期", "参保状态",
)  # fmt: skip
CHANGE_HEADINGS = (
    "人员编号", "姓名", "公民身份号码", "人员类别", "参保方式", "单位编码", "单位名称",
    "参保地", "待遇享受开始日期", "参保状态", "变更日期", "清算日期",
)  # fmt: skip

_PLAN_WORDS = {Plan.COMBINED: "统账结合", Plan.POOL_ONLY: "单建统筹"}
_STATUS_WORDS = {Status.EMPLOYED: ("在职", "1101", "11"), Status.RETIRED: ("退休", "1201", "12")}


def providers_sheet(providers: Iterable[Provider]) -> Sheet:
    """The list of institutions. Faults: a code of no known form; a day that does not exist."""
    lines = [Line(_provider_cells(provider)) for provider in providers]
    lines.insert(9, Line(
        ("X42030200091", "无编码诊所", "医疗机构", "一级", "1", "420302", "2023-01-01", None, None),
        fault="bad-provider-code",
    ))  # fmt: skip
    lines.insert(21, Line(
        ("H42032200092", "错日卫生院", "医疗机构", "一级甲等", "1", "420322", "2023-02-30", None,
         None),
        fault="no-such-day",
    ))  # fmt: skip
    return Sheet(PROVIDER_HEADINGS, lines)


def _provider_cells(provider: Provider) -> list[Cell]:
    tier = str(provider.tier) if provider.tier else None
    return [
        provider.code, provider.name, provider.kind, provider.grade or None, tier,
        provider.county, provider.first_day, provider.last_day, provider.pooling,
    ]  # fmt: skip


def _status_word(rng: Random, person: Person) -> str:
    if person.employed and person.unit is None:
        return rng.choice(("在职", "1103"))
    return rng.choice(_STATUS_WORDS[person.status])


def _person_cells(rng: Random, number: int, person: Person) -> list[Cell]:
    return [
        number, person.psn_no, person.name, identity_cell(rng, person.certno),
        _status_word(rng, person), _PLAN_WORDS[person.plan],
        person.unit.number if person.unit else None, person.unit.name if person.unit else None,
        person.county, day_cell(rng, person.benefit_from), person.insured,
    ]  # fmt: skip


_CERTNO, _STATUS, _FROM = 3, 4, 9
"""Columns of the roster that faults change."""


def people_sheet(rng: Random, numbers: IdentityNumbers, world: World, cast: Cast) -> Sheet:
    """The first roster: title, notes, a blank row in the middle, a total row, faults."""
    first = [person for person in world.people if person.joined == JANUARY]
    spoilt = _spoilt_cells(numbers, cast)
    lines: list[Line] = []
    for i, person in enumerate(first, 1):
        cells = _person_cells(rng, i, person)
        column, value, fault = spoilt.get(person.psn_no, (0, i, None))
        cells[column] = value
        lines.append(Line(cells, fault))
    lines.insert(1210, _stranger(rng, first[700], first[700].certno, "在职", "duplicate-identity"))
    lines.insert(3105, _stranger(
        rng, first[1500], numbers.new(date(2004, 5, 6), female=True), "学生", "unknown-person-type"
    ))  # fmt: skip
    lines.insert(2400, blank(len(PEOPLE_HEADINGS)))
    lines.append(Line(lines[4000].cells, is_repeat=True))
    total = len([line for line in lines if line.is_data])
    lines.append(Line(["合计", total, *[None] * (len(PEOPLE_HEADINGS) - 2)], is_data=False))
    return Sheet(
        PEOPLE_HEADINGS,
        lines,
        title="十堰市职工基本医疗保险参保人员名册",
        notes=("制表单位：示例经办机构", "制表日期：2023年1月3日"),
    )


def _spoilt_cells(numbers: IdentityNumbers, cast: Cast) -> dict[str, tuple[int, Cell, str | None]]:
    """Person number -> column, what the clerk wrote there, and the fault it makes."""
    first, second, third, fourth, fifth = cast.mistyped
    return {
        first.psn_no: (_CERTNO, wrong_check_digit(first.certno), "wrong-check-digit"),
        # Excel keeps 15 digits of a number: the last three of an identity number are lost.
        second.psn_no: (_CERTNO, int(second.certno[:15] + "000"), "identity-is-a-number"),
        third.psn_no: (_CERTNO, int(third.certno[:15] + "000"), "identity-is-a-number"),
        fourth.psn_no: (_CERTNO, numbers.born_on_no_day(), "impossible-birthday"),
        fifth.psn_no: (_FROM, "2023-02-30", "no-such-day"),
    }


def _stranger(rng: Random, like: Person, certno: str, status: str, fault: str) -> Line:
    cells = _person_cells(rng, 0, like)
    cells[1] = f"42039{like.psn_no[-4:]:0>11}"
    cells[_CERTNO], cells[_STATUS] = certno, status
    return Line(cells, fault)


def _change_cells(
    rng: Random, person: Person, changed: date | None = None, settled_up: date | None = None
) -> list[Cell]:
    return [
        *_person_cells(rng, 0, person)[1:],
        day_cell(rng, changed) if changed else None,
        day_cell(rng, settled_up) if settled_up else None,
    ]


def february_changes(rng: Random, world: World, cast: Cast) -> Sheet:
    """Corrected rows, newcomers, a retirement, a wrong plan, moves and pauses."""
    start = FEBRUARY.first_day
    lines = [Line(_change_cells(rng, person)) for person in cast.mistyped]
    lines.append(Line(_retired_row(rng, cast.retires, date(2023, 2, 15), date(2023, 2, 15))))
    lines.append(Line(_changed(rng, cast.wrong_plan, JANUARY.first_day, plan=Plan.POOL_ONLY)))
    lines += [_move(rng, world, person, start) for person in cast.transferred]
    paused = (*cast.paused, cast.paid_but_paused)
    lines += [Line(_changed(rng, person, start, insured="暂停")) for person in paused]
    lines += _newcomers(rng, world, FEBRUARY)
    lines.insert(9, Line(
        _changed(rng, cast.forgotten[0], date(2023, 2, 1), raw_day="2023-02-29"),
        fault="no-such-day",
    ))  # fmt: skip
    return Sheet(CHANGE_HEADINGS, lines, title="参保人员信息变更表（2023年2月）")


def march_changes(rng: Random, world: World, cast: Cast) -> Sheet:
    """A retirement reported two months late, people who come back, newcomers."""
    lines = [Line(_retired_row(rng, cast.retired_late, date(2023, 1, 15), date(2023, 1, 15)))]
    lines += [Line(_changed(rng, person, MARCH.first_day)) for person in cast.paused[:4]]
    lines += _newcomers(rng, world, MARCH)
    return Sheet(CHANGE_HEADINGS, lines, title="参保人员信息变更表（2023年3月）")


def _newcomers(rng: Random, world: World, month: Month) -> list[Line]:
    return [Line(_change_cells(rng, person)) for person in world.people if person.joined == month]


def _retired_row(rng: Random, person: Person, changed: date, settled_up: date) -> list[Cell]:
    cells = _change_cells(rng, person, changed, settled_up)
    cells[3] = rng.choice(_STATUS_WORDS[Status.RETIRED])
    return cells


def _changed(
    rng: Random,
    person: Person,
    day: date,
    plan: Plan | None = None,
    insured: str | None = None,
    raw_day: str | None = None,
) -> list[Cell]:
    cells = _change_cells(rng, person, day)
    cells[4] = _PLAN_WORDS[plan or person.plan]
    cells[9] = insured or person.insured
    cells[10] = raw_day or cells[10]
    return cells


def _move(rng: Random, world: World, person: Person, day: date) -> Line:
    """To the next unit on the list; the person's later contributions come from there."""
    assert person.unit is not None
    unit = world.units[int(person.unit.number[1:]) % (len(world.units) - 1)]
    cells = _changed(rng, person, day)
    cells[5], cells[6] = unit.number, unit.name
    return Line(cells)
