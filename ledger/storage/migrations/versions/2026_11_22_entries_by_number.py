"""A transfer's entry is looked up by its number.

Why: on PostgreSQL a session that began on a fresh database looked it up by its month, so that
each settlement took longer than the one before it.
"""

from __future__ import annotations

from alembic import op

from ledger.storage.database.triggers import install_triggers

revision = "5e92d17ab3c8"
down_revision = "c41b7e90d2f6"
branch_labels = None
depends_on = None


def upgrade() -> None:
    install_triggers(op.get_bind())
