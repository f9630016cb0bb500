"""Append entries and move the running totals with them, in the same transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection

from ledger.books.chart import OWED_BY_PERSONS, PERSONAL_ACCOUNT_FUND
from ledger.books.entry import Entry
from ledger.books.kinds import TRANSFER_KINDS
from ledger.storage.database.bulk import (
    BY_PERSON,
    Insert,
    execute_rows,
    inserts,
    run_inserts,
)
from ledger.storage.database.changes import change_rows, numbers
from ledger.storage.database.engine import instant_text
from ledger.storage.database.unit_of_work import UnitOfWork

ENTRY_COLUMNS = (
    "person_id entry_id kind legs happened_on recorded_at fiscal_month request_id "
    "reverses_entry_id policy_version actor memo"
)
TRANSFER_COLUMNS = (
    "person_id entry_id leg kind happened_on fiscal_month fund_year benefit_month "
    "debit_account credit_account amount_fen provider_id county"
)

AccountMoves = dict[tuple[int, int], list[int]]
"""(person, year of the money) -> fen credited and debited."""

ADD_TOTALS = (
    "UPDATE personal_account AS t SET credited_fen = t.credited_fen + v.credited, "
    "debited_fen = t.debited_fen + v.debited "
    f"FROM {numbers('person_id credited debited')} WHERE v.person_id = t.person_id"
)
ADD_YEAR_TOTALS = (
    "UPDATE account_year AS t SET credited_fen = t.credited_fen + v.credited, "
    "debited_fen = t.debited_fen + v.debited "
    f"FROM {numbers('person_id year credited debited')} "
    "WHERE v.person_id = t.person_id AND v.year = t.year"
)
OPEN_YEARS = (
    "INSERT INTO account_year (person_id, year, credited_fen, debited_fen) "
    f"SELECT v.person_id, v.year, 0, 0 FROM {numbers('person_id year')} WHERE true "
    "ON CONFLICT DO NOTHING"
)
ADD_DEBTS = (
    "UPDATE debtor AS t SET owed_fen = t.owed_fen + v.owed, "
    "settled_fen = t.settled_fen + v.settled "
    f"FROM {numbers('person_id owed settled')} WHERE v.person_id = t.person_id"
)
OPEN_DEBTS = (
    "INSERT INTO debtor (person_id, owed_fen, settled_fen) "
    f"SELECT v.person_id, 0, 0 FROM {numbers('person_id')} WHERE true ON CONFLICT DO NOTHING"
)
DEBT_KINDS = frozenset(
    kind.kind for kind in TRANSFER_KINDS.values() if OWED_BY_PERSONS in (kind.debit, kind.credit)
)
"""Kinds of transfer that make somebody owe money, or settle what is owed (待追回)."""


class Origin(NamedTuple):
    """The request that an entry came by, and whose it was."""

    request_id: str | None
    actor: str


NO_ORIGINS: Mapping[int, Origin] = {}


def append(
    work: UnitOfWork,
    entries: Sequence[Entry],
    request_id: str | None = None,
    more_legs: int = 0,
) -> None:
    """Write entries, their transfers, and what they add to people's totals.

    Args:
        more_legs: legs of the entry that are written after this call (a run).

    Raises:
        ValueError: see `Entry.check_legs`.
        Refused (by trigger or CHECK): an overdraft, a closed month, a second reversal.
    """
    run_inserts(work.connection, entry_inserts(work, entries, request_id, more_legs))
    move_totals(work.connection, entries)


def entry_inserts(
    work: UnitOfWork,
    entries: Sequence[Entry],
    request_id: str | None = None,
    more_legs: int = 0,
    origins: Mapping[int, Origin] = NO_ORIGINS,
) -> list[Insert]:
    """What writes entries and their transfers; `move_totals` must follow. See `append`.

    Args:
        origins: entry -> the request it came by, of entries that came by different ones.
    """
    same = Origin(request_id, work.actor)
    recorded_at = instant_text(work.recorded_at)
    # People in order, here and below: a bulk insert then touches each page once. The entries of
    # one person come as they were made, which is the order of their ids.
    in_order = sorted(entries, key=BY_PERSON)
    rows = [
        (
            entry.person_id,
            entry.entry_id,
            str(entry.kind),
            len(entry.transfers) + more_legs,
            entry.happened_on.isoformat(),
            recorded_at,
            entry.fiscal_month.number,
            origin.request_id,
            entry.reverses_entry_id,
            entry.policy_version,
            origin.actor,
            entry.memo,
        )
        for entry in in_order
        for origin in (origins.get(entry.entry_id, same),)
    ]
    return [*inserts("entry", ENTRY_COLUMNS, rows), *_leg_inserts(in_order)]


def add_legs(connection: Connection, entries: Sequence[Entry]) -> None:
    """Write the transfers of entries that stand already, and what they add to totals."""
    run_inserts(connection, _leg_inserts(entries))
    move_totals(connection, entries)


def _leg_inserts(entries: Sequence[Entry]) -> list[Insert]:
    transfers = sorted(_transfer_rows(entries), key=BY_PERSON)
    return inserts("transfer", TRANSFER_COLUMNS, transfers)


def move_totals(connection: Connection, entries: Sequence[Entry]) -> None:
    """Add to people's totals what the transfers of entries that are written move in them."""
    _move_accounts(connection, entries)
    _move_debts(connection, entries)


