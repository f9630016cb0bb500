"""`resettle`: settle person-years anew (重新结算). First shown, then, by the number of the plan,
booked: for each visit that changes the exact mirror of what stood, then the new settlement.

All of a person's mirrors come before the new settlements, so that the mirrors walk the year's
accumulators back and the new ones walk them forward again in the order of the visits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from ledger.benefits.account_use import Purse
from ledger.benefits.debts import Cause as DebtCause
from ledger.benefits.resettlement import CAUSE_TEXT, resettled, taken_off
from ledger.benefits.settlement import Settlement, mirror
from ledger.books.entry import Entry
from ledger.core.errors import Conflict, Refused
from ledger.journalizing.resettlement import DRAW, OWED, TO_PERSON, mirror_entry, resettled_entry
from ledger.services.context import Context
from ledger.services.once import once
from ledger.services.resettle_plan import Plan, Replacement, Scope, YearPlan, make_plan, people_of
from ledger.services.resettle_summary import summary
from ledger.services.shaped_visits import ORDINARY, ShapedVisits
from ledger.storage import debts, journal
from ledger.storage import due_to_persons as persons
from ledger.storage import resettlements as store
from ledger.storage import settlements as settled
from ledger.storage.bulk import run_inserts
from ledger.storage.incoming_quotas import carry_draws
from ledger.storage.months import BookingMonths
from ledger.storage.registry import providers
from ledger.storage.resettlements import ResettlementRow
from ledger.storage.settlements import AccumulatorRow, DrawRow
from ledger.storage.unit_of_work import UnitOfWork


def show(context: Context, scope: Scope, at: datetime) -> dict[str, Any]:
    """What settling anew would change; nothing is written.

    Raises:
        Unknown: `person/unknown`, `employer/unknown`, `provider/unknown`.
    """
    with context.reading() as connection:
        plan = make_plan(connection, context.pack, scope, at.date())
        return summary(connection, context.pack, scope, plan)


def approve(
    context: Context, scope: Scope, at: datetime, number: str, request_id: str | None = None
) -> dict[str, Any]:
    """Book a plan that was shown.

    Args:
        at: local time; the differences are booked on its day.
        number: the plan's number, as shown.

    Raises:
        What `show` raises.
        Refused: `resettle/nothing-to-do`.
        Conflict: `resettle/plan-changed`, when what was shown no longer holds.
    """
    content = {"verb": "resettle", "scope": list(scope), "plan": number}

    def act(work: UnitOfWork) -> dict[str, Any]:
        plan = make_plan(work.connection, context.pack, scope, at.date())
        _refuse_another_plan(plan, number)
        answer = summary(work.connection, context.pack, scope, plan)
        _Booking(context, work, at).book(plan)
        return answer | {"approved": True}

    return once(context, 0, request_id, content, act)


def _refuse_another_plan(plan: Plan, number: str) -> None:
    if not plan.number:
        raise Refused("resettle/nothing-to-do", "没有需要重新结算的就诊")
    if plan.number != number:
        raise Conflict(
            "resettle/plan-changed",
            f"方案 {number} 已不是现在的结果（现为 {plan.number}）；请重新查看后再批准",
        )


class _Written(NamedTuple):
    """What one plan writes."""

    settlements: list[Settlement]
    entries: list[Entry]
    draws: list[DrawRow]
    rows: list[ResettlementRow]
    debts: list[tuple[int, int, int]]


class _Booking:
    """Books plans in one transaction."""

    def __init__(self, context: Context, work: UnitOfWork, at: datetime) -> None:
        self._work, self._at = work, at
        self._version = context.stamp_policy(work)
        self._ids = work.ids.run()
        self._run = next(self._ids)
        self._month = BookingMonths(work.connection).of(at.date()).number
        self._written = _Written([], [], [], [], [])
        self._pack = context.pack
        self._counties = {
            provider.provider_id: provider.county
            for provider in providers(work.connection).values()
        }
        self._shaped: ShapedVisits | None = None

    def book(self, plan: Plan) -> None:
        connection, written = self._work.connection, self._written
        people = people_of(plan.replacements)
        purses = settled.purses_of(connection, people)
        if self._pack.has_shapes:
            originals = [found.old for found in plan.replacements]
            self._shaped = ShapedVisits(connection, self._pack, set(people), originals)
        both = _paid_and_owed(self._work, plan.replacements)
        draws = store.draws_numbered(
            connection, [found.old.settlement_id for found in plan.replacements]
        )
        for of_year in plan.years:
            for person_id, replacements in _by_person(of_year):
                purse = purses.get(person_id) or Purse(0, {})
                more = both.pop(person_id, 0)
                self._person_year(of_year, replacements, purse, draws, more)
        journal.append(self._work, written.entries)
        settled.insert_settlements(connection, written.settlements)
        settled.insert_draws(connection, written.draws)
        carry_draws(
            connection,
            [(r.person_id, r.original_id, r.mirror_id, r.settlement_id) for r in written.rows],
        )
        if self._shaped is not None:
            run_inserts(connection, self._shaped.hand_over())
            self._shaped.write_changes(connection)
        store.insert_resettlements(connection, written.rows)
        for person_id, number, fen in written.debts:
            debts.insert_debt(connection, person_id, number, DebtCause.RESETTLED, None, fen)
        self._save_years(plan)

    def _save_years(self, plan: Plan) -> None:
        for of_year in plan.years:
            rows = {
                (person_id, of_year.year): AccumulatorRow(
                    folded.after,
                    of_year.stored[person_id].version + 2 * len(folded.changed),
                )
                for person_id, folded in of_year.folded.items()
            }
            settled.save_accumulators(self._work.connection, rows)
            done = [who for who in of_year.people if who not in of_year.left_out]
            store.unmark(self._work.connection, done, of_year.year)

    def _person_year(
        self,
        of_year: YearPlan,
        replacements: Sequence[Replacement],
        purse: Purse,
        draws: dict[int, list[DrawRow]],
        more: int,
    ) -> None:
        """All mirrors of the person-year, the last visit's first, then the new settlements."""
        now = of_year.stored[replacements[0].old.person_id].now
        mirrors: dict[int, int] = {}
        for found in reversed(replacements):
            purse.available += found.before.own_fen
            number = next(self._ids)
            back = mirror(
                found.old,
                number,
                found.old.visit_id,
                self._at,
                self._month,
                purse.available,
                now,
            )
            now = taken_off(now, found.old)
            mirrors[found.old.settlement_id] = number
            if self._shaped is not None:
                self._shaped.give_back(found.old, back)
            self._written.settlements.append(back)
            self._written.entries.append(mirror_entry(back, found.entry, _memo(found)))
            self._written.draws.extend(
                row._replace(settlement_id=number, amount_fen=-row.amount_fen)
                for row in draws.get(found.old.settlement_id, ())
            )
        for found in replacements:
            last = found is replacements[-1]
            self._new(found, purse, draws, mirrors, more if last else 0)

    def _new(
        self,
        found: Replacement,
        purse: Purse,
        draws: dict[int, list[DrawRow]],
        mirrors: dict[int, int],
        both: int,
    ) -> None:
        written, old = self._written, found.old
        purse.available -= found.after.own_fen
        new = resettled(
            old,
            found.refolded,
            found.before,
            found.after,
            next(self._ids),
            self._at.date(),
            self._month,
            purse.available,
            self._version,
        )
        if not new.adds_up():
            raise ValueError(f"the parts of visit {old.visit_id} do not add up")
        county = self._counties.get(old.provider_id)
        entry = resettled_entry(new, found.after, found.entry, county, _memo(found), both)
        if self._shaped is not None:
            self._shaped.count_visit(
                new.person_id, new.settlement_id, ORDINARY, new.year, found.refolded.share
            )
        written.settlements.append(new)
        written.entries.append(entry)
        written.draws.extend(_draws_after(entry, draws.get(old.settlement_id, [])))
        written.rows.append(
            ResettlementRow(
                old.person_id,
                new.settlement_id,
                mirrors[old.settlement_id],
                old.settlement_id,
                ",".join(found.refolded.causes),
                self._at.date(),
                self._run,
            )
        )
        owed = sum(leg.amount_fen for leg in entry.transfers if leg.kind == OWED)
        if owed:
            written.debts.append((old.person_id, new.settlement_id, owed))


