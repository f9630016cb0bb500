"""What a desk refuses in a visit, whoever the person is.

The order of all refusals is `benefits.outpatient.REFUSALS`.
"""

from __future__ import annotations

from ledger.benefits.account_use import refuse_category
from ledger.core.errors import Conflict, Refused
from ledger.core.money import yuan_text
from ledger.core.visits import Billed, VisitRecord, bill_of
from ledger.policy.values import AccountRules, OutpatientRules


def is_possible(billed: Billed) -> bool:
    """Is no part of the bill negative, and do the four parts add up to the total?"""
    total, own, over, first, scope = bill_of(billed)
    none_negative = own >= 0 and over >= 0 and first >= 0 and scope >= 0
    return none_negative and own + over + first + scope == total


def refuse_impossible(billed: Billed) -> None:
    """What every way in has looked at; here for whoever calls without looking.

    Raises: Refused `visit/negative-amount`, `visit/parts-do-not-add-up`.
    """
    if is_possible(billed):
        return
    total, *parts = bill_of(billed)
    if min(parts) < 0:
        raise Refused("visit/negative-amount", "金额为负；退费请填写退费标志 1 和原就诊ID")
    raise Refused(
        "visit/parts-do-not-add-up",
        f"四部分之和 {yuan_text(sum(parts))} 不等于医疗费总额 {yuan_text(total)}",
    )


def refuse_elsewhere(med_type: str, rules: OutpatientRules) -> None:
    """Types of visit that have rules of their own (articles 7, 8 and 18)."""
    for prefix, article in rules.elsewhere_med_types.items():
        if med_type.startswith(prefix):
            raise Refused(
                "visit/elsewhere",
                f"医疗类别 {med_type} 另有规定（{article}），不在普通门诊统筹结算",
                article=article,
            )


def refuse_forbidden(record: VisitRecord, rules: AccountRules) -> None:
    """Raises: Refused `account/forbidden-category` for what accounts do not pay (S3c-14, 23)."""
    if record.account_use != 0 and record.fee_category:
        refuse_category(rules, record.fee_category)


def done_before(visit_id: str, reversed_by: int | None) -> Conflict:
    """`refund/done-before`, with the number of the refund where there is one: what the visit id
    names may be a refund itself, and that is not given back."""
    number = None if reversed_by is None else str(reversed_by)
    by = "" if number is None else f"，退费的结算ID为 {number}"
    return Conflict("refund/done-before", f"原就诊“{visit_id}”已经退过费{by}", reversed_by=number)
