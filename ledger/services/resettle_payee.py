"""Where the money goes that settling anew made due to a person: nobody had a bank account at
hand when the plan was approved."""

from __future__ import annotations

from datetime import date
from typing import Any

from ledger.core.errors import Refused
from ledger.core.money import yuan_text
from ledger.core.people import BankAccount
from ledger.services.context import Context
from ledger.services.once import once
from ledger.services.pay_person import refuse_incomplete
from ledger.services.read import person_id_of
from ledger.storage import due_to_persons as store
from ledger.storage.payees import insert_payee
from ledger.storage.unit_of_work import UnitOfWork


def note_payee(
    context: Context,
    number: str,
    bank_account: BankAccount,
    on: date,
    request_id: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Note the payee of everything that resettlements made due and that has none yet.

    Raises:
        Unknown: `person/unknown`.
        Refused: `payee/incomplete`, `payee/bad-number`, `resettle/nothing-due`.
    """
    person_id = person_id_of(context, number)
    refuse_incomplete(bank_account)
    content = {"verb": "resettle-payee", "person": number, "to": list(bank_account), "on": on}

    def act(work: UnitOfWork) -> dict[str, Any]:
        due = store.due_without_payee(work.connection, [person_id]).get(person_id, 0)
        entry_id = store.newest_due(work.connection, person_id)
        if due <= 0 or entry_id is None:
            raise Refused("resettle/nothing-due", "没有重新结算产生的、尚未登记收款账户的应付款")
        payee_id = insert_payee(work, person_id, entry_id, bank_account, on, pool_fen=due)
        return {"payee_id": str(payee_id), "amount": yuan_text(due), "entry_id": str(entry_id)}

    return once(context, person_id, request_id, content, act, dry_run)
