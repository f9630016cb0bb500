"""A dated value as it was read, and the spans of one key: order, gaps and overlaps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from ledger.core.months import FAR
from ledger.policy.nodes import Place, Plain
from ledger.policy.schema import VALUE_WORDS
from ledger.policy.values import Citation, CitedValue


@dataclass(frozen=True, slots=True)
class Dated:
    """One value of one key on the days from `start` up to but without `until`."""

    key: str
    title: str
    unit: str
    start: date
    until: date
    plain: Plain
    typed: object
    cite: Citation
    verified: bool
    assumed: bool
    note: str
    file: str
    line: int
    pack: str
    derived: bool = False

    def cited(self) -> CitedValue:
        """The value as traces and `rules show` print it."""
        return CitedValue(
            key=self.key,
            title=self.title,
            value=render(self.plain),
            valid_from=self.start,
            valid_until=self.until,
            cite=self.cite,
            verified=self.verified,
            assumed=self.assumed,
            note=self.note,
            file=self.file,
            line=self.line,
            unit="" if self.plain in (None, "") else self.unit,
            pack=self.pack,
            derived=self.derived,
        )


def render(plain: Plain) -> str:
    """A value in the reader's words: `在职：一级 0.80、二级 0.65；退休：…`; empty is 不设."""
    if plain is None or plain == "":
        return VALUE_WORDS["none"]
    if isinstance(plain, list):
        return "、".join(render(item) for item in plain) or "（空）"
    if isinstance(plain, dict):
        nested = any(isinstance(cell, dict) for cell in plain.values())
        joint, gap = ("；", "：") if nested else ("、", " ")
        return joint.join(
            f"{VALUE_WORDS.get(name, name)}{gap}{render(cell)}" for name, cell in plain.items()
        )
    return plain if plain.isdigit() else VALUE_WORDS.get(plain, plain)


def check_spans(values: list[Dated], place: Place) -> list[Dated]:
    """The values of one key in order of days; gaps and overlaps are faults."""
    ordered = sorted(values, key=lambda value: (value.start, value.line))
    for before, after in pairwise(ordered):
        if after.start < before.until:
            until = "没有终止日" if before.until == FAR else f"到 {before.until}"
            place.report(
                after.line,
                "overlap",
                f"日期重叠：第 {before.line} 行自 {before.start} 起{until}，"
                f"本行又自 {after.start} 起",
            )
        elif after.start > before.until:
            place.report(
                after.line,
                "gap",
                f"日期中断：{before.until} 至 {after.start}（不含）没有数值"
                f"（前一段在第 {before.line} 行）",
            )
    return ordered


def overlay(parent: list[Dated], own: list[Dated], place: Place) -> list[Dated]:
    """A pack's own values replace what it extends from their first day on; where the last of
    them ends, the parent's continue, without a gap."""
    if not own:
        return parent
    end = own[-1].until
    later = [replace(value, start=max(value.start, end)) for value in parent if value.until > end]
    if later and later[0].start > end:
        place.report(
            own[-1].line,
            "gap",
            f"日期中断：本包的数值到 {end} 为止，"
            f"所继承的 {later[0].pack} 自 {later[0].start} 起才有",
        )
    return own + later
