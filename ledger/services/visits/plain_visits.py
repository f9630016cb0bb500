"""Plain visits settled person by person, and written column by column.

It decides by the same rules as the desk: who is covered is `pool_share`'s word, the amounts are
the kernel's, the account pays by `pay_from_own`, the legs are `plain_legs`. What it leaves
out are the objects of the books, one for each visit, entry and leg: they cost more than all the
deciding. A test settles the same files both ways and compares every row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from operator import itemgetter
from typing import Any, NamedTuple

from ledger.benefits.account_use import pay_from_own, payable_by_account
from ledger.benefits.kernel import Amounts, YearSoFar, add_to_year, settle_amounts
from ledger.benefits.outpatient import NOTHING
from ledger.benefits.settlement import Settlement
from ledger.books.kinds import TRANSFER_KINDS, EntryKind
from ledger.core.columns import by_column
from ledger.core.ids import EntryId
from ledger.core.visits import VisitRecord, bill_of
from ledger.journalizing.settlement import plain_legs
from ledger.services.visits.decided_visits import Decided
from ledger.services.visits.desk_knowledge import EMPTY_YEAR, DeskKnowledge, hash_of_visit
from ledger.services.visits.plain_cases import PlainVisit, Verdict, Where
from ledger.storage.books.journal import ENTRY_COLUMNS, TRANSFER_COLUMNS
from ledger.storage.database.bulk import Columns, Row
from ledger.storage.database.engine import instant_text
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.visits.settlements import AccumulatorRow, VisitRow

_ENTRY, _TRANSFER = ENTRY_COLUMNS.split(), TRANSFER_COLUMNS.split()
_SETTLEMENT = str(EntryKind.SETTLEMENT)
_ACCOUNTS = {name: (kind.debit, kind.credit) for name, kind in TRANSFER_KINDS.items()}
_BY_PERSON = itemgetter(0)


class Outcome(NamedTuple):
    """What the rules made of a visit."""

    verdict: Verdict
    amounts: Amounts
    before: YearSoFar
    """The year that the visit met."""
    own_parts: list[tuple[int, int]]
    """What the own account pays: (year of the money, fen)."""
    left_fen: int
    """What the own account can pay after that."""


class PlainVisits:
    """Settles plain visits; see the module docstring."""

    def __init__(
        self,
        work: UnitOfWork,
        know: DeskKnowledge,
        decided: Decided,
        policy_version: str,
        ids: Iterator[EntryId],
    ) -> None:
        self._know, self._decided, self._ids = know, decided, ids
        self._version, self._actor = policy_version, work.actor
        self._recorded_at = instant_text(work.recorded_at)

    def take(self, visits: Sequence[PlainVisit]) -> None:
        """Settle visits that stand person by person in order of time."""
        outcomes: list[Row] = []
        for person_id, of_person in groupby(visits, key=_BY_PERSON):
            outcomes += self._outcomes(person_id, of_person)
        settled = Settled(visits, outcomes, self._ids)
        stretch = self._decided.stretch
        stretch.plain += [
            Columns("visit", settled.visits()),
            Columns("entry", settled.entries(self._recorded_at, self._version, self._actor)),
            Columns("settlement", settled.settlements(self._version)),
            Columns("transfer", settled.transfers()),
        ]
        stretch.months |= set(settled.where.fiscal_month)

    def _outcomes(self, person_id: int, visits: Iterable[PlainVisit]) -> Iterator[Row]:
        """The fold over a person's visits: rows of `Outcome`."""
        know, moves = self._know, self._decided.moves
        on_roster, purse = person_id in know.roster, know.purses.get(person_id)
        stayed = person_id in know.stays
        years: dict[int, AccumulatorRow] = {}
        for _, record, (rules, where, verdicts) in visits:
            day, year, scope = rules.day, where.year, record.in_scope_fen
            in_hospital = stayed and know.in_hospital(person_id, day, rules.outpatient)
            verdict = verdicts[know.status(person_id, day), on_roster, in_hospital]
            met = years.get(year) or know.years.get((person_id, year), EMPTY_YEAR)
            before, amounts = met.year_so_far, NOTHING
            if verdict.pays_at is not None:
                amounts = settle_amounts(rules.parameters, before, *verdict.pays_at, scope)
            years[year] = AccumulatorRow(add_to_year(before, amounts), met.version + 1)
            own_parts: list[tuple[int, int]] = []
            if record.account_use:
                payable = payable_by_account(rules.account, record.total_fen, scope, amounts[7])
                own_parts = pay_from_own(payable, purse, rules.account)
                for fund_year, fen in own_parts:
                    moves[person_id, fund_year][1] += fen
            yield verdict, amounts, before, own_parts, purse.available if purse else 0
        for year, after in years.items():
            know.years[person_id, year] = self._decided.years[person_id, year] = after


