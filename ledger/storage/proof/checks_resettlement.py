"""What `verify` proves about settling anew, claims by papers, and what is due to persons."""

from __future__ import annotations

from ledger.books.chart import PAYABLE_PERSONS_POOL
from ledger.storage.proof.invariants import Check
from ledger.storage.visits.resettlements import STANDS

_DUE = (
    f"sum(CASE credit_account WHEN '{PAYABLE_PERSONS_POOL}' THEN amount_fen ELSE -amount_fen END)"
)
_LEFT = f"CASE WHEN {STANDS} THEN 1 ELSE 0 END"

CHECKS = (
    Check(
        "verify/resettled",
        7,
        "每次重新结算都有冲回原结算的镜像和同一就诊的新结算",
        """
        SELECT 'settlement ' || x.settlement_id, x.original_id
        FROM resettlement AS x
        LEFT JOIN settlement AS n ON n.person_id = x.person_id
            AND n.settlement_id = x.settlement_id AND n.reverses_settlement_id IS NULL
        LEFT JOIN settlement AS m ON m.person_id = x.person_id
            AND m.settlement_id = x.mirror_id AND m.reverses_settlement_id = x.original_id
        LEFT JOIN settlement AS o ON o.person_id = x.person_id AND o.settlement_id = x.original_id
        WHERE n.visit_id IS DISTINCT FROM m.visit_id OR m.visit_id IS DISTINCT FROM o.visit_id
            OR o.visit_id IS NULL
            OR n.year <> o.year OR n.settled_at <> o.settled_at OR m.fiscal_month <> n.fiscal_month
        UNION ALL
        SELECT 'settlement ' || m.settlement_id, m.reverses_settlement_id
        FROM settlement AS m JOIN settlement AS o ON o.person_id = m.person_id
            AND o.settlement_id = m.reverses_settlement_id AND o.visit_id = m.visit_id
        LEFT JOIN resettlement AS x ON x.person_id = m.person_id
            AND x.mirror_id = m.settlement_id
        WHERE x.settlement_id IS NULL
        """,
    ),
    Check(
        "verify/one-standing-settlement",
        8,
        "每次就诊最多有一笔有效结算",
        f"SELECT 'visit ' || s.visit_id, count(*) FROM settlement AS s WHERE {STANDS} "
        "GROUP BY s.person_id, s.visit_id HAVING count(*) > 1",
    ),
    Check(
        "verify/standing-fold",
        8,
        "有效结算的累加等于全部结算（含冲回）的累加",
        "SELECT 'person ' || s.person_id || ' year ' || s.year, "
        f"sum(s.pool_fen) || ' / ' || sum(s.pool_fen * {_LEFT}) FROM settlement AS s "
        "GROUP BY s.person_id, s.year "
        + "HAVING "
        + " OR ".join(
            f"sum(s.{amount}) <> sum(s.{amount} * {_LEFT})"
            for amount in ("deductible_fen", "beyond_deductible_fen", "cost_fen", "pool_fen")
        ),
    ),
    Check(
        "verify/claims",
        7,
        "每笔手工报销都有就诊和结算，名录外的结算都有报销材料",
        """
        SELECT 'claim ' || c.visit_id, c.bill_no FROM claim AS c
        LEFT JOIN visit AS v ON v.person_id = c.person_id AND v.visit_id = c.visit_id
        WHERE v.provider_id <> 0 OR NOT EXISTS (
            SELECT 1 FROM settlement AS s JOIN entry AS e ON e.person_id = s.person_id
                AND e.entry_id = s.settlement_id AND e.kind = 'manual_claim'
            WHERE s.person_id = c.person_id AND s.visit_id = c.visit_id)
        UNION ALL
        SELECT 'settlement ' || s.settlement_id, s.visit_id FROM settlement AS s
        LEFT JOIN visit AS v ON v.person_id = s.person_id AND v.visit_id = s.visit_id
        LEFT JOIN claim AS c ON c.person_id = s.person_id
            AND c.visit_id = coalesce(v.original_visit_id, s.visit_id)
        WHERE s.provider_id = 0 AND c.visit_id IS NULL
        """,
    ),
    Check(
        "verify/due-to-persons",
        4,
        "应付个人统筹款都来自手工报销或重新结算，支付和抵扣不超过应付",
        f"""
        SELECT 'entry ' || t.entry_id, t.amount_fen FROM seldom AS t
        LEFT JOIN resettlement AS x ON x.person_id = t.person_id AND x.settlement_id = t.entry_id
        LEFT JOIN entry AS e ON e.person_id = t.person_id AND e.entry_id = t.entry_id
            AND e.kind = 'manual_claim'
        WHERE t.kind = 'pool_pay_person' AND x.settlement_id IS NULL AND e.entry_id IS NULL
        UNION ALL
        SELECT 'person ' || person_id, {_DUE} FROM seldom
        WHERE '{PAYABLE_PERSONS_POOL}' IN (credit_account, debit_account)
        GROUP BY person_id HAVING {_DUE} < 0
        """,
    ),
)
