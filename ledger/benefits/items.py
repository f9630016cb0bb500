"""The lines of a bill under a pack's rules (费用明细): the class decides the own share, a quota
limits what counts of a day or a piece, and `fee_scope` divides the rest."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.benefits.fee_scope import BillItem, FeeScope, split_bill
from ledger.core.errors import Refused
from ledger.core.money import BASIS, Fen
from ledger.core.visits import FEE_CLASSES, FeeItem
from ledger.policy.shapes import Shapes

OWN_SHARES = {FEE_CLASSES[0]: 0, FEE_CLASSES[2]: BASIS}
"""Class of the catalogue -> own share; class B has the pack's."""


def scope_of(items: Iterable[FeeItem], shapes: Shapes) -> FeeScope:
    """The four parts of a bill: what is over a price limit or a quota first, then the own share.

    Raises:
        Refused: `visit/missing-fact`: a class-B item without an own share, of itself or the pack.
    """
    quotas = dict(shapes.item_quotas_fen)
    return split_bill(_bill_item(item, quotas, shapes.class_b_own_share_bp) for item in items)


def _bill_item(item: FeeItem, quotas: dict[str, int], class_b_bp: int | None) -> BillItem:
    limits = []
    if item.price_limit_fen is not None:
        limits.append(item.price_limit_fen)
    if item.code in quotas:
        limits.append(Fen(quotas[item.code] * item.quantity))
    return BillItem(
        item.charged_fen,
        _own_share(item, class_b_bp),
        min(limits) if limits else None,
    )


def _own_share(item: FeeItem, class_b_bp: int | None) -> int:
    if item.own_share_bp is not None:
        return item.own_share_bp
    share = OWN_SHARES.get(item.fee_class, class_b_bp)
    if share is None:
        raise Refused(
            "visit/missing-fact",
            f"明细 {item.code or item.name}（{item.fee_class}类）没有先行自付比例，"
            "政策包也没有规定",
        )
    return share
