"""An entry is a set of transfers; a transfer has one debit account, one credit account and one
amount above zero. So an unbalanced entry cannot be written down, here or in SQL.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from ledger.books.kinds import REFUND_SUFFIX, TRANSFER_KINDS, EntryKind
from ledger.core.ids import EntryId, PersonId
from ledger.core.months import Month


class Transfer(NamedTuple):
    """One leg. `person_id` is the person whose account it moves, 0 for the fund's own money;
    `fund_year` is the year whose money moves (本年 / 历年)."""

    person_id: PersonId
    leg: int
    kind: str
    fund_year: int
    amount_fen: int
    provider_id: int | None = None
    county: str | None = None
    benefit_month: int | None = None

    @property
    def debit_account(self) -> str:
        return TRANSFER_KINDS[self.kind].debit

    @property
    def credit_account(self) -> str:
        return TRANSFER_KINDS[self.kind].credit

    def mirrored(self) -> Transfer:
        """The leg that takes this one back: the same amount, the accounts swapped."""
        return self._replace(kind=self.kind + REFUND_SUFFIX)


class Entry(NamedTuple):
    """One business event and its legs, ready to be appended."""

    person_id: PersonId
    entry_id: EntryId
    kind: EntryKind
    happened_on: date
    fiscal_month: Month
    transfers: tuple[Transfer, ...]
    policy_version: str | None = None
    reverses_entry_id: EntryId | None = None
    memo: str = ""

    def check_legs(self) -> None:
        """Whoever appends an entry looks first.

        Raises:
            ValueError: a leg without a positive amount or with a number used twice: our mistake,
                never the user's.
        """
        for transfer in self.transfers:
            if transfer.amount_fen <= 0:
                raise ValueError(f"a transfer of entry {self.entry_id} is not above zero")
        count = len(self.transfers)
        if count > 1 and len({(t.person_id, t.leg) for t in self.transfers}) != count:
            raise ValueError(f"a leg of entry {self.entry_id} is numbered twice")
