"""A premium given back (代缴保费退回): the exact mirror of its entry, so that the money returns to
the years of the account from which it came; and the cash that the other funds pay back for it."""

from __future__ import annotations

from datetime import date
from typing import Any

from ledger.benefits.account_states import Movement
from ledger.books.kinds import EntryKind
from ledger.core.errors import Refused, Unknown
from ledger.core.money import yuan_text
from ledger.journalizing.accounts import taken_back_entry
from ledger.services.accounts.account_gate import admit, occasion
from ledger.services.books.read import known_person
from ledger.services.context import Context
from ledger.services.once import once
from ledger.storage.accounts import premiums as store
from ledger.storage.accounts.premiums import PremiumRow
from ledger.storage.books.journal import append
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.visits.resettlements import entries_numbered


def give_back(
    context: Context,
    insured: str,
    premium_kind: str,
    year: int,
    on: date,
    reason: str,
    request_id: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Give a premium back to the account that paid it; another may be paid afterwards.

    Raises:
        Unknown: `person/unknown`, `premium/unknown` where no premium of this kind and year
            stands for the person.
        Refused: `premium/no-reason`, `premium/back-before-paid`, `account/closed`.
    """
    if not reason.strip():
        raise Refused("premium/no-reason", "退回代缴保费须写明原因")
    with context.reading() as connection:
        insured_id = known_person(connection, insured).person_id
        # Given back or not: the same request again gets its first answer.
        newest = store.paid_for(connection, insured_id, premium_kind, year, standing=False)
        payer = _standing(newest).person_id
    content = {
        "verb": "premium-back", "for": insured_id, "kind": premium_kind, "year": year, "on": on,
        "reason": reason,
    }  # fmt: skip

    def act(work: UnitOfWork) -> dict[str, Any]:
        connection = work.connection
        paid = _standing(store.paid_for(connection, insured_id, premium_kind, year))
        if on < paid.paid_on:
            raise Refused("premium/back-before-paid", f"退回日 {on} 早于缴费日 {paid.paid_on}")
        admit(connection, paid.person_id, Movement.CORRECT)
        head = occasion(work, paid.person_id, on, f"{year} 年{premium_kind}：{reason}")
        original = entries_numbered(connection, [paid.entry_id])[paid.entry_id]
        append(work, [taken_back_entry(head, EntryKind.PREMIUM_REFUND, original)], request_id)
        return {
            "entry_id": str(head.entry_id),
            "reverses": str(paid.entry_id),
            "amount": yuan_text(paid.amount_fen),
            "on": on.isoformat(),
        }

    return once(context, payer, request_id, content, act, dry_run)


def _standing(paid: PremiumRow | None) -> PremiumRow:
    if paid is None:
        raise Unknown("premium/unknown", "此人没有由个人账户代缴、尚未退回的这笔保费")
    return paid
