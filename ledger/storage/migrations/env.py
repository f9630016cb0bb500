"""Alembic's door: it runs on the connection that `migrate.py` hands it, never on its own."""

from __future__ import annotations

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlmodel.sql.sqltypes import AutoString

from ledger.storage.migrate import is_of
from ledger.storage.tables import metadata


def plain_types(kind: str, item: object, _context: AutogenContext) -> str | Literal[False]:
    """A migration must not depend on SQLModel's own string type: it is VARCHAR either way."""
    return "sa.String()" if kind == "type" and isinstance(item, AutoString) else False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    compare_type=True,
    include_object=is_of(connection),
    render_item=plain_types,
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
