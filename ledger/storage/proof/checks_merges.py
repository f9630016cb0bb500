"""What `verify` proves about merged numbers."""

from __future__ import annotations

from ledger.storage.proof.invariants import Check, agree

_AMOUNTS = "in_scope_fen, deductible_fen, cost_fen, paid_fen, overall_fen, version"
_SUMS = ", ".join(f"sum({name})" for name in _AMOUNTS.split(", "))
_DIFFER = " OR ".join(f"sum({name}) <> 0" for name in _AMOUNTS.split(", "))

CHECKS = (
    Check(
        "verify/merges",
        2,
        "每次合并或撤销都有分录和批准的提案，一次合并最多撤销一次",
        """
        SELECT 'merge ' || m.merge_id, m.merged_id FROM person_merge AS m
        LEFT JOIN entry AS e ON e.person_id = m.person_id AND e.entry_id = m.merge_id
            AND e.kind = 'merge'
        LEFT JOIN proposal_decision AS d ON d.entry_id = m.merge_id
        WHERE e.entry_id IS NULL OR d.entry_id IS NULL
        UNION ALL
        SELECT 'entry ' || e.entry_id, e.person_id FROM entry AS e
        LEFT JOIN person_merge AS m ON m.person_id = e.person_id AND m.merge_id = e.entry_id
        WHERE e.kind = 'merge' AND m.merge_id IS NULL
        UNION ALL
        SELECT 'merge ' || undoes, count(*) FROM person_merge
        WHERE undoes IS NOT NULL GROUP BY undoes HAVING count(*) > 1
        """,
    ),
    Check(
        "verify/aliases",
        4,
        "每个未撤销的合并有且只有一个别名",
        agree(
            "merge merge_id, person merged_id",
            "times",
            "SELECT merge_id, person_id AS merged_id, 1 AS times FROM person_alias",
            "SELECT coalesce(undoes, merge_id) AS merge_id, merged_id, "
            "CASE WHEN undoes IS NULL THEN 1 ELSE -1 END AS times FROM person_merge",
        ),
    ),
    Check(
        "verify/merged-empty",
        4,
        "被合并的编号不再有余额、冻结、待追回和当前身份",
        """
        SELECT 'person ' || a.person_id, coalesce(p.credited_fen - p.debited_fen, 0)
            || ' / ' || coalesce(d.owed_fen - d.settled_fen, 0)
        FROM person_alias AS a
        LEFT JOIN personal_account AS p ON p.person_id = a.person_id
        LEFT JOIN debtor AS d ON d.person_id = a.person_id
        WHERE coalesce(p.credited_fen - p.debited_fen, 0) <> 0
            OR coalesce(d.owed_fen - d.settled_fen, 0) <> 0
        UNION ALL
        SELECT 'person ' || a.person_id, i.number FROM person_alias AS a
        JOIN person_identity AS i ON i.person_id = a.person_id
        UNION ALL
        SELECT 'person ' || a.person_id, CAST(a.kept_id AS TEXT) FROM person_alias AS a
        JOIN person_alias AS k ON k.person_id = a.kept_id
        """,
    ),
    Check(
        "verify/moved-years",
        8,
        "合并移动的年度累计两边相抵",
        "SELECT 'merge ' || merge_id || ' year ' || year, "
        + " || ' ' || ".join(_SUMS.split(", "))
        + f" FROM accumulator_move GROUP BY merge_id, year, benefit HAVING {_DIFFER}",
    ),
)
