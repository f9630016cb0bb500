"""A city for the benchmarks, written straight into the tables: its size is what is measured, so
it is made by SQL and not by our importers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from ledger.core.ids import EntryIds
from ledger.policy.loader import load_pack
from ledger.services.context import Context
from ledger.services.initialise import initialise
from ledger.storage.database.engine import open_engine

PROVIDERS = 40


def clock() -> datetime:
    return datetime.now(UTC)


def context_on(path: Path) -> Context:
    engine = open_engine(f"sqlite:///{path}")
    return Context(engine, load_pack("420300"), clock, EntryIds(clock), "bench")


@contextmanager
def empty_city() -> Iterator[tuple[Context, Path]]:
    """An initialised database in a folder that goes away."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "bench.db"
        context = context_on(path)
        initialise(context)
        yield context, path
        context.engine.dispose()


# Said so that SQLite and PostgreSQL both understand it: a number is filled up with zeros by
# adding a power of ten and taking its first digit away.
NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :people) "
PSN_NO = "'42030' || substr(CAST(100000000000 + i AS TEXT), 2)"
WITH_ZEROS = "substr(CAST(100000000000000000 + i AS TEXT), 2)"
BASE = "(400000 + CAST(i AS BIGINT) * 7919 % 1600000)"
ACCOUNT_FEN = f"({BASE} * 200 + 5000) / 10000"

PEOPLE = (
    f"INSERT INTO person (person_id, psn_no, cert_type, certno, name) {NUMBERS}"
    f"SELECT i, {PSN_NO}, '01', 'C' || {WITH_ZEROS}, 'P' || i FROM n",
    f"INSERT INTO person_identity (kind, number, person_id) {NUMBERS}"
    f"SELECT 'psn_no', {PSN_NO}, i FROM n",
    f"INSERT INTO person_span (person_id, valid_from, valid_until, status, psn_type, plan, "
    f"county, insured) {NUMBERS}"
    "SELECT i, '2023-01-01', '9999-12-31', CASE WHEN i % 4 <> 0 THEN '11' ELSE '12' END, "
    "CASE WHEN i % 4 <> 0 THEN '1101' ELSE '1201' END, 'combined', '420302', '1' FROM n",
    "INSERT INTO benefit_span (person_id, valid_from, valid_until, status, plan) "
    "SELECT person_id, valid_from, valid_until, status, plan FROM person_span",
)

CONTRIBUTIONS = (
    f"INSERT INTO contribution (person_id, month, content_hash, kind, base_fen, employer_fen, "
    f"personal_fen, account_fen, arrived_on, county, entry_id) {NUMBERS}"
    f"SELECT i, :month, '0000000' || {WITH_ZEROS}, '10', {BASE}, {BASE} * 8 / 100, "
    f"{ACCOUNT_FEN}, {ACCOUNT_FEN}, '2023-01-20', '420302', 1 FROM n WHERE i % 4 <> 0"
)

HOSPITALS = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :providers) "
    "INSERT INTO provider (provider_id, code, name, kind, grade, tier, county, agreement_from, "
    "agreement_until) SELECT i, 'H420302' || substr(CAST(100000 + i AS TEXT), 2), '机构' || i, "
    "'1', '', i % 3 + 1, '420302', '2023-01-01', '9999-12-31' FROM n"
)


def settle_down(context: Context, people: int, months: tuple[int, ...] = (202301,)) -> None:
    """People (a quarter retired), their contributions, and providers."""
    with context.writing() as work:
        for statement in PEOPLE:
            work.connection.exec_driver_sql(statement, {"people": people})
        for month in months:
            marks = {"people": people, "month": month}
            work.connection.exec_driver_sql(CONTRIBUTIONS, marks)
        work.connection.exec_driver_sql(HOSPITALS, {"providers": PROVIDERS})
        work.commit()
