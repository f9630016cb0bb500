"""Nobody at a window waits for a table to be read from end to end, and no index is kept for
nothing: the plans of the statements that the verbs really execute, in a town of some size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import date, datetime

import pytest

from ledger.benefits.account_states import Event
from ledger.books.chart import DISBURSEMENT_ACCOUNT
from ledger.core.errors import Unknown
from ledger.core.months import Month
from ledger.services.accounts.account_states import change_state
from ledger.services.books.close_month import StillOpen, close_month
from ledger.services.books.read import balance
from ledger.services.books.reporting import opened
from ledger.services.crediting.credit_month import credit_month
from ledger.services.resettlement.resettle import show
from ledger.services.resettlement.resettle_plan import Scope
from ledger.storage import proposals
from ledger.storage.accounts import merges, premiums
from ledger.storage.books import funds, months, payees
from ledger.storage.pools import pool_quotas, pool_transfers
from ledger.storage.proof import checks
from ledger.storage.tables import metadata
from ledger.storage.tables.base import indexes_of
from ledger.storage.visits import claims, resettlements
from tests import databases
from tests.people import CHEN
from tests.plans.crowd import GROWING, NEIGHBOURS, WAITING, fill_the_rest, move_in
from tests.plans.recording import Recording, recording
from tests.plans.windows import what_windows_ask
from tests.world import World, busy_template, code_of, copy_of

LONG_BOOKS = {"ix_contribution_entry_id"}
"""A month is half of this town's books, so PostgreSQL joins this table whole. SQLite, which has
no statistics, reads by it, and so does PostgreSQL where years of months lie beside the one."""

MONTH = Month(2023, 2)


pytestmark = pytest.mark.xdist_group("plans")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    path = tmp_path_factory.mktemp("plans") / "town.db"
    world = copy_of(busy_template(), path)
    move_in(path)
    little = [t for t in sorted(GROWING - WAITING) if world.count(t) < 5 * NEIGHBOURS]
    fill_the_rest(path, little)
    yield world
    world.close()


@pytest.fixture(scope="module")
def at_the_window(town: World) -> Recording:
    with recording(town.context.engine, town.path) as made:
        what_windows_ask(town)
    return made


@pytest.fixture(scope="module")
def in_the_office(town: World) -> Recording:
    with recording(town.context.engine, town.path) as made:
        _what_the_office_asks(town)
    return made


@pytest.fixture(scope="module")
def of_one(town: World) -> Recording:
    with recording(town.context.engine, town.path) as made:
        _what_is_asked_of_one(town)
    return made


def _what_is_asked_of_one(world: World) -> None:
    """Lists of one person, one employer, one provider; closing one month of many. March is one in
    which little happened: of a month that is half of the books a plan may well read all."""
    context, chen = world.context, str(CHEN.psn_no)
    march, place = Month(2023, 3), code_of("hospital-3")
    for name, more in (
        ("statement", {"person": chen}),
        ("crediting-list", {"employer_no": "E001", "month": march}),
        ("provider-statement", {"provider_code": place, "month": march}),
    ):
        with opened(context, name, **more) as report:
            _read(report)
    change_state(context, chen, Event.FREEZE, date(2023, 2, 25), "法院冻结", dry_run=True)
    show(context, Scope(person=chen, year=2023), datetime(2023, 3, 1))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(checks, "failing", lambda _connection: [])  # It proves all of the books.
        with pytest.raises(StillOpen):
            close_month(context, march)
    with context.writing() as work:
        months.hold(work.connection, march)
        months.close_month(work.connection, march, context.now(), "tester")


def _what_the_office_asks(world: World) -> None:
    """Runs and reports, which may read a month or a table whole, and what looks for one thing by
    its number."""
    context = world.context
    credit_month(context, Month(2023, 3), dry_run=True)
    for name in ("reconciliation", "fund-report"):
        with opened(context, name, month=MONTH) as report:
            _read(report)
    place = code_of("hospital-3")
    with opened(context, "provider-statement", provider_code=place, month=MONTH) as report:
        _read(report)
    with context.reading() as connection:
        checks.failing(connection)
        number = 10**9 + 1
        for find in (
            merges.find_merge,
            payees.find_payee,
            pool_quotas.find_quota,
            pool_transfers.find_case,
            proposals.find_proposal,
        ):
            find(connection, number)
        merges.merges_of(connection, number)
        pool_quotas.quotas_for(connection, "x1")
        premiums.paid_for(connection, number, "x", 1900)
        resettlements.people_of_employer(connection, "E001", 2023)
        resettlements.people_of_provider(connection, 3, 2023)
        funds.cash_balance(connection, DISBURSEMENT_ACCOUNT)
        nothing = claims.ClaimRow(number, "x1", MONTH.first_day, "x", "x", None, False, "x1", "x")
        claims.double_of(connection, number, nothing, MONTH.first_day, 1)


def _read(report: object) -> None:
    """Whatever streams is read to its end."""
    if isinstance(report, Iterator):
        for part in report:
            _read(part)
    elif is_dataclass(report):
        for field in fields(report):
            _read(getattr(report, field.name))


def test_no_window_reads_a_table_that_grows_from_end_to_end(at_the_window: Recording) -> None:
    assert len(at_the_window.plans) > 20
    assert at_the_window.scans() == {}


def test_the_balance_of_now_is_one_look_by_keys_at_what_is_kept(town: World) -> None:
    with recording(town.context.engine, town.path) as made:
        balance(town.context, str(CHEN.psn_no), MONTH.first_day)
    (plan,) = made.plans
    assert plan.scanned == set()
    assert "debtor" in plan.statement
    assert "transfer" not in plan.statement


OF_NOBODY = "e.person_id = 0"
"""Runs and payments of the fund stand under nobody, and are few. This town has each of them a
thousand times, a third of its entries, and a plan that reads them all is right."""


def test_nothing_of_one_reads_everything(of_one: Recording) -> None:
    assert len(of_one.plans) > 20
    read = {
        (table, statement)
        for table, statements in of_one.scans().items()
        for statement in statements
        if table not in WAITING and OF_NOBODY not in statement
    }
    assert read == set()


ACROSS_PEOPLE = {
    "ix_visit_visit_id": "hospitals name a visit by its number",
    "ix_inpatient_stay_visit_id": "hospitals name a visit by its number",
    "ix_entry_entry_id": "a refund and an explanation name a settlement by its number",
    "ix_family_link_holder_id": "mutual aid",
    "ix_person_alias_kept_id": "merging",
    "ix_person_merge_merged_id": "merging",
    "ix_person_merge_merge_id": "merging",
}
"""Index by which a window finds something without knowing whose it is -> why."""


def test_windows_ask_for_one_person(at_the_window: Recording) -> None:
    leading = {
        str(index.name): next(iter(index.columns)).name
        for table in metadata.tables.values()
        for index in table.indexes
    }
    across = {i for i in at_the_window.indexes() & set(leading) if leading[i] != "person_id"}
    assert across <= set(ACROSS_PEOPLE)


def test_a_look_at_a_whole_table_would_be_seen(town: World) -> None:
    with recording(town.context.engine, town.path) as made:
        assert town.count("transfer") > NEIGHBOURS
        with pytest.raises(Unknown):
            balance(town.context, "nobody", MONTH.first_day)
    assert set(made.scans()) == {"transfer"}


def test_every_index_is_used(
    at_the_window: Recording, in_the_office: Recording, of_one: Recording
) -> None:
    dialect = "postgresql" if databases.POSTGRES else "sqlite"
    declared = {str(i.name) for t in metadata.tables.values() for i in indexes_of(t, dialect)}
    kept_for_uniqueness = {name for name in declared if name.startswith("uq_")}
    used = at_the_window.indexes() | in_the_office.indexes() | of_one.indexes()
    if databases.POSTGRES:
        used |= LONG_BOOKS
    assert declared - kept_for_uniqueness - used == set()
