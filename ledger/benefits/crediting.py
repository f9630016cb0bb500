"""What is credited to a personal account for one month (个人账户计入).

The same rule in two places: `employee_credit` and `retiree_credit` say it for one contribution
or one person, `storage/credits/stage.py` says it to the database for everybody at once, from
the same values; a property test holds the two equal.
"""

from __future__ import annotations

from typing import NamedTuple

from ledger.benefits.account_use import Purse
from ledger.core.money import Fen, apply_bp
from ledger.core.people import Plan, Status
from ledger.policy.values import CreditingRules

ARTICLES = ("S3c-11.1", "S3c-11.2", "S3c-11.3", "S3c-11.4", "S3c-11.5", "S3c-12")


def employee_credit(base_fen: Fen, plan: Plan, rules: CreditingRules) -> Fen:
    """The part of one contribution that belongs to the account.

    Args:
        base_fen: contribution base (缴费基数) of the row; negative for a return or a correction.

    Returns:
        fen, rounded half up per contribution, so that the sum is what was withheld.

    Source: S3c-11.1, 11.2, 11.5. Nobody on the pool-only plan has an account.
    """
    if plan is Plan.POOL_ONLY:
        return Fen(0)
    return apply_bp(base_fen, rules.credit_rate_bp)


def retiree_credit(status: Status, plan: Plan, rules: CreditingRules) -> Fen:
    """The flat amount of one month, for whoever has settled up on retirement.

    Source: S3c-11.3, 11.4. A retiree who was only ever pool-only has no account (default 11).
    """
    if status is not Status.RETIRED:
        return Fen(0)
    if plan is Plan.POOL_ONLY and not rules.retiree_pool_only_has_account:
        return Fen(0)
    return Fen(rules.retiree_flat_fen)


class Difference(NamedTuple):
    """One person, month and source whose due amount is no longer what was credited."""

    person_id: int
    month: int
    source: str
    """`employee` (from contributions) or `retiree` (from the pooled fund)."""
    before_fen: int
    after_fen: int
    reason: str

    @property
    def delta_fen(self) -> int:
        return self.after_fen - self.before_fen


class Correction(NamedTuple):
    """One transfer that a difference leads to: its kind, month, and the year of its money."""

    person_id: int
    kind: str
    month: int
    fund_year: int
    amount_fen: int


def corrections(
    differences: list[Difference], purses: dict[int, Purse], fund_year: int
) -> list[Correction]:
    """Differences become credits, claw-backs and debts.

    Credits of a person come before claw-backs, so that a month that only changed its source
    leaves no debt. A claw-back takes this year's money first; what the balance does not cover
    becomes owed (待追回), and counts as clawed back.

    Source: S3c-12; default 14.
    """
    result: list[Correction] = []
    for item in sorted(differences, key=lambda d: (d.person_id, d.delta_fen < 0, d.month)):
        purse = purses.setdefault(item.person_id, Purse(0, {}))
        if item.delta_fen > 0:
            purse.give_back(fund_year, item.delta_fen)
            result.append(
                Correction(
                    item.person_id, f"credit_{item.source}", item.month, fund_year, item.delta_fen
                )
            )
        elif item.delta_fen < 0:
            result += _claw_back(item, purse, fund_year)
    return result


def _claw_back(item: Difference, purse: Purse, fund_year: int) -> list[Correction]:
    left = -item.delta_fen
    taken = purse.take(left, oldest_first=False)
    parts = [
        Correction(item.person_id, f"clawback_{item.source}", item.month, year, amount)
        for year, amount in taken
    ]
    left -= sum(amount for _year, amount in taken)
    if left:
        owed = Correction(item.person_id, f"owed_{item.source}", item.month, fund_year, left)
        parts.append(owed)
    return parts
