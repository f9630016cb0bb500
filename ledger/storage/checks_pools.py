"""What `verify` proves about other pools: the clearing with each, and the quotas held for them."""

from __future__ import annotations

from ledger.books.chart import CLEARING_OTHER_POOLS
from ledger.storage.invariants import Check, agree
from ledger.storage.pool_clearing import EVENTS

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
            f"FROM transfer WHERE credit_account = '{CLEARING_OTHER_POOLS}' "
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
)
