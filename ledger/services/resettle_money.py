"""What settling anew leaves due to people and owed by them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from ledger.journalizing.resettlement import OWED, TO_PERSON
from ledger.services.resettle_plan import Replacement
from ledger.storage import due_to_persons as persons


def paid_and_owed(
    connection: Connection, replacements: Sequence[Replacement], aliases: Mapping[int, int]
) -> dict[int, int]:
    """Replaced settlement -> what must stand both as due to the person and as owed by the person
    in the new one's entry.

    A mirror takes back what the fund owed; where that is paid out already, or has a payee, the
    rest would stand as a payable below zero. The same the other way round where a debt is
    recovered already. What is due stands under the number of the visit, what is owed under the
    person.

    Args:
        aliases: merged number -> the person that it is now.
    """
    due, owed = after_all(connection, replacements, aliases)
    last = {found.old.person_id: found for found in replacements}
    both: dict[int, int] = {}
    for number, found in last.items():
        missing = max(0, -due[number])
        both[found.old.settlement_id] = missing
        owed[found.holder] += missing
    for found in {found.holder: found for found in replacements}.values():
        missing = max(0, -owed[found.holder])
        both[last[found.old.person_id].old.settlement_id] += missing
    return {number: fen for number, fen in both.items() if fen}


def after_all(
    connection: Connection, replacements: Sequence[Replacement], aliases: Mapping[int, int]
) -> tuple[dict[int, int], dict[int, int]]:
    """Number -> what is due to it without a payee; person -> what is owed: both as they stand
    once every mirror and every new entry is booked."""
    numbers = {found.old.person_id for found in replacements}
    holders = {found.holder for found in replacements}
    due = defaultdict(int, persons.due_without_payee(connection, numbers))
    owed = defaultdict(int, persons.owed_of(connection, holders))
    for found in replacements:
        number, holder, after = found.old.person_id, found.holder, found.after.to_person_fen
        due[number] += max(after, 0)
        owed[holder] += max(-after, 0)
        for leg in found.entry.transfers:
            if leg.kind == TO_PERSON:
                due[number] -= leg.amount_fen
            elif leg.kind == OWED:
                owed[holder] -= leg.amount_fen
    return due, owed
