"""What stands above every report: pool, period, pack, the instant it was made, what is assumed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import NamedTuple

from ledger.books import chart
from ledger.books.kinds import ENTRY_NAMES, TRANSFER_KINDS, EntryKind

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")
ASSUMED_MARK = "【假定】"
RETIREE_FLAT = "crediting.retiree_flat"
"""Key of the retirees' flat amount in a pack."""


class Assumption(NamedTuple):
    """A value of the pack that no text gives (假定参数). `value` is as the pack writes it."""

    key: str
    title: str
    value: str
    cite: str
    valid_from: date
    valid_until: date
    note: str


@dataclass(frozen=True, slots=True)
class ReportHead:
    """`period` is a month ("2023-01") or two days; `generated_at` is UTC, the caller's clock.

    `retiree_flat_assumed`: the retirees' flat amount rests on a statistic that the text does
    not give, so every label of such an amount carries the mark.
    """

    pool_code: str
    pool_name: str
    period: str
    generated_at: datetime
    pack_version: str
    assumptions: tuple[Assumption, ...] = ()
    retiree_flat_assumed: bool = False

    @property
    def generated_text(self) -> str:
        """The instant as a clerk reads it, in China's time."""
        return self.generated_at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")

    def kind_label(self, kind: str) -> str:
        """The Chinese name of a kind of transfer, marked where the amount is assumed."""
        return TRANSFER_KINDS[kind].name + (
            ASSUMED_MARK if self.retiree_flat_assumed and kind in RETIREE_KINDS else ""
        )


RETIREE_KINDS = frozenset(
    kind.kind
    for kind in TRANSFER_KINDS.values()
    if chart.RETIREE_CREDITS in (kind.debit, kind.credit)
)
"""Kinds of transfer whose amount is the retirees' flat one (article 11(3))."""


INTEREST_KINDS = frozenset(
    kind.kind
    for kind in TRANSFER_KINDS.values()
    if chart.ACCOUNT_INTEREST in (kind.debit, kind.credit) and kind.national
)
"""Kinds of transfer that pay interest into an account, or take it back."""


def entry_label(kind: str) -> str:
    """The Chinese name of a kind of entry."""
    return ENTRY_NAMES[EntryKind(kind)]
