"""How a bill divides before any rule of pay (费用分割): what is in scope and what is not.

The order, per item: what is dearer than the price limit is borne by the person (超限价); of the
rest of a class-B item the person bears a share first (乙类先行自付); what remains is in scope
(符合政策范围). A class-C item is borne whole (全自费): an own share of one.

Rounding is once per own share and bill, not per line, with the amount in scope rounded half up
and the own share as the remainder: so a receipt of two class-B drugs, 20.58 and 13.47 at 10 %,
shows 30.65 in scope and 3.40 borne first (a real receipt; per line it would be 30.64 and 3.41).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ledger.core.money import BASIS, Fen, apply_bp


class BillItem(NamedTuple):
    """One line of a bill.

    `own_share_bp` is what the person bears first, in basis points: 0 for class A, the
    catalogue's share for class B, 10000 for class C. `price_limit_fen` None: no limit.
    """

    charged_fen: Fen
    own_share_bp: int = 0
    price_limit_fen: Fen | None = None


class FeeScope(NamedTuple):
    """The four parts of a bill; they add up to what was charged."""

    fully_self_paid_fen: Fen
    over_limit_fen: Fen
    paid_first_fen: Fen
    in_scope_fen: Fen


def split_bill(items: Iterable[BillItem]) -> FeeScope:
    """Divide a bill: the price limit first, then the own share, then what the ratio applies to."""
    over_limit = 0
    within: dict[int, int] = {}
    for item in items:
        limit = item.charged_fen if item.price_limit_fen is None else item.price_limit_fen
        allowed = min(item.charged_fen, limit)
        over_limit += item.charged_fen - allowed
        within[item.own_share_bp] = within.get(item.own_share_bp, 0) + allowed
    in_scope = {share: apply_bp(amount, BASIS - share) for share, amount in within.items()}
    borne = {share: amount - in_scope[share] for share, amount in within.items()}
    fully_self_paid = borne.pop(BASIS, 0)
    return FeeScope(
        Fen(fully_self_paid),
        Fen(over_limit),
        Fen(sum(borne.values())),
        Fen(sum(in_scope.values())),
    )
