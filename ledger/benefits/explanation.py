"""Why a settlement is what it is: one step per rule, with its article, in Chinese.

Rendered from what the kernel's steps took (stored with the settlement) and from the citations
of the pack that decided; nothing is computed again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ledger.benefits.outpatient import REASON_ARTICLE, REASON_TEXT, Reason
from ledger.benefits.resettlement import CAUSE_TEXT, Cause
from ledger.benefits.settlement import Settlement
from ledger.core.money import yuan_text
from ledger.policy.pack import Pack

STATUS_TEXT = {"11": "在职", "12": "退休", "": "无"}
TIER_TEXT = {1: "一级", 2: "二级", 3: "三级"}


class Step(NamedTuple):
    """One step: which rule, by which article, on what, with what result (fen)."""

    rule: str
    article: str
    text: str
    before_fen: int
    after_fen: int
    assumed: bool = False


def explain(settlement: Settlement, pack: Pack) -> list[Step]:
    """The steps from the bill to who pays what; for a refund, what is given back to whom."""
    if settlement.reverses_settlement_id is not None:
        return _refund_steps(settlement, pack)
    steps = [_scope(settlement)]
    reason = Reason(settlement.reason)
    if reason is Reason.COVERED:
        steps += _pool_steps(settlement, pack)
    else:
        steps.append(Step("不予支付", REASON_ARTICLE[reason], REASON_TEXT[reason], 0, 0))
    return steps + _payer_steps(settlement, pack)


def _refund_steps(s: Settlement, pack: Pack) -> list[Step]:
    """Default 7: a refund gives back deductible and limit; later visits stay as they are."""
    day = s.happened_on
    deductible = pack.cite("outpatient.deductible", day)
    cap = pack.cite("outpatient.annual_cap", day)
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
        Step("合计", "S3c-6", payers, -s.total_fen, 0),
    ]


def resettled_step(settlement: Settlement, causes: Iterable[str]) -> Step:
    """Why a visit was settled anew: stands before the steps of the mirror and of the new one."""
    text = "；".join(CAUSE_TEXT[Cause(cause)] for cause in causes)
    if settlement.reverses_settlement_id is not None:
        rule, text = "重新结算冲回", f"{text}；原结算全部冲回，另按就诊顺序重新结算"
    else:
        rule, text = "重新结算", f"{text}；本结算取代原结算，差额在重新结算之日入账"
    return Step(rule, "S3c-6", text, settlement.total_fen, settlement.total_fen, True)


def _scope(s: Settlement) -> Step:
    outside = s.fully_self_paid_fen + s.over_limit_fen + s.paid_first_fen
    text = (
        f"医疗费总额 {yuan_text(s.total_fen)} 元，减全自费 {yuan_text(s.fully_self_paid_fen)}、"
        f"超限价 {yuan_text(s.over_limit_fen)}、先行自付 {yuan_text(s.paid_first_fen)}，"
        f"符合政策范围 {yuan_text(s.in_scope_fen)} 元"
    )
    return Step("政策范围", "S3c-6", text, s.total_fen, (s.total_fen - outside))


def _pool_steps(s: Settlement, pack: Pack) -> list[Step]:
    day = s.settled_at.date()
    who = STATUS_TEXT[s.status]
    deductible = pack.cite("outpatient.deductible", day)
    ratio = pack.cite("outpatient.ratio", day)
    steps = [
        Step(
            "起付标准",
            deductible.cite.id,
            f"本年已计起付 {yuan_text(s.deductible_before_fen)} 元，本次计入起付 "
            f"{yuan_text(s.deductible_fen)} 元，超过起付 {yuan_text(s.beyond_deductible_fen)} 元",
            s.in_scope_fen,
            s.beyond_deductible_fen,
            deductible.assumed,
        ),
        Step(
            "支付比例",
            ratio.cite.id,
            f"{who}，{TIER_TEXT.get(s.tier or 0, '')}医疗机构，按 {_percent(s.ratio_bp)} 支付，"
            f"四舍五入到分，为 {yuan_text(s.before_caps_fen)} 元",
            s.beyond_deductible_fen,
            s.before_caps_fen,
            ratio.assumed,
        ),
    ]
    return steps + _cap_steps(s, pack)


def _cap_steps(s: Settlement, pack: Pack) -> list[Step]:
    day = s.settled_at.date()
    cuts = (
        ("outpatient.visit_cap", "单次限额", s.visit_cut_fen, ""),
        (
            "outpatient.annual_cap",
            "年度最高支付限额",
            s.year_cut_fen,
            f"本年统筹已支付 {yuan_text(s.paid_before_fen)} 元，",
        ),
        (
            "outpatient.overall_cap",
            "统筹基金最高支付限额",
            s.overall_cut_fen,
            f"本年各项合计已支付 {yuan_text(s.overall_before_fen)} 元，",
        ),
    )
    steps = []
    left = s.before_caps_fen
    for key, rule, cut, text in cuts:
        if cut:
            value = pack.cite(key, day)
            sentence = f"{text}超过限额部分 {yuan_text(cut)} 元不支付"
            steps.append(Step(rule, value.cite.id, sentence, left, (left - cut), value.assumed))
            left -= cut
    return steps


def _payer_steps(s: Settlement, pack: Pack) -> list[Step]:
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
    return [*steps, Step("合计", "S3c-6", text, s.total_fen, s.cash_fen)]


def _percent(bp: int) -> str:
    """6500 -> "65%", 6550 -> "65.5%"."""
    whole, rest = divmod(bp, 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".") + "%"
