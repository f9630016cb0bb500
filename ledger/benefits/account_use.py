"""What personal accounts pay of a visit (个人账户使用): the patient's own first, then the
relatives' in their order, then cash.

The order of use between this year's and earlier years' money is a setting of the pack.
`acct_mulaid_pay` is part of `acct_pay`: never add it again.
"""

from __future__ import annotations

from typing import NamedTuple

from ledger.core.errors import Refused
from ledger.core.visits import AccountUse
from ledger.policy.values import AccountRules

ARTICLES = ("S3c-13", "S3c-13.1", "S3c-13.2", "S3c-14")


class Purse:
    """What one account can still pay, by the year of its money. Changes as it pays."""

    __slots__ = ("available", "years")

    def __init__(self, available: int, years: dict[int, int]) -> None:
        self.available = available
        """Fen: balance less what is held."""
        self.years = years
        """Year of the money -> fen left of it."""

    def take(
        self, wanted: int, oldest_first: bool, before_all: int | None = None
    ) -> list[tuple[int, int]]:
        """Take up to `wanted` fen; returns (year of the money, fen) for each part taken.

        Args:
            before_all: the year whose money goes first, whatever the order.
        """
        left = min(wanted, self.available)
        if left <= 0:
            return []
        self.available -= left
        parts = []
        years = sorted(self.years, reverse=not oldest_first)
        if before_all in self.years:
            years.sort(key=lambda year: year != before_all)
        for year in years:
            part = min(left, self.years[year])
            if part > 0:
                self.years[year] -= part
                parts.append((year, part))
                left -= part
                if not left:
                    break
        return parts

    def give_back(self, year: int, amount: int) -> None:
        """Undo a part of a `take`; the money keeps its year."""
        self.available += amount
        self.years[year] = self.years.get(year, 0) + amount


class Relative(NamedTuple):
    """A holder whose account the patient may use on the day, with what the quota still allows
    (None: no quota)."""

    link_id: int
    holder_id: int
    purse: Purse
    quota_left: int | None


class Draw(NamedTuple):
    """What one holder paid, by the year of the money."""

    link_id: int
    holder_id: int
    parts: list[tuple[int, int]]

    @property
    def amount_fen(self) -> int:
        return sum(part for _year, part in self.parts)


class PoolQuota:
    """What a holder of another pool lets the patient use, with what is left; changes as it pays."""

    __slots__ = ("left", "pool", "quota_id")

    def __init__(self, quota_id: int, pool: str, left: int) -> None:
        self.quota_id = quota_id
        self.pool = pool
        """The code of the pool that holds the money and owes it to us."""
        self.left = left
        """Fen."""


class PoolDraw(NamedTuple):
    """What one quota of another pool paid."""

    quota_id: int
    pool: str
    amount_fen: int


class AccountShare(NamedTuple):
    """Who paid what of the person's own cost. `account_fen` includes `family_fen`, and that what
    quotas of other pools paid (`pool_draws`)."""

    own_parts: list[tuple[int, int]]
    draws: list[Draw]
    account_fen: int
    family_fen: int
    pool_draws: tuple[PoolDraw, ...] = ()


NO_ACCOUNT = AccountShare([], [], 0, 0)


def payable_by_account(
    rules: AccountRules, total_fen: int, in_scope_fen: int, pool_fen: int
) -> int:
    """The part of a bill that accounts may pay, fen.

    Source: S3c-13.1 (`in_scope_own_share`), S3c-13.2 (`all_own_cost`).
    """
    if rules.scope == "in_scope_own_share":
        return in_scope_fen - pool_fen
    return total_fen - pool_fen


def pay_from_accounts(
    payable_fen: int,
    use: AccountUse,
    own: Purse | None,
    relatives: list[Relative],
    rules: AccountRules,
) -> AccountShare:
    """Share `payable_fen` out: own account, then relatives in the order given.

    Args:
        use: 0 none, 1 own account, 2 own account and then the relatives'.
        own: None for a person without an account.

    Source: S3c-13; the order is default 16 (`acct_used_flag`).
    """
    if use == 0 or payable_fen <= 0:
        return NO_ACCOUNT
    oldest_first = rules.use_order == "oldest_first"
    own_parts = pay_from_own(payable_fen, own, rules)
    own_fen = sum([part for _year, part in own_parts])
    draws: list[Draw] = []
    family_fen = 0
    if use == 2:
        for relative in relatives:
            wanted = payable_fen - own_fen - family_fen
            if relative.quota_left is not None:
                wanted = min(wanted, relative.quota_left)
            parts = relative.purse.take(wanted, oldest_first)
            if parts:
                draw = Draw(relative.link_id, relative.holder_id, parts)
                draws.append(draw)
                family_fen += draw.amount_fen
    if not own_parts and not draws:
        return NO_ACCOUNT
    return AccountShare(own_parts, draws, own_fen + family_fen, family_fen)


def pay_from_own(payable_fen: int, own: Purse | None, rules: AccountRules) -> list[tuple[int, int]]:
    """What the person's own account pays of `payable_fen`: (year of the money, fen)."""
    return [] if own is None else own.take(payable_fen, rules.use_order == "oldest_first")


def pay_from_other_pools(
    share: AccountShare, payable_fen: int, quotas: list[PoolQuota]
) -> AccountShare:
    """Share out what own account and relatives of this pool left: quotas of other pools in the
    order given.

    Source: 跨省共济通知（2026-01-09）; that they come last is our default, since their money has
    to be cleared between pools.
    """
    draws = []
    wanted = payable_fen - share.account_fen
    for quota in quotas:
        part = min(wanted, quota.left)
        if part > 0:
            quota.left -= part
            draws.append(PoolDraw(quota.quota_id, quota.pool, part))
            wanted -= part
    paid = sum(draw.amount_fen for draw in draws)
    return share._replace(
        account_fen=share.account_fen + paid,
        family_fen=share.family_fen + paid,
        pool_draws=tuple(draws),
    )


def forbidden_by(rules: AccountRules, category: str) -> tuple[str, str] | None:
    """What bars an account from paying for a category of spending: (barred category, article).

    Source: S3c-14, S3c-23. A category is barred when it names a barred one ("体育健身器材").
    """
    return next((found for found in rules.forbidden if found[0] in category), None)


def refuse_category(rules: AccountRules, category: str) -> None:
    """Raises: Refused `account/forbidden-category`, naming the category and the article."""
    found = forbidden_by(rules, category)
    if found is not None:
        raise Refused(
            "account/forbidden-category",
            f"个人账户不得用于“{category}”：属于{found[0]}（{found[1]}）",
            article=found[1],
        )
