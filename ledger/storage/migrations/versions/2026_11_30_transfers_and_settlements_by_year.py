"""Transfers and settlements by year of recording, on PostgreSQL.

Why: a run adds everybody's rows to a key that has grown with every year and does not fit into
memory any more; into the key of one year they go several times as fast.

Nothing that stands is moved: the old table becomes the first part of the new one, and what comes
goes into years of its own from the next id on. The database checks each row of it against that.
"""

from __future__ import annotations

from typing import NamedTuple

from alembic import op
from sqlalchemy import Connection, text

from ledger.storage.database import years
from ledger.storage.database.triggers import install_triggers

revision = "b7d3a95e40c1"
down_revision = "5e92d17ab3c8"
branch_labels = None
depends_on = None


class Part(NamedTuple):
    """A table to be cut: its key, which ends in the id, and its indexes (name, columns, where)."""

    table: str
    id: str
    key: str
    indexes: tuple[tuple[str, str, str | None], ...]


PARTS = (
    Part(
        "transfer",
        "entry_id",
        "person_id, entry_id, leg",
        (
            ("ix_transfer_fiscal_month", "fiscal_month", None),
            (
                "ix_transfer_provider_id_fiscal_month",
                "provider_id fiscal_month",
                "provider_id IS NOT NULL",
            ),
            (
                "ix_transfer_cash_of_people",
                "fiscal_month",
                "person_id <> 0 AND (debit_account = '1103' OR credit_account = '1103')",
            ),
        ),
    ),
    Part(
        "settlement",
        "settlement_id",
        "person_id, settlement_id",
        (
            (
                "ix_settlement_reverses",
                "person_id reverses_settlement_id",
                "reverses_settlement_id IS NOT NULL",
            ),
            (
                "ix_settlement_provider_id_fiscal_month",
                "provider_id fiscal_month",
                None,
            ),
        ),
    ),
)


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        years.install(connection)
        until = _after_the_last(connection)
        for part in PARTS:
            _cut(part, until)
    install_triggers(connection)


def _after_the_last(connection: Connection) -> int:
    """The first id of which nothing stands yet, and none of 2020."""
    for part in PARTS:
        op.execute(f"LOCK TABLE public.{part.table} IN ACCESS EXCLUSIVE MODE")
    newest = ", ".join(f"(SELECT max({p.id}) + 1 FROM public.{p.table})" for p in PARTS)
    query = text(f"SELECT greatest({years.FIRST_ID.format(2021)}, {newest})")
    return int(connection.execute(query).scalar_one())


def _cut(part: Part, until: int) -> None:
    table = part.table
    first = f"{table}_{years.FIRST}"
    _free(table)
    op.execute(f"ALTER TABLE public.{table} SET SCHEMA {years.SCHEMA}")
    op.execute(f"ALTER TABLE {years.SCHEMA}.{table} RENAME TO {first}")
    op.execute(
        f"CREATE TABLE public.{table} (LIKE {years.SCHEMA}.{first} INCLUDING DEFAULTS "
        f"INCLUDING CONSTRAINTS, CONSTRAINT pk_{table} PRIMARY KEY ({part.key})) "
        f"PARTITION BY RANGE ({part.id})"
    )
    for name, columns, where in part.indexes:
        op.create_index(
            name, table, columns.split(), postgresql_where=None if where is None else text(where)
        )
    op.execute(
        f"ALTER TABLE public.{table} ATTACH PARTITION {years.SCHEMA}.{first} "
        f"FOR VALUES FROM (MINVALUE) TO ({until})"
    )
    years.refuse_by_name(op.get_bind(), first)


def _free(table: str) -> None:
    """Of what the whole table has from now on."""
    triggers = text(
        "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal "
        f"AND tgrelid = CAST('public.{table}' AS regclass)"
    )
    for name in op.get_bind().execute(triggers).scalars().all():
        op.execute(f"DROP TRIGGER {name} ON public.{table}")
    op.execute("DROP INDEX IF EXISTS public.uq_settlement_reverses")
