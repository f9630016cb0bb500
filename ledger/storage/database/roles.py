"""Two roles on PostgreSQL: the owner makes the schema, the application writes rows.

The application's role may not change or delete what is written once, nor switch a trigger off:
the triggers are the last defence, and this is the wall before it. `init` grants what it needs
each time it runs, whenever the cluster has a role of that name.
"""

from __future__ import annotations

from sqlalchemy import Connection, inspect

from ledger.storage.database import years
from ledger.storage.database.append_only import APPEND_ONLY
from ledger.storage.database.embedded_postgres import APPLICATION

NO_DELETE = ("pool",)
"""Tables whose rows may change but never go."""
FEWER = {
    "account": "SELECT, INSERT, UPDATE (official_code)",
    "alembic_version": "SELECT",
    "account_month": "SELECT, INSERT",
    "fiscal_month": "SELECT, INSERT, UPDATE (status, closed_at, closed_by)",
}
"""What a month came to stays when it closes, and a month keeps its number; the chart of accounts
is ours but for the codes that the agency gives them."""


def grant_application(connection: Connection) -> None:
    """Give the application's role what it needs on every table, and no more."""
    known = connection.exec_driver_sql("SELECT 1 FROM pg_roles WHERE rolname = ?", (APPLICATION,))
    if known.scalar() is None:
        return
    for table in inspect(connection).get_table_names():
        granted = "SELECT, INSERT"
        if table not in APPEND_ONLY:
            granted += ", UPDATE" if table in NO_DELETE else ", UPDATE, DELETE"
        granted = FEWER.get(table, granted)
        connection.exec_driver_sql(f"REVOKE ALL ON {table} FROM {APPLICATION}")
        connection.exec_driver_sql(f"GRANT {granted} ON {table} TO {APPLICATION}")
    if inspect(connection).has_schema(years.SCHEMA):
        years.grant_reading(connection)
