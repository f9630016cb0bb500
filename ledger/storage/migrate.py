"""Schema upgrades.

`python -m ledger.storage.migrate check` fails when tables and migrations differ;
`… new "what it does"` writes a migration from the difference.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, Index

from ledger.storage.database.engine import open_engine, writing
from ledger.storage.database.roles import grant_application
from ledger.storage.revisions import refuse_newer
from ledger.storage.tables import metadata
from ledger.storage.tables.base import indexes_of

ROOM = {"personal_account": 50, "account_year": 50}
"""Per cent of a page that PostgreSQL fills at first. A month changes every row of these tables: a
new version that finds room beside the old one needs no new entry in the index, and half of the
time of moving the totals went there."""

ALONE = "SELECT pg_advisory_xact_lock(202302, 0)"
"""Whoever upgrades at the same time waits, and then finds it done."""

FOLDER = Path(__file__).parent / "migrations"


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("file_template", "%%(year)d_%%(month).2d_%%(day).2d_%%(slug)s")
    config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine, revision: str = "head") -> bool:
    """Bring the schema up to `revision`; True when something was done.

    Raises:
        Refused: `database/newer-program`.
    """
    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(ALONE)
        before = MigrationContext.configure(connection).get_current_revision()
        refuse_newer(before)
        command.upgrade(_config(connection), revision)
        after = MigrationContext.configure(connection).get_current_revision()
        if connection.dialect.name == "postgresql":
            grant_application(connection)
            if before != after:
                _leave_room(connection)
        connection.commit()
    return before != after


def differences(connection: Connection) -> list[Any]:
    """Between the schema of a database and the tables, as Alembic tells them."""
    options = {"compare_type": True, "include_object": is_of(connection)}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


def is_of(connection: Connection) -> Callable[..., bool]:
    """For Alembic: does this kind of database have the index, or is it the other's (`ddl_if`)."""
    dialect = connection.dialect.name

    def include(item: object, _name: object, _kind: object, reflected: bool, _to: object) -> bool:
        if reflected or not isinstance(item, Index) or item.table is None:
            return True
        return item.name in {index.name for index in indexes_of(item.table, dialect)}

    return include


def _leave_room(connection: Connection) -> None:
    for table, share in ROOM.items():
        connection.exec_driver_sql(f"ALTER TABLE IF EXISTS {table} SET (fillfactor = {share})")


def head() -> str | None:
    """The newest revision in the code."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def current(connection: Connection) -> str | None:
    """The revision a database stands at; None before the first."""
    return MigrationContext.configure(connection).get_current_revision()


def main(arguments: list[str]) -> int:
    engine = open_engine("sqlite://")
    with writing(engine) as connection:
        command.upgrade(_config(connection), "head")
        if arguments[:1] == ["new"]:
            command.revision(_config(connection), message=arguments[1], autogenerate=True)
        else:
            command.check(_config(connection))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
