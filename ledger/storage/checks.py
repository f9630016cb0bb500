"""The invariants, said to the database again: each check selects what breaks it.

The numbers are those of the design: 1 balance by shape, 2 append-only, 3 no overdraft, 4 totals
and legs, 5 one request one effect, 6 closed months, 7 parts add up, 8 accumulators are the fold,
9 limits. A check gives `(where, found)` rows; no rows, no breach.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection

from ledger.books.kinds import TRANSFER_KINDS
from ledger.storage.triggers import installed_triggers, sqlite_triggers


class Check(NamedTuple):
    code: str
    invariant: int
    title: str
    sql: str


class Breach(NamedTuple):
    """One check that failed: how often, and where first."""

    code: str
    invariant: int
    title: str
    times: int
    where: list[str]


FUND = "'3201'"
_BY_PERSON = f"""
    SELECT person_id, fund_year,
        sum(CASE WHEN credit_account = {FUND} THEN amount_fen ELSE 0 END) AS credited,
        sum(CASE WHEN debit_account = {FUND} THEN amount_fen ELSE 0 END) AS debited
    FROM transfer WHERE credit_account = {FUND} OR debit_account = {FUND}
    GROUP BY person_id, fund_year
"""

_KINDS = ", ".join(
    f"('{kind.kind}', '{kind.debit}', '{kind.credit}')" for kind in TRANSFER_KINDS.values()
)

CHECKS = (
    Check(
        "verify/transfer-shape",
        1,
        "每笔转账金额大于零、借贷科目不同且都在科目表中",
        "SELECT 'entry ' || entry_id || ' leg ' || leg, amount_fen FROM transfer "
        "WHERE amount_fen <= 0 OR debit_account = credit_account "
        "OR debit_account NOT IN (SELECT code FROM account) "
        "OR credit_account NOT IN (SELECT code FROM account)",
    ),
    Check(
        "verify/transfer-accounts",
        1,
        "转账的借贷科目是该种业务的科目",
        "SELECT 'entry ' || entry_id || ' leg ' || leg, "
        "kind || ' ' || debit_account || ' ' || credit_account FROM transfer "
        f"WHERE (kind, debit_account, credit_account) NOT IN (VALUES {_KINDS})",
    ),
    Check(
        "verify/reversed-twice",
        2,
        "一笔分录最多冲销一次",
        "SELECT 'entry ' || reverses_entry_id, count(*) FROM entry "
        "WHERE reverses_entry_id IS NOT NULL GROUP BY person_id, reverses_entry_id "
        "HAVING count(*) > 1",
    ),
    Check(
        "verify/not-reversible",
        2,
        "冲销的对象存在，且不是冲销分录或批量分录",
        "SELECT 'entry ' || e.entry_id, e.reverses_entry_id FROM entry AS e "
        "LEFT JOIN entry AS o ON o.person_id = e.person_id AND o.entry_id = e.reverses_entry_id "
        "WHERE e.reverses_entry_id IS NOT NULL "
        "AND (o.entry_id IS NULL OR o.reverses_entry_id IS NOT NULL OR o.person_id = 0)",
    ),
    Check(
        "verify/overdraft",
        3,
        "个人账户余额（含冻结）不小于零",
        "SELECT 'person ' || person_id, credited_fen - debited_fen - held_fen "
        "FROM personal_account WHERE debited_fen + held_fen > credited_fen OR held_fen < 0",
    ),
    Check(
        "verify/year-overdraft",
        3,
        "各年度资金余额不小于零",
        "SELECT 'person ' || person_id || ' year ' || year, credited_fen - debited_fen "
        "FROM account_year WHERE debited_fen > credited_fen",
    ),
    Check(
        "verify/account-totals",
        4,
        "个人账户累计等于转账合计",
        f"""
        SELECT 'person ' || coalesce(p.person_id, t.person_id),
            coalesce(p.credited_fen - p.debited_fen, 0) - coalesce(t.credited - t.debited, 0)
        FROM personal_account AS p FULL JOIN (
            SELECT person_id, sum(credited) AS credited, sum(debited) AS debited
            FROM ({_BY_PERSON}) GROUP BY person_id) AS t ON t.person_id = p.person_id
        WHERE coalesce(p.credited_fen, 0) <> coalesce(t.credited, 0)
            OR coalesce(p.debited_fen, 0) <> coalesce(t.debited, 0)
        """,
    ),
    Check(
        "verify/year-totals",
        4,
        "各年度资金累计等于转账合计",
        f"""
        SELECT 'person ' || coalesce(y.person_id, t.person_id) || ' year '
                || coalesce(y.year, t.fund_year),
            coalesce(y.credited_fen - y.debited_fen, 0) - coalesce(t.credited - t.debited, 0)
        FROM account_year AS y FULL JOIN ({_BY_PERSON}) AS t
            ON t.person_id = y.person_id AND t.fund_year = y.year
        WHERE coalesce(y.credited_fen, 0) <> coalesce(t.credited, 0)
            OR coalesce(y.debited_fen, 0) <> coalesce(t.debited, 0)
        """,
    ),
    Check(
        "verify/legs",
        4,
        "每笔分录的转账笔数等于登记笔数，转账都属于分录且月份、日期一致",
        """
        SELECT 'entry ' || coalesce(e.entry_id, t.entry_id),
            coalesce(e.legs, -1) || ' / ' || coalesce(t.legs, 0)
        FROM entry AS e FULL JOIN (
            SELECT entry_id, count(*) AS legs, min(fiscal_month) AS first_month,
                max(fiscal_month) AS last_month, min(happened_on) AS first_day,
                max(happened_on) AS last_day
            FROM transfer GROUP BY entry_id) AS t ON t.entry_id = e.entry_id
        WHERE e.entry_id IS NULL OR e.legs <> coalesce(t.legs, 0)
            OR (t.legs > 0 AND (t.first_month <> e.fiscal_month OR t.last_month <> e.fiscal_month
                OR t.first_day <> e.happened_on OR t.last_day <> e.happened_on))
        """,
    ),
    Check(
        "verify/holds",
        4,
        "冻结金额等于未解除的冻结合计",
        """
        SELECT 'person ' || p.person_id, p.held_fen - coalesce(h.held, 0)
        FROM personal_account AS p LEFT JOIN (
            SELECT person_id, sum(amount_fen) AS held FROM hold WHERE released_on IS NULL
            GROUP BY person_id) AS h ON h.person_id = p.person_id
        WHERE p.held_fen <> coalesce(h.held, 0)
        """,
    ),
    Check(
        "verify/clearing",
        4,
        "个人间清算每笔业务合计为零",
        "SELECT 'entry ' || entry_id, sum(CASE WHEN credit_account = '2201' THEN amount_fen "
        "ELSE -amount_fen END) FROM transfer "
        "WHERE credit_account = '2201' OR debit_account = '2201' GROUP BY entry_id "
        "HAVING sum(CASE WHEN credit_account = '2201' THEN amount_fen ELSE -amount_fen END) <> 0",
    ),
    Check(
        "verify/entry-id",
        4,
        "分录编号全库唯一",
        "SELECT 'entry ' || entry_id, count(*) FROM entry GROUP BY entry_id HAVING count(*) > 1",
    ),
    Check(
        "verify/request",
        5,
        "一个请求号只有一个结果",
        "SELECT 'request ' || request_id, count(*) FROM entry WHERE request_id IS NOT NULL "
        "GROUP BY person_id, actor, request_id HAVING count(*) > 1",
    ),
    Check(
        "verify/request-answer",
        5,
        "带请求号的分录都留有答复",
        "SELECT 'request ' || e.request_id, e.entry_id FROM entry AS e "
        "LEFT JOIN request AS r ON r.actor = e.actor AND r.request_id = e.request_id "
        "AND r.person_id = e.person_id WHERE e.request_id IS NOT NULL AND r.request_id IS NULL",
    ),
    Check(
        "verify/closed-month",
        6,
        "结账后的月份没有再入账，分录的月份都已开启",
        "SELECT 'entry ' || e.entry_id, e.fiscal_month FROM entry AS e "
        "LEFT JOIN fiscal_month AS m ON m.month = e.fiscal_month "
        "WHERE m.month IS NULL OR (m.status = 'closed' AND e.recorded_at > m.closed_at)",
    ),
    Check(
        "verify/month-roll-up",
        6,
        "已结账月份的科目发生额等于转账合计",
        """
        SELECT 'month ' || m.month || ' account ' || a.code,
            coalesce(r.debit_fen, 0) || ' / ' || coalesce(r.credit_fen, 0)
        FROM fiscal_month AS m CROSS JOIN account AS a
        LEFT JOIN account_month AS r ON r.fiscal_month = m.month AND r.account = a.code
        LEFT JOIN (SELECT fiscal_month, debit_account, sum(amount_fen) AS fen FROM transfer
            GROUP BY fiscal_month, debit_account) AS d
            ON d.fiscal_month = m.month AND d.debit_account = a.code
        LEFT JOIN (SELECT fiscal_month, credit_account, sum(amount_fen) AS fen FROM transfer
            GROUP BY fiscal_month, credit_account) AS c
            ON c.fiscal_month = m.month AND c.credit_account = a.code
        WHERE m.status = 'closed' AND (coalesce(r.debit_fen, 0) <> coalesce(d.fen, 0)
            OR coalesce(r.credit_fen, 0) <> coalesce(c.fen, 0))
        """,
    ),
    Check(
        "verify/settlement-parts",
        7,
        "结算各部分之和等于总额",
        "SELECT 'settlement ' || settlement_id, total_fen FROM settlement "
        "WHERE total_fen <> pool_fen + account_fen + cash_fen OR total_fen <> "
        "fully_self_paid_fen + over_limit_fen + paid_first_fen + in_scope_fen "
        "OR abs(family_fen) > abs(account_fen) OR abs(pool_fen) > abs(in_scope_fen)",
    ),
    Check(
        "verify/settlement-books",
        7,
        "结算都有分录和就诊，金额等于账簿转账",
        """
        SELECT 'settlement ' || s.settlement_id,
            s.pool_fen - coalesce(t.pool, 0) || ' / ' || (s.account_fen - coalesce(t.account, 0))
        FROM settlement AS s LEFT JOIN (
            SELECT person_id, entry_id,
                sum(CASE kind WHEN 'pool_pay' THEN amount_fen
                    WHEN 'pool_pay_refund' THEN -amount_fen ELSE 0 END) AS pool,
                sum(CASE kind WHEN 'account_pay' THEN amount_fen WHEN 'family_pay' THEN amount_fen
                    WHEN 'account_pay_refund' THEN -amount_fen
                    WHEN 'family_pay_refund' THEN -amount_fen ELSE 0 END) AS account
            FROM transfer WHERE provider_id IS NOT NULL AND person_id <> 0
            GROUP BY person_id, entry_id) AS t
            ON t.person_id = s.person_id AND t.entry_id = s.settlement_id
        LEFT JOIN entry AS e ON e.person_id = s.person_id AND e.entry_id = s.settlement_id
        LEFT JOIN visit AS v ON v.person_id = s.person_id AND v.visit_id = s.visit_id
        WHERE s.pool_fen <> coalesce(t.pool, 0) OR s.account_fen <> coalesce(t.account, 0)
            OR e.entry_id IS NULL OR v.visit_id IS NULL
        """,
    ),
    Check(
        "verify/refund-mirror",
        7,
        "退费与原结算完全相反",
        """
        SELECT 'settlement ' || r.settlement_id, r.reverses_settlement_id
        FROM settlement AS r LEFT JOIN settlement AS o
            ON o.person_id = r.person_id AND o.settlement_id = r.reverses_settlement_id
        WHERE r.reverses_settlement_id IS NOT NULL AND (o.settlement_id IS NULL
            OR r.total_fen <> -o.total_fen OR r.pool_fen <> -o.pool_fen
            OR r.account_fen <> -o.account_fen OR r.family_fen <> -o.family_fen
            OR r.cash_fen <> -o.cash_fen OR r.deductible_fen <> -o.deductible_fen)
        """,
    ),
    Check(
        "verify/family-draws",
        7,
        "共济支付等于各授权人支付合计，已用额度等于支付合计",
        """
        SELECT 'settlement ' || s.settlement_id, s.family_fen - coalesce(d.fen, 0)
        FROM settlement AS s LEFT JOIN (
            SELECT person_id, settlement_id, sum(amount_fen) AS fen FROM family_draw
            GROUP BY person_id, settlement_id) AS d
            ON d.person_id = s.person_id AND d.settlement_id = s.settlement_id
        WHERE s.family_fen <> coalesce(d.fen, 0)
        UNION ALL
        SELECT 'link ' || l.link_id, l.used_fen - coalesce(d.fen, 0)
        FROM family_link AS l LEFT JOIN (
            SELECT person_id, link_id, sum(amount_fen) AS fen FROM family_draw
            GROUP BY person_id, link_id) AS d
            ON d.person_id = l.user_id AND d.link_id = l.link_id
        WHERE l.used_fen <> coalesce(d.fen, 0)
        """,
    ),
    Check(
        "verify/accumulators",
        8,
        "年度累计等于该年全部结算的累加",
        """
        SELECT 'person ' || coalesce(a.person_id, s.person_id) || ' year '
                || coalesce(a.year, s.year),
            coalesce(a.paid_fen, 0) || ' / ' || coalesce(s.paid, 0)
        FROM accumulator AS a FULL JOIN (
            SELECT person_id, year, sum(deductible_fen + beyond_deductible_fen) AS in_scope,
                sum(deductible_fen) AS deductible, sum(cost_fen) AS cost, sum(pool_fen) AS paid,
                count(*) AS settlements
            FROM settlement GROUP BY person_id, year) AS s
            ON s.person_id = a.person_id AND s.year = a.year
        WHERE coalesce(a.in_scope_fen, 0) <> coalesce(s.in_scope, 0)
            OR coalesce(a.deductible_fen, 0) <> coalesce(s.deductible, 0)
            OR coalesce(a.cost_fen, 0) <> coalesce(s.cost, 0)
            OR coalesce(a.paid_fen, 0) <> coalesce(s.paid, 0)
            OR coalesce(a.version, 0) <> coalesce(s.settlements, 0)
        """,
    ),
    Check(
        "verify/contributions",
        4,
        "缴费明细等于入账金额",
        """
        SELECT 'entry ' || coalesce(c.entry_id, t.entry_id),
            coalesce(c.pool, 0) || ' + ' || coalesce(c.account, 0) || ' / '
                || coalesce(t.pool, 0) || ' + ' || coalesce(t.account, 0)
        FROM (SELECT entry_id, sum(employer_fen + personal_fen - account_fen) AS pool,
                sum(account_fen) AS account FROM contribution GROUP BY entry_id) AS c
        FULL JOIN (SELECT t.entry_id,
                sum(CASE t.kind WHEN 'contribution_pool' THEN amount_fen
                    WHEN 'contribution_pool_return' THEN -amount_fen ELSE 0 END) AS pool,
                sum(CASE t.kind WHEN 'contribution_personal' THEN amount_fen
                    WHEN 'contribution_personal_return' THEN -amount_fen ELSE 0 END) AS account
            FROM entry AS e JOIN transfer AS t ON t.person_id = 0 AND t.entry_id = e.entry_id
            WHERE e.person_id = 0 AND e.kind = 'contribution' GROUP BY t.entry_id) AS t
            ON t.entry_id = c.entry_id
        WHERE coalesce(c.pool, 0) <> coalesce(t.pool, 0)
            OR coalesce(c.account, 0) <> coalesce(t.account, 0)
        """,
    ),
    Check(
        "verify/provider-payments",
        5,
        "拨付登记等于拨付转账",
        """
        SELECT 'provider ' || coalesce(p.provider_id, t.provider_id) || ' month '
                || coalesce(p.fiscal_month, t.benefit_month),
            coalesce(p.pool_fen + p.account_fen, 0) - coalesce(t.pool + t.account, 0)
        FROM provider_statement AS p FULL JOIN (
            SELECT entry_id, provider_id, benefit_month,
                sum(CASE kind WHEN 'provider_pay_pool' THEN amount_fen ELSE 0 END) AS pool,
                sum(CASE kind WHEN 'provider_pay_account' THEN amount_fen ELSE 0 END) AS account
            FROM transfer
            WHERE person_id = 0 AND kind IN ('provider_pay_pool', 'provider_pay_account')
            GROUP BY entry_id, provider_id, benefit_month) AS t
            ON t.entry_id = p.entry_id AND t.provider_id = p.provider_id
            AND t.benefit_month = p.fiscal_month
        WHERE coalesce(p.pool_fen, 0) <> coalesce(t.pool, 0)
            OR coalesce(p.account_fen, 0) <> coalesce(t.account, 0)
        """,
    ),
)

SHOWN = 10


def failing(connection: Connection, checks: tuple[Check, ...] = CHECKS) -> list[Breach]:
    """Run the checks; what breaks them, with the first places."""
    breaches = []
    for check in checks:
        rows = connection.exec_driver_sql(
            f"SELECT *, count(*) OVER () FROM ({check.sql}) LIMIT {SHOWN}"
        ).all()
        if rows:
            where = [f"{row[0]}: {row[1]}" for row in rows]
            breaches.append(Breach(check.code, check.invariant, check.title, rows[0][-1], where))
    return breaches


def missing_triggers(connection: Connection) -> list[str]:
    """Triggers that are gone or were changed: the books are no longer guarded."""
    installed = installed_triggers(connection)
    return [name for name, sql in sqlite_triggers().items() if installed.get(name) != sql.strip()]


def above_cap(connection: Connection, year: int, cap_fen: int) -> tuple[int, list[str]]:
    """Person-years for which the fund paid more than the largest limit of the year."""
    rows = connection.exec_driver_sql(
        "SELECT person_id, sum(pool_fen), count(*) OVER () FROM settlement WHERE year = ? "
        f"GROUP BY person_id HAVING sum(pool_fen) > ? LIMIT {SHOWN}",
        (year, cap_fen),
    ).all()
    return (rows[0][2] if rows else 0), [f"person {row[0]} year {year}: {row[1]}" for row in rows]


def years_settled(connection: Connection) -> list[int]:
    rows = connection.exec_driver_sql("SELECT DISTINCT year FROM accumulator ORDER BY year")
    return [int(year) for (year,) in rows]
