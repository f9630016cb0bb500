"""A small database to try things on: a real SQLite file, the real services, a clock that only
moves when somebody writes.

`template()` is migrated once a process; every world starts as a copy of it.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import event

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
)
from ledger.core.providers import ProviderKind, ProviderRecord
from ledger.core.visits import AccountUse, VisitRecord
from ledger.policy.loader import load_pack
from ledger.policy.pack import Pack
from ledger.services.close_month import close_month
from ledger.services.context import Context
from ledger.services.credit_month import credit_month
from ledger.services.import_contributions import import_contributions
from ledger.services.import_families import import_families
from ledger.services.import_people import import_people
from ledger.services.import_providers import import_providers
from ledger.services.importing import ImportOptions
from ledger.services.initialise import initialise
from ledger.services.settle_visit import reverse, settle
from ledger.services.verify import verify
from ledger.storage import people
from ledger.storage.engine import open_engine
from ledger.storage.journal import append
from ledger.storage.months import BookingMonths

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


def open_context(path: Path, pack: Pack | None = None, actor: str = "tester") -> Context:
    """A context on a database file. Without waiting for the disk: no test pulls the plug."""
    engine = open_engine(f"sqlite:///{path}")
    event.listen(engine, "connect", _do_not_wait_for_the_disk)
    clock = Clock()
    return Context(engine, pack or shiyan(), clock, EntryIds(clock, node=1), actor)


def _do_not_wait_for_the_disk(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous = OFF")


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="gongji-")


@cache
def template() -> Path:
    """A migrated database of the pool with its providers and nobody in it; never written to."""
    path = Path(_folder().name) / "template.db"
    context = open_context(path)
    initialise(context)
    records = provider_records()
    import_providers(
        context, Batch("providers", "providers", len(records), records, []), ImportOptions()
    )
    with context.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    context.engine.dispose()
    return path


class World:
    """A copy of the template and short ways to do things to it."""

    def __init__(self, path: Path, pack: Pack | None = None, actor: str = "tester") -> None:
        if not path.exists():
            shutil.copyfile(template(), path)
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
    """Every row of some tables, to compare a database with itself later."""
    return {table: sorted(world.rows(f"SELECT * FROM {table}"), key=repr) for table in tables}
