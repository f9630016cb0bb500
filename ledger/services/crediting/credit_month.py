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
from ledger.services.carry_out import carry_out
from ledger.services.context import Context
from ledger.services.crediting.benefit_period import follow_rules
from ledger.services.crediting.credit_differences import (
    differences,
    mark_changed_rules,
    months_advanced,
    of_advance,
)
from ledger.services.debts.owed import recover_from_credits
from ledger.storage.books import journal
from ledger.storage.books.months import BookingMonths
from ledger.storage.credits import advances, again, stage, withheld
from ledger.storage.credits.stage import StageTotals
from ledger.storage.credits.withheld import Withheld
from ledger.storage.database.turns import lock_people
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.roster import people
from ledger.storage.visits.settlements import purses_of


@dataclass(slots=True)
class _Plan:
    """What a run has found and will post."""

    first_new: Month
    last_new: Month
    staged: StageTotals
    differences: list[Difference] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)
    withheld: list[Withheld] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        return not (self.staged.transfers or self.corrections)

    def total(self, prefix: str) -> int:
        return sum(c.amount_fen for c in self.corrections if c.kind.startswith(prefix))


def credit_month(context: Context, month: Month, dry_run: bool = False) -> dict[str, Any]:
    """Credit every benefit month up to `month`.

    Returns:
        `month, run, people, credited_fen, clawed_back_fen, owed_fen, recovered_fen` (set off
        against what was owed), `withheld_fen` (due to accounts whose state takes no credits), and
        the number of `differences` posted for months covered before.

    Raises:
        NotInForce: `month` lies before the pool's first credit.
    """
    rules = context.pack.crediting(month)

    def act(work: UnitOfWork) -> tuple[_Plan, EntryId | None, int]:
        plan = _find(context, work, month)
        entry_id: EntryId | None = None
        recovered = 0
        if not plan.empty:
            entry_id = work.ids.next()
            day = date(month.year, month.month, rules.credit_day)
            fiscal_month = _post(context, work, plan, entry_id, day)
            recovered = recover_from_credits(context, work, entry_id, day, fiscal_month)
        covered = people.credited_through(work.connection) or month
        again.forget_marks(work.connection, month, covered)
        again.set_credited_through(work.connection, month)
        return plan, entry_id, recovered

    plan, entry_id, recovered = carry_out(context, act, dry_run)
    return {
        "month": str(month),
        "run": None if entry_id is None else str(entry_id),
        "people": _people(plan),
        "credited_fen": plan.staged.credited_fen + plan.total("credit_"),
        "clawed_back_fen": plan.total("clawback_"),
        "owed_fen": plan.total("owed_"),
        "recovered_fen": recovered,
        "withheld_fen": sum(item.amount_fen for item in plan.withheld),
        "differences": len(plan.differences),
        "assumed": ["crediting.retiree_flat"] if rules.retiree_flat_assumed else [],
        "dry_run": dry_run,
    }


def _people(plan: _Plan) -> int:
    return plan.staged.people + len({c.person_id for c in plan.corrections})


