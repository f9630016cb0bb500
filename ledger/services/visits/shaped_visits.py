"""What a settlement desk keeps where a pack's rules take shapes of their own: the windows of its
people, the facts that the rules ask of a visit, and the traces of what was counted where.

Under a plain pack nothing is read and nothing is kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection

from ledger.benefits.account_use import Purse
from ledger.benefits.explanation_shapes import Traces
from ledger.benefits.items import scope_of
from ledger.benefits.kernel import YearSoFar
from ledger.benefits.kernel_rules import KernelParameters, kernel_parameters
from ledger.benefits.outpatient import Case, PoolShare, pool_share
from ledger.benefits.settlement import Settlement
from ledger.benefits.shaped_share import SharePart
from ledger.benefits.windows import (
    EMPTY_WINDOW,
    Facts,
    WindowKey,
    WindowSoFar,
    WindowUse,
    add,
    with_year,
    year_of,
)
from ledger.benefits.windows import ORDINARY as ORDINARY
from ledger.core.claims import ClaimRecord
from ledger.core.errors import Refused
from ledger.core.money import yuan_text
from ledger.core.people import age_on, born_on
from ledger.core.visits import FeeItem, VisitRecord
from ledger.policy.pack import Pack
from ledger.policy.shapes import Shapes
from ledger.policy.values import OutpatientRules
from ledger.storage.database.bulk import Insert
from ledger.storage.roster import people
from ledger.storage.roster.registry import Provider
from ledger.storage.visits import windows as store
from ledger.storage.visits.resettlements import ClaimedPlace
from ledger.storage.visits.settlements import AccumulatorRow


class Benefit(NamedTuple):
    """One benefit of a day: the section of the pack, its rules, and what the kernel reads."""

    name: str
    rules: OutpatientRules
    parameters: KernelParameters


def other_benefits(pack: Pack, day: date) -> dict[str, Benefit]:
    """Type of visit -> benefit, for those that a pack settles beside ordinary visits."""
    if not pack.has_shapes:
        return {}
    return {
        med_type: Benefit(name, rules, kernel_parameters(rules))
        for name, rules in pack.benefits(day).items()
        if name != ORDINARY
        for med_type in rules.pooled_med_types
    }


class ShapedVisits:
    """Windows and facts of a desk's people."""

    def __init__(
        self,
        connection: Connection,
        pack: Pack,
        patients: set[int],
        originals: Iterable[Settlement],
    ) -> None:
        self._windows: dict[int, dict[WindowKey, WindowSoFar]] = defaultdict(dict)
        self._uses: dict[int, tuple[WindowUse, ...]] = {}
        self._parts: dict[int, tuple[SharePart, ...]] = {}
        self._certnos: dict[int, str] = {}
        self._changed: set[tuple[int, WindowKey]] = set()
        self._fresh: list[tuple[int, int]] = []
        self._originals = {s.settlement_id: s.person_id for s in originals}
        for number, traces in store.traces_numbered(connection, self._originals).items():
            self._uses[number], self._parts[number] = traces
        given_back = {self._originals[number] for number, uses in self._uses.items() if uses}
        known = patients | given_back if pack.has_shapes or given_back else set()
        if known:
            for (person_id, key), so_far in store.windows_of(connection, known).items():
                self._windows[person_id][key] = so_far
        if pack.has_shapes:
            self._certnos = people.certnos_of(connection, patients)

    def year_of(self, person_id: int, benefit: str, year: int, ordinary: YearSoFar) -> YearSoFar:
        """The accumulators of a benefit's year; the last one over all benefits.

        Args:
            ordinary: those of the ordinary outpatient visits of the year.
        """
        return year_of(self._windows[person_id], benefit, year, ordinary)

    def share(
        self,
        record: VisitRecord,
        person_id: int,
        provider: Provider,
        benefit: Benefit,
        case: Case,
        ordinary: AccumulatorRow,
        purse: Purse | None,
    ) -> tuple[AccumulatorRow, PoolShare]:
        """The year that a visit met, and the pool's share of it.

        Args:
            ordinary: the year of the person's ordinary outpatient visits.
            purse: the account that pays before the deductible, where the pack says so.
        """
        parts = (
            record.fully_self_paid_fen,
            record.over_limit_fen,
            record.paid_first_fen,
            record.in_scope_fen,
        )
        refuse_other_items(record.items, parts, benefit.rules.shapes)
        day = record.settled_at.date()
        facts = self._facts(record, person_id, provider, benefit.name, day)
        return self._share(person_id, day, benefit, case._replace(facts=facts), ordinary, purse)

    def share_by_papers(
        self,
        claim: ClaimRecord,
        person_id: int,
        benefit: Benefit,
        case: Case,
        ordinary: AccumulatorRow,
        purse: Purse | None,
    ) -> tuple[AccumulatorRow, PoolShare]:
        """As `share`, of a visit elsewhere of which a paper bill tells (手工报销)."""
        refuse_other_items((), (None,) * 4, benefit.rules.shapes)
        day = claim.visited_at.date()
        facts = Facts(
            benefit.name,
            day,
            ClaimedPlace(claim.place_tier, claim.place_name).window,
            age=self._age(person_id, day),
            contracted=claim.contracted,
            disease=claim.disease_code,
        )
        return self._share(person_id, day, benefit, case._replace(facts=facts), ordinary, purse)

    def _share(
        self,
        person_id: int,
        day: date,
        benefit: Benefit,
        case: Case,
        ordinary: AccumulatorRow,
        purse: Purse | None,
    ) -> tuple[AccumulatorRow, PoolShare]:
        if purse is not None:
            left = case.in_scope_fen - max(purse.available, 0)
            case = case._replace(in_scope_fen=max(left, 0))
        year = self.year_of(person_id, benefit.name, day.year, ordinary.year_so_far)
        windows = self._windows[person_id]
        pool = pool_share(case, benefit.rules, year, benefit.parameters, windows)
        return AccumulatorRow(year, ordinary.version), pool

    def _facts(
        self, record: VisitRecord, person_id: int, provider: Provider, benefit: str, day: date
    ) -> Facts:
        """What the rules may ask of a visit, as far as anybody said."""
        return Facts(
            benefit,
            day,
            provider.provider_id,
            None,
            record.stay_id,
            record.first_day,
            self._age(person_id, day, record.born_on, record.certno),
            record.contracted,
            record.disease_code,
        )

    def _age(
        self, person_id: int, day: date, born: date | None = None, certno: str | None = None
    ) -> int | None:
        """By the day of birth that a visit says, or the identity number that it or we know."""
        born = born or born_on(certno or self._certnos.get(person_id, ""))
        return None if born is None else age_on(born, day)

    def count_visit(
        self, person_id: int, settlement_id: int, benefit: str, year: int, pool: PoolShare
    ) -> None:
        """A visit counts in its windows; of another benefit always in its year, too."""
        uses = with_year(self._windows[person_id], benefit, year, pool.amounts, pool.uses)
        self.count(person_id, person_id, settlement_id, uses, pool.parts)

    def count(
        self,
        holder: int,
        person_id: int,
        settlement_id: int,
        uses: tuple[WindowUse, ...],
        parts: tuple[SharePart, ...],
    ) -> None:
        """A settlement counts in its windows.

        Args:
            holder: whose windows they are: the person into whom `person_id` is merged.
        """
        for use in uses:
            now = self._windows[holder].get(use.key, EMPTY_WINDOW)
            self._windows[holder][use.key] = add(now, use.added)
            self._changed.add((holder, use.key))
        if uses or parts:
            self._uses[settlement_id], self._parts[settlement_id] = uses, parts
            self._fresh.append((person_id, settlement_id))

    def give_back(
        self, original: Settlement, refund: Settlement, holder: int | None = None
    ) -> None:
        """A refund takes off every window what the original put into it.

        Args:
            holder: as in `count`; the person of the settlement where it is not given.
        """
        number = original.settlement_id
        whose = original.person_id if holder is None else holder
        windows = self._windows[whose]
        uses = tuple(
            use.given_back(windows.get(use.key, EMPTY_WINDOW)) for use in self._uses.get(number, ())
        )
        parts = tuple(
            part._replace(base_fen=-part.base_fen, pay_fen=-part.pay_fen)
            for part in self._parts.get(number, ())
        )
        self.count(whose, original.person_id, refund.settlement_id, uses, parts)

    def benefit_of(self, settlement_id: int) -> str:
        """The benefit by which a settlement of this desk, or one that it gives back, was made."""
        return self.traces(settlement_id).benefit

    def uses_of(self, settlement_id: int) -> tuple[WindowUse, ...]:
        return self._uses.get(settlement_id, ())

    def traces(self, settlement_id: int) -> Traces:
        return Traces(self._uses.get(settlement_id, ()), self._parts.get(settlement_id, ()))

    def hand_over(self) -> list[Insert]:
        """The traces kept since this was called last, ready to be written."""
        fresh, self._fresh = self._fresh, []
        if not fresh:
            return []
        uses = [(who, number, use) for who, number in fresh for use in self._uses[number]]
        parts = [(who, number, self._parts[number]) for who, number in fresh]
        return [*store.use_inserts(uses), *store.part_inserts(parts)]

    def write_changes(self, connection: Connection) -> None:
        """The windows as they stand after all visits."""
        changed = {(who, key): self._windows[who][key] for who, key in sorted(self._changed)}
        store.save_windows(connection, changed)
        self._changed.clear()


def refuse_other_items(
    items: tuple[FeeItem, ...], reported: Sequence[int | None], shapes: Shapes
) -> None:
    """The items of a bill, divided by the pack's rules, make the parts that were reported.

    Args:
        reported: fully self-paid, over limit, paid first and in scope, fen; None for a part that
            is not at hand.

    Raises:
        Refused: `visit/items-disagree`, `visit/missing-fact`.
    """
    if not items:
        if shapes.item_quotas_fen:
            raise Refused(
                "visit/missing-fact",
                "按本政策包结算需要费用明细（feedetail），这次就诊没有填写",
                field="feedetail",
            )
        return
    scope = scope_of(items, shapes)
    if any(said not in (None, right) for said, right in zip(reported, scope, strict=True)):
        words = ("全自费", "超限价", "先行自付", "符合政策范围")
        wrong = [
            f"{word} {yuan_text(said)} 元，按明细应为 {yuan_text(right)} 元"
            for word, said, right in zip(words, reported, scope, strict=True)
            if said is not None and said != right
        ]
        raise Refused("visit/items-disagree", "费用各部分与明细不符：" + "；".join(wrong))
