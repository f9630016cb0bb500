"""A payment to a person that the bank returns (付款退回): the payment is taken back leg by leg, and
what was due is due again, to the same or to another bank account."""

from __future__ import annotations

from datetime import date
from typing import Any

from ledger.books.kinds import EntryKind
from ledger.core.errors import Conflict, Refused
from ledger.core.money import yuan_text
from ledger.core.people import BankAccount
from ledger.journalizing.accounts import taken_back_entry
from ledger.services.accounts.account_gate import occasion
from ledger.services.claims.pay_person import known_payee, refuse_incomplete
from ledger.services.context import Context
from ledger.services.once import once
from ledger.storage.books import payees as store
from ledger.storage.books.journal import append
from ledger.storage.books.payees import Payee
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.visits.resettlements import entries_numbered


def payment_returned(
    context: Context,
    payee_id: int,
    on: date,
    reason: str,
    to: BankAccount | None = None,
    request_id: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Book that the bank returned what had been paid to one receiver.

    Args:
        reason: what the bank says: 账号与户名不符.
        to: where the money shall go now; None for the same bank account.

    Returns:
        `payee_id` of what is due again.

    Raises:
        Unknown: `payee/unknown`.
        Conflict: `payee/returned-before`.
        Refused: `payee/no-reason`, `payee/not-paid`, `payee/returned-before-payment` for a day
            before that of the payment, `payee/incomplete`, `payee/bad-number`.
    """
    if not reason.strip():
        raise Refused("payee/no-reason", "付款退回须写明银行退回的原因")
    if to is not None:
        refuse_incomplete(to)
    with context.reading() as connection:
        person_id = known_payee(connection, payee_id).person_id
    content = {
        "verb": "payment-returned", "payee": payee_id, "on": on, "reason": reason,
        "to": None if to is None else list(to),
    }  # fmt: skip

    def act(work: UnitOfWork) -> dict[str, Any]:
        payee = known_payee(work.connection, payee_id)
        paid_by = _refuse(payee, on)
        head = occasion(work, payee.person_id, on, reason)
        original = entries_numbered(work.connection, [paid_by])[paid_by]
        entry = taken_back_entry(head, EntryKind.PERSON_PAYMENT_RETURN, original)
        append(work, [entry], request_id)
        again = store.insert_payee(
            work,
            payee.person_id,
            head.entry_id,
            to or payee.bank_account,
            on,
            payee.account_fen,
            payee.pool_fen,
        )
        return {
            "payee_id": str(again),
            "returned": str(payee_id),
            "entry_id": str(head.entry_id),
            "name": (to or payee.bank_account).name,
            "amount": yuan_text(payee.account_fen + payee.pool_fen),
            "on": on.isoformat(),
        }

    return once(context, person_id, request_id, content, act, dry_run)


def _refuse(payee: Payee, on: date) -> int:
    """The entry of the payment, if it can have come back on the day."""
    if payee.paid_on is None or payee.paid_by_entry is None:
        raise Refused("payee/not-paid", "这笔款尚未支付，没有可退回的付款")
    if payee.returned_on is not None:
        raise Conflict("payee/returned-before", f"这笔付款已于 {payee.returned_on} 退回")
    if on < payee.paid_on:
        raise Refused("payee/returned-before-payment", f"退回日 {on} 早于支付日 {payee.paid_on}")
    return payee.paid_by_entry