def _transfer_rows(entries: Iterable[Entry]) -> Iterable[tuple[Any, ...]]:
    for entry in entries:
        entry.check_legs()
        month, day = entry.fiscal_month.number, entry.happened_on.isoformat()
        for leg in entry.transfers:
            scheme = TRANSFER_KINDS[leg.kind]
            yield (
                leg.person_id,
                entry.entry_id,
                leg.leg,
                leg.kind,
                day,
                month,
                leg.fund_year,
                leg.benefit_month,
                scheme.debit,
                scheme.credit,
                leg.amount_fen,
                leg.provider_id,
                leg.county,
            )


def _move_accounts(connection: Connection, entries: Sequence[Entry]) -> None:
    moves: AccountMoves = defaultdict(lambda: [0, 0])
    opened: dict[int, date] = {}
    for entry in entries:
        for leg in entry.transfers:
            scheme = TRANSFER_KINDS[leg.kind]
            if scheme.credit == PERSONAL_ACCOUNT_FUND:
                moves[leg.person_id, leg.fund_year][0] += leg.amount_fen
                opened.setdefault(leg.person_id, entry.happened_on)
            elif scheme.debit == PERSONAL_ACCOUNT_FUND:
                moves[leg.person_id, leg.fund_year][1] += leg.amount_fen
    open_accounts(connection, opened)
    add_to_accounts(connection, moves)


def add_to_accounts(connection: Connection, moves: AccountMoves) -> None:
    """Add to the totals of accounts what transfers that are written moved in them."""
    people: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for (person_id, _year), (credited, debited) in moves.items():
        people[person_id][0] += credited
        people[person_id][1] += debited
    # In order, as everybody who waits for several people's rows takes them.
    in_order = [(person, *both) for person, both in sorted(people.items())]
    of_years = [(*key, *both) for key, both in sorted(moves.items())]
    change_rows(connection, ADD_TOTALS, in_order)
    change_rows(connection, OPEN_YEARS, [row[:2] for row in of_years if row[2]])
    change_rows(connection, ADD_YEAR_TOTALS, of_years)


def _move_debts(connection: Connection, entries: Sequence[Entry]) -> None:
    """What people owe, and what of it is settled, moves with the transfers on 待追回款."""
    moves: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for entry in entries:
        for leg in entry.transfers:
            if leg.kind in DEBT_KINDS:
                settles = TRANSFER_KINDS[leg.kind].credit == OWED_BY_PERSONS
                moves[leg.person_id][settles] += leg.amount_fen
    in_order = [(person, *both) for person, both in sorted(moves.items())]
    change_rows(connection, OPEN_DEBTS, [row[:1] for row in in_order])
    change_rows(connection, ADD_DEBTS, in_order)


def open_accounts(connection: Connection, opened: dict[int, date]) -> None:
    """Open an empty personal account for everybody who has none yet."""
    execute_rows(
        connection,
        "INSERT INTO personal_account "
        "(person_id, credited_fen, debited_fen, held_fen, status, opened_on) "
        "VALUES (?, 0, 0, 0, 'open', ?) ON CONFLICT DO NOTHING",
        list(opened.items()),
    )
