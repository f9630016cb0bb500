"""Mutual aid within the family (家庭共济): who may use whose account."""

from __future__ import annotations

from ledger.core.people import Relation
from ledger.policy.values import FamilyRules

ARTICLES = ("S3c-13",)


def relation_allowed(relation: Relation, rules: FamilyRules) -> bool:
    """Do the rules of the link's first day allow this relation? Not by age, not by sex."""
    return relation.value in rules.relations
