"""A database of every released revision is brought up to the newest, empty and filled, on SQLite
and on PostgreSQL: nothing that stood is lost or changed, and the books verify."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData

from ledger.core.ids import EntryIds, first_id_of, recorded_at
from ledger.services.books.verify import verify
from ledger.services.context import Context
from ledger.storage import migrate
from ledger.storage.database import years
from ledger.storage.database.append_only import APPEND_ONLY, BY_YEAR
from ledger.storage.database.embedded_postgres import (
    ADMIN,
    APPLICATION,
    OWNER,
    EmbeddedPostgres,
)
from ledger.storage.database.engine import open_engine
from ledger.storage.database.triggers import missing_triggers
from ledger.storage.database.unit_of_work import unit_of_work
from ledger.storage.tables import metadata
from tests.databases import scratch_folders
from tests.world import CLOCK, busy_template, open_context, shiyan

RELEASED = ("576f279d58e3", "8d1f0c2a7b44", "c41b7e90d2f6", "5e92d17ab3c8", "b7d3a95e40c1")
"""Revisions that stand in somebody's database; they are never touched again."""
BEFORE_YEARS = "5e92d17ab3c8"

Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    with scratch_folders() as (folder, root_folder):
        made = EmbeddedPostgres(folder, {"fsync": "off"}, root_folder)
        made.open()
        yield made
        made.close()


_numbers = itertools.count()


@pytest.fixture(params=["sqlite", "postgresql"])
def engines(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Engine, Engine]]:
    """A fresh database, as its owner and as somebody whom no trigger stops."""
    if request.param == "sqlite":
        made = (open_engine(f"sqlite:///{tmp_path}/older.db"),) * 2
    else:
        made = _in_postgres(request.getfixturevalue("server"))
    yield made
    for engine in made:
        engine.dispose()


def _in_postgres(server: EmbeddedPostgres) -> tuple[Engine, Engine]:
    name = f"older{next(_numbers)}"
    server.psql("postgres", f"CREATE DATABASE {name} OWNER {OWNER}")
    owner, admin = (server.url(role, name) for role in (OWNER, ADMIN))
    return open_engine(owner), open_engine(admin)


@pytest.fixture(scope="module")
def busy() -> Rows:
    """What a busy quarter leaves, table by table."""
    context = open_context(busy_template())
    with context.reading() as connection:
        return {
            name: [dict(row) for row in connection.execute(table.select()).mappings()]
            for name, table in metadata.tables.items()
        }


def tables_of(engine: Engine) -> MetaData:
    """As the database itself describes them."""
    found = MetaData()
    found.reflect(engine)
    return found


def schema_of(engine: Engine) -> tuple[str | None, dict[str, list[str]]]:
    """Revision, tables, their columns."""
    with engine.connect() as connection:
        found = sa.inspect(connection)
        columns = {
            table: sorted(column["name"] for column in found.get_columns(table))
            for table in found.get_table_names()
        }
        return migrate.current(connection), columns


def rows_of(engine: Engine, wanted: MetaData) -> Rows:
    """Every row, in the columns that `wanted` has."""
    with engine.connect() as connection:
        return {
            name: sorted(
                (dict(r) for r in connection.execute(sa.select(*table.columns)).mappings()),
                key=repr,
            )
            for name, table in wanted.tables.items()
            if name != "alembic_version"
        }


def fill(engine: Engine, older: MetaData, rows: Rows) -> None:
    """Put rows into the tables and columns that there were; what came later is left out."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET session_replication_role = replica")
            _open_years(connection, rows)
        else:
            triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            for name in connection.exec_driver_sql(triggers).scalars().all():
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
        for name, table in older.tables.items():
            known = metadata.tables.get(name)
            if known is None or not rows[name]:
                continue
            columns = [column for column in known.columns if column.name in table.columns]
            connection.execute(
                sa.insert(sa.table(name, *(sa.column(c.name, c.type) for c in columns))),
                [{c.name: row[c.name] for c in columns} for row in rows[name]],
            )


def _open_years(connection: Connection, rows: Rows) -> None:
    """As whoever wrote the rows had done, where the tables lie by year already."""
    if connection.exec_driver_sql("SELECT to_regproc('open_years')").scalar() is not None:
        ids = [row[number] for table, number in BY_YEAR.items() for row in rows[table]]
        for year in sorted({recorded_at(number).year for number in ids}):
            connection.exec_driver_sql("SELECT open_years(?)", (year,))


def stands(engine: Engine) -> None:
    """The newest schema, every trigger in its place."""
    with engine.connect() as connection:
        assert migrate.current(connection) == migrate.head()
        assert migrate.differences(connection) == []
        assert missing_triggers(connection) == []
        if engine.dialect.name == "postgresql":
            assert granted(connection) == {
                (table, right) for table in metadata.tables for right in may(table)
            } | {("alembic_version", "SELECT")}
            assert granted(connection, years.SCHEMA) == {
                (leaf, "SELECT") for leaf in sa.inspect(connection).get_table_names(years.SCHEMA)
            }


def granted(connection: sa.Connection, schema: str = "public") -> set[tuple[str, str]]:
    """What the application's role may do to which table."""
    rows = connection.exec_driver_sql(
        "SELECT table_name, privilege_type FROM information_schema.role_table_grants "
        "WHERE grantee = ? AND table_schema = ?",
        (APPLICATION, schema),
    )
    return {(table, right) for table, right in rows}


