"""Mutual aid within the family (家庭共济): who may use whose account."""

from __future__ import annotations

from datetime import date, timedelta

from ledger.core.errors import Refused
from ledger.core.people import Relation
from ledger.policy.values import FamilyRules

ARTICLES = (
    "S3c-13",
    "国办发〔2024〕33号-近亲属共济",
    "跨省共济通知（2026-01-09）-跨省共济",
    "跨省共济通知（2026-01-09）-共济额度",
    "跨省共济通知（2026-01-09）-自动解除",
)


def relation_allowed(relation: Relation, rules: FamilyRules) -> bool:
    """Do the rules of the link's first day allow this relation? Not by age, not by sex."""
    return relation.value in rules.relations


def refuse_no_days(first: date, until: date) -> None:
    """A link or a quota runs for a day at least.

    Args:
        until: half open.

    Raises:
        Refused: `family/ends-before-start`.
    """
    if until <= first:
        last = until - timedelta(days=1)
        raise Refused("family/ends-before-start", f"末日 {last} 早于首日 {first}，请核对")


def refuse_across(relation: Relation, rules: FamilyRules, ours: str, theirs: str, on: date) -> None:
    """May a relative in the pool `theirs` be given a quota by a holder of the pool `ours`?

    Pools are area codes; the first two digits are the province.

    Raises:
        Refused: `family/relation-not-allowed`, `quota/across-not-allowed`, `quota/not-held`.
    """
    if not relation_allowed(relation, rules):
        raise Refused("family/relation-not-allowed", f"{on} 的规定不允许这种亲属关系使用个人账户")
    same_province = ours[:2] == theirs[:2]
    if not (rules.in_province if same_province else rules.across_provinces):
        where = "省内跨统筹区" if same_province else "跨省"
        raise Refused("quota/across-not-allowed", f"{on} 尚不能{where}共济")
    if not rules.quota_held:
        raise Refused("quota/not-held", f"{on} 的规定不冻结跨统筹区额度，这里只办理冻结的额度")
