"""PostgreSQL as Gongji runs it: who may do what, and our statements in its words."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine

from ledger.core.errors import Refused
from ledger.core.months import FAR
from ledger.storage.books.journal import TRANSFER_COLUMNS
from ledger.storage.database import postgres
from ledger.storage.database.append_only import APPEND_ONLY
from ledger.storage.database.bulk import COPY_FROM, insert_rows
from ledger.storage.database.embedded_postgres import APPLICATION, OWNER, EmbeddedPostgres
from ledger.storage.database.engine import open_engine, writing
from ledger.storage.database.postgres import in_words_of_postgres
from ledger.storage.database.triggers import missing_triggers
from ledger.storage.database.triggers_postgres import CHECKS, triggers
from ledger.storage.migrate import upgrade
from tests.databases import scratch_folders


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A server of its own, with the schema in it, stopped at the end."""
    with scratch_folders() as (folder, root_folder):
        made = EmbeddedPostgres(folder, {"fsync": "off"}, root_folder)
        made.open()
        engine = open_engine(made.url(OWNER))
        upgrade(engine)
        engine.dispose()
        yield made
        made.close()


def test_nobody_comes_in_without_the_password(server: EmbeddedPostgres) -> None:
    for role in (OWNER, APPLICATION):
        address = server.url(role)
        password = address.split(":")[2].split("@")[0]
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(address.replace(password, "guess"))


def test_it_listens_on_this_machine_alone(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.url(OWNER)) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("127.0.0.1",)


def test_a_server_of_an_earlier_release_is_refused() -> None:
    with pytest.raises(Refused, match="PostgreSQL 15") as refused:
        postgres.refuse_server(150_013, {"server_encoding": "UTF8"}.get)
    assert refused.value.code == "database/unsupported"


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "EUC_CN"])
def test_a_database_that_cannot_hold_our_text_is_refused(
    server: EmbeddedPostgres, encoding: str
) -> None:
    name = encoding.lower()
    server.psql(
        "postgres",
        f"CREATE DATABASE {name} OWNER {OWNER} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0",
    )
    engine = open_engine(server.url(OWNER, name))
    with pytest.raises(Refused, match=encoding) as refused, writing(engine):
        pass
    assert refused.value.code == "database/unsupported"
    engine.dispose()


def test_passwords_are_readable_by_their_owner_only(server: EmbeddedPostgres) -> None:
    kept = (server.folder / "server.json").stat()
    assert stat.S_IMODE(kept.st_mode) == 0o600
    assert not (server.data.parent / "password").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root must hand its server to another account")
def test_root_hands_the_server_to_an_account_without_rights(server: EmbeddedPostgres) -> None:
    pid = int((server.data / "postmaster.pid").read_text().splitlines()[0])
    assert Path(f"/proc/{pid}").stat().st_uid != 0
    assert server.folder.stat().st_uid == 0


@pytest.mark.parametrize("table", sorted(APPEND_ONLY))
def test_the_application_changes_and_deletes_nothing_that_is_posted(
    server: EmbeddedPostgres, table: str
) -> None:
    column = APPEND_ONLY[table][0]
    for statement in (
        f"UPDATE {table} SET {column} = {column}",
        f"DELETE FROM {table}",
        f"TRUNCATE {table}",
        f"ALTER TABLE {table} DISABLE TRIGGER ALL",
        f"DROP TABLE {table}",
    ):
        with (
            psycopg.connect(server.url(APPLICATION)) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE fiscal_month SET month = 202401",
        "DELETE FROM fiscal_month",
        "UPDATE account_month SET debit_fen = 0",
        "DELETE FROM account_month",
        "UPDATE account SET normal_side = 'debit'",
        "INSERT INTO account (code, name, english, type, normal_side, fund) "
        "VALUES ('9999', '', '', '', '', '')",
        "DELETE FROM personal_account",
        "DELETE FROM account_year",
        "DELETE FROM accumulator",
        "DELETE FROM hold",
        "UPDATE hold SET amount_fen = 0",
        "DELETE FROM debtor",
        "DELETE FROM person",
        "DELETE FROM person_identity",
        "UPDATE person_identity SET number = ''",
        "DELETE FROM family_link",
        "DELETE FROM api_token",
        "UPDATE api_token SET role = 'admin'",
        "UPDATE transfer SET amount_fen = 1",
        "INSERT INTO entry SELECT * FROM entry ON CONFLICT (person_id, entry_id) "
        "DO UPDATE SET legs = 0",
        "WITH gone AS (DELETE FROM transfer RETURNING 1) SELECT count(*) FROM gone",
        "SELECT 1 FROM transfer FOR UPDATE",
        "LOCK TABLE transfer IN ACCESS EXCLUSIVE MODE",
        "COPY entry FROM PROGRAM 'true'",
        "CREATE TEMP VIEW over_it AS SELECT * FROM transfer; UPDATE over_it SET amount_fen = 1",
        "CREATE TEMP TABLE child (LIKE transfer); ALTER TABLE child INHERIT transfer",
        "CREATE FUNCTION pg_temp.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; "
        "CREATE TRIGGER t BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION pg_temp.f()",
        "ALTER FUNCTION transfer_check_insert() RESET ALL",
        "ALTER TABLE entry ENABLE ROW LEVEL SECURITY",
        "UPDATE alembic_version SET version_num = ''",
        "CREATE OR REPLACE FUNCTION entry_check_insert() RETURNS trigger LANGUAGE plpgsql "
        "AS $$ BEGIN RETURN NULL; END $$",
        "CREATE SCHEMA before_ours",
        "CREATE RULE nothing AS ON INSERT TO entry DO INSTEAD NOTHING",
        "MERGE INTO entry AS e USING (SELECT 1) AS s ON true WHEN MATCHED THEN DELETE",
        f"SET ROLE {OWNER}",
    ],
)
def test_the_application_gets_round_no_guard(server: EmbeddedPostgres, statement: str) -> None:
    with (
        psycopg.connect(server.url(APPLICATION)) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement)


