"""What people owe the fund, by age (待追回账龄)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from ledger.reports.head import ReportHead


class OwedDebt(NamedTuple):
    """One debt that is still open, wholly or in part. `band`: which of the report's bands."""

    psn_no: str
    name: str
    certno: str
    employer_name: str
    happened_on: date
    kind: str
    cause: str
    benefit_month: int | None
    amount_fen: int
    settled_fen: int
    open_fen: int
    months: int
    band: int


class BandTotal(NamedTuple):
    """One band of age: how many people and debts, and how much."""

    name: str
    people: int
    debts: int
    open_fen: int


@dataclass(frozen=True, slots=True)
class OwedList:
    """The list as of a day. `bands` are the names of the bands of age, the youngest first."""

    head: ReportHead
    as_of: date
    bands: Sequence[str]
    debts: Sequence[OwedDebt]

    @property
    def people(self) -> int:
        """How many people owe anything."""
        return len({debt.certno for debt in self.debts})

    def totals(self) -> list[BandTotal]:
        """Each band's part, bands without a debt included."""
        return [
            BandTotal(
                name,
                len({debt.certno for debt in self.debts if debt.band == number}),
                sum(debt.band == number for debt in self.debts),
                sum(debt.open_fen for debt in self.debts if debt.band == number),
            )
            for number, name in enumerate(self.bands)
        ]
