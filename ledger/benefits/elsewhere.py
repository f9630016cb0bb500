"""Types of visit that have rules of their own (articles 7, 8 and 18): never settled here."""

from __future__ import annotations

from ledger.core.errors import Refused
from ledger.policy.values import OutpatientRules


def refuse_elsewhere(med_type: str, rules: OutpatientRules) -> None:
    """Raises: Refused `visit/elsewhere`."""
    for prefix, article in rules.elsewhere_med_types.items():
        if med_type.startswith(prefix):
            raise Refused(
                "visit/elsewhere",
                f"医疗类别 {med_type} 另有规定（{article}），不在普通门诊统筹结算",
                article=article,
            )
