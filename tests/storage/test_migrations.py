"""The schema that migrations make is the schema that the tables describe."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, inspect

from ledger.core.errors import Refused
from ledger.core.months import Month
from ledger.services.crediting.credit_month import credit_month
from ledger.storage import migrate
from ledger.storage.database.engine import open_engine, reading
from ledger.storage.database.triggers import installed_triggers, sqlite_triggers
from ledger.storage.tables import metadata
from tests.world import open_context


def test_an_empty_database_is_brought_to_the_newest_revision_once(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/empty.db")
    assert migrate.upgrade(engine) is True
    assert migrate.upgrade(engine) is False
    with reading(engine) as connection:
        assert migrate.current(connection) == migrate.head()
        assert set(inspect(connection).get_table_names()) == {
            *metadata.tables,
            "alembic_version",
        }
        assert installed_triggers(connection) == {
            name: sql.strip() for name, sql in sqlite_triggers().items()
        }
        assert migrate.differences(connection) == []
        assert checks_of(engine) == checks_of(described(tmp_path))
    engine.dispose()


def described(folder: Path) -> Engine:
    """A database made from the tables themselves, without migrations."""
    engine = create_engine(f"sqlite:///{folder}/described.db")
    metadata.create_all(engine)
    return engine


def checks_of(engine: Engine) -> dict[str, dict[str, str]]:
    """Table -> name of each CHECK -> its text: what Alembic does not compare."""
    inspector = inspect(engine)
    found = {
        table: {
            str(check["name"]): str(check["sqltext"])
            for check in inspector.get_check_constraints(table)
        }
        for table in inspector.get_table_names()
        if table != "alembic_version"
    }
    engine.dispose()
    return found


def test_the_command_that_compares_tables_and_migrations_agrees() -> None:
    assert migrate.main(["check"]) == 0


def test_a_database_without_a_schema_is_refused_by_name(tmp_path: Path) -> None:
    context = open_context(tmp_path / "nothing.db")
    with pytest.raises(Refused) as refused:
        credit_month(context, Month(2023, 1))
    assert refused.value.code == "database/not-initialised"
    context.engine.dispose()


def test_databases_other_than_sqlite_and_postgresql_are_refused_by_name() -> None:
    with pytest.raises(Refused) as refused:
        open_engine("mysql://somewhere/else")
    assert refused.value.code == "database/unsupported"
