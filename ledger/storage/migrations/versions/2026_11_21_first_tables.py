"""First tables.

Why: the ledger, its reference data, people, visits and settlements, with the triggers that keep
what is posted from being changed. There is nothing to carry over.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ledger.storage.database.triggers import install_triggers

revision = "576f279d58e3"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("english", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("normal_side", sa.String(), nullable=False),
        sa.Column("fund", sa.String(), nullable=False),
        sa.Column("official_code", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_account")),
    )
    op.create_table(
        "account_month",
        sa.Column("fiscal_month", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("debit_fen", sa.BigInteger(), nullable=False),
        sa.Column("credit_fen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("fiscal_month", "account", name=op.f("pk_account_month")),
    )
    op.create_table(
        "account_year",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("year", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("credited_fen", sa.BigInteger(), nullable=False),
        sa.Column("debited_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "debited_fen <= credited_fen", name=op.f("ck_account_year_no_overdraft")
        ),
        sa.PrimaryKeyConstraint("person_id", "year", name=op.f("pk_account_year")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "accumulator",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("year", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("benefit", sa.Text(), nullable=False),
        sa.Column("in_scope_fen", sa.BigInteger(), nullable=False),
        sa.Column("deductible_fen", sa.BigInteger(), nullable=False),
        sa.Column("cost_fen", sa.BigInteger(), nullable=False),
        sa.Column("paid_fen", sa.BigInteger(), nullable=False),
        sa.Column("overall_fen", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "cost_fen >= 0 AND paid_fen >= 0 AND overall_fen >= 0", name=op.f("ck_accumulator_paid")
        ),
        sa.CheckConstraint(
            "in_scope_fen >= 0 AND deductible_fen >= 0", name=op.f("ck_accumulator_not_negative")
        ),
        sa.PrimaryKeyConstraint("person_id", "year", "benefit", name=op.f("pk_accumulator")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "api_token",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_api_token")),
    )
    op.create_table(
        "contribution",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("month", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("employer_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("base_fen", sa.BigInteger(), nullable=False),
        sa.Column("employer_fen", sa.BigInteger(), nullable=False),
        sa.Column("personal_fen", sa.BigInteger(), nullable=False),
        sa.Column("account_fen", sa.BigInteger(), nullable=False),
        sa.Column("arrived_on", sa.Date(), nullable=False),
        sa.Column("county", sa.String(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "month", "content_hash", name=op.f("pk_contribution")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("contribution", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contribution_entry_id"), ["entry_id"], unique=False)

    op.create_table(
        "credit_again",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("from_month", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_credit_again")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "credit_difference",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("benefit_month", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("before_fen", sa.BigInteger(), nullable=False),
        sa.Column("after_fen", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint(
            "person_id", "entry_id", "benefit_month", "source", name=op.f("pk_credit_difference")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "employer",
        sa.Column("employer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("employer_no", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("employer_id", name=op.f("pk_employer")),
        sa.UniqueConstraint("employer_no", name=op.f("uq_employer_employer_no")),
    )
    op.create_table(
        "entry",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("legs", sa.Integer(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("fiscal_month", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=True),
        sa.Column("reverses_entry_id", sa.BigInteger(), nullable=True),
        sa.Column("policy_version", sa.String(), nullable=True),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("memo", sa.String(), nullable=False),
        sa.CheckConstraint("legs >= 0", name=op.f("ck_entry_legs")),
        sa.PrimaryKeyConstraint("person_id", "entry_id", name=op.f("pk_entry")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_entry_entry_id"), ["entry_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_entry_fiscal_month"), ["fiscal_month"], unique=False)
        batch_op.create_index(
            "uq_entry_reverses",
            ["person_id", "reverses_entry_id"],
            unique=True,
            sqlite_where=sa.text("reverses_entry_id IS NOT NULL"),
            postgresql_where=sa.text("reverses_entry_id IS NOT NULL"),
        )

    op.create_table(
        "family_draw",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("settlement_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("link_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("holder_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "person_id", "settlement_id", "link_id", name=op.f("pk_family_draw")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "family_link",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("link_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("holder_id", sa.BigInteger(), nullable=False),
        sa.Column("relation", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("quota_fen", sa.BigInteger(), nullable=True),
        sa.Column("used_fen", sa.BigInteger(), nullable=False),
        sa.Column("revoked_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "quota_fen IS NULL OR used_fen <= quota_fen", name=op.f("ck_family_link_quota")
        ),
        sa.CheckConstraint("used_fen >= 0", name=op.f("ck_family_link_used")),
        sa.CheckConstraint("user_id <> holder_id", name=op.f("ck_family_link_two_people")),
        sa.PrimaryKeyConstraint("user_id", "link_id", name=op.f("pk_family_link")),
    )
    with op.batch_alter_table("family_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_family_link_holder_id"), ["holder_id"], unique=False)

    op.create_table(
        "fiscal_month",
        sa.Column("month", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.CheckConstraint("status IN ('open', 'closed')", name=op.f("ck_fiscal_month_status")),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_fiscal_month")),
    )
    op.create_table(
        "hold",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hold_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("placed_on", sa.Date(), nullable=False),
        sa.Column("released_on", sa.Date(), nullable=True),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_hold_amount")),
        sa.PrimaryKeyConstraint("person_id", "hold_id", name=op.f("pk_hold")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "inpatient_stay",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("visit_id", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("provider_id", sa.BigInteger(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_inpatient_stay_order")),
        sa.PrimaryKeyConstraint("person_id", "visit_id", name=op.f("pk_inpatient_stay")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "person",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("psn_no", sa.String(), nullable=True),
        sa.Column("cert_type", sa.String(), nullable=False),
        sa.Column("certno", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("settled_up_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_person")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "person_identity",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "number", name=op.f("pk_person_identity")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "person_span",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("psn_type", sa.String(), nullable=False),
        sa.Column("plan", sa.String(), nullable=False),
        sa.Column("employer_id", sa.BigInteger(), nullable=True),
        sa.Column("county", sa.String(), nullable=False),
        sa.Column("insured", sa.String(), nullable=False),
        sa.CheckConstraint("valid_from < valid_until", name=op.f("ck_person_span_order")),
        sa.PrimaryKeyConstraint("person_id", "valid_from", name=op.f("pk_person_span")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("person_span", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_person_span_employer_id"), ["employer_id"], unique=False
        )

    op.create_table(
        "personal_account",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("credited_fen", sa.BigInteger(), nullable=False),
        sa.Column("debited_fen", sa.BigInteger(), nullable=False),
        sa.Column("held_fen", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "debited_fen + held_fen <= credited_fen", name=op.f("ck_personal_account_no_overdraft")
        ),
        sa.CheckConstraint("held_fen >= 0", name=op.f("ck_personal_account_held")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_personal_account")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "policy_version",
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("pack", sa.String(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("first_used_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_policy_version")),
    )
    op.create_table(
        "pool",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("pack", sa.String(), nullable=False),
        sa.Column("credited_through", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_pool")),
    )
    op.create_table(
        "provider",
        sa.Column("provider_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("grade", sa.String(), nullable=False),
        sa.Column("tier", sa.Integer(), nullable=True),
        sa.Column("county", sa.String(), nullable=False),
        sa.Column("agreement_from", sa.Date(), nullable=False),
        sa.Column("agreement_until", sa.Date(), nullable=False),
        sa.Column("pharmacy_pooling", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("provider_id", name=op.f("pk_provider")),
        sa.UniqueConstraint("code", name=op.f("uq_provider_code")),
    )
    op.create_table(
        "provider_statement",
        sa.Column("provider_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("fiscal_month", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("pool_fen", sa.BigInteger(), nullable=False),
        sa.Column("account_fen", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("provider_id", "fiscal_month", name=op.f("pk_provider_statement")),
    )
    op.create_table(
        "request",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "actor", "request_id", name=op.f("pk_request")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "settlement",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("settlement_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("visit_id", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("fiscal_month", sa.Integer(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("settled_at", sa.DateTime(), nullable=False),
        sa.Column("provider_id", sa.BigInteger(), nullable=False),
        sa.Column("med_type", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("tier", sa.Integer(), nullable=True),
        sa.Column("ratio_bp", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("total_fen", sa.BigInteger(), nullable=False),
        sa.Column("fully_self_paid_fen", sa.BigInteger(), nullable=False),
        sa.Column("over_limit_fen", sa.BigInteger(), nullable=False),
        sa.Column("paid_first_fen", sa.BigInteger(), nullable=False),
        sa.Column("in_scope_fen", sa.BigInteger(), nullable=False),
        sa.Column("deductible_fen", sa.BigInteger(), nullable=False),
        sa.Column("pool_fen", sa.BigInteger(), nullable=False),
        sa.Column("account_fen", sa.BigInteger(), nullable=False),
        sa.Column("family_fen", sa.BigInteger(), nullable=False),
        sa.Column("cash_fen", sa.BigInteger(), nullable=False),
        sa.Column("balance_after_fen", sa.BigInteger(), nullable=False),
        sa.Column("beyond_deductible_fen", sa.BigInteger(), nullable=False),
        sa.Column("cost_fen", sa.BigInteger(), nullable=False),
        sa.Column("before_caps_fen", sa.BigInteger(), nullable=False),
        sa.Column("visit_cut_fen", sa.BigInteger(), nullable=False),
        sa.Column("year_cut_fen", sa.BigInteger(), nullable=False),
        sa.Column("overall_cut_fen", sa.BigInteger(), nullable=False),
        sa.Column("in_scope_before_fen", sa.BigInteger(), nullable=False),
        sa.Column("deductible_before_fen", sa.BigInteger(), nullable=False),
        sa.Column("cost_before_fen", sa.BigInteger(), nullable=False),
        sa.Column("paid_before_fen", sa.BigInteger(), nullable=False),
        sa.Column("overall_before_fen", sa.BigInteger(), nullable=False),
        sa.Column("policy_version", sa.String(), nullable=False),
        sa.Column("reverses_settlement_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "abs(family_fen) <= abs(account_fen)", name=op.f("ck_settlement_family")
        ),
        sa.CheckConstraint("abs(pool_fen) <= abs(in_scope_fen)", name=op.f("ck_settlement_pool")),
        sa.CheckConstraint(
            "total_fen = fully_self_paid_fen + over_limit_fen + paid_first_fen + in_scope_fen",
            name=op.f("ck_settlement_parts"),
        ),
        sa.CheckConstraint(
            "total_fen = pool_fen + account_fen + cash_fen", name=op.f("ck_settlement_adds_up")
        ),
        sa.PrimaryKeyConstraint("person_id", "settlement_id", name=op.f("pk_settlement")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("settlement", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_settlement_provider_id_fiscal_month"),
            ["provider_id", "fiscal_month"],
            unique=False,
        )
        batch_op.create_index(
            "uq_settlement_reverses",
            ["person_id", "reverses_settlement_id"],
            unique=True,
            sqlite_where=sa.text("reverses_settlement_id IS NOT NULL"),
            postgresql_where=sa.text("reverses_settlement_id IS NOT NULL"),
        )

    op.create_table(
        "transfer",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("leg", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("fiscal_month", sa.Integer(), nullable=False),
        sa.Column("fund_year", sa.Integer(), nullable=False),
        sa.Column("benefit_month", sa.Integer(), nullable=True),
        sa.Column("debit_account", sa.String(), nullable=False),
        sa.Column("credit_account", sa.String(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("provider_id", sa.BigInteger(), nullable=True),
        sa.Column("county", sa.String(), nullable=True),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_transfer_amount")),
        sa.CheckConstraint(
            "debit_account <> credit_account", name=op.f("ck_transfer_two_accounts")
        ),
        sa.PrimaryKeyConstraint("person_id", "entry_id", "leg", name=op.f("pk_transfer")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("transfer", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_transfer_fiscal_month"), ["fiscal_month"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_transfer_provider_id_fiscal_month"),
            ["provider_id", "fiscal_month"],
            unique=False,
            sqlite_where=sa.text("provider_id IS NOT NULL"),
            postgresql_where=sa.text("provider_id IS NOT NULL"),
        )

    op.create_table(
        "visit",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("visit_id", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("provider_id", sa.BigInteger(), nullable=False),
        sa.Column("prescriber_id", sa.BigInteger(), nullable=True),
        sa.Column("med_type", sa.String(), nullable=False),
        sa.Column("settled_at", sa.DateTime(), nullable=False),
        sa.Column("total_fen", sa.BigInteger(), nullable=False),
        sa.Column("fully_self_paid_fen", sa.BigInteger(), nullable=False),
        sa.Column("over_limit_fen", sa.BigInteger(), nullable=False),
        sa.Column("paid_first_fen", sa.BigInteger(), nullable=False),
        sa.Column("in_scope_fen", sa.BigInteger(), nullable=False),
        sa.Column("account_use", sa.Integer(), nullable=False),
        sa.Column("original_visit_id", sa.String(), nullable=True),
        sa.Column("fee_category", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("person_id", "visit_id", name=op.f("pk_visit")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_visit_visit_id"), ["visit_id"], unique=False)

    install_triggers(op.get_bind())
