"""The pool's share of one visit where the rules take a shape of their own: the kernel between
what the visit met in its windows and what it leaves in them.

Source of the shapes: the numbered table of `docs/rule-shapes.md`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from ledger.benefits import kernel
from ledger.benefits.kernel import AllAmounts, Met, YearSoFar, settle_visit
from ledger.benefits.kernel_rules import KernelParameters, ages_of, variant_of
from ledger.benefits.windows import (
    EMPTY_WINDOW,
    Facts,
    VisitWindows,
    WindowKey,
    Windows,
    WindowSoFar,
    WindowUse,
    needed,
    windows_of,
)
from ledger.core.money import BASIS, yuan_text
from ledger.policy.shapes import RatioBand, Shapes
from ledger.policy.values import OutpatientRules

ARTICLES: tuple[str, ...] = ()
"""Shapes of other cities: no article of a shipped pack."""


class SharePart(NamedTuple):
    """A part of what the ratio gives: of a band of amounts, or of one of several funds. Fen."""

    kind: str
    """`band` or `fund`."""
    name: str
    base_fen: int
    ratio_bp: int
    pay_fen: int


class ShapedShare(NamedTuple):
    """What the kernel made of a visit: its amounts, the ratio it began with, and the traces."""

    amounts: AllAmounts
    ratio_bp: int
    uses: tuple[WindowUse, ...]
    parts: tuple[SharePart, ...]


def shaped_share(
    rules: OutpatientRules,
    parameters: KernelParameters,
    year: YearSoFar,
    windows: Windows,
    status: int,
    tier: int,
    in_scope: int,
    facts: Facts,
) -> ShapedShare:
    """Settle a visit that the benefit covers.

    Args:
        parameters: of `rules`.
        year: the accumulators of the benefit's natural year before the visit.
        windows: those that `windows_of` names, as they stand before it.
        status: 0 employed, 1 retired, 2 whose cost is paid whole.

    Raises:
        Refused: `visit/missing-fact`: the rules ask for what the visit does not say.
    """
    shapes = rules.shapes
    roles = windows_of(shapes, facts)
    met = _met(shapes, roles, windows, facts)
    amounts = settle_visit(parameters, year, met, status, tier, in_scope)
    uses = _uses(roles, windows, amounts)
    if status == kernel.FULL_PAY:
        return ShapedShare(amounts, BASIS, uses, ())
    start = kernel.band_start(parameters, year, met, amounts[0]) if shapes.bands else 0
    bands = _bands_of(shapes, met)
    parts = _band_parts(shapes, bands, (status, tier), start, amounts)
    ratio = _first_ratio(rules, facts, bands, (status, tier), start)
    return ShapedShare(amounts, ratio, uses, parts + _fund_parts(shapes, (status, tier), amounts))


def with_pharmacy_ratio(rules: OutpatientRules) -> OutpatientRules:
    """The rules where a pharmacy has a ratio of its own, whatever the tier, age and amount."""
    ratios = rules.shapes.pharmacy_ratio_bp
    assert ratios is not None, "no ratio of pharmacies"
    employed, retired = ((ratio,) * 3 for ratio in ratios)
    shapes = replace(rules.shapes, bands=(), contracted_ratio_bp=None)
    return replace(rules, ratio_bp=(employed, retired), shapes=shapes)


def _met(shapes: Shapes, roles: VisitWindows, windows: Windows, facts: Facts) -> Met:
    """What the kernel looks at beside the year."""

    def so_far(key: WindowKey | None) -> WindowSoFar:
        return windows.get(key, EMPTY_WINDOW) if key is not None else EMPTY_WINDOW

    counted, bands, period, disease = map(so_far, roles[:4])
    # A later bill of a stay is still of the turn that the stay's first bill was.
    turn = so_far(roles.turns)[4] - (1 if so_far(roles.stay)[4] else 0)
    return (
        counted[1],
        max(turn, 0),
        bands[0],
        bands[1],
        period[2],
        period[3],
        disease[2],
        disease[3],
        so_far(roles.shared)[3],
        _variant(shapes, facts),
        _disease_place(shapes, facts),
    )


def _variant(shapes: Shapes, facts: Facts) -> int:
    if shapes.by_age:
        age = needed(facts.age, "年龄（出生日期或身份证号码）", "brdy")
        return variant_of(shapes, age, False)
    return variant_of(shapes, 0, bool(facts.contracted))


def _disease_place(shapes: Shapes, facts: Facts) -> int:
    codes = [code for code, _ in shapes.disease_caps_fen]
    return codes.index(facts.disease) if facts.disease in codes else 0


def _uses(roles: VisitWindows, windows: Windows, amounts: AllAmounts) -> tuple[WindowUse, ...]:
    """What the visit puts into each window; nothing where the tier is not covered."""
    if amounts[0] + amounts[1] == 0:
        return ()
    added: WindowSoFar = (amounts[0] + amounts[1], amounts[0], amounts[2], amounts[7], 1)
    cuts = {roles.period: amounts[8], roles.disease: amounts[9], roles.shared: amounts[10]}
    uses = []
    for key in roles.distinct():
        before = windows.get(key, EMPTY_WINDOW)
        more = added
        if (
            key == roles.turns
            and roles.stay is not None
            and windows.get(roles.stay, EMPTY_WINDOW)[4]
        ):
            more = (*added[:4], 0)
        uses.append(WindowUse(key, before, more, cuts.get(key, 0)))
    return tuple(uses)


def _bands_of(shapes: Shapes, met: Met) -> list[RatioBand]:
    """The bands of the visit's age; none where one ratio serves all amounts and ages."""
    ages = ages_of(shapes)
    if not ages:
        return []
    return [band for band in shapes.bands if band.from_age == ages[met[kernel.VARIANT]]]


