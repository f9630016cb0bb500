"""The lists that clerks work from: who was not credited, who is not on the roster, who retired."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from sqlalchemy import Connection

from ledger.core.months import Month
from ledger.reports.reconciliation import (
    CrossMonthRefund,
    NotCredited,
    PaidNotRostered,
    RetiredLine,
)
from ledger.storage.report_queries.report_queries_month import MONTH_OF

# What a person counts as in a month is the first span that touches it. Whoever is on the
# pool-only plan has no account (S3c-11.2) and is not missed here.
_ARRIVED = """
    FROM contribution AS c JOIN entry AS e ON e.person_id = 0 AND e.entry_id = c.entry_id
    WHERE c.person_id = p.person_id AND c.month = :month AND e.fiscal_month <= :month
"""
_NOT_CREDITED = f"""
    SELECT p.psn_no, p.name, p.certno, s.status, coalesce(w.employer_no, ''),
        coalesce(w.name, ''),
        CASE
            WHEN s.insured <> '1' THEN '参保状态为'
                || CASE s.insured WHEN '2' THEN '暂停' WHEN '3' THEN '无效' ELSE '终止' END
                || '，不在待遇享受期'
            WHEN :credited_through < :month THEN '本月尚未划账'
            WHEN EXISTS (SELECT 1 FROM credit_withheld AS h
                WHERE h.person_id = p.person_id AND h.month = :month)
                THEN '应划，但个人账户状态不允许划入（gongji withheld）'
            WHEN NOT EXISTS (SELECT 1 FROM benefit_span AS b WHERE b.person_id = p.person_id
                AND b.valid_from < :after AND b.valid_until > :first)
                THEN '不在待遇享受期（等待期或欠费，gongji benefit）'
            WHEN s.status = '12' THEN '已办理退休清算，本月定额未划入，待补划'
            WHEN NOT EXISTS (SELECT 1 {_ARRIVED}) THEN '本月缴费未到账'
            WHEN (SELECT sum(c.base_fen) {_ARRIVED}) <= 0 THEN '本月缴费已退收'
            ELSE '缴费已到账，本月未划入，待补划'
        END
    FROM person AS p
    CROSS JOIN person_span AS s ON s.person_id = p.person_id AND s.valid_from = (
        SELECT min(x.valid_from) FROM person_span AS x WHERE x.person_id = p.person_id
            AND x.valid_from < :after AND x.valid_until > :first)
    LEFT JOIN employer AS w ON w.employer_id = s.employer_id
    WHERE p.psn_no IS NOT NULL AND s.plan = 'combined' AND coalesce((
        SELECT sum(CASE WHEN t.kind LIKE 'credit_%' THEN t.amount_fen ELSE -t.amount_fen END)
        FROM transfer AS t
        WHERE t.fiscal_month = :month AND t.person_id = p.person_id AND t.benefit_month = :month
            AND t.kind IN ('credit_employee', 'credit_advance', 'credit_retiree',
                'clawback_employee', 'clawback_retiree', 'owed_employee', 'owed_retiree')), 0) <= 0
"""


def not_credited(
    connection: Connection, month: Month, credited_through: Month | None
) -> Iterator[NotCredited]:
    """On the roster with an account, and nothing credited for the month in it (应划未划)."""
    marks = {
        **_month_marks(month),
        "credited_through": credited_through.number if credited_through else 0,
    }
    for row in connection.exec_driver_sql(_NOT_CREDITED, marks):
        yield NotCredited(*(*row[:6], month.number, row[6]))


def _month_marks(month: Month) -> dict[str, object]:
    return {"month": month.number, "first": month.first_day, "after": month.next().first_day}


_MONTH = MONTH_OF.format("c.month")
_TOUCHING = f"""
    SELECT 1 FROM person_span AS x WHERE x.person_id = c.person_id
        AND CAST(x.valid_from AS TEXT) < {_MONTH} || '-32'
        AND CAST(x.valid_until AS TEXT) > {_MONTH} || '-01'
"""
_NOT_ROSTERED = f"""
    SELECT coalesce(p.psn_no, ''), p.name, p.certno, coalesce(w.employer_no, ''),
        coalesce(w.name, ''), c.month, c.arrived_on, c.employer_fen, c.personal_fen,
        c.account_fen,
        CASE WHEN EXISTS ({_TOUCHING}) THEN '费款所属期参保状态不正常'
            ELSE '费款所属期不在待遇享受期' END
    FROM entry AS e
    JOIN contribution AS c ON c.entry_id = e.entry_id
    JOIN person AS p ON p.person_id = c.person_id
    LEFT JOIN employer AS w ON w.employer_id = c.employer_id
    WHERE e.fiscal_month = :month AND e.person_id = 0 AND e.kind = 'contribution'
        AND NOT EXISTS ({_TOUCHING} AND x.insured = '1')
    ORDER BY c.person_id, c.month