@pytest.mark.parametrize("table", sorted(APPEND_ONLY))
def test_the_triggers_refuse_even_the_owner(server: EmbeddedPostgres, table: str) -> None:
    column = APPEND_ONLY[table][0]
    for statement in (
        f"UPDATE {table} SET {column} = {column}",
        f"DELETE FROM {table}",
        f"TRUNCATE {table}",
    ):
        with (
            psycopg.connect(server.url(OWNER)) as connection,
            pytest.raises(psycopg.errors.RaiseException, match="ledger/append-only"),
        ):
            connection.execute(statement)


def test_the_application_switches_no_trigger_off(server: EmbeddedPostgres) -> None:
    with (
        psycopg.connect(server.url(APPLICATION)) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("SET session_replication_role = replica")


def test_no_table_of_the_applications_own_stands_in_for_ours(server: EmbeddedPostgres) -> None:
    """A session may make temporary tables, and they come before all others of their name."""
    with psycopg.connect(server.url(APPLICATION)) as connection:
        connection.execute(
            "CREATE TEMP TABLE fiscal_month AS SELECT 202301 AS month, 'open' AS status"
        )
        with pytest.raises(psycopg.errors.RaiseException, match="ledger/month-closed"):
            connection.execute(
                "INSERT INTO entry (person_id, entry_id, kind, legs, happened_on, recorded_at, "
                "fiscal_month, actor, memo) VALUES (1, 1, 'settlement', 1, '2023-01-05', "
                "'2023-01-05', 202301, 'a', '')"
            )


def test_a_trigger_that_is_gone_off_or_changed_is_missing(server: EmbeddedPostgres) -> None:
    engine = open_engine(server.url(OWNER))
    with engine.connect() as connection:
        assert missing_triggers(connection) == []
        first, second, third, *_rest = triggers()
        for statement in (
            f"DROP TRIGGER {first.name} ON {first.table}",
            f"ALTER TABLE {second.table} DISABLE TRIGGER {second.name}",
            f"CREATE OR REPLACE FUNCTION {third.name}() RETURNS trigger LANGUAGE plpgsql "
            "AS $$ BEGIN RETURN NULL; END $$",
        ):
            connection.exec_driver_sql(statement)
        gone = missing_triggers(connection)
        connection.rollback()
    engine.dispose()
    assert gone == [first.name, second.name, third.name]


def test_a_session_of_a_fresh_database_does_not_slow_down_as_it_fills(
    server: EmbeddedPostgres,
) -> None:
    """What its triggers planned while the books were empty must hold when they are full."""
    fetched = (
        "SELECT sum(idx_tup_fetch + seq_tup_read) FROM pg_stat_xact_user_tables "
        "WHERE relname = 'entry'"
    )
    with psycopg.connect(server.url(OWNER)) as connection:
        connection.execute("INSERT INTO fiscal_month (month, status) VALUES (202301, 'open')")
        connection.execute(
            "INSERT INTO account (code, name, english, type, normal_side, fund) "
            "SELECT code, '', '', '', '', '' FROM unnest(ARRAY['a', 'b']) AS code"
        )
        connection.execute("ANALYZE entry, fiscal_month, account")
        for number in range(10):
            _post(connection, number, 1)
        _post(connection, 10, 5_000)
        before = connection.execute(fetched).fetchone()
        _post(connection, 5_010, 1)
        after = connection.execute(fetched).fetchone()
        connection.rollback()
    assert before is not None
    assert after is not None
    assert after[0] - before[0] < 10


def _post(connection: psycopg.Connection[tuple[int, ...]], first: int, entries: int) -> None:
    """Entries of one month with a leg each."""
    numbers = f"FROM generate_series({first}, {first + entries - 1}) AS i"
    connection.execute(
        "INSERT INTO entry (person_id, entry_id, kind, legs, happened_on, recorded_at, "
        "fiscal_month, actor, memo) SELECT i, i, 'settlement', 1, '2023-01-05', '2023-01-05', "
        f"202301, 'a', '' {numbers}"
    )
    connection.execute(
        "INSERT INTO transfer (person_id, entry_id, leg, kind, happened_on, fiscal_month, "
        "fund_year, debit_account, credit_account, amount_fen) SELECT i, i, 1, 'x', '2023-01-05', "
        f"202301, 2023, 'a', 'b', 1 {numbers}"
    )


def test_the_first_starts_it_and_the_last_stops_it() -> None:
    with scratch_folders() as (folder, root_folder):
        first = EmbeddedPostgres(folder, {"fsync": "off"}, root_folder)
        second = EmbeddedPostgres(folder, {"fsync": "off"}, root_folder)
        first.open()
        with psycopg.connect(first.url(OWNER)) as connection:
            connection.execute("CREATE TABLE kept (x int)")
        second.open()
        assert first.close() is False
        psycopg.connect(second.url(OWNER)).close()
        assert second.close() is True
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(second.url(OWNER))
        first.open()
        with psycopg.connect(first.url(OWNER)) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
        first.close()


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("SELECT ? WHERE x = :y", "SELECT %s WHERE x = %(y)s"),
        ("SELECT a::text", "SELECT a::text"),
        ("x LIKE '%_a' AND '?' <> ':b'", "x LIKE '%%_a' AND '?' <> ':b'"),
        ("SELECT min(a), max(b, c + min(d, 1))", "SELECT min(a), greatest(b, c + least(d, 1))"),
        ("SELECT month % 100", "SELECT month %% 100"),
        (
            "FROM json_each(:texts) AS w CROSS JOIN visit AS v ON v.visit_id = w.value",
            "FROM unnest(CAST(%(texts)s AS text[])) AS w(value) "
            "JOIN visit AS v ON v.visit_id = w.value",
        ),
        (
            "FROM json_each(:keys) AS w",
            "FROM unnest(CAST(translate(%(keys)s, '[]', '{}') AS bigint[])) AS w(value)",
        ),
        (
            "CREATE TEMP TABLE s (a INTEGER) WITHOUT ROWID",
            "CREATE TEMP TABLE s (a BIGINT) ",
        ),
    ],
)
def test_our_statements_in_the_words_of_postgres(ours: str, theirs: str) -> None:
    assert in_words_of_postgres(ours) == theirs


