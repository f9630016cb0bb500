"""What a pack forgets, or writes in vain: days on which a benefit has a ratio and lacks something
else, and amounts that the chosen shape never reads. Each value is right by itself and nothing
contradicts; visits would be refused, or settled by less than the office wrote.

Looked for in a folder, not in values to try: whoever tries `deductible_shape=none` need not
clear the amount as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from ledger.core.errors import PackFault
from ledger.core.months import FAR
from ledger.policy.dated import Dated, render
from ledger.policy.nodes import Faults
from ledger.policy.shape_schema import BENEFIT_NEEDS, BENEFITS

Values = Mapping[str, list[Dated]]


def oversights(values: Values) -> list[PackFault]:
    """Both kinds, over every section of a benefit."""
    faults = Faults()
    for section in BENEFITS:
        for dated, code, words in (*_forgotten(values, section), *_in_vain(values, section)):
            faults.at(dated.file, dated.key).report(dated.line, code, words)
    return faults.found


def _forgotten(values: Values, section: str) -> Iterator[tuple[Dated, str, str]]:
    """A needed key that is written, but not for every day on which the benefit has a ratio."""
    ratios = values.get(f"{section}.ratio", [])
    for name in BENEFIT_NEEDS:
        spans = values.get(f"{section}.{name}", [])
        for day in sorted({span.until for span in spans} | {ratio.start for ratio in ratios}):
            if spans and day < FAR and _on(ratios, day) and not _on(spans, day):
                nearest = max((s for s in spans if s.until <= day), default=spans[0], key=_start)
                yield nearest, "gap", _words(name, nearest, day)
                break


def _words(name: str, nearest: Dated, day: date) -> str:
    if nearest.until <= day:
        return (
            f"{name} 到 {nearest.until} 为止（当天不含），其后没有数值，而支付比例仍有效；"
            "请续写，或删去 until"
        )
    return f"{name} 自 {nearest.start} 起才有数值，而支付比例自 {day} 起有效；请把起始日写作 {day}"


def _in_vain(values: Values, section: str) -> Iterator[tuple[Dated, str, str]]:
    """An amount that the shape of the deductible does not read."""
    for shape in values.get(f"{section}.deductible_shape", []):
        if shape.typed == "none":
            for amount in _during(values, f"{section}.deductible", shape):
                if any(fen for row in _rows(amount.typed) for fen in row):
                    yield (
                        amount,
                        "contradiction",
                        (
                            f"起付线方式是 none（不设起付线，第 {shape.line} 行），"
                            f"写了的起付标准 {render(amount.plain)} 不起作用；"
                            "请改写方式，或把金额写作 0.00"
                        ),
                    )
        if shape.typed != "tier_with_ceiling":
            for ceiling in _during(values, f"{section}.deductible_ceiling", shape):
                if ceiling.typed is not None:
                    yield (
                        ceiling,
                        "contradiction",
                        (
                            f"起付线方式是 {shape.typed}（第 {shape.line} 行），"
                            f"全年上限 {render(ceiling.plain)} 不起作用；"
                            "请改用 tier_with_ceiling，或删去上限"
                        ),
                    )


def _rows(table: object) -> Iterator[tuple[int, ...]]:
    yield from table if isinstance(table, tuple) else ()


def _during(values: Values, key: str, span: Dated) -> list[Dated]:
    spans = values.get(key, [])
    return [each for each in spans if each.start < span.until and span.start < each.until]


def _on(spans: list[Dated], day: date) -> bool:
    return any(span.start <= day < span.until for span in spans)


def _start(span: Dated) -> date:
    return span.start
