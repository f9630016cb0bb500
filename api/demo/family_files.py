"""The list of mutual-aid links (家庭共济授权), with its faults."""

from __future__ import annotations

from datetime import date
from random import Random

from api.demo.numbers import IdentityNumbers, wrong_check_digit
from api.demo.sheets import Cell, Line, Sheet
from api.demo.spelling import day_cell, identity_cell, thousands, yuan
from api.demo.world import Child, Link, World
from ledger.core.people import Relation

HEADINGS = (
    "授权人证件号码", "授权人姓名", "使用人证件号码", "使用人姓名", "与授权人关系",
    "授权开始日期", "授权终止日期", "共济额度（元）",
)  # fmt: skip

_WORDS = {Relation.SPOUSE: "配偶", Relation.PARENT: "父母", Relation.CHILD: "子女"}
_HOLDER, _USER, _RELATION, _FIRST, _LAST, _QUOTA = 0, 2, 4, 5, 6, 7


def families_sheet(rng: Random, numbers: IdentityNumbers, world: World) -> Sheet:
    """Every link, and six rows that cannot be links."""
    lines = [Line(_cells(rng, link)) for link in world.links]
    spare = [link for link in world.links if isinstance(link.user, Child)]
    for i, line in enumerate(_faulty(rng, numbers, spare)):
        lines.insert(17 + 41 * i, line)
    lines.append(Line(lines[4].cells, is_repeat=True))
    return Sheet(HEADINGS, lines)


def _cells(rng: Random, link: Link) -> list[Cell]:
    return [
        identity_cell(rng, link.holder.certno), link.holder.name,
        identity_cell(rng, link.user.certno), link.user.name,
        rng.choice((_WORDS[link.relation], link.relation.value)),
        day_cell(rng, link.first_day), day_cell(rng, link.last_day) if link.last_day else None,
        _quota_cell(rng, link.quota_fen),
    ]  # fmt: skip


def _quota_cell(rng: Random, quota: int | None) -> Cell:
    if quota is None:
        return None
    return rng.choice((yuan(quota), thousands(quota), f"{yuan(quota)}元"))


def _faulty(rng: Random, numbers: IdentityNumbers, spare: list[Link]) -> list[Line]:
    faults: list[tuple[int, Cell, str]] = [
        (_RELATION, "朋友", "no-such-relation"),
        (_RELATION, "兄弟姐妹", "relation-not-allowed"),
        (_USER, spare[2].holder.certno, "holder-is-user"),
        (_HOLDER, numbers.new(date(1980, 7, 9), female=False), "holder-not-on-roster"),
        (_LAST, "2022-06-30", "ends-before-it-begins"),
        (_USER, wrong_check_digit(spare[5].user.certno), "wrong-check-digit"),
        (_QUOTA, "不限", "not-an-amount"),
    ]
    lines = []
    for i, (column, value, fault) in enumerate(faults):
        cells = _cells(rng, spare[i])
        cells[column] = value
        lines.append(Line(cells, fault))
    return lines