def _memo(found: Replacement) -> str:
    causes = "、".join(CAUSE_TEXT[cause] for cause in found.refolded.causes)
    return f"重新结算 {found.old.visit_id}：{causes}"


def _by_person(of_year: YearPlan) -> Iterator[tuple[int, list[Replacement]]]:
    """The replacements of a year, person by person, in the order of the visits."""
    for person_id, found in groupby(of_year.replacements, key=lambda found: found.old.person_id):
        yield person_id, list(found)


def _paid_and_owed(work: UnitOfWork, replacements: Sequence[Replacement]) -> dict[int, int]:
    """Person -> what must stand both as due to the person and as owed by the person.

    A mirror takes back what the fund owed; where that is paid out already, or has a payee, the
    rest would stand as a payable below zero. The same the other way round where a debt is
    recovered already.
    """
    people = people_of(replacements)
    due = defaultdict(int, persons.due_without_payee(work.connection, people))
    owed = defaultdict(int, persons.owed_of(work.connection, people))
    for found in replacements:
        person_id, after = found.old.person_id, found.after.to_person_fen
        due[person_id] += max(after, 0)
        owed[person_id] += max(-after, 0)
        for leg in found.entry.transfers:
            if leg.kind == TO_PERSON:
                due[person_id] -= leg.amount_fen
            elif leg.kind == OWED:
                owed[person_id] -= leg.amount_fen
    return {who: max(0, -due[who], -owed[who]) for who in people}


def _draws_after(entry: Entry, before: Sequence[DrawRow]) -> list[DrawRow]:
    """What each holder still pays, link by link."""
    left: dict[int, int] = defaultdict(int)
    for leg in entry.transfers:
        if leg.kind == DRAW:
            left[leg.person_id] += leg.amount_fen
    rows = []
    for row in before:
        part = min(row.amount_fen, left[row.holder_id])
        left[row.holder_id] -= part
        if part:
            rows.append(row._replace(settlement_id=int(entry.entry_id), amount_fen=part))
    return rows
