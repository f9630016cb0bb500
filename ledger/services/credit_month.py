"""`credit MONTH`: bring every benefit month up to MONTH to what is due (个人账户划账).

For every person and month there is an amount due and an amount already credited; a run posts
the difference and nothing else. Run it twice: the second posts nothing. One run is one entry.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ledger.benefits.account_use import Purse
from ledger.benefits.crediting import Correction, Difference, corrections
from ledger.books.entry import Entry, Transfer
from ledger.books.kinds import EntryKind
from ledger.core.errors import NotInForce
from ledger.core.ids import NOBODY, EntryId, PersonId
from ledger.core.months import Month
from ledger.policy.loader import pack_from_content
from ledger.policy.pack import Pack
from ledger.services.benefit_period import follow_rules
from ledger.services.context import Context
from ledger.services.owed import recover_from_credits
from ledger.storage import crediting as store
from ledger.storage import journal, people, policy
from ledger.storage.crediting import AgainRow, StageTotals
from ledger.storage.months import BookingMonths
from ledger.storage.settlements import purses_of
from ledger.storage.unit_of_work import UnitOfWork


@dataclass(slots=True)
class _Plan:
    """What a run has found and will post."""

    first_new: Month
    last_new: Month
    staged: StageTotals
    differences: list[Difference] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        return not (self.staged.transfers or self.corrections)

    def total(self, prefix: str) -> int:
        return sum(c.amount_fen for c in self.corrections if c.kind.startswith(prefix))


def credit_month(context: Context, month: Month, dry_run: bool = False) -> dict[str, Any]:
    """Credit every benefit month up to `month`.

    Returns:
        `month, run, people, credited_fen, clawed_back_fen, owed_fen, recovered_fen` (set off
        against what was owed), and the number of `differences` posted for months covered before.

    Raises:
        NotInForce: `month` lies before the pool's first credit.
    """
    rules = context.pack.crediting(month)
    with context.writing() as work:
        plan = _find(context, work, month)
        entry_id: EntryId | None = None
        recovered = 0
        if not plan.empty:
            entry_id = work.ids.next()
            day = date(month.year, month.month, rules.credit_day)
            fiscal_month = _post(context, work, plan, entry_id, day)
            recovered = recover_from_credits(context, work, entry_id, day, fiscal_month)
        covered = people.credited_through(work.connection) or month
        store.forget_marks(work.connection, month, covered)
        store.set_credited_through(work.connection, month)
        if not dry_run:
            work.commit()
    return {
        "month": str(month),
        "run": None if entry_id is None else str(entry_id),
        "people": _people(plan),
        "credited_fen": plan.staged.credited_fen + plan.total("credit_"),
        "clawed_back_fen": plan.total("clawback_"),
        "owed_fen": plan.total("owed_"),
        "recovered_fen": recovered,
        "differences": len(plan.differences),
        "assumed": ["crediting.retiree_flat"] if rules.retiree_flat_assumed else [],
        "dry_run": dry_run,
    }


def _people(plan: _Plan) -> int:
    return plan.staged.people + len({c.person_id for c in plan.corrections})


def _find(context: Context, work: UnitOfWork, month: Month) -> _Plan:
    connection = work.connection
    follow_rules(context, work)
    covered = people.credited_through(connection)
    first_new = _first_month(context, work, month) if covered is None else covered.next()
    store.begin_stage(connection)
    months = list(first_new.through(month))
    for number, new in enumerate(months):
        context.progress("计算应划", number, len(months))
        store.stage_month(connection, new, context.pack.crediting(new))
    plan = _Plan(first_new, month, store.stage_totals(connection, len(months)))
    if covered is not None:
        _mark_changed_rules(context, work, min(month, covered))
    plan.differences = _differences(context, work, min(month, covered) if covered else None)
    plan.differences += [
        Difference(person, number, "employee", 0, fen, "contribution_returned")
        for person, number, fen in store.staged_negative(connection)
    ]
    owners = {difference.person_id for difference in plan.differences}
    purses = purses_of(connection, owners) if owners else {}
    for person, fen in store.staged_of(connection, owners):
        purses.setdefault(person, Purse(0, {})).give_back(month.year, fen)
    ordinary = [d for d in plan.differences if d.source != "shift"]
    plan.corrections = corrections(ordinary, purses, month.year) + [
        _shift(d, month.year) for d in plan.differences if d.source == "shift"
    ]
    return plan


def _first_month(context: Context, work: UnitOfWork, month: Month) -> Month:
    """Where the very first run begins: with the first insured day, not before the rules."""
    day = store.first_covered_day(work.connection)
    if day is None:
        return month
    first = min(Month.of(day), month)
    while first < month:
        try:
            context.pack.crediting(first)
        except NotInForce:
            first = first.next()
        else:
            break
    return first


def _mark_changed_rules(context: Context, work: UnitOfWork, through: Month) -> None:
    """Look at everybody again from the first month that was credited by other values.

    The last run brought every month up to what its pack made due. Where this pack says otherwise
    (an assumed statistic became known, a rule was corrected), another amount is due.
    """
    version = store.version_of_last_run(work.connection)
    day = store.first_covered_day(work.connection)
    if version is None or version == context.pack.version or day is None:
        return
    content = policy.version_content(work.connection, version)
    before = context.pack if content is None else pack_from_content(content)
    for month in Month.of(day).through(through):
        if _amounts(before, month) != _amounts(context.pack, month):
            store.mark_everybody(work.connection, month)
            return


def _amounts(pack: Pack, month: Month) -> tuple[int, int, bool] | None:
    """What decides how much is due for a month; None where the pack has no rules for it."""
    try:
        rules = pack.crediting(month)
    except NotInForce:
        return None
    return rules.credit_rate_bp, rules.retiree_flat_fen, rules.retiree_pool_only_has_account


def _differences(context: Context, work: UnitOfWork, through: Month | None) -> list[Difference]:
    marked = store.first_marked(work.connection)
    if marked is None or through is None:
        return []
    run = store.last_run(work.connection)
    result: list[Difference] = []
    for month in marked.through(through):
        try:
            rules = context.pack.crediting(month)
        except NotInForce:
            continue
        for row in store.months_again(work.connection, month, rules, run):
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
    return bool(row.credited_employee_fen and row.due_employee_fen and not row.new_kinds)


def _shift(difference: Difference, year: int) -> Correction:
    """Money booked to the wrong fund because the plan was wrong moves to the right one."""
    kind = "plan_to_account" if difference.delta_fen > 0 else "plan_to_pool"
    return Correction(difference.person_id, kind, difference.month, year, abs(difference.delta_fen))


def _post(
    context: Context, work: UnitOfWork, plan: _Plan, entry_id: EntryId, happened_on: date
) -> Month:
    """Write the run; the month of account that took it."""
    connection = work.connection
    fiscal_month = BookingMonths(connection).of(happened_on)
    legs = _correction_legs(plan)
    run = Entry(
        NOBODY,
        entry_id,
        EntryKind.CREDIT,
        happened_on,
        fiscal_month,
        (),
        policy_version=context.stamp_policy(work),
        memo=f"{plan.last_new} 划账",
    )
    context.progress("写入账簿", 0, plan.staged.transfers)
    journal.append(work, [run], more_legs=plan.staged.transfers + len(legs))
    # The new months first: a claw-back may take what they bring.
    store.post_stage(connection, entry_id, happened_on, fiscal_month, plan.first_new)
    journal.add_legs(connection, [run._replace(transfers=legs)])
    store.insert_differences(connection, entry_id, plan.differences)
    context.progress("写入账簿", plan.staged.transfers, plan.staged.transfers)
    return fiscal_month


def _correction_legs(plan: _Plan) -> tuple[Transfer, ...]:
    """Corrections as legs, numbered after those of the staged months."""
    number: dict[int, int] = defaultdict(
        lambda: store.leg_number_after_stage(plan.first_new, plan.last_new)
    )
    legs = []
    for item in plan.corrections:
        legs.append(
            Transfer(
                PersonId(item.person_id),
                number[item.person_id],
                item.kind,
                item.fund_year,
                item.amount_fen,
                benefit_month=item.month,
            )
        )
        number[item.person_id] += 1
    return tuple(legs)
