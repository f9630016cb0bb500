"""The lines of a bill in one cell (费用明细), as a row of visits or the command line has them:

    YAO1:120.00:乙:2:55.00:0.10; JC02:80.00

code, amount, class (甲 if left out), days or pieces (1), price limit, own share; what is left out
at the end or between two colons is not said.
"""

from __future__ import annotations

import re
import unicodedata

from importers.amounts import amount
from importers.cells import Cell, Fault, shown, without_spaces
from ledger.core.errors import NotAnAmount
from ledger.core.money import Fen, ratio_bp
from ledger.core.visits import FEE_CLASSES, FeeItem

FORM = "项目代码:金额:甲|乙|丙:数量:限价:自付比例"
_PARTS = 6
_CODE = re.compile(r"[^:;]{1,40}")
_QUANTITY = re.compile(r"[1-9]\d{0,5}", re.ASCII)


def fee_items(cell: Cell) -> tuple[FeeItem, ...] | Fault:
    """Every line of the bill; semicolons or new lines stand between them."""
    text = unicodedata.normalize("NFKC", shown(cell))
    items = []
    for line in filter(None, map(without_spaces, re.split(r"[;\n]", text))):
        item = fee_item(line)
        if isinstance(item, Fault):
            return item
        items.append(item)
    return tuple(items)


def fee_item(line: str) -> FeeItem | Fault:
    """One line of the bill."""
    parts = line.split(":")
    code, yuan, fee_class, quantity, limit, share = (parts + [""] * _PARTS)[:_PARTS]
    sizes = len(parts) <= _PARTS and _CODE.fullmatch(code) and _QUANTITY.fullmatch(quantity or "1")
    if not sizes or (fee_class or FEE_CLASSES[0]) not in FEE_CLASSES:
        return _not_an_item(line)
    charged, price_limit = amount(yuan), amount(limit) if limit else None
    own_share = _share(share)
    if isinstance(charged, Fault) or isinstance(price_limit, Fault) or isinstance(own_share, Fault):
        return _not_an_item(line)
    if charged < 0 or (price_limit or 0) < 0:
        return _not_an_item(line)
    return FeeItem(
        code,
        charged,
        fee_class or FEE_CLASSES[0],
        int(quantity or "1"),
        None if price_limit is None else Fen(price_limit),
        own_share,
    )


def _share(text: str) -> int | Fault | None:
    if not text:
        return None
    try:
        return ratio_bp(text)
    except NotAnAmount as error:
        return Fault(error.code, error.message)


def _not_an_item(line: str) -> Fault:
    return Fault(
        "value/not-a-fee-item",
        f"“{line}”不是费用明细；应写作 {FORM}，例如 YAO1:120.00:乙:1:110.00:0.10，多项用分号隔开",
    )
