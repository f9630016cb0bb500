"""Manual reimbursement (手工报销): who comes in time, with all papers, and for what.

A visit elsewhere that was not settled directly counts in the year of the visit, by the rules of
its day, at the same ratio (defaults 8 and 9); only the way is by papers.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from ledger.benefits.settlement import Settlement
from ledger.benefits.steps import Step
from ledger.core.errors import Refused
from ledger.policy.pack import Pack
from ledger.policy.values import ClaimRules

ARTICLES = ("S3c-21",)

REFUSALS = (
    "visit/duplicate-id",
    "person/unknown",
    "person/numbers-disagree",
    "policy/not-in-force",
    "visit/negative-amount",
    "visit/parts-do-not-add-up",
    "claim/before-visit",
    "claim/too-late",
    "claim/papers-missing",
    "visit/elsewhere",
    "provider/no-tier",
    "visit/missing-fact",
    "visit/not-contracted",
    "visit/unknown-disease",
    "payee/incomplete",
    "payee/bad-number",
    "claim/double",
)
"""A claim that several of these fit is refused by the first."""


def deadline(visited_on: date, rules: ClaimRules) -> date:
    """The last day on which papers are received: in the first quarter of the year after the
    visit. Source: S3c-21."""
    month, day = (int(part) for part in rules.last_day.split("-"))
    return date(visited_on.year + 1, month, day)


def refuse_claim(
    visited_on: date, received_on: date, papers: Iterable[str], rules: ClaimRules
) -> None:
    """Raises: Refused `claim/before-visit`, `claim/too-late`, `claim/papers-missing`, in this
    order; the article stands in the message."""
    if received_on < visited_on:
        raise Refused("claim/before-visit", f"收件日 {received_on} 早于就诊日 {visited_on}")
    last = deadline(visited_on, rules)
    if received_on > last:
        raise Refused(
            "claim/too-late",
            f"{visited_on} 的就诊应在 {last} 及以前提交手工报销，{received_on} 收到，逾期不予受理"
            "（S3c-21）",
            article="S3c-21",
            last_day=last.isoformat(),
        )
    missing = [paper for paper in rules.papers if paper not in set(papers)]
    if missing:
        raise Refused(
            "claim/papers-missing", f"缺少材料：{'、'.join(missing)}（S3c-21）", article="S3c-21"
        )


def claim_step(settlement: Settlement, pack: Pack, received_on: date, filed: bool) -> Step:
    """Why papers are paid: they came in time; without a filing at the same ratio (default 8)."""
    on = settlement.settled_at.date()
    key, how = "away.unfiled_visit", "未备案，同等比例"
    if filed:
        key, how = "away.manual_claim_until", "已备案，未能直接结算"
    value = pack.cite(key, on)
    last_day = deadline(on, pack.claims(on))
    text = (
        f"异地就医（{how}），凭材料手工报销：{received_on} 收到，截止 {last_day}，"
        f"计入就诊当年（{settlement.year} 年）"
    )
    total = settlement.total_fen
    return Step("手工报销", value.cite.id, text, total, total, value.assumed)
