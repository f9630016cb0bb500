"""PostgreSQL keeps transfers and settlements by year: whatever is asked of the whole table holds
for each year, and no year may be written to by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import psycopg
import pytest
from sqlalchemy import Connection, Engine
from sqlalchemy.schema import CreateTable

from ledger.core.errors import Refused
from ledger.core.ids import EntryIds, first_id_of, recorded_at
from ledger.storage.database import years
from ledger.storage.database.append_only import BY_YEAR
from ledger.storage.database.embedded_postgres import APPLICATION, OWNER, EmbeddedPostgres
from ledger.storage.database.engine import open_engine, writing
from ledger.storage.database.lines import line_of
from ledger.storage.database.nodes import ids_on
from ledger.storage.database.triggers import missing_triggers
from ledger.storage.database.unit_of_work import unit_of_work
from ledger.storage.migrate import upgrade
from ledger.storage.tables import metadata
from tests.databases import scratch_folders

Session = psycopg.Connection[tuple[Any, ...]]
THIS, NEXT = 2026, 2027
NOW = datetime(THIS, 11, 30, tzinfo=UTC)
LEAVES = [f"{table}_{part}" for table in BY_YEAR for part in ("first", THIS, NEXT)]
OF_YEARS = "SELECT tableoid::regclass::text, count(*) FROM {} GROUP BY 1 ORDER BY 1"


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    """A server of its own, with the schema in it and this year open."""
    with scratch_folders() as (folder, root_folder):
        made = EmbeddedPostgres(folder, {"fsync": "off"}, root_folder)
        made.open()
        engine = open_engine(made.url(OWNER))
        upgrade(engine)
        engine.dispose()
        write_at(made, NOW)
        with psycopg.connect(made.url(OWNER)) as connection:
            connection.execute("INSERT INTO fiscal_month (month, status) VALUES (202611, 'open')")
            connection.execute(
                "INSERT INTO account (code, name, english, type, normal_side, fund) "
                "SELECT code, '', '', '', '', '' FROM unnest(ARRAY['a', 'b']) AS code"
            )
        yield made
        made.close()


@pytest.fixture
def owner(server: EmbeddedPostgres) -> Iterator[Session]:
    """A session of the owner whose work is undone."""
    with psycopg.connect(server.url(OWNER)) as connection:
        yield connection
        connection.rollback()


@dataclass
class Clock:
    instant: datetime

    def now(self) -> datetime:
        return self.instant


def write_at(server: EmbeddedPostgres, instant: datetime) -> None:
    """As the application opens a transaction that writes."""
    engine = open_engine(server.url(APPLICATION))
    try:
        with unit_of_work(engine, EntryIds(lambda: instant), lambda: instant, "tester") as work:
            work.commit()
    finally:
        engine.dispose()


def leaves(session: Session) -> set[str]:
    rows = session.execute(
        "SELECT c.relname FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid "
        "JOIN pg_class AS w ON w.oid = i.inhparent WHERE c.relkind = 'r' AND w.relkind = 'p'"
    )
    return {name for (name,) in rows}


def test_the_tables_say_by_what_they_are_kept() -> None:
    kept = {
        name: str(table.dialect_options["postgresql"]["partition_by"])
        for name, table in metadata.tables.items()
        if table.dialect_options["postgresql"]["partition_by"]
    }
    assert kept == {table: f"RANGE ({number})" for table, number in BY_YEAR.items()}
    for table, number in BY_YEAR.items():
        assert number in metadata.tables[table].primary_key.columns
    assert "PARTITION" not in str(CreateTable(metadata.tables["transfer"]))


@pytest.mark.parametrize("year", [2020, 2021, 2024, 2025, 2088, 2089])
def test_the_first_id_of_a_year_is_the_same_in_both_languages(owner: Session, year: int) -> None:
    found = owner.execute(f"SELECT {years.FIRST_ID.format(year)}".encode()).fetchone()
    assert found == (first_id_of(year),)
    assert recorded_at(first_id_of(year)) == datetime(year, 1, 1, tzinfo=UTC)
    assert recorded_at(first_id_of(year) - 1) < datetime(year, 1, 1, tzinfo=UTC)


def test_whoever_writes_has_his_year_and_the_next_one_made(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.url(OWNER), autocommit=True) as session:
        before = leaves(session)
        assert set(LEAVES) <= before
        write_at(server, datetime(2030, 6, 1, tzinfo=UTC))
        made = {f"{table}_{year}" for table in BY_YEAR for year in (2030, 2031)}
        assert leaves(session) - before == made
        write_at(server, datetime(2030, 12, 31, 23, 59, 59, tzinfo=UTC))
        assert leaves(session) == before | made
        write_at(server, datetime(2031, 1, 1, tzinfo=UTC))
        assert leaves(session) == before | made | {f"{table}_2032" for table in BY_YEAR}


def test_a_connection_that_lives_over_the_turn_of_a_year_asks_again(
    server: EmbeddedPostgres,
) -> None:
    clock = Clock(datetime(2040, 12, 31, 23, tzinfo=UTC))
    ids = EntryIds(clock.now)
    engine = open_engine(server.url(APPLICATION))
    with psycopg.connect(server.url(OWNER), autocommit=True) as session:
        for _day in range(2):
            with unit_of_work(engine, ids, clock.now, "tester") as work:
                assert recorded_at(work.ids.next()).year == clock.instant.year
                work.commit()
            assert {f"transfer_{clock.instant.year + 1}", "transfer_2041"} <= leaves(session)
            clock.instant += timedelta(days=1)
        assert {"transfer_2042", "settlement_2042"} <= leaves(session)
    engine.dispose()


def test_a_line_of_a_desk_asks_for_its_year_as_well(server: EmbeddedPostgres) -> None:
    clock = Clock(datetime(2060, 12, 31, tzinfo=UTC))
    ids = EntryIds(clock.now)
    engine = open_engine(server.url(APPLICATION))
    with psycopg.connect(server.url(OWNER), autocommit=True) as session:
        for last in (2061, 2062):
            with line_of(engine) as line:
                ids_on(cast(Connection, line), ids)
            assert {f"transfer_{last}", f"settlement_{last}"} <= leaves(session)
            assert f"transfer_{last + 1}" not in leaves(session)
            clock.instant += timedelta(days=1)
    engine.dispose()


def test_years_are_made_beside_whoever_reads_and_writes(server: EmbeddedPostgres) -> None:
    """Nobody who uses the table is waited for; two who make the same years do it once."""
    with psycopg.connect(server.url(OWNER)) as busy:
        busy.execute("LOCK TABLE transfer, settlement IN ROW EXCLUSIVE MODE")
        busy.execute("SELECT count(*) FROM transfer").fetchone()
        with ThreadPoolExecutor(4) as pool:
            at = datetime(2050, 1, 1, tzinfo=UTC)
            for done in [pool.submit(write_at, server, at) for _ in range(4)]:
                done.result(timeout=30)
        assert {"transfer_2050", "settlement_2051"} <= leaves(busy)


def test_a_year_without_ids_is_refused(server: EmbeddedPostgres) -> None:
    for year in ("2019", "2089", "NULL"):
        with (
            psycopg.connect(server.url(APPLICATION)) as session,
            pytest.raises(psycopg.errors.RaiseException, match="ledger/no-such-year"),
        ):
            session.execute(f"SELECT open_years({year})".encode())


ENTRY = (
    "INSERT INTO entry (person_id, entry_id, kind, legs, happened_on, recorded_at, fiscal_month, "
    "reverses_entry_id, actor, memo) "
    "VALUES (1, %s, 'settlement', 1, '2026-11-05', '2026-11-05', 202611, %s, 'a', '')"
)
COLUMNS = (
    "person_id, entry_id, leg, kind, happened_on, fiscal_month, fund_year, debit_account, "
    "credit_account, amount_fen"
)
LEG = "SELECT 1, {}, 1, 'x', CAST('2026-11-05' AS date), 202611, 2026, 'a', 'b', 1"


def test_a_clock_far_astray_is_told_so(server: EmbeddedPostgres) -> None:
    with pytest.raises(Refused) as refused:
        write_at(server, datetime(2019, 12, 31, tzinfo=UTC))
    assert refused.value.code == "ledger/no-such-year"


def test_rows_lie_in_the_year_of_their_id(owner: Session) -> None:
    ids = [1, first_id_of(THIS), first_id_of(NEXT) - 1, first_id_of(NEXT)]
    for number in ids:
        owner.execute(ENTRY, (number, None))
        owner.execute(f"INSERT INTO transfer ({COLUMNS}) {LEG.format(number)}".encode())
    found = owner.execute(OF_YEARS.format("transfer").encode()).fetchall()
    assert found == [
        ("by_year.transfer_2026", 2),
        ("by_year.transfer_2027", 1),
        ("by_year.transfer_first", 1),
    ]


def copied(session: Session, into: str, number: int) -> None:
    with (
        session.cursor() as cursor,
        cursor.copy(f"COPY {into} ({COLUMNS}) FROM STDIN".encode()) as copy,
    ):
        copy.write_row((1, number, 1, "x", "2026-11-05", 202611, 2026, "a", "b", 1))


WAYS: dict[str, Callable[[Session, str, int], object]] = {
    "insert": lambda s, t, n: s.execute(f"INSERT INTO {t} ({COLUMNS}) {LEG.format(n)}".encode()),
    "merge": lambda s, t, n: s.execute(
        f"MERGE INTO {t} USING ({LEG.format(n)}) AS n ({COLUMNS}) ON false WHEN NOT MATCHED "
        f"THEN INSERT ({COLUMNS}) VALUES (n.{COLUMNS.replace(', ', ', n.')})".encode()
    ),
    "copy": copied,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("number", [5, first_id_of(THIS) + 5, first_id_of(NEXT) + 5])
def test_what_comes_is_checked_whatever_its_year_and_way(
    owner: Session, way: str, number: int
) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match="ledger/unknown-entry"):
        WAYS[way](owner, "transfer", number)
    owner.rollback()
    owner.execute(ENTRY, (number, None))
    WAYS[way](owner, "transfer", number)
    assert owner.execute("SELECT entry_id FROM transfer").fetchall() == [(number,)]
    with pytest.raises(psycopg.errors.UniqueViolation):
        WAYS[way](owner, "transfer", number)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("number", [5, first_id_of(THIS) + 5, first_id_of(NEXT) + 5])
def test_a_year_takes_nothing_by_its_name(owner: Session, way: str, number: int) -> None:
    """Also what the whole table would take: its checks would not be asked."""
    owner.execute(ENTRY, (number, None))
    year = max(recorded_at(number).year, THIS - 1)
    leaf = f"by_year.transfer_{'first' if year < THIS else year}"
    with pytest.raises(psycopg.errors.RaiseException, match="ledger/append-only"):
        WAYS[way](owner, leaf, number)


@pytest.mark.parametrize("leaf", LEAVES)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE by_year.{leaf} SET person_id = person_id",
        "DELETE FROM by_year.{leaf}",
        "TRUNCATE by_year.{leaf}",
        "MERGE INTO by_year.{leaf} USING (SELECT 1) AS n ON true WHEN MATCHED THEN DELETE",
        "INSERT INTO by_year.{leaf} SELECT * FROM by_year.{leaf}",
    ],
)
def test_no_year_is_written_to_by_name_not_even_by_the_owner(
    server: EmbeddedPostgres, owner: Session, leaf: str, statement: str
) -> None:
    said = statement.format(leaf=leaf).encode()
    with pytest.raises(psycopg.errors.RaiseException, match="ledger/append-only"):
        owner.execute(said)
    with (
        psycopg.connect(server.url(APPLICATION)) as session,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        session.execute(said)


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE by_year.transfer_2026 DISABLE TRIGGER ALL",
        "DROP TABLE by_year.transfer_2026",
        "ALTER TABLE transfer DETACH PARTITION by_year.transfer_2026",
        "CREATE TABLE by_year.other (x int)",
        "CREATE TABLE by_year.transfer_2028 PARTITION OF transfer DEFAULT",
        "ALTER FUNCTION open_years(integer) RESET ALL",
        "COPY by_year.transfer_2026 FROM STDIN",
    ],
)
def test_the_application_makes_and_changes_no_year_by_itself(
    server: EmbeddedPostgres, statement: str
) -> None:
    with (
        psycopg.connect(server.url(APPLICATION)) as session,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        session.execute(statement.encode())


def test_nobody_but_the_application_and_the_owner_has_years_made(owner: Session) -> None:
    said = owner.execute(
        "SELECT proconfig, prosecdef, CAST(proacl AS text) FROM pg_proc "
        "WHERE proname = 'open_years'"
    ).fetchone()
    assert said is not None
    assert said[:2] == (["search_path=public, pg_temp"], True)
    granted = {each.partition("=")[0] for each in said[2].strip("{}").split(",")}
    assert granted == {OWNER, APPLICATION}


@pytest.mark.parametrize("leaf", LEAVES)
@pytest.mark.parametrize(
    "change",
    [
        "DROP TRIGGER year_refuse_by_name ON by_year.{leaf}",
        "ALTER TABLE by_year.{leaf} DISABLE TRIGGER year_refuse_by_name",
        "ALTER TABLE {whole} DETACH PARTITION by_year.{leaf}",
    ],
)
def test_a_year_without_its_guard_or_its_table_is_missed(
    server: EmbeddedPostgres, leaf: str, change: str
) -> None:
    said = change.format(leaf=leaf, whole=leaf.partition("_")[0])
    assert missing_after(server, said) == [f"by_year.{leaf}"]


def test_a_check_that_is_off_in_one_year_is_missed(server: EmbeddedPostgres) -> None:
    said = "ALTER TABLE by_year.settlement_2026 DISABLE TRIGGER settlement_given_back_once"
    assert missing_after(server, said) == ["by_year.settlement_2026"]


def test_a_guard_that_does_nothing_is_missed_in_every_year(server: EmbeddedPostgres) -> None:
    said = (
        "CREATE OR REPLACE FUNCTION year_refuse_by_name() RETURNS trigger LANGUAGE plpgsql "
        "AS $$ BEGIN RETURN NULL; END $$"
    )
    assert {f"by_year.{leaf}" for leaf in LEAVES} <= set(missing_after(server, said))


def missing_after(server: EmbeddedPostgres, change: str) -> list[str]:
    engine = open_engine(server.url(OWNER))
    with engine.connect() as connection:
        assert missing_triggers(connection) == []
        connection.exec_driver_sql(change)
        found = missing_triggers(connection)
        connection.rollback()
    engine.dispose()
    return found


@pytest.fixture
def engine(server: EmbeddedPostgres) -> Iterator[Engine]:
    made = open_engine(server.url(OWNER))
    yield made
    made.dispose()


def test_a_settlement_is_given_back_once_whatever_the_year(engine: Engine) -> None:
    first, this, following = 7, first_id_of(THIS) + 7, first_id_of(NEXT) + 7
    with engine.connect() as connection:
        for number, reverses in ((first, None), (this, first)):
            connection.exec_driver_sql(ENTRY.replace("%s", "?"), (number, reverses))
            settled(connection, number, reverses)
        assert connection.exec_driver_sql("SELECT count(*) FROM settlement").scalar() == 2
        connection.commit()
    for number in (following, this + 1, first + 1):
        assert refused_at(engine, number, first) == "ledger/reversed-before"


def refused_at(engine: Engine, number: int, reverses: int) -> str:
    """The code with which a settlement is refused that no entry stands behind."""
    with pytest.raises(Refused) as refused, writing(engine) as connection:
        settled(connection, number, reverses)
    return refused.value.code


def settled(connection: Connection, number: int, reverses: int | None) -> None:
    table = metadata.tables["settlement"]
    row: dict[str, object] = {
        c.name: {int: 0, str: "x"}.get(c.type.python_type, "2026-11-05") for c in table.columns
    }
    row |= {"person_id": 1, "settlement_id": number, "reverses_settlement_id": reverses}
    marks = ", ".join("?" * len(row))
    connection.exec_driver_sql(
        f"INSERT INTO settlement ({', '.join(row)}) VALUES ({marks})", tuple(row.values())
    )


def test_whoever_knows_an_id_or_a_range_of_them_looks_at_its_year_alone(owner: Session) -> None:
    this = first_id_of(THIS) + 5
    for table, number in BY_YEAR.items():
        of_id = read_by(owner, f"SELECT 1 FROM {table} WHERE person_id = 1 AND {number} = {this}")
        assert of_id == {f"{table}_{THIS}"}
        known = f"SELECT 1 FROM {table} WHERE person_id = 1 AND {number} < {this}"
        assert read_by(owner, known) == {f"{table}_first", f"{table}_{THIS}"}


def read_by(session: Session, query: str) -> set[str]:
    found = session.execute(f"EXPLAIN (FORMAT json) {query}".encode()).fetchone()
    assert found is not None

    def walk(node: dict[str, Any]) -> Iterator[str]:
        if "Relation Name" in node:
            yield node["Relation Name"]
        for child in node.get("Plans", ()):
            yield from walk(child)

    return set(walk(found[0][0]["Plan"]))
