"""What people owe (待追回): the list by age, and one person's debts with what settled them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import Connection

from ledger.benefits.debts import CAUSE_NAMES, OpenDebt, band_of, match_oldest_first
from ledger.books.kinds import kind_name
from ledger.core.errors import NotInForce
from ledger.core.money import yuan_text
from ledger.core.months import FAR, Month
from ledger.reports.owed_list import OwedDebt
from ledger.reports.reconciliation import OwedLine
from ledger.services.books.read import known_person
from ledger.services.context import Context
from ledger.services.crediting.credit_differences import REASONS
from ledger.storage.books import debts as store
from ledger.storage.report_queries.report_queries_person import employer_on
from ledger.storage.roster.people import person

NO_EDGES: tuple[int, ...] = ()
_CAUSES = {cause.value: name for cause, name in CAUSE_NAMES.items()}


def age_edges(context: Context, day: date) -> tuple[int, ...]:
    """Months at which the bands of age begin; one band where the pack has no rule."""
    try:
        return context.pack.debts(day).age_bands
    except NotInForce:
        return NO_EDGES


def open_debts(
    context: Context, connection: Connection, day: date, booked: Month | None = None
) -> list[OwedDebt]:
    """What was still owed at the end of a day, debt by debt, people in order.

    Later money settles the oldest debt first; a debt that is settled is not listed.

    Args:
        booked: only what is booked up to this month of account.
    """
    edges = age_edges(context, day)
    found = []
    for person_id, moves in store.movements(connection, day, month=booked):
        matched = [item for item in _matched(moves) if item.open_fen]
        if not matched:
            continue
        who = person(connection, person_id)
        for item in matched:
            debt = item.debt
            found.append(
                OwedDebt(
                    who.psn_no or "",
                    who.name,
                    who.certno,
                    employer_on(connection, person_id, debt.happened_on),
                    debt.happened_on,
                    debt.kind,
                    cause_name(debt.cause),
                    debt.benefit_month,
                    debt.amount_fen,
                    item.settled_fen,
                    item.open_fen,
                    item.months_old(day),
                    band_of(item.months_old(day), edges),
                )
            )
    return found


def owed_lines(context: Context, connection: Connection, month: Month) -> Iterator[OwedLine]:
    """What people owe at the end of a month of account, for the month's reconciliation."""
    for debt in open_debts(context, connection, FAR, month):
        yield OwedLine(
            debt.psn_no,
            debt.name,
            debt.certno,
            debt.employer_name,
            debt.benefit_month,
            debt.happened_on,
            debt.kind,
            debt.open_fen,
        )


def cause_name(code: str) -> str:
    """Why, in the words of lists: a cause that was booked, a reason of a difference, a kind."""
    return _CAUSES.get(code) or REASONS.get(code) or kind_name(code)


def owed_of(context: Context, number: str, day: date) -> dict[str, Any]:
    """One person's debts up to and on a day, and what settled them.

    Raises:
        Unknown: `person/unknown`.
    """
    with context.reading() as connection:
        who = known_person(connection, number)
        moves = [
            move
            for _person, of_person in store.movements(connection, day, who.person_id)
            for move in of_person
        ]
    matched = _matched(moves)
    return {
        "psn_no": who.psn_no,
        "psn_name": who.name,
        "as_of": day.isoformat(),
        "owed": yuan_text(sum(item.open_fen for item in matched)),
        "debts": [_said(item, day) for item in matched],
        "settled": [
            {
                "happened_on": move.line.happened_on.isoformat(),
                "entry_id": str(move.line.entry_id),
                "kind": move.line.kind,
                "name": kind_name(move.line.kind),
                "amount": yuan_text(move.line.amount_fen),
                "memo": move.memo,
            }
            for move in moves
            if move.settles
        ],
    }


def _matched(moves: list[store.Movement]) -> list[OpenDebt]:
    settled = sum(move.line.amount_fen for move in moves if move.settles)
    return match_oldest_first((move.line for move in moves if not move.settles), settled)


def _said(item: OpenDebt, day: date) -> dict[str, Any]:
    debt = item.debt
    month = debt.benefit_month
    return {
        "happened_on": debt.happened_on.isoformat(),
        "entry_id": str(debt.entry_id),
        "kind": debt.kind,
        "name": kind_name(debt.kind),
        "cause": debt.cause,
        "cause_name": cause_name(debt.cause),
        "benefit_month": None if month is None else str(Month.from_number(month)),
        "settlement_id": None if debt.settlement_id is None else str(debt.settlement_id),
        "amount": yuan_text(debt.amount_fen),
        "settled": yuan_text(item.settled_fen),
        "open": yuan_text(item.open_fen),
        "months": item.months_old(day),
    }
