"""What settling person-years anew would change: every visit before and after, and who owes whom.

Nothing is written here. The plan has a number made of all that it says: whoever approves it
approves exactly what was shown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection

from ledger.benefits.account_use import payable_by_account
from ledger.benefits.payers import Difference, Payers, payers_after
from ledger.benefits.resettlement import FoldedYear, Refolded, in_order, refold
from ledger.benefits.settlement import Settlement
from ledger.books.entry import Entry
from ledger.core.collector import collector_paused
from ledger.core.errors import Refused, Unknown
from ledger.journalizing.resettlement import DRAW, OWN, payers_of
from ledger.policy.pack import Pack
from ledger.services.books.read import known_person
from ledger.services.resettlement.resettle_facts import Facts
from ledger.storage.accounts import merges
from ledger.storage.accounts.account_events import closed_among
from ledger.storage.books.due_to_persons import claimed_back
from ledger.storage.roster.registry import providers
from ledger.storage.visits import resettlements as store
from ledger.storage.visits.resettlements import ELSEWHERE, PersonYear

OWED_BY_HAND = "已登记待追回，重新结算会重复追回"
ACCOUNT_CLOSED = "支付过的个人账户已注销"


class Scope(NamedTuple):
    """Whose years: of one person, one employer, one provider; of everybody where all are None.
    `year` None: the person-years that are marked."""

    year: int | None = None
    person: str | None = None
    employer: str | None = None
    provider: str | None = None


@dataclass(frozen=True, slots=True)
class Replacement:
    """A settlement that would be replaced, with who pays before and after."""

    holder: int
    """Whose year it counts in: the person into whom the settlement's number is merged, if it is."""
    refolded: Refolded
    old: Settlement
    entry: Entry
    before: Payers
    after: Payers

    @property
    def account_back_fen(self) -> int:
        """What goes back to accounts."""
        return self.before.account_fen - self.after.account_fen

    @property
    def to_person_fen(self) -> int:
        """What the fund pays the person more; negative: what the person owes more."""
        return self.after.to_person_fen - self.before.to_person_fen

    @property
    def to_provider_fen(self) -> int:
        """What the fund and the accounts pay the provider more."""
        before = self.before.to_provider_fen + self.before.account_fen
        after = self.after.to_provider_fen + self.after.account_fen
        return 0 if self.old.provider_id == ELSEWHERE else after - before


@dataclass(slots=True)
class YearPlan:
    """One natural year: the people looked at, what would change, and the years after all."""

    year: int
    people: Sequence[int]
    aliases: dict[int, int] = field(default_factory=dict)
    """Merged number -> the one of `people` that it is now."""
    visits: int = 0
    replacements: list[Replacement] = field(default_factory=list)
    folded: dict[int, FoldedYear] = field(default_factory=dict)
    stored: dict[int, PersonYear] = field(default_factory=dict)
    left_out: dict[int, str] = field(default_factory=dict)
    """Person -> why nothing of the year is settled anew though it would change."""


@dataclass(slots=True)
class Plan:
    """Everything that would change, year by year."""

    years: list[YearPlan]
    difference: Difference
    nets_per_person: bool
    marked: bool
    """The person-years are those that were marked: approving also takes the marks away."""

    @property
    def replacements(self) -> list[Replacement]:
        return [found for of in self.years for found in of.replacements]

    @property
    def number(self) -> str:
        """The same for the same plan, whoever makes it and whenever; empty when there is nothing
        to be done."""
        said = "\n".join(
            f"{r.old.settlement_id} {r.refolded.share} {r.after} {r.refolded.causes}"
            for r in self.replacements
        )
        if self.marked:
            # Who is left out stays marked: alone they are nothing to be approved.
            waiting = [
                (of.year, [p for p in of.people if p not in of.left_out]) for of in self.years
            ]
            said += "".join(f"\n{year} {people}" for year, people in waiting if people)
        return hashlib.blake2b(said.encode(), digest_size=6).hexdigest() if said else ""


@collector_paused()
def make_plan(connection: Connection, pack: Pack, scope: Scope, on: date) -> Plan:
    """Settle the person-years of a scope anew, on paper.

    Args:
        on: the day of resettling, whose settings of `resettlement` hold.

    Raises:
        Unknown: `person/unknown`, `employer/unknown`, `provider/unknown`.
        NotInForce: a visit lies on a day on which the pack says nothing.
    """
    rules = pack.resettlement(on)
    difference = Difference(rules.difference)
    years = [
        _year_plan(
            connection, pack, year, whole_people(connection, people), rules.order, difference
        )
        for year, people in _people_by_year(connection, scope).items()
    ]
    return Plan(years, difference, rules.nets_per_person, scope.year is None)


