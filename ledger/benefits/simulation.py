"""The rules of many days as the tables that the kernel's fold reads (试算)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, MutableSequence, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ledger.benefits.kernel_rules import KernelParameters, kernel_parameters
from ledger.core.errors import NotInForce, Refused
from ledger.policy.shapes import Shapes, Window
from ledger.policy.values import AccountRules, OutpatientRules

EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Periods:
    """Stretches of days, each within one natural year and under one set of rules.

    Days are counted from 1970-01-01. `period_of_day[day - first_day]` is -1 for a day that was
    not asked for or on which no rule is in force.
    """

    first_day: int
    period_of_day: list[int]
    years: list[int]
    rules: list[KernelParameters]
    pooled: list[frozenset[str]]
    """Types of visit that the benefit pays for, by period."""
    not_in_force: dict[int, str]
    """Days on which the rules do not answer, with the message."""


def periods_of(days: Iterable[int], rules_on: Callable[[date], OutpatientRules]) -> Periods:
    """The periods in which `days` lie.

    Args:
        days: distinct, rising, since 1970-01-01.
        rules_on: the rules of a day; raises NotInForce where there are none.
    """
    asked = list(days)
    first = asked[0] if asked else 0
    table = [-1] * (asked[-1] - first + 1 if asked else 0)
    keys: dict[tuple[int, KernelParameters, frozenset[str]], int] = {}
    silent: dict[int, str] = {}
    for day in asked:
        on = EPOCH + timedelta(days=day)
        try:
            rules = rules_on(on)
        except NotInForce as error:
            silent[day] = error.message
            continue
        key = (on.year, kernel_parameters(rules), rules.pooled_med_types)
        table[day - first] = keys.setdefault(key, len(keys))
    return Periods(
        first_day=first,
        period_of_day=table,
        years=[year for year, _, _ in keys],
        rules=[rules for _, rules, _ in keys],
        pooled=[pooled for _, _, pooled in keys],
        not_in_force=silent,
    )


def keep_pooled(
    day: Sequence[int],
    med_type: Sequence[int],
    in_scope: Sequence[int],
    first_day: int,
    period_of_day: Sequence[int],
    pooled: Sequence[Sequence[bool]],
    amounts: MutableSequence[int],
    left_out: MutableSequence[int],
) -> None:
    """Amounts of visits that the benefit pays for; ints only, so that it can be compiled.

    Args:
        day, med_type, in_scope: one item per visit; fen.
        pooled: by period and type of visit.
        amounts: filled; zero where the benefit does not pay.
        left_out: zeros; filled with how many visits of each type it does not pay for.
    """
    for i in range(len(in_scope)):
        kind = med_type[i]
        if pooled[period_of_day[day[i] - first_day]][kind]:
            amounts[i] = in_scope[i]
        else:
            amounts[i] = 0
            left_out[kind] += 1


ASKED: tuple[tuple[str, str, Callable[[Shapes], bool]], ...] = (
    (
        "deductible_window",
        "医疗机构",
        lambda s: s.deductible_window is Window.HOSPITAL_YEAR,
    ),
    ("deductible_window", "住院号", lambda s: s.deductible_window is Window.STAY),
    ("band_window", "住院号", lambda s: bool(s.bands) and s.band_window is Window.STAY),
    ("ratio_bands", "年龄", lambda s: s.by_age),
    ("disease_caps", "病种", lambda s: bool(s.disease_caps_fen)),
    ("contracted_ratio、uncontracted_visit", "是否签约机构", lambda s: s.contracted_matters),
    ("shared_cap", "其他待遇已支付的金额", lambda s: s.shared_cap_fen is not None),
    ("item_quotas", "费用明细", lambda s: bool(s.item_quotas_fen)),
    (
        "pharmacy_needs_prescription",
        "机构是否药店",
        lambda s: s.pharmacy_pooled and not s.pharmacy_needs_prescription,
    ),
    ("full_pay_statuses", "离休等人员类别", lambda s: bool(s.full_pay_statuses)),
)
"""Shapes that ask for what a file for simulation does not say: key, what is missing, the test."""


def not_simulated(rules: OutpatientRules, account: AccountRules) -> list[tuple[str, str]]:
    """Keys of a day's rules that a simulation cannot follow, and what it would need; empty where
    it can. It never computes something else instead."""
    missing = [(key, words) for key, words, asks in ASKED if asks(rules.shapes)]
    if account.pays_first:
        missing.append(("account_pays", "个人账户余额"))
    return missing


def refuse_not_simulated(rules: OutpatientRules, account: AccountRules) -> None:
    """Raises: Refused `simulate/shape-not-covered`, naming keys and what the file lacks."""
    missing = not_simulated(rules, account)
    if missing:
        said = "；".join(f"{key} 需要{words}" for key, words in missing)
        raise Refused(
            "simulate/shape-not-covered",
            f"试算文件没有这些内容，不能按本政策包试算：{said}。请改用 quote 或 settle 逐次计算",
            keys=[key for key, _ in missing],
        )


def refuse_other_benefits(med_types: Collection[str], others: Collection[str]) -> None:
    """A simulation follows ordinary outpatient visits alone; to call what another benefit of the
    pack pays for unpaid would be wrong.

    Args:
        med_types: those in the file.
        others: those that other benefits of the pack settle.

    Raises:
        Refused: `simulate/shape-not-covered`, naming the types of visit.
    """
    if found := sorted({*med_types} & {*others}):
        raise Refused(
            "simulate/shape-not-covered",
            f"医疗类别 {'、'.join(found)} 在本政策包由普通门诊以外的待遇支付，试算只算普通门诊。"
            "请从文件中去掉这些行，或改用 quote 或 settle 逐次计算",
            keys=found,
        )