class Settled:
    """Visits with their outcome, column by column: of `record`, `where`, `verdict` and `amounts`,
    each field is the column of all visits."""

    def __init__(
        self, visits: Sequence[PlainVisit], outcomes: Sequence[Row], ids: Iterator[EntryId]
    ) -> None:
        visit: Any = _columns(PlainVisit, visits)
        outcome: Any = _columns(Outcome, outcomes)
        self.people: Sequence[int] = visit.person_id
        self.numbers = list(islice(ids, len(visits)))
        self.record: Any = _columns(VisitRecord, visit.record)
        self.bill: Any = bill_of(self.record)
        self.where: Any = _columns(Where, [place.where for place in visit.place])
        self.verdict: Any = _columns(Verdict, outcome.verdict)
        self.amounts: Any = _columns(_Amounts, outcome.amounts)
        self.before, self.left_fen = by_column(outcome.before), outcome.left_fen
        self.account_fen = [sum([fen for _, fen in parts]) for parts in outcome.own_parts]
        # Naive, so that there is no zone to take off.
        self.times = list(map(str, self.record.settled_at))
        self.legs = list(map(plain_legs, self.where.year, self.amounts.pool, outcome.own_parts))

    def visits(self) -> dict[str, Sequence[Any]]:
        """Columns of `visit`: as they were reported. A plain one has no facts."""
        said, where = self.record, self.where
        uses = list(map(int, said.account_use))
        hashes = map(
            hash_of_visit, said.visit_id, said.provider_code, said.med_type, self.times,
            *self.bill, uses, said.prescriber_code, said.original_visit_id, said.first_day,
            said.last_day, said.fee_category,
        )  # fmt: skip
        return _named(
            VisitRow._fields,
            self.people, said.visit_id, list(hashes), where.provider_id, where.prescriber_id,
            said.med_type, self.times, *self.bill, uses, said.original_visit_id, said.fee_category,
            self._all(None),
        )  # fmt: skip

    def entries(self, recorded_at: str, version: str, actor: str) -> dict[str, Sequence[Any]]:
        """Columns of `entry`."""
        return _named(
            _ENTRY,
            self.people, self.numbers, self._all(_SETTLEMENT), list(map(len, self.legs)),
            self.where.day, self._all(recorded_at), self.where.fiscal_month, self._all(None),
            self._all(None), self._all(version), self._all(actor), self._all(""),
        )  # fmt: skip

    def settlements(self, version: str) -> dict[str, Sequence[Any]]:
        """Columns of `settlement`: what the pool and the account leave is cash. That the parts of
        the bill add up is what `is_possible` said of a plain visit."""
        said, where, verdict, amounts = self.record, self.where, self.verdict, self.amounts
        parties = zip(said.total_fen, amounts.pool, self.account_fen, strict=True)
        cash = [total - pool - account for total, pool, account in parties]
        return _named(
            Settlement._fields,
            self.people, self.numbers, said.visit_id, where.year, where.fiscal_month, where.day,
            self.times, where.provider_id, said.med_type, verdict.status, verdict.tier,
            verdict.ratio_bp, verdict.reason, *self.bill, amounts.deductible, amounts.pool,
            self.account_fen, self._all(0), cash, self.left_fen, amounts.beyond, amounts.cost,
            amounts.before_caps, amounts.visit_cut, amounts.year_cut, amounts.overall_cut,
            *self.before, self._all(version), self._all(None),
        )  # fmt: skip

    def transfers(self) -> dict[str, Sequence[Any]]:
        """Columns of `transfer`; none where everything was paid in cash."""
        where = self.where
        visits = zip(
            self.people, self.numbers, self.legs, where.day, where.fiscal_month,
            where.provider_id, where.county, strict=True,
        )  # fmt: skip
        rows = [
            (person_id, number, leg, kind, day, month, fund_year, None, *_ACCOUNTS[kind], amount,
             provider_id, county)
            for person_id, number, legs, day, month, provider_id, county in visits
            for leg, (kind, fund_year, amount) in enumerate(legs, 1)
        ]  # fmt: skip
        return _named(_TRANSFER, *by_column(rows)) if rows else {}

    def _all(self, value: object) -> list[Any]:
        """A column that says the same of all visits."""
        return [value] * len(self.people)


class _Amounts(NamedTuple):
    """Names for the kernel's `Amounts`."""

    deductible: int
    beyond: int
    cost: int
    before_caps: int
    visit_cut: int
    year_cut: int
    overall_cut: int
    pool: int


def _named(names: Iterable[str], *columns: Sequence[Any]) -> dict[str, Sequence[Any]]:
    return dict(zip(names, columns, strict=True))


def _columns(kind: Any, rows: Iterable[Row]) -> Any:
    """Rows turned round: each field of `kind` is a column."""
    return kind(*by_column(rows))
