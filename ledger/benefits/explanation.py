"""Why a settlement is what it is: one step per rule, with its article, in Chinese.

Rendered from what the kernel's steps took (stored with the settlement) and from the citations
of the pack that decided; nothing is computed again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from ledger.benefits.explanation_shapes import (
    NO_TRACES,
    Traces,
    account_first_steps,
    back_solved_text,
    band_steps,
    deductible_text,
    fund_steps,
    refund_steps,
    window_cuts,
)
from ledger.benefits.outpatient import REASON_ARTICLE, REASON_TEXT, Reason
from ledger.benefits.resettlement import CAUSE_TEXT, Cause
from ledger.benefits.settlement import Settlement
from ledger.benefits.steps import Step as Step
from ledger.core.money import percent_text, yuan_text
from ledger.policy.pack import Pack

STATUS_TEXT = {"11": "在职", "12": "退休", "13": "离休", "": "无"}
TIER_TEXT = {1: "一级", 2: "二级", 3: "三级"}


def explain(settlement: Settlement, pack: Pack, traces: Traces = NO_TRACES) -> list[Step]:
    """The steps from the bill to who pays what; for a refund, what is given back to whom.

    Args:
        traces: what the settlement kept of windows, bands and funds.
    """
    if settlement.reverses_settlement_id is not None:
        return _refund_steps(settlement, pack, traces)
    steps = [_scope(settlement, pack, traces)]
    reason = Reason(settlement.reason)
    if reason is Reason.COVERED:
        steps += _pool_steps(settlement, pack, traces)
    else:
        article = _article(REASON_ARTICLE[reason], settlement, pack, traces)
        steps.append(Step("不予支付", article, REASON_TEXT[reason], 0, 0))
    return steps + _payer_steps(settlement, pack, traces)


def _article(article: str, s: Settlement, pack: Pack, traces: Traces) -> str:
    """An article of S3c; in the pack of another pool, that of its ratio stands for it."""
    if any(article.startswith(f"{document.id}-") for document in pack.documents):
        return article
    return pack.cite(f"{traces.benefit}.ratio", _day(s)).cite.id


def _day(s: Settlement) -> date:
    return s.settled_at.date() if s.reverses_settlement_id is None else s.happened_on


def _refund_steps(s: Settlement, pack: Pack, traces: Traces) -> list[Step]:
    """Default 7: a refund gives back deductible and limit; later visits stay as they are."""
    day = s.happened_on
    deductible = pack.cite(f"{traces.benefit}.deductible", day)
    cap = pack.cite(f"{traces.benefit}.annual_cap", day)
    before, after = s.deductible_before_fen, s.deductible_before_fen + s.deductible_fen
    paid, paid_after = s.paid_before_fen, s.paid_before_fen + s.pool_fen
    payers = (
        f"退回统筹基金 {yuan_text(-s.pool_fen)} 元，个人账户 {yuan_text(-s.account_fen)} 元"
        f"（其中共济 {yuan_text(-s.family_fen)} 元），现金 {yuan_text(-s.cash_fen)} 元"
    )
    return [
        Step(
            "退还起付",
            deductible.cite.id,
            f"全额退费，退还已计起付 {yuan_text(-s.deductible_fen)} 元",
            before,
            after,
            True,
        ),
        Step(
            "退还限额",
            cap.cite.id,
            f"统筹基金本年已支付减少 {yuan_text(-s.pool_fen)} 元",
            paid,
            paid_after,
            True,
        ),
        *refund_steps(s, pack, traces),
        Step("合计", _article("S3c-6", s, pack, traces), payers, -s.total_fen, 0),
    ]


def resettled_step(settlement: Settlement, causes: Iterable[str]) -> Step:
    """Why a visit was settled anew: stands before the steps of the mirror and of the new one."""
    text = "；".join(CAUSE_TEXT[Cause(cause)] for cause in causes)
    if settlement.reverses_settlement_id is not None:
        rule, text = "重新结算冲回", f"{text}；原结算全部冲回，另按就诊顺序重新结算"
    else:
        rule, text = "重新结算", f"{text}；本结算取代原结算，差额在重新结算之日入账"
    return Step(rule, "S3c-6", text, settlement.total_fen, settlement.total_fen, True)


def _scope(s: Settlement, pack: Pack, traces: Traces) -> Step:
    outside = s.fully_self_paid_fen + s.over_limit_fen + s.paid_first_fen
    text = (
        f"医疗费总额 {yuan_text(s.total_fen)} 元，减全自费 {yuan_text(s.fully_self_paid_fen)}、"
        f"超限价 {yuan_text(s.over_limit_fen)}、先行自付 {yuan_text(s.paid_first_fen)}，"
        f"符合政策范围 {yuan_text(s.in_scope_fen)} 元"
    )
    article = _article("S3c-6", s, pack, traces)
    return Step("政策范围", article, text, s.total_fen, (s.total_fen - outside))


def _pool_steps(s: Settlement, pack: Pack, traces: Traces) -> list[Step]:
    day = s.settled_at.date()
    who = STATUS_TEXT[s.status]
    deductible = pack.cite(f"{traces.benefit}.deductible", day)
    ratio = pack.cite(f"{traces.benefit}.ratio", day)
    first = account_first_steps(s, pack, day)
    bands = band_steps(s, pack, day, traces)
    steps = [
        *first,
        Step(
            "起付标准",
            deductible.cite.id,
            f"{deductible_text(s, pack, day, traces)}，本次计入起付 "
            f"{yuan_text(s.deductible_fen)} 元，超过起付 {yuan_text(s.beyond_deductible_fen)} 元",
            first[0].after_fen if first else s.in_scope_fen,
            s.beyond_deductible_fen,
            deductible.assumed,
        ),
        Step(
            "支付比例",
            ratio.cite.id,
            f"{who}，{TIER_TEXT.get(s.tier or 0, '')}医疗机构，按 {percent_text(s.ratio_bp)} 支付，"
            f"四舍五入到分，为 {yuan_text(s.before_caps_fen)} 元",
            s.beyond_deductible_fen,
            s.before_caps_fen,
            ratio.assumed,
        ),
    ]
    if bands:
        steps[-1:] = bands
    return steps + _cap_steps(s, pack, traces) + fund_steps(s, pack, day, traces)


def _cap_steps(s: Settlement, pack: Pack, traces: Traces) -> list[Step]:
    day, benefit = s.settled_at.date(), traces.benefit
    solved = back_solved_text(s, pack, day, traces)
    of_windows = window_cuts(pack, day, traces)
    annual = (
        f"{benefit}.annual_cap",
        "年度最高支付限额",
        s.year_cut_fen,
        f"本年统筹已支付 {yuan_text(s.paid_before_fen)} 元，",
    )
    overall = (
        f"{benefit}.overall_cap",
        "统筹基金最高支付限额",
        s.overall_cut_fen,
        f"本年各项合计已支付 {yuan_text(s.overall_before_fen)} 元，",
    )
    cuts = [
        (f"{benefit}.visit_cap", "单次限额", s.visit_cut_fen, ""),
        *(cut for cut in of_windows if not cut[0].endswith(".shared_cap")),
        annual,
        *(cut for cut in of_windows if cut[0].endswith(".shared_cap")),
        overall,
    ]
    steps = []
    left = s.before_caps_fen
    for key, rule, cut, text in cuts:
        if cut:
            value = pack.cite(key, day)
            sentence = f"{text}超过限额部分 {yuan_text(cut)} 元不支付{solved}"
            steps.append(Step(rule, value.cite.id, sentence, left, (left - cut), value.assumed))
            left -= cut
    return steps


def _payer_steps(s: Settlement, pack: Pack, traces: Traces) -> list[Step]:
    scope = pack.cite("account_use.account_scope", s.settled_at.date())
    own = s.account_fen - s.family_fen
    steps = []
    left = s.total_fen - s.pool_fen
    for rule, amount in (("个人账户支付", own), ("家庭共济支付", s.family_fen)):
        if amount:
            text = f"{rule} {yuan_text(amount)} 元"
            steps.append(Step(rule, scope.cite.id, text, left, (left - amount), scope.assumed))
            left -= amount
    text = (
        f"统筹基金支付 {yuan_text(s.pool_fen)} 元，个人账户 {yuan_text(s.account_fen)} 元"
        f"（其中共济 {yuan_text(s.family_fen)} 元），现金 {yuan_text(s.cash_fen)} 元"
    )
    return [*steps, Step("合计", _article("S3c-6", s, pack, traces), text, s.total_fen, s.cash_fen)]
