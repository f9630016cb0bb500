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
    """A needed key whose values end before those of the ratio do. One that begins later is no
    fault: a pack may put a value of its own in force from a day on, over rules that it extends."""
    ratios = values.get(f"{section}.ratio", [])
    for name in BENEFIT_NEEDS:
        spans = values.get(f"{section}.{name}", [])
        last = max(spans, key=_start, default=None)
        if last is not None and _on(ratios, last.until):
            yield last, "gap", _words(name, last)


def _words(name: str, last: Dated) -> str:
    return (
        f"{name} 到 {last.until} 为止（当天不含），其后没有数值，而支付比例仍有效；"
        "请续写，或删去 until"
    )


def _in_vain(values: Values, section: str) -> Iterator[tuple[Dated, str, str]]:
    """An amount that the shape of the deductible does not read, written beside it: what stands in
    a pack that this one extends is nobody's slip."""
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
    """The values of a key in the span's days, as far as they stand in the same file."""
    return [
        each
        for each in values.get(key, [])
        if each.file == span.file and each.start < span.until and span.start < each.until
    ]


def _on(spans: list[Dated], day: date) -> bool:
    return any(span.start <= day < span.until for span in spans)


def _start(span: Dated) -> date:
    return span.start