def _find(context: Context, work: UnitOfWork, month: Month) -> _Plan:
    connection = work.connection
    follow_rules(context, work)
    released = withheld.release(connection)
    covered = people.credited_through(connection)
    newest = month if covered is None else max(month, covered)
    advances_since = newest.plus(-months_advanced(context.pack, newest))
    first_new = _first_month(context, work, month) if covered is None else covered.next()
    found = _stage(context, work, list(first_new.through(month)), advances_since)
    kept = _withhold_staged(work)
    plan = _Plan(first_new, month, stage.stage_totals(connection, _apart(first_new, month)))
    if covered is not None:
        mark_changed_rules(context, work, min(month, covered))
        before = covered.plus(-months_advanced(context.pack, covered))
        advances.mark_expired(connection, before, advances_since)
        withheld.forget_marked(connection, min(month, covered))
    through = min(month, covered) if covered else None
    found += differences(context, work, through, advances_since)
    negative = stage.staged_negative(connection) if plan.staged.negative else []
    found += [
        Difference(
            person, number, "employee", before_fen, before_fen + fen,
            "advance_settled" if before_fen else "contribution_returned",
        )
        for person, number, before_fen, fen in negative
    ]  # fmt: skip
    plan.differences, more = _withhold(work, found, released)
    plan.withheld = kept + more
    withheld.keep(connection, plan.withheld)
    owners = {difference.person_id for difference in plan.differences}
    lock_people(connection, owners)
    purses = purses_of(connection, owners) if owners else {}
    for person, fen in stage.staged_of(connection, owners):
        purses.setdefault(person, Purse(0, {})).give_back(month.year, fen)
    ordinary = [d for d in plan.differences if d.source != "shift"]
    plan.corrections = corrections(ordinary, purses, month.year) + [
        _shift(d, month.year) for d in plan.differences if d.source == "shift"
    ]
    return plan


def _stage(
    context: Context, work: UnitOfWork, months: list[Month], advances_since: Month
) -> list[Difference]:
    """Stage what is due for months that no run has covered; advances to which nothing is due."""
    connection = work.connection
    stage.begin_stage(connection)
    taken_back: list[Difference] = []
    for number, new in enumerate(months):
        context.progress("计算应划", number, len(months))
        rules = context.pack.crediting(new)
        stage.stage_month(connection, new, rules)
        if advances.any_of(connection, new):
            found = advances.set_off(connection, new, rules, advances_since)
            taken_back += [of_advance(advance) for advance in found]
    stage.finish_stage(connection)
    return taken_back


def _withhold_staged(work: UnitOfWork) -> list[Withheld]:
    """Credits of accounts that take none leave the stage."""
    connection = work.connection
    states = withheld.barred(connection, withheld.staged_with_events(connection))
    return withheld.take_out_of_stage(connection, states) if states else []


def _withhold(
    work: UnitOfWork, found: list[Difference], released: set[tuple[int, int, str]]
) -> tuple[list[Difference], list[Withheld]]:
    """Differences to post, and those that the state of the account keeps back."""
    credits = {d.person_id for d in found if d.delta_fen > 0 and d.source != "shift"}
    states = withheld.barred(work.connection, credits) if credits else {}
    post, kept = [], []
    for item in found:
        if item.delta_fen > 0 and item.source != "shift" and item.person_id in states:
            kept.append(Withheld(*item[:3], item.delta_fen, states[item.person_id]))
        elif item.delta_fen > 0 and item[:3] in released:
            post.append(item._replace(reason="account_released"))
        else:
            post.append(item)
    return post, kept


def _apart(first: Month, last: Month) -> int:
    """How many months from the first to the last; 0 when there are none."""
    return max((last.year - first.year) * 12 + last.month - first.month + 1, 0)


def _first_month(context: Context, work: UnitOfWork, month: Month) -> Month:
    """Where the very first run begins: with the first insured day, not before the rules."""
    day = stage.first_covered_day(work.connection)
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
    stage.post_stage(
        connection,
        entry_id,
        happened_on,
        fiscal_month,
        (plan.first_new, plan.last_new),
        plan.staged.shifts > 0,
    )
    journal.add_legs(connection, [run._replace(transfers=legs)])
    again.insert_differences(connection, entry_id, plan.differences)
    advances.keep_reasons(connection, entry_id, "advance_settled")
    context.progress("写入账簿", plan.staged.transfers, plan.staged.transfers)
    return fiscal_month


def _correction_legs(plan: _Plan) -> tuple[Transfer, ...]:
    """Corrections as legs, numbered after those of the staged months."""
    number: dict[int, int] = defaultdict(
        lambda: stage.leg_number_after_stage(plan.first_new, plan.last_new)
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
