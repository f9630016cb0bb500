"""What is credited to a personal account for one month (个人账户计入).

The same rule in two places: `employee_credit` and `retiree_credit` say it for one contribution
or one person, `storage/crediting.py` says it to the database for everybody at once, from the
same values; a property test holds the two equal.
"""

from __future__ import annotations

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
