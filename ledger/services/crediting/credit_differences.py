"""What is due for months that were credited before, against what was credited; and why."""

from __future__ import annotations

from ledger.benefits.crediting import Difference
from ledger.core.errors import NotInForce
from ledger.core.months import Month
from ledger.policy.loader import pack_from_content
from ledger.policy.pack import Pack
from ledger.services.context import Context
from ledger.storage import policy
from ledger.storage.credits import again, stage
from ledger.storage.credits.advances import Advanced
from ledger.storage.credits.again import AgainRow
from ledger.storage.database.unit_of_work import UnitOfWork


def mark_changed_rules(context: Context, work: UnitOfWork, through: Month) -> None:
    """Look at everybody again from the first month that was credited by other values.

    The last run brought every month up to what its pack made due. Where this pack says otherwise
    (an assumed statistic became known, a rule was corrected), another amount is due.
    """
    version = again.version_of_last_run(work.connection)
    day = stage.first_covered_day(work.connection)
    if version is None or version == context.pack.version or day is None:
        return
    content = policy.version_content(work.connection, version)
    before = context.pack if content is None else pack_from_content(content)
    for month in Month.of(day).through(through):
        if _amounts(before, month) != _amounts(context.pack, month):
            again.mark_everybody(work.connection, month)
            return


def _amounts(pack: Pack, month: Month) -> tuple[int, int, bool, int] | None:
    """What decides how much is due for a month; None where the pack has no rules for it."""
    try:
        rules = pack.crediting(month)
    except NotInForce:
        return None
    return (
        rules.credit_rate_bp,
        rules.retiree_flat_fen,
        rules.retiree_pool_only_has_account,
        months_advanced(pack, month),
    )


def months_advanced(pack: Pack, month: Month) -> int:
    """How many months an advance stands without a contribution, by the rules of a month."""
    try:
        return pack.advance(month).back_after_months
    except NotInForce:
        return 0


def differences(
    context: Context, work: UnitOfWork, through: Month | None, advances_since: Month
) -> list[Difference]:
    """What is due for marked people's months up to `through`, against what was credited."""
    marked = again.first_marked(work.connection)
    if marked is None or through is None:
        return []
    run = again.last_run(work.connection)
    result: list[Difference] = []
    for month in marked.through(through):
        try:
            rules = context.pack.crediting(month)
        except NotInForce:
            continue
        for row in again.months_again(work.connection, month, rules, run, advances_since):
            result += _compare(row)
    return result


def _compare(row: AgainRow) -> list[Difference]:
    found = (
        ("employee", row.credited_employee_fen, row.due_employee_fen),
        ("retiree", row.credited_retiree_fen, row.due_retiree_fen),
        ("shift", row.shifted_fen, row.due_shift_fen),
    )
    return [
        Difference(row.person_id, row.month, source, before, after, _reason(row, source))
        for source, before, after in found
        if before != after
    ]


REASONS = {
    "outside_benefit_period": "不在待遇享受期",
    "retired": "办理退休清算",
    "status_corrected": "人员类别更正",
    "plan_corrected": "参保方式更正",
    "contribution_returned": "退收",
    "base_corrected": "基数补差",
    "arrears_paid": "补收",
    "contribution_received": "缴费到账",
    "roster_corrected": "参保信息更正",
    "rules_changed": "政策参数变更",
    "advance_settled": "预划转实划",
    "advance_not_paid": "预划后缴费未到账",
    "account_released": "账户恢复后补划",
}
"""Why a run posted a difference, as lists and statements print it."""


def _reason(row: AgainRow, source: str) -> str:
    """What changed since the last run, as far as the books can tell."""
    kinds = set(row.new_kinds.split(","))
    if row.status is None:
        return "outside_benefit_period"
    if _only_the_rules_changed(row):
        return "rules_changed"
    if source == "retiree":
        return "retired" if row.status == "12" else "status_corrected"
    if row.status == "12":
        return "retired"
    if row.advanced_fen and source == "employee" and row.plan != "pool_only":
        if not row.arrived:
            return "advance_not_paid"
        if row.credited_employee_fen == row.advanced_fen:
            return "advance_settled"
    if row.due_shift_fen != row.shifted_fen or (
        row.plan == "pool_only" and row.credited_employee_fen
    ):
        return "plan_corrected"
    if "20" in kinds:
        return "contribution_returned"
    if kinds & {"34", "35"}:
        return "base_corrected"
    if kinds & {"30", "31", "32", "33"}:
        return "arrears_paid"
    return "contribution_received" if kinds & {"10", "11"} else "roster_corrected"


def _only_the_rules_changed(row: AgainRow) -> bool:
    """The same source gives another amount, and nothing new was paid in."""
    if row.credited_retiree_fen and row.due_retiree_fen:
        return True
    if row.advanced_fen:
        return False
    return bool(row.credited_employee_fen and row.due_employee_fen and not row.new_kinds)


def of_advance(advance: Advanced) -> Difference:
    """An advance is taken back, for a month that crediting covers now."""
    if advance.status == "12":
        reason = "retired"
    elif advance.status is None:
        reason = "outside_benefit_period"
    elif advance.plan == "pool_only":
        reason = "plan_corrected"
    else:
        reason = "contribution_returned" if advance.arrived else "advance_not_paid"
    return Difference(advance.person_id, advance.month, "employee", advance.amount_fen, 0, reason)
