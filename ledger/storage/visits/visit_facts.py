"""The facts of a visit as they are kept with it: a text with what was said and nothing else, or no
text at all."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from ledger.core.money import Fen
from ledger.core.visit_facts import NO_FACTS, VisitFacts
from ledger.core.visits import FeeItem, VisitRecord

_DAYS = ("born_on", "first_day", "last_day")
_FIRST_DAY = VisitRecord._fields.index("first_day")
_DISEASE = VisitRecord._fields.index("disease_code")
_NOTHING = (NO_FACTS.first_day, NO_FACTS.last_day), (*NO_FACTS[:4], NO_FACTS.items)


def facts_text(visit: VisitRecord) -> str | None:
    """The facts of a visit as text; None where it says nothing of them, as nearly all do."""
    days, others = visit[_FIRST_DAY : _FIRST_DAY + 2], visit[_DISEASE:]
    if (days, others) == _NOTHING:
        return None
    return facts_text_of(VisitFacts(*(getattr(visit, name) for name in VisitFacts._fields)))


def facts_text_of(facts: VisitFacts) -> str | None:
    """Facts as text; None where there are none."""
    if facts == NO_FACTS:
        return None
    said: dict[str, Any] = {
        name: value for name, value in facts._asdict().items() if value not in (None, ())
    }
    for name in _DAYS:
        if name in said:
            said[name] = said[name].isoformat()
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def facts_of(text: str | None) -> VisitFacts:
    """The facts that `facts_text` wrote."""
    if text is None:
        return NO_FACTS
    said: dict[str, Any] = json.loads(text)
    for name in _DAYS:
        if name in said:
            said[name] = date.fromisoformat(said[name])
    said["items"] = tuple(_item(*item) for item in said.get("items", ()))
    return VisitFacts(**said)


def _item(
    code: str,
    charged: int,
    fee_class: str,
    quantity: int,
    limit: int | None,
    own_share_bp: int | None,
    name: str,
) -> FeeItem:
    price_limit = None if limit is None else Fen(limit)
    return FeeItem(code, Fen(charged), fee_class, quantity, price_limit, own_share_bp, name)
