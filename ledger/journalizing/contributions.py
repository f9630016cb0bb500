"""Contributions received become entries: the treasury against the pooled fund's income (the
employer's part and what a flexible worker pays beyond the account's part) and against what
waits to be credited to personal accounts.

One entry for each day of arrival in a file, one leg for each county and fund: the detail stands
in the table of contributions, and `verify` proves that both agree.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from ledger.books.entry import Entry, Transfer
from ledger.books.kinds import EntryKind
from ledger.core.ids import NOBODY, EntryId
from ledger.core.months import Month


def contribution_entry(
    entry_id: EntryId,
    arrived_on: date,
    fiscal_month: Month,
    rows: Iterable[tuple[str, int, int]],
    memo: str,
) -> Entry:
    """Args:
    rows: (county, fen for the pooled fund, fen for personal accounts) of each contribution;
        returned contributions (退收) are negative and get legs of their own.
    """
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for county, pool_fen, account_fen in rows:
        _add(sums, county, "contribution_pool", pool_fen)
        _add(sums, county, "contribution_personal", account_fen)
    legs = tuple(
        Transfer(NOBODY, number, kind, arrived_on.year, amount, county=county)
        for number, ((county, kind), amount) in enumerate(sorted(sums.items()), start=1)
    )
    return Entry(
        NOBODY, entry_id, EntryKind.CONTRIBUTION, arrived_on, fiscal_month, legs, memo=memo
    )


def _add(sums: dict[tuple[str, str], int], county: str, kind: str, fen: int) -> None:
    if fen > 0:
        sums[county, kind] += fen
    elif fen < 0:
        sums[county, f"{kind}_return"] -= fen