NEVER_UPDATED_WHOLE = {
    "account_month", "api_token", "employer", "fiscal_month", "hold", "person_identity",
}  # fmt: skip
"""A right to some columns is none to the table."""
TAKEN_AWAY = {
    "benefit_span", "credit_again", "credit_withheld", "person_alias", "person_span",
    "provider_span", "provider_statement", "resettle_again",
}  # fmt: skip


def may(table: str) -> set[str]:
    if table == "account":
        return {"SELECT"}
    if table in APPEND_ONLY or table in NEVER_UPDATED_WHOLE:
        return {"SELECT", "INSERT"}
    return {"SELECT", "INSERT", "UPDATE"} | ({"DELETE"} if table in TAKEN_AWAY else set())


def test_the_released_revisions_are_all_but_the_newest() -> None:
    script = ScriptDirectory(str(migrate.FOLDER))
    assert [r.revision for r in script.walk_revisions()][:0:-1] == list(RELEASED)


def test_a_fresh_database_has_the_schema_that_the_tables_describe(
    engines: tuple[Engine, Engine],
) -> None:
    assert migrate.upgrade(engines[0]) is True
    assert migrate.upgrade(engines[0]) is False
    stands(engines[0])


def test_of_several_who_upgrade_at_once_one_does_it_and_nobody_is_refused(
    engines: tuple[Engine, Engine],
) -> None:
    with ThreadPoolExecutor(3) as threads:
        done = list(threads.map(lambda _number: migrate.upgrade(engines[0]), range(3)))
    assert sorted(done) == [False, False, True]
    stands(engines[0])


@pytest.mark.parametrize("revision", RELEASED)
def test_an_empty_database_of_a_release_comes_up(
    engines: tuple[Engine, Engine], revision: str
) -> None:
    migrate.upgrade(engines[0], revision)
    migrate.upgrade(engines[0])
    stands(engines[0])


@pytest.mark.parametrize("revision", RELEASED[:1])
def test_an_upgrade_that_is_cut_off_changes_nothing(
    engines: tuple[Engine, Engine], revision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All steps or none: the older program goes on with what it had."""
    migrate.upgrade(engines[0], revision)
    before = schema_of(engines[0])

    do = migrate.command.upgrade

    def and_then_nothing(*words: Any) -> None:
        do(*words)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(migrate.command, "upgrade", and_then_nothing)
        with pytest.raises(KeyboardInterrupt):
            migrate.upgrade(engines[0])
    assert schema_of(engines[0]) == before
    migrate.upgrade(engines[0])
    stands(engines[0])


@pytest.mark.parametrize("revision", RELEASED)
def test_a_filled_database_of_a_release_keeps_every_row(
    engines: tuple[Engine, Engine], revision: str, busy: Rows
) -> None:
    owner, anybody = engines
    migrate.upgrade(owner, revision)
    older = tables_of(owner)
    fill(anybody, older, busy)
    before = rows_of(owner, older)
    assert len(before["transfer"]) > 30
    migrate.upgrade(owner)
    stands(owner)
    assert rows_of(owner, older) == before
    found = verify(Context(owner, shiyan(), CLOCK, EntryIds(CLOCK), "tester"))
    assert found["ok"], found["breaches"]


def test_after_an_upgrade_the_next_id_begins_a_year(server: EmbeddedPostgres, busy: Rows) -> None:
    """What stood stays where it lay, in the first part; a clock that runs back finds it there."""
    owner, anybody = _in_postgres(server)
    migrate.upgrade(owner, BEFORE_YEARS)
    fill(anybody, tables_of(owner), busy)
    with owner.connect() as connection:
        lay = connection.exec_driver_sql(WHERE_IT_LIES).scalar_one()
    migrate.upgrade(owner)
    newest = max(row[number] for table, number in BY_YEAR.items() for row in busy[table])
    year = recorded_at(newest).year
    for instant in (CLOCK(), recorded_at(first_id_of(year - 2))):
        clock = partial(next, repeat(instant))
        with unit_of_work(owner, EntryIds(clock), clock, "tester") as work:
            work.commit()
    first, this = f"{years.SCHEMA}.transfer_first", f"{years.SCHEMA}.transfer_{year}"
    with anybody.begin() as connection:
        connection.exec_driver_sql("SET session_replication_role = replica")
        transfer = metadata.tables["transfer"]
        for number in (first_id_of(year - 1), newest, newest + 1, first_id_of(year + 1) - 1):
            row = busy["transfer"][0] | {"entry_id": number, "leg": 99}
            connection.execute(transfer.insert(), row)
        assert connection.exec_driver_sql(WHERE_IT_LIES.replace("transfer", first)).scalar() == lay
        rows = connection.exec_driver_sql(
            "SELECT CAST(CAST(tableoid AS regclass) AS text), count(*) FROM transfer GROUP BY 1"
        )
        assert {str(name): int(count) for name, count in rows} == {
            first: len(busy["transfer"]) + 2,
            this: 2,
        }
    for engine in (owner, anybody):
        engine.dispose()


WHERE_IT_LIES = "SELECT pg_relation_filenode('transfer')"