def _first_ratio(
    rules: OutpatientRules, facts: Facts, bands: list[RatioBand], cell: tuple[int, int], start: int
) -> int:
    """The ratio by which the first fen beyond the deductible is paid."""
    status, tier = cell
    for band in bands:
        if band.up_to_fen is None or start < band.up_to_fen:
            return band.ratio_bp[status][tier - 1]
    contracted = rules.shapes.contracted_ratio_bp
    table = contracted if contracted is not None and facts.contracted else rules.ratio_bp
    return table[status][tier - 1]


def _band_parts(
    shapes: Shapes,
    bands: list[RatioBand],
    cell: tuple[int, int],
    start: int,
    amounts: AllAmounts,
) -> tuple[SharePart, ...]:
    """How the pay before limits divides over the bands; the parts add up to it."""
    status, tier = cell
    end = start + amounts[1]
    low, product, paid = 0, 0, 0
    parts = []
    for band in bands:
        bound = end if band.up_to_fen is None else min(band.up_to_fen, end)
        if bound > start:
            ratio = band.ratio_bp[status][tier - 1]
            now = (bound - start) * ratio
            product += now
            part = _rounded(now) if shapes.rounds_each_band else _rounded(product) - paid
            parts.append(
                SharePart("band", _band_name(low, band.up_to_fen), bound - start, ratio, part)
            )
            paid += part
            start = bound
        low = band.up_to_fen or 0
    return tuple(parts)


def _band_name(low: int, up_to: int | None) -> str:
    if up_to is None:
        return f"{yuan_text(low)} 以上" if low else "全部金额"
    return f"{yuan_text(low)}–{yuan_text(up_to)}"


def _fund_parts(
    shapes: Shapes, cell: tuple[int, int], amounts: AllAmounts
) -> tuple[SharePart, ...]:
    """What each fund pays of the pay; rounded so that the parts add up to it."""
    status, tier = cell
    ratios = [part.ratio_bp[status][tier - 1] for part in shapes.funds]
    whole, pay = sum(ratios), amounts[7]
    parts, upto, paid = [], 0, 0
    for fund, ratio in zip(shapes.funds, ratios, strict=True):
        upto += ratio
        here = (2 * pay * upto + whole) // (2 * whole) - paid if whole else 0
        parts.append(SharePart("fund", fund.fund, amounts[1], ratio, here))
        paid += here
    return tuple(parts)


def _rounded(product: int) -> int:
    return (product + BASIS // 2) // BASIS
