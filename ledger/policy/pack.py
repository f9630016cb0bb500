"""A loaded pack: what it says on a day, typed and cited, in constant time per question."""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date
from functools import cached_property, partial
from typing import TypeVar

from ledger.core.errors import NotInForce
from ledger.core.months import FAR, Month
from ledger.policy import typed
from ledger.policy.dated import Dated
from ledger.policy.derived import with_derived
from ledger.policy.meta import Document, PackMeta
from ledger.policy.shape_schema import BENEFITS, MORE_THAN_PLAIN, SHAPE_KEYS
from ledger.policy.values import (
    AccountRules,
    AdvanceRules,
    BenefitRules,
    CitedValue,
    ClaimRules,
    CreditingRules,
    DebtRules,
    FamilyRules,
    InterestRules,
    OutpatientRules,
    ResettlementRules,
    TransferRules,
)

T = TypeVar("T")

_NOT_CONTENT = ("typed", "file", "line", "derived")
"""Where a value stands in a file is no part of what the pack says: moving a line keeps the
version."""


def version_of(content: str) -> str:
    """The version of a pack with this content (`Pack.content_json`)."""
    return hashlib.sha256(content.encode()).hexdigest()[:12]


class Pack:
    """A policy pack. Made by `load_pack` or, from what a settlement stored, `pack_from_content`.

    Every accessor raises `NotInForce` for a day before the pack's first rule (or after its last).
    """

    def __init__(
        self,
        meta: PackMeta,
        values: Mapping[str, list[Dated]],
        overrides: Mapping[str, str],
    ) -> None:
        self.meta = meta
        self.overrides = dict(overrides)
        self._values = with_derived(values)
        self._starts = {key: [value.start for value in of] for key, of in self._values.items()}
        self._changes = {section: self._section_days(section) for section in self._sections()}
        self._by_interval: dict[tuple[str, int], object] = {}
        self._by_day: dict[tuple[str, date], object] = {}
        self._cited: dict[tuple[str, date], CitedValue] = {}

    @property
    def code(self) -> str:
        return self.meta.code

    @property
    def name(self) -> str:
        return self.meta.name

    @property
    def pool(self) -> str:
        """The area code of the pool; empty for a pack that is only extended."""
        return self.meta.pool

    @property
    def documents(self) -> tuple[Document, ...]:
        """The documents that the values cite, those of the packs it extends included."""
        return self.meta.documents

    @cached_property
    def version(self) -> str:
        """Twelve hexadecimal digits that change with any value, date, citation or override."""
        return version_of(self._content)

    def content_json(self) -> str:
        """Everything needed to settle and explain again later: `pack_from_content` reads it."""
        return self._content

    @cached_property
    def _content(self) -> str:
        values = [
            {
                name: part.isoformat() if isinstance(part, date) else part
                for name, part in asdict(value).items()
                if name not in _NOT_CONTENT
            }
            for of in self._values.values()
            for value in of
            if not value.derived
        ]
        content = {"meta": asdict(self.meta), "overrides": self.overrides, "values": values}
        return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def values(self) -> list[CitedValue]:
        """Every dated value with its source, section by section, the derived ones included."""
        return [value.cited() for of in self._values.values() for value in of]

    def outpatient(self, day: date) -> OutpatientRules:
        return self._rules("outpatient", day, typed.outpatient_rules)

    @cached_property
    def has_shapes(self) -> bool:
        """Does any day's rule look at more of a visit than the plain rules do: other benefits,
        windows beside the year, facts that a visit does not always carry?"""
        return any(
            key.startswith(f"{section}.") and key.partition(".")[2] in SHAPE_KEYS
            for key in self._values
            for section in BENEFITS
        ) or any(key in self._values for key in MORE_THAN_PLAIN)

    def benefits(self, day: date) -> dict[str, OutpatientRules]:
        """Every benefit that visits are settled by on a day, ordinary outpatient visits first; the
        others only where the pack gives their ratio."""
        found = {"outpatient": self.outpatient(day)}
        for section in BENEFITS[1:]:
            of = self._values.get(f"{section}.ratio", [])
            if of and of[0].start <= day < of[-1].until:
                make = partial(typed.other_benefit_rules, section=section)
                found[section] = self._rules(section, day, make)
        return found

    def retired_cadres_insured(self, day: date) -> bool:
        """Are 离休 people on the roster of employees' insurance? Where no rule says otherwise."""
        return self._rules("coverage", day, typed.retired_cadres_insured)

    def crediting(self, month: Month) -> CreditingRules:
        """The rules of a benefit month: those of its first day."""
        return self._rules("crediting", month.first_day, typed.crediting_rules)

    def benefit_period(self, month: Month) -> BenefitRules:
        """From what the benefits of a month follow: the rules of its first day."""
        return self._rules("benefit_period", month.first_day, typed.benefit_rules)

    def advance(self, month: Month) -> AdvanceRules:
        """Credits in advance of a month's contribution."""
        return self._rules("advance", month.first_day, typed.advance_rules)

    def debts(self, day: date) -> DebtRules:
        return self._rules("debts", day, typed.debt_rules)

    def account_use(self, day: date) -> AccountRules:
        return self._rules("account_use", day, typed.account_rules)

    def family(self, day: date) -> FamilyRules:
        return self._rules("family", day, typed.family_rules)

    def transfer(self, day: date) -> TransferRules:
        return self._rules("transfer", day, typed.transfer_rules)

    def resettlement(self, day: date) -> ResettlementRules:
        return self._rules("resettlement", day, typed.resettlement_rules)

    def claims(self, day: date) -> ClaimRules:
        return self._rules("away", day, typed.claim_rules)

    def interest(self, day: date) -> InterestRules:
        return self._rules("interest", day, typed.interest_rules)

    def cite(self, key: str, day: date) -> CitedValue:
        """The value of a full key (`outpatient.deductible`) on a day, with its source."""
        found = self._cited.get((key, day))
        if found is None:
            found = self._cited[key, day] = self._on(key, day).cited()
        return found

    def change_days(self, section: str, start: date, until: date) -> list[date]:
        """The days inside a span on which any value of a section changes, in order.

        Strictly after `start` and before `until`: `[start, *change_days(...)]` are the first days
        of the spans of equal rules.
        """
        return [day for day in self._changes.get(section, []) if start < day < until]

    def _sections(self) -> set[str]:
        return {key.partition(".")[0] for key in self._values}

    def _section_days(self, section: str) -> list[date]:
        of_section = [
            value
            for key, of in self._values.items()
            if key.startswith(f"{section}.")
            for value in of
        ]
        days = {value.start for value in of_section} | {value.until for value in of_section}
        return sorted(days - {FAR})

    def _rules(self, section: str, day: date, make: Callable[[typed.Get], T]) -> T:
        found = self._by_day.get((section, day))
        if found is None:
            interval = bisect_right(self._changes.get(section, []), day)
            found = self._by_interval.get((section, interval))
            if found is None:
                found = make(lambda key: self._on(key, day))
                self._by_interval[section, interval] = found
            self._by_day[section, day] = found
        return found  # type: ignore[return-value]  # A section's entries are made by its `make`.

    def _on(self, key: str, day: date) -> Dated:
        of = self._values.get(key, [])
        place = bisect_right(self._starts.get(key, []), day) - 1
        if place >= 0 and day < of[place].until:
            return of[place]
        raise self._not_in_force(key, day, of)

    def _not_in_force(self, key: str, day: date, of: list[Dated]) -> NotInForce:
        if not of:
            return NotInForce(
                f"政策包 {self.code} 没有规定 {key}", key=key, pack=self.code, day=day.isoformat()
            )
        first, last = of[0], of[-1]
        when = (
            f"自 {first.start} 起才有规定"
            if day < first.start
            else f"规定到 {last.until}（不含）为止"
        )
        return NotInForce(
            f"政策包 {self.code} 的 {key}（{first.title}）在 {day} 无有效规定：{when}",
            key=key,
            pack=self.code,
            day=day.isoformat(),
            first_day=first.start.isoformat(),
        )
