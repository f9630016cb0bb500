"""Owed money (待追回): a debt, what comes back of it, and what is given up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ledger.books.entry import Entry, Transfer
from ledger.books.kinds import EntryKind
from ledger.core.ids import PersonId
from ledger.journalizing.accounts import Occasion


class DebtParts(NamedTuple):
    """What of a debt the pooled fund is owed, and what the person's own account is, fen;
    `fund_year`: of which year's money the account's part is."""

    pool_fen: int
    account_fen: int
    fund_year: int

    @property
    def total_fen(self) -> int:
        return self.pool_fen + self.account_fen


def debt_entry(head: Occasion, parts: DebtParts) -> Entry:
    """A person owes what was paid by mistake: the fund that paid has a claim instead."""
    amounts = (("owed_pool", parts.pool_fen), ("owed_account", parts.account_fen))
    legs = [(kind, parts.fund_year, amount) for kind, amount in amounts if amount > 0]
    return _entry(head, EntryKind.DEBT, legs)


def repayment_entry(head: Occasion, amount_fen: int) -> Entry:
    """The person pays back into the disbursement account (支出户)."""
    legs = [("owed_repaid", head.happened_on.year, amount_fen)]
    return _entry(head, EntryKind.RECOVERY, legs)


def write_off_entry(head: Occasion, amount_fen: int) -> Entry:
    """The fund gives up what cannot be recovered."""
    legs = [("owed_written_off", head.happened_on.year, amount_fen)]
    return _entry(head, EntryKind.WRITE_OFF, legs)


def netting_entry(head: Occasion, parts: Sequence[tuple[int, int]]) -> Entry:
    """What the fund owes a person is set off against what the person owes the fund.

    Args:
        parts: (number under which the fund's debt stands, fen). Below zero: the fund has paid
            more than it owes by now, or has recovered more than the person does; as much stands
            as due and as owed again.
    """
    entry = _entry(head, EntryKind.RECOVERY, [])
    legs = tuple(
        Transfer(
            PersonId(number),
            leg,
            "owed_netted" if fen > 0 else "owed_netted_back",
            head.happened_on.year,
            abs(fen),
        )
        for leg, (number, fen) in enumerate(parts, start=1)
    )
    return entry._replace(transfers=legs)


def _entry(head: Occasion, kind: EntryKind, legs: list[tuple[str, int, int]]) -> Entry:
    person = PersonId(head.person_id)
    transfers = tuple(
        Transfer(person, number, name, year, amount)
        for number, (name, year, amount) in enumerate(legs, start=1)
    )
    return Entry(
        person,
        head.entry_id,
        kind,
        head.happened_on,
        head.fiscal_month,
        transfers,
        memo=head.memo,
    )
