"""Readers of the values that only the shapes of `shapes.py` have: lists of tables, bands, funds,
limits by code. Like those of `kinds.py` they report every fault and return something harmless.
"""

from __future__ import annotations

from itertools import pairwise

from ledger.policy.kinds import (
    Reader,
    amount,
    by_status_and_tier,
    is_nothing,
    ratio,
    text,
    whole,
)
from ledger.policy.nodes import Node, Place
from ledger.policy.shapes import FundPart, RatioBand
from ledger.policy.tables import StatusTierTable

_AMOUNTS = by_status_and_tier(amount)
_RATIOS = by_status_and_tier(ratio)
_AGE = whole(0, 120)
_ZEROS: StatusTierTable = ((0, 0, 0), (0, 0, 0))


def tables_of_amounts(node: Node, place: Place) -> tuple[StatusTierTable, ...]:
    """A list of tables of amounts, for the second, third, … turn."""
    if not isinstance(node.value, list) or not node.value:
        place.report(
            node,
            "wrong-shape",
            "应为列表，依次写第二次、第三次……的金额，例如 [400.00, 0]；各级别不同时写 "
            "[{1: 100.00, 2: 200.00, 3: 300.00}]",
        )
        return ()
    read = (_AMOUNTS(item, place.under(str(turn))) for turn, item in enumerate(node.value, 2))
    return tuple(table for table in read if isinstance(table, tuple))


def ratio_bands(node: Node, place: Place) -> tuple[RatioBand, ...]:
    """Bands by age and amount, e.g. `- {up_to: 20000.00, ratio: 0.70}` and `- {ratio: 0.60}`."""
    rows = _rows(node, place, ("from_age", "up_to", "ratio"), ("ratio",), "- {up_to: …, ratio: …}")
    bands = tuple(_band(row, here) for row, here in rows)
    if rows and all(band.from_age >= 0 for band in bands):
        _check_bands(bands, [row for row, _ in rows], node, place)
    return bands


def _band(row: dict[str, Node], place: Place) -> RatioBand:
    age = _AGE(row["from_age"], place.under("from_age")) if "from_age" in row else 0
    up_to = row.get("up_to")
    bound = None
    if up_to is not None and not is_nothing(up_to):
        bound = amount(up_to, place.under("up_to"))
    ratios = _RATIOS(row["ratio"], place.under("ratio")) if "ratio" in row else _ZEROS
    assert isinstance(age, int)
    assert isinstance(ratios, tuple)
    return RatioBand(age, bound, ratios)


def _check_bands(
    bands: tuple[RatioBand, ...], rows: list[dict[str, Node]], node: Node, place: Place
) -> None:
    """Every age and every amount lies in exactly one band."""
    if bands[0].from_age != 0:
        place.report(
            node,
            "missing-band",
            f"第一段从 {bands[0].from_age} 岁起，更年轻的人没有比例；请先写不带 from_age 的一段",
        )
    for i, (before, after) in enumerate(pairwise(bands), start=1):
        line = next(iter(rows[i].values()))
        if after.from_age < before.from_age:
            place.report(
                line,
                "overlapping-bands",
                f"年龄段应从小到大：{before.from_age} 岁之后又写了 {after.from_age} 岁",
            )
        elif after.from_age > before.from_age and before.up_to_fen is not None:
            place.report(line, "missing-band", _no_end(before))
        elif after.from_age == before.from_age:
            _check_amounts(before, after, line, place)
    if bands[-1].up_to_fen is not None:
        place.report(next(iter(rows[-1].values())), "missing-band", _no_end(bands[-1]))
    ages = {band.from_age for band in bands}
    if len(ages) > 1:
        _check_same_bounds(bands, node, place)


def _check_amounts(before: RatioBand, after: RatioBand, line: Node, place: Place) -> None:
    if before.up_to_fen is None:
        place.report(
            line,
            "overlapping-bands",
            "分段重叠：前一段没有写上限 up_to，已含其后全部金额；只有最后一段不写上限",
        )
    elif after.up_to_fen is not None and after.up_to_fen <= before.up_to_fen:
        place.report(
            line,
            "overlapping-bands",
            f"分段重叠：上限应从小到大，{_yuan(before.up_to_fen)} 之后又写了 "
            f"{_yuan(after.up_to_fen)}",
        )


def _check_same_bounds(bands: tuple[RatioBand, ...], node: Node, place: Place) -> None:
    """Every age group has the same limits of amount; the kernel's table is a rectangle."""
    bounds: dict[int, list[int | None]] = {}
    for band in bands:
        bounds.setdefault(band.from_age, []).append(band.up_to_fen)
    first = bounds[bands[0].from_age]
    for age, own in bounds.items():
        if own != first:
            place.report(
                node,
                "missing-band",
                f"{age} 岁起的各段上限与第一个年龄段不同；各年龄段的金额分段应相同，"
                "比例相同的也请照写",
            )


def _no_end(band: RatioBand) -> str:
    who = f"{band.from_age} 岁起的" if band.from_age else ""
    return (
        f"{who}最后一段写了上限 {_yuan(band.up_to_fen or 0)}，超过的金额没有比例；"
        "最后一段请不写 up_to"
    )


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d} 元"


def fund_parts(node: Node, place: Place) -> tuple[FundPart, ...]:
    """`- {fund: 大额互助, ratio: 0.80}`: what each fund pays of the whole ratio."""
    rows = _rows(node, place, ("fund", "ratio"), ("fund", "ratio"), "- {fund: 基金名称, ratio: …}")
    parts: list[FundPart] = []
    for row, here in rows:
        if len(row) < 2:
            continue
        name = text(row["fund"], here.under("fund"))
        if name in (part.fund for part in parts):
            here.report(row["fund"], "duplicate-key", f"基金“{name}”写了两次")
        ratios = _RATIOS(row["ratio"], here.under("ratio"))
        assert isinstance(ratios, tuple)
        parts.append(FundPart(name, ratios))
    return tuple(parts)


def _rows(
    node: Node, place: Place, known: tuple[str, ...], needed: tuple[str, ...], example: str
) -> list[tuple[dict[str, Node], Place]]:
    """The rows of a list of small tables; unknown and missing fields are faults."""
    if not isinstance(node.value, list) or not node.value:
        place.report(node, "wrong-shape", f"应为列表，每项写作 {example}")
        return []
    found = []
    for number, item in enumerate(node.value, start=1):
        here = place.under(str(number))
        if not isinstance(item.value, dict):
            here.report(item, "wrong-shape", f"这一项应写作 {example}")
            continue
        for name, child in item.value.items():
            if name not in known:
                here.under(name).report(
                    child, "unknown-key", f"没有“{name}”这一栏；应为 {'、'.join(known)}"
                )
        for name in needed:
            if name not in item.value:
                here.report(item, "missing-key", f"这一项缺少“{name}”；应写作 {example}")
        found.append(({k: v for k, v in item.value.items() if k in known}, here))
    return found


def amounts_by_code(what: str) -> Reader:
    """`{M01603: 300.00}`: an amount for each code, in order of code."""

    def read(node: Node, place: Place) -> tuple[tuple[str, int], ...]:
        if not isinstance(node.value, dict) or not node.value:
            place.report(
                node, "wrong-shape", f"应为表格，每行一个{what}代码和金额，例如 {{M01603: 300.00}}"
            )
            return ()
        return tuple(
            sorted((code, amount(cell, place.under(code))) for code, cell in node.value.items())
        )

    return read
