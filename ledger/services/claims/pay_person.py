"""`pay-person`: what is due to persons goes out of the disbursement account, each sum once
(支付个人). Pay-outs, returns, heirs without an account, reimbursements: whatever made it due."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection

from ledger.books.chart import DISBURSEMENT_ACCOUNT
from ledger.books.kinds import ENTRY_NAMES, EntryKind
from ledger.core.errors import Conflict, Refused, Unknown
from ledger.core.money import yuan_text
from ledger.core.people import BankAccount
from ledger.journalizing.accounts import person_payment_entry
from ledger.services.accounts.account_gate import occasion
from ledger.services.books.read import known_person
from ledger.services.carry_out import carry_out
from ledger.services.context import Context
from ledger.services.once import once
from ledger.storage.books import payees as store
from ledger.storage.books.funds import cash_balance
from ledger.storage.books.journal import append
from ledger.storage.books.payees import Payee
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.roster.people import person


def refuse_incomplete(account: BankAccount) -> None:
    """Raises: Refused `payee/incomplete`; `payee/bad-number` for a number that is none."""
    if not all(part.strip() for part in account):
        raise Refused("payee/incomplete", "请填写收款户名、开户银行和银行账号")
    digits = account.number.replace(" ", "")
    if not (digits.isascii() and digits.isdigit() and 8 <= len(digits) <= 30):
        raise Refused("payee/bad-number", f"“{account.number}”不是银行账号：应为 8 至 30 位数字")


def pay_person(
    context: Context,
    payee_id: int,
    paid_on: date,
    request_id: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Pay what is due to one receiver, once.

    Raises:
        Unknown: `payee/unknown`.
        Conflict: `payee/paid-before`.
        Refused: `payee/paid-before-claim` for a day before the claim, `fund/insufficient`.
    """
    with context.reading() as connection:
        payee = known_payee(connection, payee_id)
    content = {"verb": "pay-person", "payee": payee_id, "on": paid_on}

    def act(work: UnitOfWork) -> dict[str, Any]:
        known = known_payee(work.connection, payee_id)
        if known.paid_on is not None:
            raise Conflict("payee/paid-before", f"这笔款已于 {known.paid_on} 支付")
        return _pay(work, known, paid_on, request_id)

    return once(context, payee.person_id, request_id, content, act, dry_run)


def pay_everybody(context: Context, paid_on: date, dry_run: bool = False) -> list[dict[str, Any]]:
    """Pay all that is due and claimed up to `paid_on`: all or, where cash runs short, nothing."""

    def act(work: UnitOfWork) -> list[dict[str, Any]]:
        waiting = [p for p in store.payees(work.connection) if p.claimed_on <= paid_on]
        return [_pay(work, payee, paid_on, None) for payee in waiting]

    return carry_out(context, act, dry_run)


def known_payee(connection: Connection, payee_id: int) -> Payee:
    """Raises: Unknown `payee/unknown`."""
    payee = store.find_payee(connection, payee_id)
    if payee is None:
        raise Unknown("payee/unknown", f"没有编号为 {payee_id} 的应付个人款")
    return payee


def _pay(work: UnitOfWork, payee: Payee, paid_on: date, request_id: str | None) -> dict[str, Any]:
    if paid_on < payee.claimed_on:
        raise Refused("payee/paid-before-claim", f"支付日 {paid_on} 早于申请日 {payee.claimed_on}")
    due = payee.account_fen + payee.pool_fen
    available = cash_balance(work.connection, DISBURSEMENT_ACCOUNT)
    if available < due:
        raise Refused(
            "fund/insufficient",
            f"支出户余额 {yuan_text(available)} 元，不足以支付 {yuan_text(due)} 元",
        )
    who = payee.bank_account
    head = occasion(work, payee.person_id, paid_on, f"支付 {who.name}（{who.bank}）")
    append(work, [person_payment_entry(head, payee.account_fen, payee.pool_fen)], request_id)
    store.insert_payment(work.connection, payee, head.entry_id, paid_on)
    return _present(payee) | {"paid_on": paid_on.isoformat(), "entry_id": str(head.entry_id)}


def due_to_persons(
    context: Context, number: str | None = None, paid_too: bool = False
) -> list[dict[str, Any]]:
    """What is due to persons, oldest claim first, with where it goes.

    Args:
        paid_too: also what has been paid.

    Raises:
        Unknown: `person/unknown`.
    """
    with context.reading() as connection:
        who = None if number is None else known_person(connection, number).person_id
        found = store.payees(connection, who, unpaid=not paid_too)
        names = {p: person(connection, p) for p in {payee.person_id for payee in found}}
    return [
        _present(payee)
        | {
            "psn_no": names[payee.person_id].psn_no,
            "psn_name": names[payee.person_id].name,
            "paid_on": None if payee.paid_on is None else payee.paid_on.isoformat(),
            "returned_on": None if payee.returned_on is None else payee.returned_on.isoformat(),
        }
        for payee in found
    ]


def _present(payee: Payee) -> dict[str, Any]:
    return {
        "payee_id": str(payee.payee_id),
        "name": payee.bank_account.name,
        "bank": payee.bank_account.bank,
        "bank_account": payee.bank_account.number,
        "for": ENTRY_NAMES[EntryKind(payee.entry_kind)],
        "account": yuan_text(payee.account_fen),
        "pool": yuan_text(payee.pool_fen),
        "amount": yuan_text(payee.account_fen + payee.pool_fen),
        "claimed_on": payee.claimed_on.isoformat(),
    }
