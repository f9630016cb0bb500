"""Credits beside the monthly one: supplementary (补录, 111) for one account, one-off (一次性注入,
112) for one person or for everybody on a list at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from ledger.benefits.account_states import STATE_NAMES, Movement, standing
from ledger.core.errors import Refused, RowError
from ledger.core.ids import NOBODY
from ledger.core.money import Fen, yuan_text
from ledger.journalizing.accounts import one_off_entry, supplementary_entry
from ledger.services.accounts.account_gate import admit, occasion, refuse_year
from ledger.services.books.read import person_id_of
from ledger.services.context import Context
from ledger.services.once import once
from ledger.storage.accounts.account_events import happened_to
from ledger.storage.books.journal import append
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.roster.people import CERTNO, PSN_NO, identities, on_roster


def supplement(
    context: Context,
    number: str,
    amount_fen: Fen,
    on: date,
    reason: str,
    year: int | None = None,
    request_id: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Put into an account what was left out before (补录个账).

    Args:
        year: the year of the money; by default that of `on`.

    Raises:
        Unknown: `person/unknown`.
        Refused: `account/not-above-zero`, `account/no-reason`, `account/no-such-year`,
            `account/none`, `account/closed` and the like.
    """
    _refuse_empty(amount_fen, reason)
    refuse_year(year, on)
    person_id = person_id_of(context, number)
    content = {"verb": "supplement", "fen": amount_fen, "on": on, "reason": reason, "year": year}

    def act(work: UnitOfWork) -> dict[str, Any]:
        if person_id not in on_roster(work.connection, [person_id]):
            raise Refused("account/none", "此人未参加职工医保，没有个人账户")
        admit(work.connection, person_id, Movement.RECEIVE)
        head = occasion(work, person_id, on, reason)
        append(work, [supplementary_entry(head, year or on.year, amount_fen)], request_id)
        return {
            "entry_id": str(head.entry_id),
            "amount": yuan_text(amount_fen),
            "on": on.isoformat(),
            "fiscal_month": str(head.fiscal_month),
        }

    return once(context, person_id, request_id, content, act, dry_run)


def inject(
    context: Context,
    amounts: Sequence[tuple[str, Fen]],
    on: date,
    reason: str,
    request_id: str | None = None,
    dry_run: bool = False,
    rows: Sequence[int] | None = None,
) -> dict[str, Any]:
    """Put a one-off amount into the accounts of a list, all in one entry or, where one of the
    list cannot have it, none.

    Args:
        amounts: (person number or identity number, fen) of each; nobody twice.
        rows: by which number a fault names each of them (a file's rows); from 1 by default.

    Raises:
        Refused: `account/no-reason`, `account/no-such-year`, `injection/empty`;
            `injection/rows-refused` with a `RowError` for each row that cannot be:
            `person/unknown`, `account/none`, `account/not-above-zero`, `injection/twice`, or
            the state that forbids it.
    """
    if not reason.strip():
        raise Refused("account/no-reason", "请写明原因")
    if not amounts:
        raise Refused("injection/empty", "名单为空")
    refuse_year(None, on)
    numbered = rows or range(1, len(amounts) + 1)
    content = {"verb": "inject", "amounts": list(amounts), "on": on, "reason": reason}

    def act(work: UnitOfWork) -> dict[str, Any]:
        people, errors = _people(work, amounts, numbered)
        if errors:
            raise RowsRefused(errors)
        head = occasion(work, NOBODY, on, reason)
        append(work, [one_off_entry(head, people)], request_id)
        return {
            "entry_id": str(head.entry_id),
            "people": len(people),
            "amount": yuan_text(sum(fen for _person, fen in people)),
            "on": on.isoformat(),
            "fiscal_month": str(head.fiscal_month),
        }

    return once(context, NOBODY, request_id, content, act, dry_run)


class RowsRefused(Refused):
    """`injection/rows-refused`, with every row that cannot be, by its number."""

    def __init__(self, errors: list[RowError]) -> None:
        lines = "；".join(f"第 {error.row} 行 {error.message}" for error in errors[:5])
        super().__init__(
            "injection/rows-refused",
            f"{len(errors)} 行不能注入，全部未入账：{lines}",
            errors=[error._asdict() for error in errors],
        )
        self.errors = errors


def _people(
    work: UnitOfWork, amounts: Sequence[tuple[str, Fen]], rows: Sequence[int]
) -> tuple[list[tuple[int, int]], list[RowError]]:
    """Person and fen of each row, one read for everything they need."""
    connection = work.connection
    numbers = [number for number, _fen in amounts]
    ids = identities(connection, CERTNO, numbers) | identities(connection, PSN_NO, numbers)
    insured = on_roster(connection, ids.values())
    happened = happened_to(connection, ids.values())
    people: dict[int, int] = {}
    errors: list[RowError] = []
    for row, (number, fen) in zip(rows, amounts, strict=True):
        person = ids.get(number)
        refusing = standing(happened.get(person or 0, [])).refusing(Movement.RECEIVE)
        fault = None
        if person is None:
            fault = ("person/unknown", f"“{number}”不在册")
        elif person not in insured:
            fault = ("account/none", f"“{number}”没有个人账户")
        elif fen <= 0:
            fault = ("account/not-above-zero", "金额必须大于零")
        elif person in people:
            fault = ("injection/twice", f"“{number}”在名单中出现两次")
        elif refusing is not None:
            fault = (f"account/{refusing}", f"“{number}”的账户{STATE_NAMES[refusing]}")
        if fault is not None:
            errors.append(RowError(row, "", *fault))
        elif person is not None:
            people[person] = fen
    return sorted(people.items()), errors


def _refuse_empty(amount_fen: int, reason: str) -> None:
    if amount_fen <= 0:
        raise Refused("account/not-above-zero", "金额必须大于零")
    if not reason.strip():
        raise Refused("account/no-reason", "请写明原因")
