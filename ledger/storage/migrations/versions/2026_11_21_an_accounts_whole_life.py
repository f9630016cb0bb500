"""An account's whole life.

Why: states, pay-outs, heirs, transfers, quotas across pools, debts, proposals, resettlements,
papers handed in and the periods of every accumulator. What stands already stays as it is.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ledger.storage.database.triggers import install_triggers

revision = "8d1f0c2a7b44"
down_revision = "576f279d58e3"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account_event",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("status_after", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=True),
        sa.Column("entry_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("person_id", "event_id", name=op.f("pk_account_event")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "accumulator_move",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("merge_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("year", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("benefit", sa.Text(), nullable=False),
        sa.Column("in_scope_fen", sa.BigInteger(), nullable=False),
        sa.Column("deductible_fen", sa.BigInteger(), nullable=False),
        sa.Column("cost_fen", sa.BigInteger(), nullable=False),
        sa.Column("paid_fen", sa.BigInteger(), nullable=False),
        sa.Column("overall_fen", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "person_id", "merge_id", "year", "benefit", name=op.f("pk_accumulator_move")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "advance_credit",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("month", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("base_month", sa.Integer(), nullable=False),
        sa.Column("base_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_advance_credit_amount")),
        sa.PrimaryKeyConstraint("person_id", "month", name=op.f("pk_advance_credit")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("advance_credit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_advance_credit_month"), ["month"], unique=False)

    op.create_table(
        "benefit_span",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("plan", sa.String(), nullable=False),
        sa.CheckConstraint("valid_from < valid_until", name=op.f("ck_benefit_span_order")),
        sa.PrimaryKeyConstraint("person_id", "valid_from", name=op.f("pk_benefit_span")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "claim",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("visit_id", sa.Text(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("place_name", sa.String(), nullable=False),
        sa.Column("place_grade", sa.String(), nullable=False),
        sa.Column("place_tier", sa.Integer(), nullable=True),
        sa.Column("filed", sa.Boolean(), nullable=False),
        sa.Column("bill_no", sa.String(), nullable=False),
        sa.Column("papers", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "visit_id", name=op.f("pk_claim")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("claim", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_claim_bill_no"), ["bill_no"], unique=False)

    op.create_table(
        "credit_withheld",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("month", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_credit_withheld_amount")),
        sa.PrimaryKeyConstraint("person_id", "month", "source", name=op.f("pk_credit_withheld")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "debt",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("settlement_id", sa.BigInteger(), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_debt_amount")),
        sa.PrimaryKeyConstraint("person_id", "entry_id", name=op.f("pk_debt")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "debtor",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("owed_fen", sa.BigInteger(), nullable=False),
        sa.Column("settled_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "settled_fen >= 0 AND settled_fen <= owed_fen",
            name=op.f("ck_debtor_not_more_than_owed"),
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_debtor")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "incoming_draw",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("settlement_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("quota_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "person_id", "settlement_id", "quota_id", name=op.f("pk_incoming_draw")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "incoming_quota",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("quota_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("pool", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("holder_certno", sa.String(), nullable=False),
        sa.Column("holder_name", sa.String(), nullable=False),
        sa.Column("relation", sa.String(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("used_fen", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "used_fen >= 0 AND used_fen <= amount_fen", name=op.f("ck_incoming_quota_used")
        ),
        sa.PrimaryKeyConstraint("person_id", "quota_id", name=op.f("pk_incoming_quota")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "payee",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("payee_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("bank", sa.String(), nullable=False),
        sa.Column("bank_account", sa.String(), nullable=False),
        sa.Column("account_fen", sa.BigInteger(), nullable=False),
        sa.Column("pool_fen", sa.BigInteger(), nullable=False),
        sa.Column("claimed_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.CheckConstraint("account_fen + pool_fen > 0", name=op.f("ck_payee_amount")),
        sa.CheckConstraint("account_fen >= 0 AND pool_fen >= 0", name=op.f("ck_payee_parts")),
        sa.PrimaryKeyConstraint("person_id", "payee_id", name=op.f("pk_payee")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("payee", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payee_payee_id"), ["payee_id"], unique=False)

    op.create_table(
        "payee_payment",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("payee_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "payee_id", name=op.f("pk_payee_payment")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("payee_payment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payee_payment_entry_id"), ["entry_id"], unique=False)

    op.create_table(
        "person_alias",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kept_id", sa.BigInteger(), nullable=False),
        sa.Column("merge_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_person_alias")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("person_alias", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_alias_kept_id"), ["kept_id"], unique=False)

    op.create_table(
        "person_merge",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("merge_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("merged_id", sa.BigInteger(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("undoes", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("moved", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.CheckConstraint("person_id <> merged_id", name=op.f("ck_person_merge_two_numbers")),
        sa.PrimaryKeyConstraint("person_id", "merge_id", name=op.f("pk_person_merge")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("person_merge", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_merge_merged_id"), ["merged_id"], unique=False)

    op.create_table(
        "pool_payment",
        sa.Column("entry_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("pool", sa.String(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.CheckConstraint(
            "direction IN ('paid', 'received')", name=op.f("ck_pool_payment_direction")
        ),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_pool_payment_amount")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_pool_payment")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "pool_quota",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hold_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("user_certno", sa.String(), nullable=False),
        sa.Column("user_name", sa.String(), nullable=False),
        sa.Column("pool", sa.String(), nullable=False),
        sa.Column("relation", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "hold_id", name=op.f("pk_pool_quota")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("pool_quota", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_pool_quota_user_certno"), ["user_certno"], unique=False
        )

    op.create_table(
        "pool_transfer",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("pool", sa.String(), nullable=False),
        sa.Column("accepted_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("memo", sa.String(), nullable=False),
        sa.CheckConstraint("direction IN ('out', 'in')", name=op.f("ck_pool_transfer_direction")),
        sa.PrimaryKeyConstraint("person_id", "case_id", name=op.f("pk_pool_transfer")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("pool_transfer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pool_transfer_case_id"), ["case_id"], unique=False)

    op.create_table(
        "pool_transfer_step",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("memo", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "case_id", "step", name=op.f("pk_pool_transfer_step")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "premium",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("insured_id", sa.BigInteger(), nullable=False),
        sa.Column("premium_kind", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("relation", sa.String(), nullable=True),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_premium_amount")),
        sa.PrimaryKeyConstraint("person_id", "entry_id", name=op.f("pk_premium")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("premium", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_premium_insured_id"), ["insured_id"], unique=False)

    op.create_table(
        "proposal",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("proposal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("proposed_by", sa.String(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "proposal_id", name=op.f("pk_proposal")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_proposal_proposal_id"), ["proposal_id"], unique=False)

    op.create_table(
        "proposal_decision",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("proposal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("decided_at", sa.DateTime(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "decision IN ('approved', 'rejected')", name=op.f("ck_proposal_decision_decision")
        ),
        sa.PrimaryKeyConstraint("person_id", "proposal_id", name=op.f("pk_proposal_decision")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("proposal_decision", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_proposal_decision_entry_id"), ["entry_id"], unique=False
        )

    op.create_table(
        "provider_span",
        sa.Column("provider_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("grade", sa.String(), nullable=False),
        sa.Column("tier", sa.Integer(), nullable=True),
        sa.Column("agreement_from", sa.Date(), nullable=False),
        sa.Column("agreement_until", sa.Date(), nullable=False),
        sa.Column("pharmacy_pooling", sa.Boolean(), nullable=True),
        sa.CheckConstraint("valid_from < valid_until", name=op.f("ck_provider_span_order")),
        sa.PrimaryKeyConstraint("provider_id", "valid_from", name=op.f("pk_provider_span")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "quota_event",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hold_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=True),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('given', 'used', 'reversed', 'returned')", name=op.f("ck_quota_event_kind")
        ),
        sa.CheckConstraint("amount_fen >= 0", name=op.f("ck_quota_event_amount")),
        sa.PrimaryKeyConstraint("person_id", "hold_id", "event_no", name=op.f("pk_quota_event")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("quota_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_quota_event_entry_id"), ["entry_id"], unique=False)

    op.create_table(
        "resettle_again",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("year", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "year", name=op.f("pk_resettle_again")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "resettlement",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("settlement_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mirror_id", sa.BigInteger(), nullable=False),
        sa.Column("original_id", sa.BigInteger(), nullable=False),
        sa.Column("causes", sa.String(), nullable=False),
        sa.Column("resettled_on", sa.Date(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("person_id", "settlement_id", name=op.f("pk_resettlement")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "retirement",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recorded_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "recorded_id", name=op.f("pk_retirement")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "settlement_part",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("settlement_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("base_fen", sa.BigInteger(), nullable=False),
        sa.Column("ratio_bp", sa.Integer(), nullable=False),
        sa.Column("pay_fen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "person_id", "settlement_id", "position", name=op.f("pk_settlement_part")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "settlement_window",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("settlement_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("year", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("benefit", sa.Text(), nullable=False),
        sa.Column("in_scope_fen", sa.BigInteger(), nullable=False),
        sa.Column("deductible_fen", sa.BigInteger(), nullable=False),
        sa.Column("cost_fen", sa.BigInteger(), nullable=False),
        sa.Column("paid_fen", sa.BigInteger(), nullable=False),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.Column("cut_fen", sa.BigInteger(), nullable=False),
        sa.Column("in_scope_before_fen", sa.BigInteger(), nullable=False),
        sa.Column("deductible_before_fen", sa.BigInteger(), nullable=False),
        sa.Column("cost_before_fen", sa.BigInteger(), nullable=False),
        sa.Column("paid_before_fen", sa.BigInteger(), nullable=False),
        sa.Column("visits_before", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "person_id", "settlement_id", "year", "benefit", name=op.f("pk_settlement_window")
        ),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("pool", schema=None) as batch_op:
        batch_op.add_column(sa.Column("benefit_rules", sa.String(), nullable=True))

    with op.batch_alter_table("transfer", schema=None) as batch_op:
        batch_op.create_index(
            "ix_transfer_cash_of_people",
            ["fiscal_month"],
            unique=False,
            sqlite_where=sa.text(
                "person_id <> 0 AND (debit_account = '1103' OR credit_account = '1103')"
            ),
            postgresql_where=sa.text(
                "person_id <> 0 AND (debit_account = '1103' OR credit_account = '1103')"
            ),
        )

    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_visit_prescriber_id"),
            ["prescriber_id"],
            unique=False,
            sqlite_where=sa.text("prescriber_id IS NOT NULL"),
            postgresql_where=sa.text("prescriber_id IS NOT NULL"),
        )
    # Derived tables begin with what the older ones say.
    op.execute(
        "INSERT INTO benefit_span (person_id, valid_from, valid_until, status, plan) "
        "SELECT person_id, valid_from, valid_until, status, plan FROM person_span "
        "WHERE insured = '1'"
    )
    op.execute(
        "INSERT INTO debtor (person_id, owed_fen, settled_fen) SELECT person_id, "
        "sum(CASE WHEN debit_account = '1201' THEN amount_fen ELSE 0 END), "
        "sum(CASE WHEN credit_account = '1201' THEN amount_fen ELSE 0 END) FROM transfer "
        "WHERE debit_account = '1201' OR credit_account = '1201' GROUP BY person_id"
    )
    install_triggers(op.get_bind())
