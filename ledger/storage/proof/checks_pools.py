"""What `verify` proves about other pools: the clearing with each, and the quotas held for them."""

from __future__ import annotations

from ledger.books.chart import CLEARING_OTHER_POOLS
from ledger.storage.pools.pool_clearing import EVENTS
from ledger.storage.proof.invariants import Check, agree

_CLEARED = (
    f"CASE WHEN credit_account = '{CLEARING_OTHER_POOLS}' THEN amount_fen ELSE -amount_fen END"
)

CHECKS = (
    Check(
        "verify/pool-clearing",
        4,
        "跨统筹区清算的每笔转账都有登记的业务，各统筹区余额等于其业务合计",
        agree(
            "entry entry_id, pool pool",
            "owed_fen",
            f"SELECT entry_id, coalesce(county, '') AS pool, {_CLEARED} AS owed_fen "
            f"FROM seldom WHERE credit_account = '{CLEARING_OTHER_POOLS}' "
            f"OR debit_account = '{CLEARING_OTHER_POOLS}'",
            EVENTS,
        ),
    ),
    Check(
        "verify/moved-out-empty",
        4,
        "转出的账户在办结时已清零",
        """
        SELECT 'case ' || s.case_id, sum(CASE WHEN t.credit_account = '3201' THEN t.amount_fen
            WHEN t.debit_account = '3201' THEN -t.amount_fen ELSE 0 END)
        FROM pool_transfer_step AS s
        JOIN pool_transfer AS c ON c.person_id = s.person_id AND c.case_id = s.case_id
        JOIN transfer AS t ON t.person_id = s.person_id AND t.entry_id <= s.entry_id
        WHERE c.direction = 'out' AND s.step = 'moved_out' AND s.entry_id IS NOT NULL
        GROUP BY s.person_id, s.case_id
        HAVING sum(CASE WHEN t.credit_account = '3201' THEN t.amount_fen
            WHEN t.debit_account = '3201' THEN -t.amount_fen ELSE 0 END) <> 0
        """,
    ),
    Check(
        "verify/quotas",
        4,
        "跨统筹区额度：授予等于冻结，使用不超过额度，结束时未用部分全部返还",
        """
        SELECT 'hold ' || h.hold_id, h.amount_fen - sum(CASE e.kind WHEN 'given' THEN e.amount_fen
            ELSE 0 END)
        FROM hold AS h
        JOIN pool_quota AS q ON q.person_id = h.person_id AND q.hold_id = h.hold_id
        LEFT JOIN quota_event AS e ON e.person_id = h.person_id AND e.hold_id = h.hold_id
        LEFT JOIN quota_event AS r ON r.person_id = h.person_id AND r.hold_id = h.hold_id
            AND r.kind = 'returned'
        GROUP BY h.person_id, h.hold_id
        HAVING sum(CASE e.kind WHEN 'given' THEN e.amount_fen ELSE 0 END) <> h.amount_fen
            OR sum(CASE WHEN e.kind = 'used' THEN e.amount_fen
                WHEN e.kind = 'reversed' THEN -e.amount_fen ELSE 0 END) NOT BETWEEN 0 AND
                h.amount_fen
            OR (h.released_on IS NULL) <> (max(r.event_no) IS NULL)
            OR (h.released_on IS NOT NULL AND max(r.amount_fen) <> sum(
                CASE WHEN e.event_no > r.event_no THEN 0
                    WHEN e.kind IN ('given', 'reversed') THEN e.amount_fen
                    WHEN e.kind = 'used' THEN -e.amount_fen ELSE 0 END))
        """,
    ),
    Check(
        "verify/incoming-quotas",
        4,
        "其他统筹区授予额度的已用部分等于其支付合计",
        agree(
            "person person_id, quota quota_id",
            "used_fen",
            "SELECT person_id, quota_id, used_fen FROM incoming_quota",
            "SELECT person_id, quota_id, amount_fen AS used_fen FROM incoming_draw",
        ),
    ),
)
