"""A small database to try things on: a real SQLite file, the real services, a clock that only
moves when somebody writes.

`template()` is migrated once a process; every world starts as a copy of it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from ledger.books.entry import Entry, Transfer
from ledger.books.kinds import EntryKind
from ledger.core.batches import Batch, ImportResult
from ledger.core.ids import NOBODY, EntryIds, PersonId
from ledger.core.money import Fen, apply_bp
from ledger.core.months import FAR, Month
from ledger.core.people import (
    ContributionKind,
    ContributionRecord,
    FamilyRecord,
    PersonRecord,
    Relation,
    Status,
)
from ledger.core.providers import ProviderKind, ProviderRecord
from ledger.core.visits import AccountUse, VisitRecord
from ledger.policy.loader import load_pack
from ledger.policy.pack import Pack
from ledger.services.books.close_month import close_month
from ledger.services.books.move_funds import move_funds
from ledger.services.books.pay_provider import pay_all
from ledger.services.books.verify import verify
from ledger.services.context import Context
from ledger.services.crediting.credit_month import credit_month
from ledger.services.crediting.import_contributions import import_contributions
from ledger.services.importing import ImportOptions
from ledger.services.initialise import initialise
from ledger.services.roster.import_families import import_families
from ledger.services.roster.import_people import import_people
from ledger.services.roster.import_providers import import_providers
from ledger.services.visits.settle_visit import reverse, settle
from ledger.storage.books.journal import append
from ledger.storage.books.months import BookingMonths
from ledger.storage.roster import people
from tests import databases
from tests.people import CHEN, LIN, WANG, YU_CERTNO, YU_NAME, ZHAO, psn_no, somebody

LONG_AGO = date(2020, 1, 1)

PROVIDERS = {
    "hospital-3": ("H42030000001", "十堰样例三级医院", ProviderKind.HOSPITAL, "三级甲等", 3),
    "hospital-2": ("H42030000002", "十堰样例二级医院", ProviderKind.HOSPITAL, "二级甲等", 2),
    "hospital-1": ("H42030000003", "十堰样例一级医院", ProviderKind.HOSPITAL, "一级", 1),
    "village-clinic": ("H42030000004", "十堰样例村卫生室", ProviderKind.HOSPITAL, "", 1),
    "ungraded": ("H42030000005", "十堰样例门诊部", ProviderKind.HOSPITAL, "未定级", None),
    "expired": ("H42030000006", "十堰样例到期医院", ProviderKind.HOSPITAL, "二级甲等", 2),
    "away-hospital-3": ("H42010000001", "武汉样例三级医院", ProviderKind.HOSPITAL, "三级甲等", 3),
    "pharmacy": ("P42030000007", "十堰样例统筹药店", ProviderKind.PHARMACY, "", None),
    "pharmacy-unpooled": ("P42030000008", "十堰样例普通药店", ProviderKind.PHARMACY, "", None),
    "pharmacy-unstated": ("P42030000009", "十堰样例未注明药店", ProviderKind.PHARMACY, "", None),
}
"""Nickname -> code, name, kind, grade, tier. The agreement of `expired` ends with 2023-02-28."""

POOLING = {"pharmacy": True, "pharmacy-unpooled": False}
AGREEMENT_UNTIL = {"expired": date(2023, 3, 1)}


def code_of(nickname: str) -> str:
    """The code of a provider by its nickname; a code stays as it is."""
    return PROVIDERS[nickname][0] if nickname in PROVIDERS else nickname


def provider_records() -> list[ProviderRecord]:
    return [
        ProviderRecord(
            row, code, name, kind, grade, tier, f"{code[1:5]}02", LONG_AGO,
            AGREEMENT_UNTIL.get(nickname, FAR), POOLING.get(nickname),
        )
        for row, (nickname, (code, name, kind, grade, tier)) in enumerate(PROVIDERS.items(), 2)
    ]  # fmt: skip


@cache
def shiyan() -> Pack:
    return load_pack("420300-shiyan")


class Clock:
    """Stands at the beginning of 2024 and moves a millisecond a look."""

    def __init__(self, start: datetime | None = None) -> None:
        self.instant = start or datetime(2024, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.instant += timedelta(milliseconds=1)
        return self.instant


CLOCK = Clock()
"""One for the process: what a second context writes is later than what the first wrote."""


def open_context(
    path: Path, pack: Pack | None = None, actor: str = "tester", owner: bool = False
) -> Context:
    """A context on the database of a path. Without waiting for the disk: no test pulls the plug."""
    engine = databases.open_test_engine(path, owner)
    return Context(engine, pack or shiyan(), CLOCK, EntryIds(CLOCK, node=1), actor)


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="gongji-")


@cache
def template() -> Path:
    """A migrated database of the pool with its providers and nobody in it; never written to."""
    path = Path(_folder().name) / "template.db"
    context = open_context(path, owner=True)
    initialise(context)
    records = provider_records()
    import_providers(
        context, Batch("providers", "providers", len(records), records, []), ImportOptions()
    )
    databases.settle_down(context.engine)
    return path


class World:
    """A copy of the template and short ways to do things to it."""

    def __init__(self, path: Path, pack: Pack | None = None, actor: str = "tester") -> None:
        databases.copy(template(), path)
        self.path = path
        self.context = open_context(path, pack, actor)
        self._rows = 1
        self._receipts = 0

    def close(self) -> None:
        self.context.engine.dispose()

    # --- doing ---

    def enrol(self, *records: PersonRecord) -> ImportResult:
        batch = Batch("people", "people.xlsx", len(records), list(records), [])
        return _all_taken(import_people(self.context, batch, ImportOptions()))

    def contribute(self, *records: ContributionRecord) -> ImportResult:
        batch = Batch("contributions", "contributions.xlsx", len(records), list(records), [])
        return _all_taken(import_contributions(self.context, batch, ImportOptions()))

    def link(self, *records: FamilyRecord) -> ImportResult:
        batch = Batch("families", "families.xlsx", len(records), list(records), [])
        return _all_taken(import_families(self.context, batch, ImportOptions()))

    def credit(self, month: str) -> dict[str, Any]:
        return credit_month(self.context, Month.parse(month))

    def settle(self, record: VisitRecord, request_id: str | None = None) -> dict[str, Any]:
        return settle(self.context, record, request_id)

    def reverse(self, answer: Mapping[str, Any], on: datetime, **more: Any) -> dict[str, Any]:
        return reverse(self.context, int(answer["setl_id"]), on, **more)

    def close_month(self, month: str) -> dict[str, Any]:
        return close_month(self.context, Month.parse(month))

    def open_with(self, number: str, fen: int, year: int = 2022) -> None:
        """Put an opening balance into an account, as money of `year` (a balance carried over)."""
        with self.context.writing() as work:
            person = people.find_person(work.connection, number)
            assert person is not None, f"nobody has the number {number}"
            day = date(year, 12, 31)
            leg = Transfer(PersonId(person), 1, "credit_employee", year, fen)
            append(
                work,
                [
                    Entry(
                        NOBODY,
                        work.ids.next(),
                        EntryKind.CREDIT,
                        day,
                        BookingMonths(work.connection).of(day),
                        (leg,),
                        memo="期初余额",
                    )
                ],
            )
            work.commit()

    # --- saying ---

    def contribution(
        self,
        psn_no: str,
        month: str,
        base_fen: int,
        kind: ContributionKind = ContributionKind.NORMAL,
        arrived_on: date | None = None,
        account_fen: int | None = None,
    ) -> ContributionRecord:
        """What an employee's unit pays: 8 % and the 2 % withheld. A receipt of its own each, so
        that two like amounts are two contributions."""
        self._receipts += 1
        of = Month.parse(month)
        personal = apply_bp(base_fen, 200)
        return ContributionRecord(
            row=self._receipts + 1,
            employer_no="E001",
            employer_name="十堰样例一厂",
            psn_no=psn_no,
            certno=None,
            month=of,
            base_fen=Fen(base_fen),
            employer_fen=apply_bp(base_fen, 800),
            personal_fen=personal,
            account_fen=personal if account_fen is None else Fen(account_fen),
            kind=kind,
            arrived_on=arrived_on or date(of.year, of.month, 20),
            receipt_no=f"R{self._receipts:06d}",
        )

    def visit(
        self,
        visit_id: str,
        psn_no: str | None,
        settled_at: datetime | date,
        in_scope_fen: int,
        at: str = "hospital-3",
        use: int = 0,
        self_paid_fen: int = 0,
        paid_first_fen: int = 0,
        over_limit_fen: int = 0,
        **more: Any,
    ) -> VisitRecord:
        """A visit by nickname of the provider. `more`: any other field of the record."""
        at_time = settled_at if isinstance(settled_at, datetime) else _at_nine(settled_at)
        fields: dict[str, Any] = {
            "row": 2,
            "visit_id": visit_id,
            "provider_code": code_of(at),
            "psn_no": psn_no,
            "certno": None,
            "med_type": "11",
            "settled_at": at_time,
            "total_fen": Fen(in_scope_fen + self_paid_fen + paid_first_fen + over_limit_fen),
            "fully_self_paid_fen": Fen(self_paid_fen),
            "over_limit_fen": Fen(over_limit_fen),
            "paid_first_fen": Fen(paid_first_fen),
            "in_scope_fen": Fen(in_scope_fen),
            "account_use": AccountUse(use),
        }
        return VisitRecord(**(fields | more))

    def relation(
        self,
        holder_certno: str,
        user_certno: str,
        relation: Relation = Relation.SPOUSE,
        valid_from: date = date(2023, 1, 1),
        valid_until: date = FAR,
        quota_fen: int | None = None,
        position: int | None = None,
        user_name: str = "使用人",
    ) -> FamilyRecord:
        quota = None if quota_fen is None else Fen(quota_fen)
        return FamilyRecord(
            2, holder_certno, "授权人", user_certno, user_name, relation,
            valid_from, valid_until, quota, position,
        )  # fmt: skip

    # --- asking ---

    def person_id(self, number: str) -> int:
        with self.context.reading() as connection:
            person = people.find_person(connection, number)
        assert person is not None, f"nobody has the number {number}"
        return person

    def balance(self, number: str) -> int:
        """Fen left in a person's account."""
        rows = self.rows(
            "SELECT credited_fen - debited_fen FROM personal_account WHERE person_id = ?",
            self.person_id(number),
        )
        return int(rows[0][0]) if rows else 0

    def accumulators(self, number: str, year: int) -> tuple[int, ...]:
        """In scope, deductible, cost, paid, overall of a person-year; zeros before any visit."""
        rows = self.rows(
            "SELECT in_scope_fen, deductible_fen, cost_fen, paid_fen, overall_fen "
            "FROM accumulator WHERE person_id = ? AND year = ?",
            self.person_id(number),
            year,
        )
        return rows[0] if rows else (0, 0, 0, 0, 0)

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with self.context.reading() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(sql, values)]

    def count(self, table: str) -> int:
        return int(self.rows(f"SELECT count(*) FROM {table}")[0][0])

    def breaches(self) -> list[str]:
        """Codes of what `verify` finds wrong."""
        return [breach["code"] for breach in verify(self.context)["breaches"]]

    def prove(self) -> None:
        """Fail, naming them, when `verify` finds breaches."""
        found = verify(self.context)
        assert found["ok"], found["breaches"]