@pytest.fixture
def owner(server: EmbeddedPostgres) -> Iterator[Engine]:
    engine = open_engine(server.url(OWNER))
    yield engine
    engine.dispose()


def test_many_rows_come_over_as_they_are_whatever_their_types(owner: Engine) -> None:
    columns = "provider_id code name kind grade tier county agreement_from agreement_until"
    rows = [
        (i, f"H{i}", "十堰\t样例\\院\n", "1", "", None, "420302", "1899-12-31", date(9999, 12, 31))
        for i in range(2 * COPY_FROM)
    ]
    tokens = [(f"h{i}", "r", "s", "l", "2024-02-29 23:59:59.000001", FAR, None) for i in range(99)]
    with owner.connect() as connection:
        insert_rows(connection, "provider", f"{columns} pharmacy_pooling", [(*r, 1) for r in rows])
        insert_rows(
            connection,
            "api_token",
            "token_hash role subject label created_at expires_on revoked_at",
            tokens,
        )
        query = f"SELECT {columns.replace(' ', ', ')} FROM provider ORDER BY provider_id"
        found = [tuple(row) for row in connection.exec_driver_sql(query)]
        instants = set(connection.exec_driver_sql("SELECT created_at FROM api_token").scalars())
        connection.rollback()
    assert found == [(*row[:8], "9999-12-31") for row in rows]
    assert instants == {"2024-02-29 23:59:59.000001"}


def test_no_number_of_rows_slips_past_the_triggers(owner: Engine) -> None:
    rows = [
        (
            i,
            1,
            1,
            "credit_employee",
            "2023-01-01",
            202301,
            2023,
            None,
            "3202",
            "3201",
            1,
            None,
            None,
        )
        for i in range(2 * COPY_FROM)
    ]
    with pytest.raises(Refused) as refused, writing(owner) as connection:
        insert_rows(connection, "transfer", TRANSFER_COLUMNS, rows)
    assert refused.value.code == "ledger/unknown-entry"


def test_what_a_trigger_looks_up_it_finds_by_index_whatever_its_first_plan_saw(
    owner: Engine,
) -> None:
    with owner.connect() as connection:
        settings = connection.exec_driver_sql(
            "SELECT proname, array_to_string(proconfig, ',') FROM pg_proc "
            "WHERE proname LIKE '%_check_insert'"
        ).all()
    assert {name for name, _setting in settings} == {f"{table}_check_insert" for table in CHECKS}
    assert {setting for _name, setting in settings} == {
        "enable_seqscan=off,search_path=public, pg_temp"
    }
