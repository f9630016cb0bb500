"""Two roles on PostgreSQL: the owner makes the schema, the application writes rows.

The application's role may not change or delete what is written once, nor switch a trigger off:
the triggers are the last defence, and this is the wall before it. `init` grants what it needs
each time it runs, whenever the cluster has a role of that name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, inspect

from ledger.storage.database import years
from ledger.storage.database.append_only import APPEND_ONLY
from ledger.storage.database.embedded_postgres import APPLICATION

GOES = frozenset(
    {
        "benefit_span", "credit_again", "credit_withheld", "person_alias", "person_span",
        "provider_span", "provider_statement", "resettle_again",
    }
)  # fmt: skip
"""Tables whose rows are taken away again: what is derived, is waiting, or was undone."""
FEWER = {
    "account": "SELECT, UPDATE (official_code)",
    "account_month": "SELECT, INSERT",
    "alembic_version": "SELECT",
    "api_token": "SELECT, INSERT, UPDATE (revoked_at)",
    "employer": "SELECT, INSERT, UPDATE (name)",
    "fiscal_month": "SELECT, INSERT, UPDATE (status, closed_at, closed_by)",
    "hold": "SELECT, INSERT, UPDATE (released_on)",
    "person_identity": "SELECT, INSERT, UPDATE (person_id)",
}
"""What a month came to stays when it closes, and a month keeps its number; the chart of accounts
is ours but for the codes that the agency gives them; an employer may take another name; a token,
a hold and a number stay what they are, and only end or change hands."""


def grant_application(connection: Connection) -> None:
    """Give the application's role what it needs on every table, and no more."""
    known = connection.exec_driver_sql("SELECT 1 FROM pg_roles WHERE rolname = ?", (APPLICATION,))
    if known.scalar() is None:
        return
    for statement in grants(inspect(connection).get_table_names()):
        connection.exec_driver_sql(statement)
    if inspect(connection).has_schema(years.SCHEMA):
        for statement in years.GRANTS:
            connection.exec_driver_sql(statement)


def grants(tables: Iterable[str]) -> Iterator[str]:
    """What gives the application what it needs on tables, and no more."""
    for table in tables:
        yield f"REVOKE ALL ON {table} FROM {APPLICATION}"
        yield f"GRANT {granted(table)} ON {table} TO {APPLICATION}"


def granted(table: str) -> str:
    """What the application may do with a table, as GRANT says it."""
    if table in APPEND_ONLY:
        return "SELECT, INSERT"
    if table in GOES:
        return "SELECT, INSERT, UPDATE, DELETE"
    return FEWER.get(table, "SELECT, INSERT, UPDATE")
