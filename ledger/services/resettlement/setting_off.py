"""What the pooled fund owes a person and what the person owes it, put straight after settlements
that stood were given back or replaced (应付与应退相抵).

A mirror takes back what the fund owed. Where that is paid out already, has a payee, or was set
off, a payable would stand below zero, and where a debt is recovered already, a debt: then as much
is put on both sides. And where the person is owed for one visit and owes for another, what stands
on both sides is set off, if the pack says so (`resettle_netting`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection

from ledger.books.chart import OWED_BY_PERSONS, PAYABLE_PERSONS_POOL
from ledger.books.entry import Entry
from ledger.journalizing.debts import netting_entry
from ledger.journalizing.merging import CARRYING, carried_over
from ledger.services.accounts.account_gate import occasion
from ledger.storage.accounts import merges
from ledger.storage.books import due_to_persons as persons
from ledger.storage.database.unit_of_work import UnitOfWork

MEMO = "应付个人与个人应退相抵"
DEBT_BACK = "owed_pool_refund"
WITH_PERSONS = ("pool_pay_person_refund", DEBT_BACK)
"""Legs of a refund of a visit that was settled anew: the fund settled with the person."""
Parts = list[tuple[int, int]]


class Standing(NamedTuple):
    """How people stand with the fund, fen: what is due to each number without a payee; what each
    person owes, and what of it settlements anew made owed. `aliases`: merged number -> person."""

    due: dict[int, int]
    owed: dict[int, int]
    resettled: dict[int, int]
    aliases: Mapping[int, int]

    def add(self, entry: Entry) -> None:
        """An entry that is not in the books yet."""
        for leg in entry.transfers:
            if leg.kind in CARRYING:
                continue
            number, fen = leg.person_id, leg.amount_fen
            sign = (leg.debit_account == OWED_BY_PERSONS) - (leg.credit_account == OWED_BY_PERSONS)
            person = self.aliases.get(number, number)
            self.owed[person] += sign * fen
            self.resettled[person] += sign * fen
            if leg.credit_account == PAYABLE_PERSONS_POOL:
                self.due[number] += fen
            elif leg.debit_account == PAYABLE_PERSONS_POOL:
                self.due[number] -= fen


def standing(connection: Connection, people: Iterable[int]) -> Standing:
    """How people stand now.

    Args:
        people: numbers that are merged stand for the person that they are.
    """
    named = list(people)
    now = merges.kept_of(connection, named)
    whole = list(dict.fromkeys(now.get(who, who) for who in named))
    aliases = merges.merged_into(connection, whole)
    numbers = [*whole, *aliases]
    resettled: dict[int, int] = defaultdict(int)
    for number, fen in persons.owed_by_resettling(connection, numbers).items():
        resettled[aliases.get(number, number)] += fen
    return Standing(
        defaultdict(int, persons.due_without_payee(connection, numbers)),
        defaultdict(int, persons.owed_of(connection, whole)),
        resettled,
        aliases,
    )


def setting_off(stand: Standing, people: Iterable[int], nets: bool) -> dict[int, Parts]:
    """Person -> (number, fen): what is set off of what is due; below zero, what is put back.

    Args:
        people: persons, not merged numbers.
        nets: whether sides are set off at all.
    """
    found: dict[int, Parts] = {}
    for person in people:
        numbers = [person, *(merged for merged, kept in stand.aliases.items() if kept == person)]
        parts = [(number, stand.due[number]) for number in numbers if stand.due[number] < 0]
        owed = stand.owed[person] - sum(fen for _number, fen in parts)
        if owed < 0:
            parts.append((person, owed))
        elif not parts and nets:
            left = min(owed, stand.resettled[person])
            for number in numbers:
                fen = min(left, stand.due[number])
                if fen > 0:
                    parts.append((number, fen))
                    left -= fen
        if parts:
            found[person] = _together(parts)
    return found


def _together(parts: Parts) -> Parts:
    """One part a number."""
    whole: dict[int, int] = defaultdict(int)
    for number, fen in parts:
        whole[number] += fen
    return list(whole.items())


def entries(
    work: UnitOfWork, parts: Mapping[int, Parts], on: date, aliases: Mapping[int, int]
) -> list[Entry]:
    """One entry a person."""
    return [
        carried_over(netting_entry(occasion(work, person, on, MEMO), of_person), aliases)
        for person, of_person in parts.items()
    ]


def put_back_after(work: UnitOfWork, refunds: Iterable[Entry]) -> list[Entry]:
    """What refunds of visits that were settled anew have taken back beyond what is due or owed
    by now: it stands on both sides again.

    Args:
        refunds: whose legs are written, and whose totals are not moved yet.
    """
    concerned = [
        entry
        for entry in refunds
        if entry.reverses_entry_id is not None
        and any(leg.kind in WITH_PERSONS for leg in entry.transfers)
    ]
    if not concerned:
        return []
    stand = standing(work.connection, [entry.person_id for entry in concerned])
    for entry in concerned:
        for leg in entry.transfers:
            if leg.kind == DEBT_BACK:
                number = leg.person_id
                stand.owed[stand.aliases.get(number, number)] -= leg.amount_fen
    people = dict.fromkeys(stand.aliases.get(e.person_id, e.person_id) for e in concerned)
    parts = setting_off(stand, people, nets=False)
    return entries(work, parts, max(entry.happened_on for entry in concerned), stand.aliases)
