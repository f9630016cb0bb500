"""Contributions of a month are found by it, on PostgreSQL.

Why: a crediting run joins everybody's contributions of one month. Without an index that begins
with the month it read those of all months, so each run took longer than the one before it.
"""

from __future__ import annotations

from alembic import op

from ledger.storage.database.triggers import install_triggers

revision = "d08c6f14b2e9"
down_revision = "b7d3a95e40c1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        op.create_index("ix_contribution_month_person_id", "contribution", ["month", "person_id"])
    install_triggers(connection)
