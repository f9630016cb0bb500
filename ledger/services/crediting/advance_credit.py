"""`advance MONTH`: credit employees before their contribution arrives (个人账户预划, 108), where
the pack allows it. What arrives later is set off by crediting: it posts the rest, or takes back
what was too much."""

from __future__ import annotations

from datetime import date
from typing import Any

from ledger.books.entry import Entry
from ledger.books.kinds import EntryKind
from ledger.core.errors import NotInForce, Refused
from ledger.core.ids import NOBODY
from ledger.core.months import Month
from ledger.policy.values import AdvanceRules
from ledger.services.carry_out import carry_out
from ledger.services.context import Context
from ledger.services.crediting.benefit_period import follow_rules
from ledger.storage.books import journal
from ledger.storage.books.months import BookingMonths
from ledger.storage.credits import advances, stage, withheld
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.roster import people


def advance_credit(context: Context, month: Month, dry_run: bool = False) -> dict[str, Any]:
    """Credit in advance everybody of the pack's employers whose contribution for `month` has not
    arrived; the base is that of the newest month that has. Run again, it credits nobody twice.

    Returns:
        `month, run, people, advanced_fen, dry_run`.

    Raises:
        NotInForce: `month` lies before the pool's first credit.
        Refused: `advance/off`; `advance/too-late` where an advance would be taken back at once.
    """
    rules = context.pack.crediting(month)
    advance = _rules(context, month)

    def act(work: UnitOfWork) -> dict[str, Any]:
        _refuse_too_late(work, month, advance)
        follow_rules(context, work)
        connection = work.connection
        stage.begin_stage(connection)
        advances.stage_advances(connection, month, rules, advance)
        states = withheld.barred(connection, withheld.staged_with_events(connection))
        withheld.take_out_of_stage(connection, states)
        staged = stage.stage_totals(connection, 1)
        run = None
        if staged.transfers:
            run = work.ids.next()
            day = date(month.year, month.month, rules.credit_day)
            fiscal_month = BookingMonths(connection).of(day)
            entry = Entry(
                NOBODY,
                run,
                EntryKind.ADVANCE_CREDIT,
                day,
                fiscal_month,
                (),
                policy_version=context.stamp_policy(work),
                memo=f"{month} 预划",
            )
            journal.append(work, [entry], more_legs=staged.transfers)
            stage.post_stage(connection, run, day, fiscal_month, (month, month), False)
            advances.insert_staged(connection, run)
        return {
            "month": str(month),
            "run": None if run is None else str(run),
            "people": staged.people,
            "advanced_fen": staged.credited_fen,
            "dry_run": dry_run,
        }

    return carry_out(context, act, dry_run)


def _rules(context: Context, month: Month) -> AdvanceRules:
    try:
        rules = context.pack.advance(month)
    except NotInForce:
        rules = None
    if rules is None or not rules.enabled:
        raise Refused(
            "advance/off", f"政策包 {context.pack.code} 在 {month} 没有开通预划（advance.credit）"
        )
    return rules


def _refuse_too_late(work: UnitOfWork, month: Month, rules: AdvanceRules) -> None:
    credited = people.credited_through(work.connection)
    if credited is not None and month < credited.plus(-rules.back_after_months):
        raise Refused(
            "advance/too-late",
            f"{month} 已超过预划期限：已划账到 {credited}，"
            f"预划后 {rules.back_after_months} 个月缴费未到账即应收回",
        )
