"""The steps of an explanation where rules take shapes of their own: which window counted, which
turn it was, how bands and funds divide the pay, and what each window's limit cut.

Rendered from the trace that the settlement kept (`WindowUse`, `SharePart`) and from the pack that
decided; nothing is computed again.
"""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from ledger.benefits.settlement import Settlement
from ledger.benefits.shaped_share import SharePart
from ledger.benefits.steps import Step
from ledger.benefits.windows import SHARED, TURNS, WindowKey, WindowUse, benefit_of
from ledger.core.money import percent_text, yuan_text
from ledger.policy.pack import Pack
from ledger.policy.shapes import Window
from ledger.policy.tables import CapBasis


class Traces(NamedTuple):
    """What a settlement kept beside its amounts."""

    uses: tuple[WindowUse, ...] = ()
    parts: tuple[SharePart, ...] = ()

    @property
    def benefit(self) -> str:
        """The section of the pack that settled it; ordinary outpatient where none is named."""
        return benefit_of(self.uses)


NO_TRACES = Traces()

_TEXTS = (
    (r".+/(\d{4})-(\d{2})", "{0} 年 {1} 月"),
    (r".+/(\d{4})Q(\d)", "{0} 年第 {1} 季度"),
    (r".+/H(\d+)", "本机构本年"),
    (r".+/H:(.+)", "“{}”本年"),
    (r".+/T(\d)", "{0} 级机构本年"),
    (r".+/D:(.+)", "病种 {0} 本年"),
    (r".+/S:(.+)", "住院 {0}"),
    (rf".+/{TURNS}", "本年次数"),
    (rf"{SHARED}/(.+)", "{0}"),
)
_DEDUCTIBLE = {
    Window.QUARTER: r".+/\d{4}Q\d",
    Window.MONTH: r".+/\d{4}-\d{2}",
    Window.HOSPITAL_YEAR: r".+/H(\d+|:.+)",
    Window.TIER_YEAR: r".+/T\d",
    Window.STAY: r".+/S:.+",
}


def window_text(key: WindowKey) -> str:
    """A window in the words of an official."""
    for pattern, words in _TEXTS:
        match = re.fullmatch(pattern, key.window)
        if match:
            return words.format(*match.groups())
    return f"{key.year} 年"


def deductible_text(s: Settlement, pack: Pack, day: date, traces: Traces) -> str:
    """Where the deductible was counted so far, and of which turn it is."""
    shapes = pack.benefits(day)[traces.benefit].shapes
    pattern = _DEDUCTIBLE.get(shapes.deductible_window)
    text = f"本年已计起付 {yuan_text(s.deductible_before_fen)} 元"
    for use in traces.uses:
        if pattern and re.fullmatch(pattern, use.key.window):
            text = f"{window_text(use.key)}已计起付 {yuan_text(use.before[1])} 元"
    for use in traces.uses:
        if use.key.window.endswith(f"/{TURNS}"):
            text = f"本年第 {use.before[4] + use.added[4]} 次，{text}"
    return text


def band_steps(s: Settlement, pack: Pack, day: date, traces: Traces) -> list[Step]:
    """One step for each band that the cost beyond the deductible reaches."""
    bands = [part for part in traces.parts if part.kind == "band"]
    if not bands:
        return []
    value = pack.cite(f"{traces.benefit}.ratio_bands", day)
    return [
        Step(
            "分段支付",
            value.cite.id,
            f"{part.name} 元的部分 {yuan_text(part.base_fen)} 元，按 "
            f"{percent_text(part.ratio_bp)} 支付，为 {yuan_text(part.pay_fen)} 元",
            part.base_fen,
            part.pay_fen,
            value.assumed,
        )
        for part in bands
    ]


def window_cuts(pack: Pack, day: date, traces: Traces) -> list[tuple[str, str, int, str]]:
    """What limits of windows cut, in the order of the kernel: key, rule, fen, words."""
    cuts = []
    for use in traces.uses:
        key, rule = _limit_of(use.key.window, traces.benefit)
        if key and use.cut_fen:
            paid = f"{window_text(use.key)}统筹已支付 {yuan_text(use.before[3])} 元，"
            cuts.append((key, rule, use.cut_fen, paid))
    order = ("period_cap", "disease_caps", "shared_cap")
    return sorted(cuts, key=lambda cut: order.index(cut[0].partition(".")[2]))


def _limit_of(window: str, benefit: str) -> tuple[str, str]:
    if window.startswith(f"{SHARED}/"):
        return f"{benefit}.shared_cap", "共用限额"
    if "/D:" in window:
        return f"{benefit}.disease_caps", "病种限额"
    if re.fullmatch(r".+/\d{4}(-\d{2}|Q\d)", window):
        return f"{benefit}.period_cap", "期间限额"
    return "", ""


def back_solved_text(s: Settlement, pack: Pack, day: date, traces: Traces) -> str:
    """The cost that a back-solved limit counts (封顶线反算); empty where none is."""
    rules = pack.benefits(day)[traces.benefit]
    solved = CapBasis.FUND_PAY_BACK_SOLVED in (rules.annual_cap_basis, rules.visit_cap_basis)
    if not solved or s.cost_fen == s.beyond_deductible_fen:
        return ""
    return f"，反算进入统筹的费用 {yuan_text(s.cost_fen)} 元"


def fund_steps(s: Settlement, pack: Pack, day: date, traces: Traces) -> list[Step]:
    """What each of several funds pays of the pay."""
    funds = [part for part in traces.parts if part.kind == "fund"]
    if not funds:
        return []
    value = pack.cite(f"{traces.benefit}.fund_split", day)
    return [
        Step(
            "基金分担",
            value.cite.id,
            f"{part.name} 按 {percent_text(part.ratio_bp)} 承担 {yuan_text(part.pay_fen)} 元",
            s.pool_fen,
            part.pay_fen,
            value.assumed,
        )
        for part in funds
    ]


def account_first_steps(s: Settlement, pack: Pack, day: date) -> list[Step]:
    """What the account paid before the deductible, where the pack says so."""
    first = s.in_scope_fen - s.deductible_fen - s.beyond_deductible_fen
    if not pack.account_use(day).pays_first or first <= 0:
        return []
    value = pack.cite("account_use.account_pays", day)
    left = s.in_scope_fen - first
    text = f"个人账户先支付政策范围内 {yuan_text(first)} 元，其余 {yuan_text(left)} 元进入起付线"
    return [Step("账户先支付", value.cite.id, text, s.in_scope_fen, left, value.assumed)]


def refund_steps(s: Settlement, pack: Pack, traces: Traces) -> list[Step]:
    """What a refund gives back to each window."""
    return [
        Step(
            "退还累计",
            pack.cite(f"{traces.benefit}.ratio", s.happened_on).cite.id,
            f"{window_text(use.key)}：退还起付 {yuan_text(-use.added[1])} 元，"
            f"统筹已支付减少 {yuan_text(-use.added[3])} 元",
            use.before[3],
            use.before[3] + use.added[3],
            True,
        )
        for use in traces.uses
        if "/" in use.key.window
    ]
