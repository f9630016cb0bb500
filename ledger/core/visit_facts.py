"""What only the rules of some pools ask of a visit (病种、签约、出生日期、住院号、费用明细)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from ledger.core.money import BASIS, yuan_text
from ledger.core.visits import FEE_CLASSES, FeeItem


class VisitFacts(NamedTuple):
    """The facts of a visit, named as in `VisitRecord`; None or empty where nobody said."""

    disease_code: str | None = None
    contracted: bool | None = None
    born_on: date | None = None
    stay_id: str | None = None
    first_day: date | None = None
    last_day: date | None = None
    items: tuple[FeeItem, ...] = ()


NO_FACTS = VisitFacts()
NATIONAL = {
    "disease_code": "dise_codg",
    "contracted": "contracted_flag",
    "born_on": "brdy",
    "stay_id": "ipt_no",
    "first_day": "begndate",
    "last_day": "enddate",
    "items": "feedetail",
}
"""Fact -> field of the national interface."""


def shown(facts: VisitFacts) -> dict[str, Any]:
    """The facts that were said, under the names of the national interface; money as yuan."""
    said = {
        NATIONAL[name]: value for name, value in facts._asdict().items() if value not in (None, ())
    }
    for name, value in said.items():
        if isinstance(value, bool):
            said[name] = str(int(value))
        elif isinstance(value, date):
            said[name] = value.isoformat()
        elif isinstance(value, tuple):
            said[name] = [_shown_item(item) for item in value]
    return said


_WORDS = {
    "dise_codg": "病种",
    "contracted_flag": "签约机构",
    "brdy": "出生日期",
    "ipt_no": "住院号",
    "begndate": "入院",
    "enddate": "出院",
}


def in_words(said: Mapping[str, Any]) -> str:
    """What `shown` gives, on one line."""
    found = {name: said[field] for field, name in _WORDS.items() if field in said}
    if "签约机构" in found:
        found["签约机构"] = "是" if found["签约机构"] == "1" else "否"
    if "feedetail" in said:
        found["费用明细"] = f"{len(said['feedetail'])} 项"
    return "，".join(f"{name} {value}" for name, value in found.items())


def _shown_item(item: FeeItem) -> dict[str, Any]:
    limit, share = item.price_limit_fen, item.own_share_bp
    return {
        "med_list_codg": item.code,
        "det_item_fee_sumamt": yuan_text(item.charged_fen),
        "chrgitm_lv": f"0{FEE_CLASSES.index(item.fee_class) + 1}",
        "cnt": item.quantity,
        "pric_uplmt_amt": None if limit is None else yuan_text(limit),
        "selfpay_prop": None if share is None else f"{share // BASIS}.{share % BASIS:04d}",
    }
