"""Values that follow from two others of the pack, cited like the first of them and marked
`derived`: an amount as a percentage of a published statistic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ledger.core.money import apply_bp, yuan_text
from ledger.policy import typed
from ledger.policy.dated import Dated
from ledger.policy.nodes import Plain
from ledger.policy.shape_schema import BENEFITS


def with_derived(values: Mapping[str, list[Dated]]) -> dict[str, list[Dated]]:
    """Add what the pack gives by its factors and not itself: the retirees' flat amount, and a
    yearly limit that is a percentage of the local average wage."""
    result = dict(values)
    _add(result, typed.FLAT, typed.FLAT_PARTS, _retiree_flat)
    for section in BENEFITS:
        parts = (f"{section}.annual_cap_rate", f"{section}.average_wage")
        _add(result, f"{section}.annual_cap", parts, _annual_cap)
    return result


def _add(result: dict[str, list[Dated]], key: str, parts: tuple[str, str], make: Any) -> None:
    firsts, seconds = (result.get(part, []) for part in parts)
    if key in result:
        return
    products = [
        make(key, first, second)
        for first in firsts
        for second in seconds
        if first.start < second.until and second.start < first.until
    ]
    if products:
        result[key] = products


def _retiree_flat(key: str, rate: Dated, average: Dated) -> Dated:
    fen = typed.retiree_flat_fen(rate, average)
    return _product(key, "退休人员每月定额", "元/月", rate, average, yuan_text(fen), fen)


def _annual_cap(key: str, rate: Dated, wage: Dated) -> Dated:
    """A percentage of the average wage, by status, half up to the fen."""
    rates: Any = rate.typed
    wage_fen: Any = wage.typed
    employed, retired = (int(apply_bp(wage_fen, bp)) for bp in rates)
    plain: Plain = {"employed": yuan_text(employed), "retired": yuan_text(retired)}
    return _product(key, "年度最高支付限额", "元/年", rate, wage, plain, (employed, retired))


def _product(
    key: str, title: str, unit: str, rate: Dated, base: Dated, plain: Plain, fen: object
) -> Dated:
    return replace(
        rate,
        key=key,
        title=title,
        unit=unit,
        start=max(rate.start, base.start),
        until=min(rate.until, base.until),
        plain=plain,
        typed=fen,
        verified=rate.verified and base.verified,
        assumed=rate.assumed or base.assumed,
        note=f"{rate.cited().value} × {base.plain}，四舍五入到分。{base.note}".strip(),
        derived=True,
    )
