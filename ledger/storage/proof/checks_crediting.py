"""What `verify` proves about credits in advance."""

from __future__ import annotations

from ledger.storage.proof.invariants import Check, agree

CHECKS = (
    Check(
        "verify/advances",
        4,
        "预划登记等于预划转账",
        agree(
            "person person_id, month month, entry entry_id",
            "amount_fen",
            "SELECT person_id, month, entry_id, amount_fen FROM advance_credit",
            "SELECT person_id, benefit_month AS month, entry_id, amount_fen FROM seldom "
            "WHERE kind = 'credit_advance'",
        ),
    ),
)