def _at_nine(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 9)


def _all_taken(result: ImportResult) -> ImportResult:
    assert not result.errors, result.errors
    return result


def dump(world: World, tables: Sequence[str]) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of some tables, to compare a database with itself later. A month that was opened
    and has no entry counts for nothing: see `ledger.storage.books.months`."""
    return {
        table: sorted(world.rows(f"SELECT * FROM {table} {_THAT_COUNT.get(table, '')}"), key=repr)
        for table in tables
    }


_THAT_COUNT = {
    "fiscal_month": "WHERE status = 'closed' OR EXISTS "
    "(SELECT 1 FROM entry AS e WHERE e.fiscal_month = month)"
}


def a_busy_quarter(world: World) -> None:
    """Something of everything: credits with arrears, a return and a debt, a retirement made known
    late, visits of all kinds, mutual aid with a quota, refunds, a stay, fund flows, payments, and
    January closed."""
    world.enrol(CHEN, LIN, WANG, ZHAO)
    chen, lin, wang, zhao = (str(person.psn_no) for person in (CHEN, LIN, WANG, ZHAO))
    world.open_with(chen, 300_000)
    for month in ("2023-01", "2023-02"):
        world.contribute(
            world.contribution(chen, month, 800_025),
            world.contribution(zhao, month, 520_850),
            world.contribution(wang, month, 403_900, account_fen=0),
        )
    world.credit("2023-01")
    world.link(
        world.relation(CHEN.certno, LIN.certno, Relation.SPOUSE, quota_fen=20_000),
        world.relation(CHEN.certno, YU_CERTNO, Relation.CHILD, user_name=YU_NAME),
    )
    _visits_of_january(world, chen, lin, wang, zhao)
    world.contribute(
        world.contribution(zhao, "2023-01", -520_850, ContributionKind.REFUND, date(2023, 2, 8)),
        world.contribution(zhao, "2023-02", -520_850, ContributionKind.REFUND, date(2023, 2, 8)),
        world.contribution(chen, "2023-01", 60_000, ContributionKind.BASE_DIFFERENCE),
    )
    world.credit("2023-02")
    retired = somebody(1, CHEN.name, Status.RETIRED, changed_on=date(2023, 2, 1))
    world.enrol(retired._replace(settled_up_on=date(2023, 2, 1)))
    world.credit("2023-02")
    _money_of_january(world)
    late = world.settle(world.visit("late", zhao, date(2023, 1, 31), 40_000, use=1))
    world.reverse(late, datetime(2023, 2, 3, 10))
    world.settle(world.visit("H", None, date(2023, 2, 6), 4_000, use=2, certno=YU_CERTNO))
    world.settle(world.visit("I", chen, date(2023, 2, 7), 10_000, use=1))
    move_funds(world.context, "fiscal", Fen(1_000), date(2023, 2, 10))
    world.settle(world.visit("cash-only", wang, date(2023, 2, 3), 0, self_paid_fen=1_000))


def _visits_of_january(world: World, chen: str, lin: str, wang: str, zhao: str) -> None:
    day = date(2023, 1, 10)
    first = world.settle(world.visit("A", chen, day, 90_000, use=1), "request-1")
    world.settle(world.visit("B", lin, day, 88_801, "hospital-2", use=2), "request-1")
    world.settle(world.visit("C", None, day, 5_000, "hospital-1", use=2, certno=YU_CERTNO))
    world.settle(world.visit("D", zhao, day, 1_000_000, "hospital-1", use=1, paid_first_fen=700))
    world.settle(
        world.visit("E", wang, day, 60_000, "pharmacy", med_type="41",
                    prescriber_code=code_of("hospital-1"))
    )  # fmt: skip
    stay = world.visit("S", lin, date(2023, 1, 25), 0, med_type="21")
    world.settle(stay._replace(first_day=date(2023, 1, 20), last_day=date(2023, 1, 25)))
    world.settle(world.visit("F", lin, date(2023, 1, 22), 3_000, use=1))
    shared = world.settle(world.visit("G", lin, date(2023, 1, 28), 9_000, use=2))
    world.reverse(shared, datetime(2023, 1, 29, 9))
    assert first["hifp_pay"] == "200.00"


def _money_of_january(world: World) -> None:
    move_funds(world.context, "fiscal", Fen(150_000), date(2023, 1, 28), "flow-1")
    move_funds(world.context, "disbursement", Fen(120_000), date(2023, 1, 30))
    # What January's visits cost is more than January's contributions brought; three people do not
    # carry a fund. The rest of the city's money comes in here.
    world.enrol(somebody(50, "其他参保人"))
    world.contribute(
        world.contribution(psn_no(50), "2023-01", 10_000_000, arrived_on=date(2023, 1, 31))
    )
    world.credit("2023-02")
    move_funds(world.context, "fiscal", Fen(800_000), date(2023, 1, 31))
    move_funds(world.context, "disbursement", Fen(800_000), date(2023, 1, 31))
    pay_all(world.context, Month(2023, 1), date(2023, 2, 2))
    world.close_month("2022-12")
    world.close_month("2023-01")


@cache
def busy_template() -> Path:
    """A database after `a_busy_quarter`; never written to."""
    path = Path(_folder().name) / "busy.db"
    world = World(path)
    a_busy_quarter(world)
    databases.settle_down(world.context.engine)
    return path


def copy_of(source: Path, path: Path, actor: str = "tester") -> World:
    """A world that begins as a copy of another's file."""
    databases.copy(source, path)
    return World(path, actor=actor)


def twin_of(world: World, path: Path) -> World:
    """Another world that begins as this one stands now, under the same pack."""
    databases.settle_down(world.context.engine)
    databases.copy(world.path, path)
    return World(path, world.context.pack, world.context.actor)
