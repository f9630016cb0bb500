"""Many desks at once, on both databases.

Why: the locks, facts and keys that concurrent desks and bulk runs need. What stands already
stays as it is.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ledger.storage.database.triggers import install_triggers

revision = "c41b7e90d2f6"
down_revision = "8d1f0c2a7b44"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("inpatient_stay", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_inpatient_stay_visit_id"), ["visit_id"], unique=False)

    with op.batch_alter_table("payee_payment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_payee_payment_entry_id"))

    with op.batch_alter_table("person_merge", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_merge_merge_id"), ["merge_id"], unique=False)

    with op.batch_alter_table("quota_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_quota_event_entry_id"))

    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.add_column(sa.Column("facts", sa.Text(), nullable=True))
    install_triggers(op.get_bind())
