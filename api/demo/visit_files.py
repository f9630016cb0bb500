"""Files of visits: three makers' habits, and the rows that must be refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random

from api.demo.sheets import Cell, Formula, Line, Sheet
from api.demo.spelling import amount_cell, identity_cell, instant_text, yuan
from api.demo.visits import Parts, Visit
from api.demo.world import EXPIRED, FEBRUARY, JANUARY, MARCH, UNGRADED, Provider, World
from ledger.core.money import yuan_text
from ledger.core.months import Month

HEADINGS = (
    "就诊ID", "定点机构编号", "人员编号", "证件号码", "医疗类别", "结算时间", "医疗费总额",
    "全自费金额", "超限价金额", "先行自付金额", "符合政策范围金额", "个人账户使用标志",
    "处方医疗机构编号", "退费标志", "原就诊ID", "入院日期", "出院日期",
)  # fmt: skip

_PROVIDER, _PSN_NO, _CERTNO, _TYPE, _AT, _TOTAL, _IN_SCOPE, _USE = 1, 2, 3, 4, 5, 6, 10, 11


def _amount(rng: Random, fen: int, text: bool) -> Cell:
    return yuan_text(fen) if text else amount_cell(rng, fen)


def visit_cells(rng: Random, visit: Visit, text: bool = True) -> list[Cell]:
    """One row. `text`: plain amounts, as a program writes them, not as a person types them."""
    return [
        visit.visit_id, visit.provider.code, visit.psn_no,
        identity_cell(rng, visit.certno) if visit.certno else None, visit.med_type,
        instant_text(rng, visit.at), _amount(rng, visit.parts.total, text),
        *(_amount(rng, part, text) for part in visit.parts),
        str(visit.use), visit.prescriber, "1" if visit.is_refund else "0", visit.original,
        visit.first_day.isoformat() if visit.first_day else None,
        visit.last_day.isoformat() if visit.last_day else None,
    ]  # fmt: skip


_Spoil = Callable[[list[Cell], Visit], None]


def _set(column: int, value: Cell) -> _Spoil:
    def spoil(cells: list[Cell], visit: Visit) -> None:
        cells[column] = value

    return spoil


def _wrong_total(cells: list[Cell], visit: Visit) -> None:
    cells[_TOTAL] = yuan_text(visit.parts.total + 100)


def _no_such_day(cells: list[Cell], visit: Visit) -> None:
    cells[_AT] = f"{visit.at.year}-02-30 10:00:00"


def _stranger(cells: list[Cell], visit: Visit) -> None:
    cells[_PSN_NO], cells[_CERTNO] = "4203999900000001", None


_SPOILT: dict[Month, tuple[tuple[str, _Spoil], ...]] = {
    JANUARY: (
        ("parts-do-not-add-up", _wrong_total),
        ("unknown-provider", _set(_PROVIDER, "H42039900099")),
        ("maternity", _set(_TYPE, "51")),
        ("not-an-amount", _set(_IN_SCOPE, "abc")),
        ("no-such-day", _no_such_day),
        ("unknown-person", _stranger),
        ("wrong-check-digit", _set(_CERTNO, "420302199001010011")),
        ("parts-do-not-add-up", _wrong_total),
    ),
    FEBRUARY: (
        ("maternity", _set(_TYPE, "51")),
        ("parts-do-not-add-up", _wrong_total),
        ("unknown-account-use", _set(_USE, "9")),
        ("unknown-person", _stranger),
    ),
    MARCH: (
        ("no-such-day", _no_such_day),
        ("parts-do-not-add-up", _wrong_total),
        ("unknown-provider", _set(_PROVIDER, "H42039900098")),
    ),
}
"""Faults that are made by spoiling a copy of a good visit under an id of its own."""


def _spoilt_lines(rng: Random, good: Sequence[Visit], month: Month) -> list[tuple[Visit, Line]]:
    lines = []
    hospital = [visit for visit in good if visit.med_type == "11" and not visit.is_refund]
    for i, (fault, spoil) in enumerate(_SPOILT[month], 1):
        visit = hospital[len(hospital) * i // (len(_SPOILT[month]) + 1)]
        visit = replace(visit, visit_id=f"F{month.number % 10_000:04d}{i:05d}", fault=fault)
        cells = visit_cells(rng, visit)
        spoil(cells, visit)
        lines.append((visit, Line(cells, fault)))
    return lines


def _expired(world: World, pharmacy: bool) -> Provider:
    names = [p for p in world.providers if p.name in EXPIRED]
    return next(provider for provider in names if provider.is_pharmacy == pharmacy)


def refused_visits(world: World, good: Sequence[Visit], month: Month) -> list[Visit]:
    """Whole visits that the ledger must refuse, though every cell of them is well written."""
    plain = [v for v in good if v.med_type == "11" and not v.is_refund]
    again = [v for v in good if v.is_refund]
    number = f"{month.number % 10_000:04d}"
    one, two, three = plain[len(plain) // 5], plain[len(plain) // 2], plain[len(plain) * 4 // 5]
    refused = [
        replace(one, parts=replace_scope(one), at=two.at, fault="same-id-other-content"),
        replace(two, visit_id=f"R{number}90001", parts=two.parts.negative(), at=three.at,
                original="M999999999", fault="refund-of-unknown"),
        replace(two, visit_id=f"R{number}90002", parts=Parts(0, 0, 0, -1_000), at=three.at,
                original=two.visit_id, fault="partial-refund"),
        replace(again[0], visit_id=f"R{number}90003", at=good[-1].at,
                fault="refunded-before"),
    ]  # fmt: skip
    if month == JANUARY:
        ungraded = next(p for p in world.providers if p.name == UNGRADED)
        refused.append(
            replace(three, visit_id=f"F{number}90004", provider=ungraded, fault="ungraded-provider")
        )
    else:
        expired = replace(three, visit_id=f"F{number}90005", provider=_expired(world, False),
                          fault="provider-expired")  # fmt: skip
        refused.append(expired)
    return refused


def replace_scope(visit: Visit) -> Parts:
    """The same bill, one yuan more."""
    return visit.parts._replace(in_scope=visit.parts.in_scope + 100)


def _all_lines(
    rng: Random, world: World, good: Sequence[Visit], month: Month, text: bool
) -> list[Line]:
    rows = [(visit, Line(visit_cells(rng, visit, text), None)) for visit in good]
    rows += [
        (visit, Line(visit_cells(rng, visit), visit.fault))
        for visit in refused_visits(world, good, month)
    ]
    rows += _spoilt_lines(rng, good, month)
    rows.sort(key=lambda row: row[0].at)
    lines = [line for _, line in rows]
    lines.append(Line(lines[len(lines) // 3].cells, lines[len(lines) // 3].fault, is_repeat=True))
    return lines


def month_sheet(rng: Random, world: World, visits: Sequence[Visit], month: Month) -> Sheet:
    """January plain, February under a title and above a total, March plain (and tabbed)."""
    lines = _all_lines(rng, world, visits, month, text=month != FEBRUARY)
    if month != FEBRUARY:
        return Sheet(HEADINGS, lines)
    lines.append(Line(["合计", *[None] * (len(HEADINGS) - 1)], is_data=False))
    return Sheet(
        HEADINGS,
        lines,
        title="十堰市定点医药机构门诊费用结算明细",
        notes=("结算期：2023年2月", "金额单位：元"),
    )


_GOODS = ("药品", "药品", "药品", "医疗器械", "医用耗材", None)


def _by_hand(rng: Random, visit: Visit) -> list[Cell]:
    cells = visit_cells(rng, visit, text=False)
    cells[_TOTAL] = Formula("=SUM(H{row}:K{row})", yuan(visit.parts.total))
    for column, part in enumerate(visit.parts, _TOTAL + 1):
        cells[column] = yuan(part)
    return cells


def _forbidden(visits: Sequence[Visit]) -> Visit:
    """What the account may not buy (article 14)."""
    visit = next(visit for visit in visits[400:] if visit.use == 1 and not visit.is_refund)
    return replace(visit, visit_id="F230390006", fault="forbidden-category")


def pharmacy_sheet(rng: Random, visits: Sequence[Visit]) -> Sheet:
    """What the pharmacies hand in by hand: a workbook whose totals are formulas."""
    lines = [Line([*_by_hand(rng, visit), rng.choice(_GOODS)]) for visit in visits]
    forbidden = _forbidden(visits)
    lines.insert(400, Line([*_by_hand(rng, forbidden), "体育健身器材"], forbidden.fault))
    last = len(lines) + 3
    total = sum(visit.parts.total for visit in (*visits, forbidden))
    lines.append(Line(
        ["合计", *[None] * 5, Formula(f"=SUM(G4:G{last})", yuan(total)), *[None] * 11],
        is_data=False,
    ))  # fmt: skip
    return Sheet(
        (*HEADINGS, "费用类别"),
        lines,
        title="定点零售药店购药明细（2023年3月）",
        notes=("报送单位：示例药店联合体", "金额单位：元"),
    )
