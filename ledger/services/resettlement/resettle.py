"""`resettle`: settle person-years anew (重新结算). First shown, then, by the number of the plan,
booked: for each visit that changes the exact mirror of what stood, then the new settlement.

All of a person's mirrors come before the new settlements, so that the mirrors walk the year's
accumulators back and the new ones walk them forward again in the order of the visits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from ledger.benefits.account_use import Purse
from ledger.benefits.debts import Cause as DebtCause
from ledger.benefits.resettlement import CAUSE_TEXT, Cause, less_year, resettled, taken_off
from ledger.benefits.settlement import Settlement, mirror
from ledger.benefits.windows import benefit_of
from ledger.books.entry import Entry
from ledger.core.collector import collector_paused
from ledger.core.errors import Conflict, Refused
from ledger.journalizing.merging import carried_over
from ledger.journalizing.resettlement import DRAW, OWED, mirror_entry, resettled_entry
from ledger.services.context import Context
from ledger.services.once import once
from ledger.services.resettlement.resettle_plan import (
    Plan,
    Replacement,
    Scope,
    YearPlan,
    make_plan,
    people_of,
)
from ledger.services.resettlement.resettle_summary import set_off, summary
from ledger.services.resettlement.setting_off import entries
from ledger.services.visits.shaped_visits import ORDINARY, ShapedVisits
from ledger.storage.accounts import merges
from ledger.storage.accounts.merges import CarriedOver
from ledger.storage.books import debts, journal
from ledger.storage.books.months import BookingMonths
from ledger.storage.database.bulk import run_inserts
from ledger.storage.database.turns import Turn
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.pools.incoming_quotas import carry_draws
from ledger.storage.roster.registry import providers
from ledger.storage.visits import resettlements as store
from ledger.storage.visits import settlements as settled
from ledger.storage.visits.resettlements import ResettlementRow
from ledger.storage.visits.settlements import AccumulatorRow, DrawRow


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

    return once(context, 0, request_id, content, act, turn=Turn.STANDSTILL)


def _refuse_another_plan(plan: Plan, number: str) -> None:
    if not plan.number:
        raise Refused("resettle/nothing-to-do", "没有需要重新结算的就诊")
    if plan.number != number:
        raise Conflict(
            "resettle/plan-changed",
            f"方案 {number} 已不是现在的结果（现为 {plan.number}）；请重新查看后再批准",
        )


@dataclass(slots=True)
class _Written:
    """What one plan writes."""

    settlements: list[Settlement] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    draws: list[DrawRow] = field(default_factory=list)
    rows: list[ResettlementRow] = field(default_factory=list)
    debts: list[tuple[int, int, int]] = field(default_factory=list)
    carried: list[CarriedOver] = field(default_factory=list)


class _Booking:
    """Books plans in one transaction."""

    def __init__(self, context: Context, work: UnitOfWork, at: datetime) -> None:
        self._work, self._at = work, at
        self._version = context.stamp_policy(work)
        self._ids = work.ids.run()
        self._run = next(self._ids)
        self._month = BookingMonths(work.connection).of(at.date()).number
        self._written = _Written()
        self._pack = context.pack
        self._counties = {
            provider.provider_id: provider.county
            for provider in providers(work.connection).values()
        }
        self._shaped: ShapedVisits
        self._aliases: dict[int, int] = {}

    @collector_paused()
    def book(self, plan: Plan) -> None:
        connection, written = self._work.connection, self._written
        people = people_of(plan.replacements)
        before = [found.entry for found in plan.replacements]
        touched = {leg.person_id for entry in before for leg in entry.transfers}
        self._aliases = merges.kept_of(connection, touched | {of.person_id for of in before})
        purses = settled.purses_of(connection, people)
        originals = [found.old for found in plan.replacements]
        self._shaped = ShapedVisits(connection, self._pack, set(people), originals)
        draws = store.draws_numbered(connection, [of.settlement_id for of in originals])
        for of_year in plan.years:
            for holder, replacements in _by_person(of_year):
                purse = purses.get(holder) or Purse(0, {})
                self._person_year(of_year, replacements, purse, draws)
        off = set_off(connection, plan)
        more = entries(self._work, off.parts, self._at.date(), off.aliases)
        written.entries.extend(more)
        self._write(plan)
        for person_id, number, fen in written.debts:
            debts.insert_debt(connection, person_id, number, DebtCause.RESETTLED, None, fen)
        self._save_years(plan)

    def _write(self, plan: Plan) -> None:
        connection, written = self._work.connection, self._written
        journal.append(self._work, written.entries)
        settled.insert_settlements(connection, written.settlements)
        settled.insert_draws(connection, written.draws)
        carry_draws(
            connection,
            [(r.person_id, r.original_id, r.mirror_id, r.settlement_id) for r in written.rows],
        )
        run_inserts(connection, self._shaped.hand_over())
        self._shaped.write_changes(connection)
        if written.carried:
            merges.carry_over(connection, written.carried)
        store.insert_resettlements(connection, written.rows)

    def _save_years(self, plan: Plan) -> None:
        connection = self._work.connection
        for of_year in plan.years:
            rows: dict[tuple[int, int], AccumulatorRow] = {}
            for person_id, folded in of_year.folded.items():
                stored = of_year.stored[person_id]
                more = sum(
                    (found.benefit == ORDINARY) + (benefit_of(found.visit.uses) == ORDINARY)
                    for found in folded.changed
                )
                if more or stored.version:
                    rows[person_id, of_year.year] = AccumulatorRow(
                        less_year(folded.after, stored.elsewhere), stored.version + more
                    )
                if any(folded.windows[key] != end for key, end in stored.windows.ended.items()):
                    later = (person_id, of_year.year + 1, str(Cause.EARLIER))
                    store.mark(connection, [later])
            settled.save_accumulators(connection, rows)
            done = [who for who in of_year.people if who not in of_year.left_out]
            merged = [who for who, now in of_year.aliases.items() if now in done]
            store.unmark(connection, done + merged, of_year.year)

    def _person_year(
        self,
        of_year: YearPlan,
        replacements: Sequence[Replacement],
        purse: Purse,
        draws: dict[int, list[DrawRow]],
    ) -> None:
        """All mirrors of the person-year, the last visit's first, then the new settlements."""
        now = of_year.stored[replacements[0].holder].now
        mirrors: dict[int, int] = {}
        for found in reversed(replacements):
            purse.available += found.before.own_fen
            benefit = self._shaped.benefit_of(found.old.settlement_id)
            back = mirror(
                found.old,
                next(self._ids),
                found.old.visit_id,
                self._at,
                self._month,
                purse.available,
                self._shaped.year_of(found.holder, benefit, found.old.year, now),
            )
            if benefit == ORDINARY:
                now = taken_off(now, found.old)
            mirrors[found.old.settlement_id] = back.settlement_id
            self._shaped.give_back(found.old, back, found.holder)
            self._keep(found.holder, back, mirror_entry(back, found.entry, _memo(found)))
            self._written.draws.extend(
                row._replace(settlement_id=back.settlement_id, amount_fen=-row.amount_fen)
                for row in draws.get(found.old.settlement_id, ())
            )
        for found in replacements:
            self._new(found, purse, draws, mirrors)

    def _keep(self, holder: int, settlement: Settlement, entry: Entry) -> None:
        """A settlement with its entry; under a merged number it counts for the person."""
        written = self._written
        written.settlements.append(settlement)
        written.entries.append(carried_over(entry, self._aliases) if self._aliases else entry)
        if holder != settlement.person_id:
            uses = self._shaped.uses_of(settlement.settlement_id)
            written.carried.append(CarriedOver(holder, settlement, uses))

    def _new(
        self,
        found: Replacement,
        purse: Purse,
        draws: dict[int, list[DrawRow]],
        mirrors: dict[int, int],
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
        entry = resettled_entry(new, found.after, found.entry, county, _memo(found))
        share = found.refolded.share
        self._shaped.count(found.holder, new.person_id, new.settlement_id, share.uses, share.parts)
        self._keep(found.holder, new, entry)
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
    for holder, found in groupby(of_year.replacements, key=lambda found: found.holder):
        yield holder, list(found)


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
