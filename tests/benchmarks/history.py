"""Accounts with a long history, and everybody's year, written straight into the tables: their size
is what is measured, so they are made by SQL and not by our services."""

from __future__ import annotations

from sqlalchemy import Connection

from ledger.services.context import Context

YEARS = (1984, 2023)
"""First and last year of a history of forty years."""

# Twelve credits, ten payments and one posting of interest a year, under one entry a month.
_MONTHS = (
    "WITH RECURSIVE m(k, month) AS (SELECT 1, 198401 UNION ALL SELECT k + 1, "
    "CASE WHEN month % 100 = 12 THEN month + 89 ELSE month + 1 END FROM m WHERE k < 480)"
)
_DAY = "printf('%04d-%02d-{}', month / 100, month % 100)"
_ENTRIES = (
    f"INSERT OR IGNORE INTO fiscal_month (month, status) {_MONTHS} SELECT month, 'open' FROM m "
    "WHERE month NOT IN (SELECT f.month FROM fiscal_month AS f)",
    "INSERT INTO entry (person_id, entry_id, kind, legs, happened_on, recorded_at, fiscal_month, "
    f"actor, memo) {_MONTHS} SELECT 0, k, 'credit', 1, {_DAY.format('05')}, '2020-01-01', month, "
    "'bench', '' FROM m",
)
_LEGS = (
    "INSERT INTO transfer (person_id, entry_id, leg, kind, happened_on, fiscal_month, fund_year, "
    "benefit_month, debit_account, credit_account, amount_fen, provider_id) "
    f"{_MONTHS}, p(i) AS (SELECT value FROM json_each(:people)), "
    "l(leg, kind, debit, credit, fen, provider) AS (VALUES "
    "(1, 'credit_employee', '3202', '3201', 12000, NULL), "
    "(2, 'account_pay', '3201', '2102', 8000, 1), "
    "(3, 'interest_yearly', '4102', '3201', 900, NULL)) "
    f"SELECT i, k, leg, kind, {_DAY.format('05')}, month, month / 100, month, debit, credit, fen, "
    "provider FROM p CROSS JOIN m CROSS JOIN l "
    "WHERE leg = 1 OR (leg = 2 AND month % 100 <= 10) OR (leg = 3 AND month % 100 = 12)"
)
_TOTALS = (
    "INSERT INTO account_year (person_id, year, credited_fen, debited_fen) "
    "SELECT person_id, fund_year, sum(CASE credit_account WHEN '3201' THEN amount_fen ELSE 0 END), "
    "sum(CASE debit_account WHEN '3201' THEN amount_fen ELSE 0 END) FROM transfer "
    "WHERE person_id IN (SELECT value FROM json_each(:people)) AND entry_id <= 480 "
    "GROUP BY person_id, fund_year ORDER BY fund_year "
    "ON CONFLICT (person_id, year) DO UPDATE SET credited_fen = credited_fen + "
    "excluded.credited_fen, debited_fen = debited_fen + excluded.debited_fen",
    "UPDATE personal_account SET (credited_fen, debited_fen) = (SELECT sum(y.credited_fen), "
    "sum(y.debited_fen) FROM account_year AS y WHERE y.person_id = personal_account.person_id) "
    "WHERE person_id IN (SELECT value FROM json_each(:people))",
)


def forty_years(context: Context, people: list[int]) -> int:
    """Give some accounts that stand already forty years of history; returns the lines of one."""
    marks = {"people": str(people)}
    with context.writing() as work:
        for statement in _ENTRIES:
            work.connection.exec_driver_sql(statement)
        for statement in (_LEGS, *_TOTALS):
            work.connection.exec_driver_sql(statement, marks)
        work.commit()
    return 480 + 400 + 40


CREDITS, VISITS = 12, 3
_YEAR = (
    "INSERT INTO transfer (person_id, entry_id, leg, kind, happened_on, fiscal_month, fund_year, "
    "benefit_month, debit_account, credit_account, amount_fen) "
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :people), "
    "m(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM m WHERE k < 15) "
    "SELECT i, k, 1, CASE WHEN k <= 12 THEN 'credit_employee' ELSE 'account_pay' END, "
    "CASE WHEN k <= 12 THEN printf('2023-%02d-01', k) "
    "ELSE printf('2023-%02d-%02d', k - 6, i % 28 + 1) END, "
    "CASE WHEN k <= 12 THEN 202300 + k ELSE 202300 + k - 6 END, 2023, NULL, "
    "CASE WHEN k <= 12 THEN '3202' ELSE '3201' END, "
    "CASE WHEN k <= 12 THEN '3201' ELSE '2102' END, 8000 + (i * 7919) % 32000 "
    "FROM n CROSS JOIN m"
)
_YEAR_TOTALS = (
    "INSERT INTO personal_account (person_id, credited_fen, debited_fen, held_fen, status, "
    "opened_on) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :people) "
    "SELECT i, 12 * (8000 + (i * 7919) % 32000), 3 * (8000 + (i * 7919) % 32000), 0, 'open', "
    "'2023-01-01' FROM n",
    "INSERT INTO account_year (person_id, year, credited_fen, debited_fen) "
    "SELECT person_id, 2023, credited_fen, debited_fen FROM personal_account",
)


def a_year_for_everybody(context: Context, people: int) -> None:
    """Twelve credits and three payments in 2023 for every account. The triggers on transfers are
    put back afterwards: what is made here is not what is measured."""
    with context.writing() as work:
        put_back = _without_triggers(work.connection)
        for month in range(202301, 202313):
            work.connection.exec_driver_sql(
                "INSERT INTO fiscal_month (month, status) VALUES (?, 'open')", (month,)
            )
        for statement in (_YEAR, *_YEAR_TOTALS):
            work.connection.exec_driver_sql(statement, {"people": people})
        for statement in put_back:
            work.connection.exec_driver_sql(statement)
        work.commit()


def _without_triggers(connection: Connection) -> list[str]:
    """Take the triggers on transfers off; the statements that make them again."""
    rows = connection.exec_driver_sql(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'transfer'"
    ).all()
    for name, _sql in rows:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    return [str(sql) for _name, sql in rows]
