"""Where the money goes that settling anew made due to a person: nobody had a bank account at
hand when the plan was approved."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection

from ledger.core.errors import Refused
from ledger.core.money import yuan_text
from ledger.core.people import BankAccount
from ledger.services.books.read import known_person, person_id_of
from ledger.services.claims.pay_person import refuse_incomplete
from ledger.services.context import Context
from ledger.services.once import once
from ledger.storage.accounts import merges
from ledger.storage.books import due_to_persons as store
from ledger.storage.books.payees import insert_payee
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.roster.people import person


def note_payee(
    context: Context,
    number: str,
    bank_account: BankAccount,
    on: date,
    request_id: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Note the payee of everything that resettlements made due and that has none yet, what
    stands under merged numbers of the person included.

    Raises:
        Unknown: `person/unknown`.
        Refused: `payee/incomplete`, `payee/bad-number`, `resettle/nothing-due`.
    """
    person_id = person_id_of(context, number)
    refuse_incomplete(bank_account)
    content = {"verb": "resettle-payee", "person": number, "to": list(bank_account), "on": on}

    def act(work: UnitOfWork) -> dict[str, Any]:
        payees = []
        waiting = _due(work.connection, [person_id])
        for due in waiting:
            entry_id = store.newest_due(work.connection, due.number)
            assert entry_id is not None, f"nothing made anything due to {due.number}"
            payee_id = insert_payee(
                work, due.number, entry_id, bank_account, on, pool_fen=due.due_fen
            )
            payees.append((str(payee_id), str(entry_id)))
        if not payees:
            raise Refused("resettle/nothing-due", "没有重新结算产生的、尚未登记收款账户的应付款")
        return {
            "payee_id": payees[0][0],
            "payee_ids": [payee_id for payee_id, _entry in payees],
            "amount": yuan_text(sum(due.due_fen for due in waiting)),
            "entry_id": payees[0][1],
        }

    return once(context, person_id, request_id, content, act, dry_run)


class _Due(NamedTuple):
    """What is due to a number without a payee; `person` is who the number is now."""

    person: int
    number: int
    due_fen: int


def _due(connection: Connection, people: Iterable[int]) -> list[_Due]:
    """Args:
    people: persons, not merged numbers.
    """
    whole = list(people)
    aliases = merges.merged_into(connection, whole)
    found = store.due_without_payee(connection, [*whole, *aliases])
    return [
        _Due(aliases.get(number, number), number, fen)
        for number, fen in sorted(found.items())
        if fen > 0
    ]


def waiting_for_payee(context: Context, number: str | None = None) -> list[dict[str, Any]]:
    """Money that resettlements made due and for which nobody has noted a bank account yet: to
    whom, how much, since when; the oldest first.

    Args:
        number: only what is due to this person.

    Raises:
        Unknown: `person/unknown`.
    """
    with context.reading() as connection:
        if number is not None:
            people = [known_person(connection, number).person_id]
        else:
            found = store.resettled_people(connection)
            now = merges.kept_of(connection, found)
            people = list(dict.fromkeys(now.get(who, who) for who in found))
        rows: dict[int, tuple[int, date]] = {}
        for due in _due(connection, people):
            fen, since = rows.get(due.person, (0, date.max))
            begun = store.due_since(connection, due.number, due.due_fen)
            rows[due.person] = fen + due.due_fen, min(since, begun)
        names = {who: person(connection, who) for who in rows}
    return [
        {
            "psn": names[who].psn_no or names[who].certno,
            "psn_name": names[who].name,
            "amount": yuan_text(fen),
            "since": since.isoformat(),
            "next": "gongji claim payee --person "
            f"{names[who].psn_no or names[who].certno} --payee … --bank … --bank-account …",
        }
        for who, (fen, since) in sorted(rows.items(), key=lambda row: (row[1][1], row[0]))
    ]