"""


def not_rostered(connection: Connection, month: Month) -> Iterator[PaidNotRostered]:
    """Contributions booked in the month for months outside the person's benefit period."""
    for row in connection.exec_driver_sql(_NOT_ROSTERED, {"month": month.number}):
        yield PaidNotRostered(*(*row[:6], date.fromisoformat(row[6]), *row[7:]))


# A retirement that was not known when its month was credited stands in the list of the run that
# takes it up, or, before any has, of the first month that is not credited yet.
_TAKEN_UP = """
    coalesce((SELECT e.happened_on FROM entry AS e WHERE e.person_id = 0
        AND e.entry_id > r.recorded_id AND e.kind = 'credit' ORDER BY e.entry_id LIMIT 1), :next)
"""
_RETIRED = f"""
    SELECT coalesce(p.psn_no, ''), p.name, p.certno, coalesce((
            SELECT w.name FROM person_span AS x JOIN employer AS w
                ON w.employer_id = x.employer_id
            WHERE x.person_id = s.person_id AND x.valid_from <= s.valid_from
            ORDER BY x.valid_from DESC LIMIT 1), ''), s.valid_from, p.settled_up_on,
        CASE WHEN max(f.late) = 1 THEN '补报：当月划账后登记' ELSE '' END
    FROM (
        SELECT s.person_id, s.valid_from AS retired_on, 0 AS late
        FROM benefit_span AS s JOIN person AS p ON p.person_id = s.person_id
        WHERE s.status = '12' AND EXISTS (SELECT 1 FROM benefit_span AS x
                WHERE x.person_id = s.person_id AND x.status = '11'
                    AND x.valid_until = s.valid_from)
            AND ((s.valid_from >= :first AND s.valid_from < :after)
                OR (p.settled_up_on >= :first AND p.settled_up_on < :after))
        UNION ALL
        SELECT r.person_id, r.effective_from, 0 FROM retirement AS r
        WHERE r.effective_from >= :first AND r.effective_from < :after
        UNION ALL
        SELECT r.person_id, r.effective_from, 1 FROM retirement AS r
        WHERE r.late AND r.effective_from < :first
            AND {_TAKEN_UP} >= :first AND {_TAKEN_UP} < :after
    ) AS f
    CROSS JOIN benefit_span AS s ON s.person_id = f.person_id AND s.status = '12'
        AND s.valid_from <= f.retired_on AND s.valid_until > f.retired_on
    JOIN person AS p ON p.person_id = s.person_id
    GROUP BY s.person_id, s.valid_from, p.psn_no, p.name, p.certno, p.settled_up_on
    ORDER BY s.person_id, s.valid_from
"""


def retired(
    connection: Connection, month: Month, credited_through: Month | None
) -> Iterator[RetiredLine]:
    """Whoever was employed and is retired from a day in the month, or settled up in it; and whose
    earlier retirement became known only after its month was credited."""
    until = None if credited_through is None else credited_through.next().first_day
    for row in connection.exec_driver_sql(_RETIRED, _month_marks(month) | {"next": until}):
        settled = None if row[5] is None else date.fromisoformat(row[5])
        yield RetiredLine(*(*row[:4], date.fromisoformat(row[4]), settled, row[6]))


_CROSS_MONTH = """
    SELECT CAST(s.settlement_id AS TEXT), s.settled_at, CAST(o.settlement_id AS TEXT),
        o.fiscal_month, v.code, v.name, coalesce(p.psn_no, ''), p.name, s.total_fen, s.pool_fen,
        s.account_fen, s.cash_fen
    FROM provider AS v
    CROSS JOIN settlement AS s ON s.provider_id = v.provider_id AND s.fiscal_month = :month
    JOIN settlement AS o ON o.person_id = s.person_id
        AND o.settlement_id = s.reverses_settlement_id AND o.fiscal_month < s.fiscal_month
    JOIN person AS p ON p.person_id = s.person_id
"""


def cross_month_refunds(connection: Connection, month: Month) -> Iterator[CrossMonthRefund]:
    """Refunds booked in the month for visits of earlier months of account (跨月退费)."""
    for row in connection.exec_driver_sql(_CROSS_MONTH, {"month": month.number}):
        yield CrossMonthRefund(row[0], datetime.fromisoformat(row[1]), *row[2:])