def _people_by_year(connection: Connection, scope: Scope) -> dict[int, list[int]]:
    if scope.year is None:
        return store.marks(connection)
    return {scope.year: _people(connection, scope, scope.year)}


def _people(connection: Connection, scope: Scope, year: int) -> list[int]:
    if scope.person is not None:
        return [known_person(connection, scope.person).person_id]
    if scope.employer is not None:
        found = store.people_of_employer(connection, scope.employer, year)
        if found is None:
            raise Unknown("employer/unknown", f"没有编号为“{scope.employer}”的单位")
        return found
    if scope.provider is not None:
        provider = providers(connection).get(scope.provider)
        if provider is None:
            raise Unknown("provider/unknown", f"没有编号为“{scope.provider}”的定点医药机构")
        return store.people_of_provider(connection, provider.provider_id, year)
    return store.people_of_year(connection, year)


def whole_people(connection: Connection, people: Sequence[int]) -> tuple[list[int], dict[int, int]]:
    """The people that these numbers are today, each once; their merged numbers -> the person."""
    now = merges.kept_of(connection, people)
    whole = list(dict.fromkeys(now.get(who, who) for who in people))
    return whole, merges.merged_into(connection, whole)


def _year_plan(
    connection: Connection,
    pack: Pack,
    year: int,
    whole: tuple[list[int], dict[int, int]],
    order: str,
    difference: Difference,
) -> YearPlan:
    """Args:
    whole: the people, and their merged numbers -> the person.
    """
    people, aliases = whole
    stored = store.person_years(connection, people, year, aliases)
    plan = YearPlan(year, people, aliases, stored=stored)
    facts = Facts(connection, pack, people, aliases)
    for person_id, held in plan.stored.items():
        try:
            folded = refold(
                in_order(held.visits, order),
                held.given_back,
                held.start,
                facts.turn_of,
                facts.same_rules,
                held.windows.begun,
            )
        except Refused as refused:
            plan.left_out[person_id] = refused.message
            continue
        plan.visits += folded.visits
        if folded.changed:
            plan.folded[person_id] = folded
    _look_closer(connection, pack, plan, difference)
    return plan


def _look_closer(
    connection: Connection, pack: Pack, plan: YearPlan, difference: Difference
) -> None:
    """Read what changes in full, and say who pays."""
    changed = [(who, found) for who, folded in plan.folded.items() for found in folded.changed]
    numbers = [found.visit.settlement_id for _who, found in changed]
    settled = store.settlements_numbered(connection, numbers)
    entries = store.entries_numbered(connection, numbers)
    holders = {found.visit.person_id: who for who, found in changed}
    owed = {holders[who] for who in claimed_back(connection, settled.values())}
    closed = {holders[who] for who in _of_closed_accounts(connection, entries)}
    plan.left_out |= dict.fromkeys(closed, ACCOUNT_CLOSED) | dict.fromkeys(owed, OWED_BY_HAND)
    for person_id in closed | owed:
        del plan.folded[person_id]
    plan.replacements = [
        _replacement(pack, who, found, settled, entries, difference)
        for who, found in changed
        if who in plan.folded
    ]


def _of_closed_accounts(connection: Connection, entries: dict[int, Entry]) -> set[int]:
    """Whose settlements moved an account, their own or a relative's, that is closed today. That
    of a merged number is the account of the person it is now."""
    moved: dict[int, set[int]] = {}
    for entry in entries.values():
        for leg in entry.transfers:
            if leg.kind in (*OWN, DRAW):
                moved.setdefault(leg.person_id, set()).add(entry.person_id)
    now = merges.kept_of(connection, moved)
    closed = closed_among(connection, {now.get(who, who) for who in moved})
    return {
        person_id
        for holder, of_holder in moved.items()
        if now.get(holder, holder) in closed
        for person_id in of_holder
    }


def _replacement(
    pack: Pack,
    holder: int,
    found: Refolded,
    settled: dict[int, Settlement],
    entries: dict[int, Entry],
    difference: Difference,
) -> Replacement:
    old, entry = settled[found.visit.settlement_id], entries[found.visit.settlement_id]
    before, pool_fen = payers_of(entry), found.share.amounts[7]
    payable = payable_by_account(
        pack.account_use(old.settled_at.date()), old.total_fen, old.in_scope_fen, pool_fen
    )
    by_papers = old.provider_id == ELSEWHERE
    after = payers_after(before, pool_fen, payable, difference, by_papers)
    return Replacement(holder, found, old, entry, before, after)


def people_of(replacements: Iterable[Replacement]) -> list[int]:
    """Whose visits they are, each once."""
    return list(dict.fromkeys(found.holder for found in replacements))
