"""What `verify` proves about owed money."""

from __future__ import annotations

from ledger.books.chart import OWED_BY_PERSONS
from ledger.storage.proof.invariants import Check, agree

CHECKS = (
    Check(
        "verify/debtors",
        4,
        "每人待追回累计等于转账合计",
        agree(
            "person person_id",
            "owed_fen, settled_fen",
            "SELECT person_id, owed_fen, settled_fen FROM debtor",
            "SELECT person_id, "
            f"CASE WHEN debit_account = '{OWED_BY_PERSONS}' THEN amount_fen ELSE 0 END "
            "AS owed_fen, "
            f"CASE WHEN credit_account = '{OWED_BY_PERSONS}' THEN amount_fen ELSE 0 END "
            f"AS settled_fen FROM seldom WHERE debit_account = '{OWED_BY_PERSONS}' "
            f"OR credit_account = '{OWED_BY_PERSONS}'",
        ),
    ),
    Check(
        "verify/recovered-too-much",
        3,
        "追回、缴回和核销不超过待追回",
        "SELECT 'person ' || person_id, owed_fen - settled_fen FROM debtor "
        "WHERE settled_fen > owed_fen OR settled_fen < 0",
    ),
    Check(
        "verify/debts",
        4,
        "登记的待追回等于其分录的转账合计",
        agree(
            "person person_id, entry entry_id",
            "amount_fen",
            "SELECT person_id, entry_id, amount_fen FROM debt",
            "SELECT t.person_id, t.entry_id, t.amount_fen FROM debtor AS d "
            "CROSS JOIN transfer AS t ON t.person_id = d.person_id "
            "WHERE t.kind IN ('owed_pool', 'owed_account')",
        ),
    ),
    Check(
        "verify/written-off-by-proposal",
        2,
        "每笔待追回核销都有批准的提案",
        """
        SELECT 'entry ' || e.entry_id, e.actor
        FROM entry AS e LEFT JOIN proposal_decision AS d ON d.entry_id = e.entry_id
        WHERE e.kind = 'write_off' AND d.entry_id IS NULL
        """,
    ),
)
