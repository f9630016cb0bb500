"""What no value of a pack shows alone: a shape that needs another key, two keys that say
different things, parts that do not make the whole. Looked at on every day on which a value of
the section changes, and said in the words of the office that wrote the pack.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from ledger.core.errors import PackFault
from ledger.core.money import BASIS
from ledger.policy.dated import Dated
from ledger.policy.nodes import Faults
from ledger.policy.shape_schema import BENEFIT_NEEDS, BENEFITS

Values = Mapping[str, list[Dated]]
Section = Mapping[str, Dated]
"""The values of a section in force on one day, by name."""
Say = Callable[[Dated, str, str], None]
"""Report a fault at a value: the value, the code, what is wrong and what would be right."""

NEEDS: tuple[tuple[str, str, str], ...] = (
    ("period_cap", "period", "期间限额要写明期间 period：month（按月）或 quarter（按季度）"),
    ("period_cap_basis", "period_cap", "没有期间限额 period_cap，口径不起作用"),
    ("period", "period_cap", "写了期间，没有写期间限额 period_cap"),
    ("disease_cap_basis", "disease_caps", "没有病种限额 disease_caps，口径不起作用"),
    (
        "disease_cap_ceiling",
        "disease_caps",
        "写了各病种合计的限额，没有写各病种的限额 disease_caps",
    ),
    (
        "shared_cap",
        "shared_cap_name",
        "共用限额要有名称 shared_cap_name，名称相同的待遇共用一个限额",
    ),
    ("shared_cap_name", "shared_cap", "写了共用限额的名称，没有写金额 shared_cap"),
    ("annual_cap_rate", "average_wage", "限额占平均工资的比例，还要写平均工资 average_wage"),
    ("deductible_floor", "deductible_drop", "最低起付标准要与逐次降低的比例 deductible_drop 同用"),
    ("deductible_drop_of", "deductible_drop", "没有逐次降低的比例 deductible_drop，基数不起作用"),
    ("band_measure", "ratio_bands", "没有分段支付比例 ratio_bands，分段的口径不起作用"),
    ("band_window", "ratio_bands", "没有分段支付比例 ratio_bands，分段的累计范围不起作用"),
)
"""A key, the key it cannot do without, and the words for it."""

APART: tuple[tuple[str, str, str], ...] = (
    ("annual_cap_rate", "annual_cap", "年度限额写了两次：金额 annual_cap，又按平均工资的比例"),
    ("deductible_by_turn", "deductible_drop", "各次的起付标准写了两次：逐次的金额，又写逐次降低"),
    ("contracted_ratio", "ratio_bands", "签约机构的比例与分段支付比例不能同用，请只留一种"),
    ("fund_split", "ratio_bands", "几项基金合成的比例与分段支付比例不能同用，请只留一种"),
)
"""Two keys that may not both be written, and the words for it."""


def contradictions(values: Values) -> list[PackFault]:
    """The faults that several values make together."""
    faults = Faults()

    def say(value: Dated, code: str, message: str) -> None:
        faults.at(value.file, value.key).report(value.line, code, message)

    for section in BENEFITS:
        for day in _days(values, section):
            here = _on(values, section, day)
            for check in CHECKS:
                check(here, say)
    for day in sorted({day for section in BENEFITS for day in _days(values, section)}):
        _across_sections([(section, _on(values, section, day)) for section in BENEFITS], say)
    return faults.found


def _days(values: Values, section: str) -> list[date]:
    of = (dated for key, of in values.items() if key.startswith(f"{section}.") for dated in of)
    return sorted({dated.start for dated in of})


def _on(values: Values, section: str, day: date) -> Section:
    return {
        key.partition(".")[2]: dated
        for key, of in values.items()
        if key.startswith(f"{section}.")
        for dated in of
        if dated.start <= day < dated.until
    }


def _value(here: Section, name: str) -> Any:
    return here[name].typed if name in here else None


def _needs(here: Section, say: Say) -> None:
    for name, other, words in NEEDS:
        if name in here and other not in here:
            say(here[name], "missing-companion", words)


def _apart(here: Section, say: Say) -> None:
    for name, other, words in APART:
        if name in here and other in here and not here[other].derived:
            say(here[name], "contradiction", words)


def _deductible(here: Section, say: Say) -> None:
    shape = _value(here, "deductible_shape")
    unlimited = "deductible_ceiling" in here and _value(here, "deductible_ceiling") is None
    if shape == "tier_with_ceiling" and unlimited:
        say(
            here["deductible_shape"],
            "missing-ceiling",
            "起付线按级别且全年不超过上限（tier_with_ceiling），但没有写上限",
        )
    window = _value(here, "deductible_window") or "year"
    if window != "year" and shape not in (None, "annual", "topped_up"):
        say(
            here["deductible_window"],
            "contradiction",
            f"起付线方式是 {shape}，不累计；要{here['deductible_window'].cited().value}累计，"
            "请把 deductible_shape 写作 annual",
        )
    turns = [here[name] for name in ("deductible_by_turn", "deductible_drop") if name in here]
    if turns and shape != "per_visit" and window != "stay":
        say(
            turns[0],
            "contradiction",
            "第二次起另有起付标准，只用于按次（deductible_shape: per_visit）"
            "或每次住院（deductible_window: stay）",
        )


def _bands(here: Section, say: Say) -> None:
    bands = _value(here, "ratio_bands")
    if not bands:
        if _value(here, "rounding") == "half_up_per_band":
            say(here["rounding"], "missing-companion", "每段取整要与分段支付比例 ratio_bands 同用")
        return
    if "ratio" in here and bands[0].ratio_bp != here["ratio"].typed:
        say(
            here["ratio_bands"],
            "contradiction",
            f"分段的第一段与 ratio（第 {here['ratio'].line} 行）不同；ratio 请写第一段的比例",
        )


def _stays(here: Section, say: Say) -> None:
    if "stay_across_year_end" not in here:
        return
    if "stay" not in (_value(here, "deductible_window"), _value(here, "band_window")):
        say(
            here["stay_across_year_end"],
            "missing-companion",
            "跨年住院的规定，要与按每次住院累计（deductible_window 或 band_window: stay）同用",
        )


def _funds(here: Section, say: Say) -> None:
    funds, ratio = _value(here, "fund_split"), _value(here, "ratio")
    if not funds or not ratio:
        return
    for status, who in enumerate(("在职", "退休")):
        for tier in range(3):
            whole = sum(part.ratio_bp[status][tier] for part in funds)
            if whole != ratio[status][tier]:
                say(
                    here["fund_split"],
                    "parts-do-not-add-up",
                    f"各项基金之和应等于支付比例：{who} {tier + 1} 级合计 {_ratio(whole)}，"
                    f"支付比例 {_ratio(ratio[status][tier])}",
                )
                return


def _retired(here: Section, say: Say) -> None:
    """Ratios are whole basis points: what the factor gives must be one, too."""
    factor = _value(here, "retired_own_share")
    if factor is None:
        return
    tables = [here[name].typed for name in ("ratio", "contracted_ratio") if name in here]
    tables += [band.ratio_bp for band in _value(here, "ratio_bands") or ()]
    for table in tables:
        for ratio in table[0]:  # type: ignore[index]  # A table by its reader.
            if (BASIS - ratio) * factor % BASIS:
                say(
                    here["retired_own_share"],
                    "bad-ratio",
                    f"在职个人负担 {_ratio(BASIS - ratio)} × {_ratio(factor)} 超过四位小数；"
                    "请直接写退休人员的比例",
                )
                return


def _limits(here: Section, say: Say) -> None:
    if "disease_cap_ceiling" in here and _value(here, "annual_cap") is not None:
        say(
            here["disease_cap_ceiling"],
            "contradiction",
            "各病种合计的限额就是年度限额；annual_cap 请留空",
        )


def _pharmacies(here: Section, say: Say) -> None:
    if (
        _value(here, "pharmacy_needs_prescription") is False
        and not str(_value(here, "pharmacy_ratio_tier")).isdigit()
    ):
        say(
            here["pharmacy_needs_prescription"],
            "missing-companion",
            "没有处方就不知道按哪一级支付；请写 pharmacy_ratio_tier: 1、2 或 3",
        )


def _statuses(here: Section, say: Say) -> None:
    for code in _value(here, "full_pay_statuses") or ():
        if code not in ("12", "13"):
            say(here["full_pay_statuses"], "bad-code", f"“{code}”应为 12（退休）或 13（离休）")


def _whole_benefit(here: Section, say: Say) -> None:
    """A section that pays is complete."""
    first = next((here[name] for name in BENEFIT_NEEDS if name in here), None)
    if first is None or first.key.startswith("outpatient."):
        return
    for name in BENEFIT_NEEDS:
        if name not in here:
            say(first, "missing-key", f"缺少“{name}”；这项待遇的结算需要它")


def _across_sections(sections: Iterable[tuple[str, Section]], say: Say) -> None:
    """Benefits pool different types of visit, and share a limit of one amount."""
    types: dict[str, Dated] = {}
    caps: dict[str, Dated] = {}
    for _, here in sections:
        for code in _value(here, "pooled_med_types") or ():
            before = types.setdefault(code, here["pooled_med_types"])
            if before.key != here["pooled_med_types"].key:
                say(
                    here["pooled_med_types"],
                    "contradiction",
                    f"医疗类别 {code} 已属于 {before.key}（第 {before.line} 行）；"
                    "一个类别只能属于一项待遇",
                )
        name = _value(here, "shared_cap_name")
        if name and "shared_cap" in here:
            before = caps.setdefault(name, here["shared_cap"])
            if before.typed != here["shared_cap"].typed:
                say(
                    here["shared_cap"],
                    "contradiction",
                    f"“{name}”是同一个限额，金额应与 {before.key}（第 {before.line} 行）相同",
                )


def _ratio(bp: int) -> str:
    """As an official writes it: 8500 -> "0.85"."""
    return f"{bp // BASIS}.{bp % BASIS:04d}".rstrip("0").ljust(4, "0")


CHECKS = (
    _needs,
    _apart,
    _deductible,
    _bands,
    _stays,
    _funds,
    _retired,
    _limits,
    _pharmacies,
    _statuses,
    _whole_benefit,
)
