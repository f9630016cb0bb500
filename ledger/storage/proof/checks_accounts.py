"""What `verify` proves of the life of accounts: states, closings, pay-outs, premiums."""

from __future__ import annotations

from ledger.benefits.account_states import GRAVEST_FIRST, LIFTS, SETS
from ledger.books.chart import PERSONAL_ACCOUNT_FUND
from ledger.storage.proof.invariants import Check, agree

# What each event sets (1) or lifts (0), and how grave it is, as a table in SQL.
_RANK = {state: rank for rank, state in enumerate(GRAVEST_FIRST)}
_MEANING = ", ".join(
    [f"('{event}', '{state}', 1, {_RANK[state]})" for event, state in SETS.items()]
    + [
        f"('{event}', '{state}', 0, {_RANK[state]})"
        for event, states in LIFTS.items()
        for state in states
    ]
)
# The last event about a state decides whether it holds; the gravest that holds is shown.
_SHOWN = f"""
    WITH meaning(event, state, sets, rank) AS (VALUES {_MEANING}),
    last AS (
        SELECT e.person_id, m.state, m.rank, m.sets, row_number() OVER (
            PARTITION BY e.person_id, m.state ORDER BY e.event_id DESC) AS place
        FROM account_event AS e JOIN meaning AS m ON m.event = e.event),
    shown AS (
        SELECT person_id, state, row_number() OVER (PARTITION BY person_id ORDER BY rank) AS place
        FROM last WHERE place = 1 AND sets = 1)
"""

_TAKEN_BACK = (
    "entry AS e JOIN transfer AS t ON t.person_id = e.person_id "
    "AND e.kind IN ('premium_refund', 'person_payment_return')"
)

CHECKS = (
    Check(
        "verify/account-status",
        4,
        "账户状态等于状态变更记录的结果",
        f"""
        SELECT 'person ' || person_id, found FROM (
            {_SHOWN}
            SELECT a.person_id, a.status || ' / ' || coalesce(s.state, 'open') AS found
            FROM personal_account AS a
            LEFT JOIN shown AS s ON s.person_id = a.person_id AND s.place = 1
            WHERE a.status <> coalesce(s.state, 'open')
                OR (a.status = 'closed') <> (a.closed_on IS NOT NULL))
        """,
    ),
    Check(
        "verify/event-without-account",
        4,
        "状态变更都属于已有的账户，最后一条与其记录相符",
        """
        SELECT 'person ' || e.person_id, e.status_after FROM account_event AS e
        LEFT JOIN personal_account AS a ON a.person_id = e.person_id
        WHERE a.person_id IS NULL OR (a.status <> e.status_after AND NOT EXISTS (
            SELECT 1 FROM account_event AS n
            WHERE n.person_id = e.person_id AND n.event_id > e.event_id))
        """,
    ),
    Check(
        "verify/closed-account",
        4,
        "已注销的账户余额为零，注销之后没有收支",
        f"""
        SELECT 'person ' || a.person_id, CAST(a.credited_fen - a.debited_fen AS TEXT)
        FROM personal_account AS a
        WHERE a.status = 'closed' AND (a.credited_fen <> a.debited_fen OR a.held_fen <> 0)
        UNION ALL
        SELECT 'person ' || t.person_id, 'entry ' || t.entry_id
        FROM personal_account AS a CROSS JOIN transfer AS t ON t.person_id = a.person_id
        WHERE a.status = 'closed'
            AND '{PERSONAL_ACCOUNT_FUND}' IN (t.debit_account, t.credit_account)
            AND t.entry_id > (
                SELECT max(e.event_id) FROM account_event AS e
                WHERE e.person_id = a.person_id AND e.event = 'close')
            AND NOT EXISTS (  -- What a refund brings a merged number goes on at once.
                SELECT 1 FROM person_alias AS m WHERE m.person_id = a.person_id)
        """,
    ),
    Check(
        "verify/payees",
        7,
        "应付个人款的登记等于其分录的应付金额",
        agree(
            "person person_id, entry entry_id",
            "account_fen, pool_fen",
            "SELECT person_id, entry_id, account_fen, 0 AS pool_fen FROM payee AS p WHERE EXISTS ("
            "SELECT 1 FROM entry AS e WHERE e.person_id = p.person_id AND e.entry_id = p.entry_id "
            "AND e.kind IN ('pay_out', 'account_return', 'inheritance'))",
            "SELECT person_id, entry_id, amount_fen AS account_fen, 0 AS pool_fen FROM seldom "
            "WHERE kind IN ('paid_out', 'account_return')",
        ),
    ),
    Check(
        "verify/person-payments",
        7,
        "支付个人的登记与其分录金额相符，每笔应付只付一次",
        agree(
            "person person_id, entry entry_id",
            "account_fen, pool_fen",
            "SELECT d.person_id, d.entry_id, p.account_fen, p.pool_fen FROM payee_payment AS d "
            "JOIN payee AS p ON p.person_id = d.person_id AND p.payee_id = d.payee_id",
            "SELECT person_id, entry_id, "
            "CASE WHEN kind = 'person_pay_account' THEN amount_fen ELSE 0 END AS account_fen, "
            "CASE WHEN kind = 'person_pay_pool' THEN amount_fen ELSE 0 END AS pool_fen "
            "FROM seldom WHERE kind IN ('person_pay_account', 'person_pay_pool')",
        ),
    ),
    Check(
        "verify/returned-payments",
        7,
        "付款退回的登记等于其分录恢复的应付金额",
        agree(
            "person person_id, entry entry_id",
            "account_fen, pool_fen",
            "SELECT p.person_id, p.entry_id, p.account_fen, p.pool_fen FROM payee AS p JOIN entry "
            "AS e ON e.person_id = p.person_id AND e.entry_id = p.entry_id "
            "WHERE e.kind = 'person_payment_return'",
            "SELECT person_id, entry_id, "
            "CASE WHEN kind = 'person_pay_account_refund' THEN amount_fen ELSE 0 END "
            "AS account_fen, "
            "CASE WHEN kind = 'person_pay_pool_refund' THEN amount_fen ELSE 0 END AS pool_fen "
            "FROM seldom WHERE kind IN ('person_pay_account_refund', 'person_pay_pool_refund')",
        ),
    ),
    Check(
        "verify/taken-back",
        2,
        "代缴保费退回与付款退回是原分录的逐笔镜像",
        agree(
            "person person_id, entry entry_id, leg leg, kind kind",
            "amount_fen, fund_year",
            f"SELECT t.person_id, e.entry_id, t.leg, t.kind || '_refund' AS kind, t.amount_fen, "
            f"t.fund_year FROM {_TAKEN_BACK} AND t.entry_id = e.reverses_entry_id",
            f"SELECT t.person_id, e.entry_id, t.leg, t.kind, t.amount_fen, t.fund_year "
            f"FROM {_TAKEN_BACK} AND t.entry_id = e.entry_id",
        ),
    ),
    Check(
        "verify/premiums",
        7,
        "代缴保费的登记等于其分录金额",
        agree(
            "person person_id, entry entry_id",
            "amount_fen",
            "SELECT person_id, entry_id, amount_fen FROM premium",
            "SELECT person_id, entry_id, amount_fen FROM seldom WHERE kind = 'premium'",
        ),
    ),
)
