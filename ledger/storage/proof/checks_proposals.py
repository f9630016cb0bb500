"""What `verify` proves about four eyes."""

from __future__ import annotations

from ledger.storage.proof.invariants import Check

CHECKS = (
    Check(
        "verify/four-eyes",
        2,
        "每个提案由提出人以外的人复核，最多一次，批准的分录由复核人入账",
        """
        SELECT 'proposal ' || d.proposal_id, d.decided_by
        FROM proposal_decision AS d
        LEFT JOIN proposal AS p
            ON p.person_id = d.person_id AND p.proposal_id = d.proposal_id
        LEFT JOIN entry AS e ON e.entry_id = d.entry_id
        WHERE p.proposal_id IS NULL OR p.proposed_by = d.decided_by
            OR (d.entry_id IS NOT NULL AND (e.entry_id IS NULL OR e.actor <> d.decided_by))
            OR (d.entry_id IS NOT NULL AND d.decision <> 'approved')
        """,
    ),
    Check(
        "verify/adjusted-by-proposal",
        2,
        "每笔特殊调整都有批准的提案",
        """
        SELECT 'entry ' || e.entry_id, e.actor
        FROM entry AS e LEFT JOIN proposal_decision AS d ON d.entry_id = e.entry_id
        WHERE e.kind = 'special_adjustment' AND d.entry_id IS NULL
        """,
    ),
)
