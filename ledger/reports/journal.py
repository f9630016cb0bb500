"""The whole journal as values: entries with their legs, grouped by pair of accounts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from ledger.books.chart import CHART, AccountType
from ledger.reports.head import ReportHead


class JournalAccount(NamedTuple):
    code: str
    name: str
    type: AccountType


class JournalLeg(NamedTuple):
    """The transfers of one entry between one pair of accounts, added up: `transfers` of them.

    A crediting run has a million transfers and a handful of these.
    """

    entry_id: int
    entry_kind: str
    happened_on: date
    fiscal_month: int
    memo: str
    debit: str
    credit: str
    transfers: int
    amount_fen: int


class JournalEntry(NamedTuple):
    entry_id: int
    kind: str
    happened_on: date
    fiscal_month: int
    memo: str
    legs: tuple[JournalLeg, ...]


@dataclass(frozen=True, slots=True)
class Journal:
    """`legs` come entry by entry and may be read once only."""

    head: ReportHead
    legs: Iterable[JournalLeg]
    accounts: tuple[JournalAccount, ...] = tuple(
        JournalAccount(account.code, account.name, account.type) for account in CHART
    )

    def entries(self) -> Iterator[JournalEntry]:
        """The legs put together, one entry at a time; legs of an entry stand beside each other."""
        for entry_id, group in groupby(self.legs, key=attrgetter("entry_id")):
            legs = tuple(group)
            first = legs[0]
            yield JournalEntry(
                entry_id, first.entry_kind, first.happened_on, first.fiscal_month, first.memo, legs
            )
