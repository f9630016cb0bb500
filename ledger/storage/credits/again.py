"""Crediting again months that were covered before: only for the people marked in `credit_again`, so
the work grows with what changed and not with history. See `storage.credits.stage` for new months.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection

from ledger.benefits.crediting import Difference
from ledger.core.months import Month
from ledger.policy.values import CreditingRules
from ledger.storage.credits.stage import FIRST_COVERED, ROUNDED, month_parameters
from ledger.storage.database.bulk import insert_rows


class AgainRow(NamedTuple):
    """A marked person's month: what is due now, what was credited, what may explain it."""

    person_id: int
    month: int
    status: str | None
    plan: str | None
    due_employee_fen: int
    due_retiree_fen: int
    due_shift_fen: int
    credited_employee_fen: int
    credited_retiree_fen: int
    shifted_fen: int
    new_kinds: str
    advanced_fen: int
    arrived: bool
    """Has any contribution for the month arrived, returned or not?"""


AGAIN = f"""
    SELECT * FROM (SELECT a.person_id AS person_id, :month AS month, s.status, s.plan,
        CASE
            WHEN s.status IS DISTINCT FROM '11' OR s.plan <> 'combined' THEN 0
            WHEN c.due IS NULL AND :month >= :advances_since THEN coalesce(v.amount_fen, 0)
            ELSE coalesce(c.due, 0)
        END AS due_employee,
        CASE WHEN s.status = '12' AND (s.plan = 'combined' OR :pool_only_retiree)
            THEN :flat ELSE 0 END AS due_retiree,
        CASE
            WHEN s.status = '11' AND s.plan = 'combined' THEN coalesce(c.due - c.received, 0)
            WHEN s.status = '11' THEN -coalesce(c.received, 0)
            ELSE 0
        END AS due_shift,
        coalesce(t.employee, 0) AS employee, coalesce(t.retiree, 0) AS retiree,
        coalesce(t.shift, 0) AS shift, coalesce(c.new_kinds, ''), coalesce(v.amount_fen, 0),
        c.due IS NOT NULL
    FROM credit_again AS a
    LEFT JOIN advance_credit AS v ON v.person_id = a.person_id AND v.month = :month
    LEFT JOIN benefit_span AS s ON s.person_id = a.person_id AND {FIRST_COVERED}
    LEFT JOIN (
        SELECT c.person_id, sum({ROUNDED}) AS due, sum(c.account_fen) AS received,
            group_concat(CASE WHEN c.entry_id > :last_run THEN c.kind END, ',') AS new_kinds
        FROM credit_again AS a CROSS JOIN contribution AS c ON c.person_id = a.person_id
        WHERE c.month = :month GROUP BY c.person_id) AS c ON c.person_id = a.person_id
    LEFT JOIN (
        SELECT t.person_id,
            sum(CASE t.kind WHEN 'credit_employee' THEN amount_fen
                WHEN 'credit_advance' THEN amount_fen
                WHEN 'clawback_employee' THEN -amount_fen
                WHEN 'owed_employee' THEN -amount_fen END) AS employee,
            sum(CASE t.kind WHEN 'credit_retiree' THEN amount_fen
                WHEN 'clawback_retiree' THEN -amount_fen
                WHEN 'owed_retiree' THEN -amount_fen END) AS retiree,
            sum(CASE t.kind WHEN 'plan_to_account' THEN amount_fen
                WHEN 'plan_to_pool' THEN -amount_fen END) AS shift
        FROM credit_again AS a CROSS JOIN transfer AS t ON t.person_id = a.person_id
        WHERE t.benefit_month = :month GROUP BY t.person_id) AS t ON t.person_id = a.person_id
    WHERE a.from_month <= :month)
    WHERE due_employee <> employee OR due_retiree <> retiree OR due_shift <> shift
    ORDER BY person_id
"""


def months_again(
    connection: Connection,
    month: Month,
    rules: CreditingRules,
    last_run: int,
    advances_since: Month,
) -> list[AgainRow]:
    """Marked people for whom what is due for a month covered before is not what was credited.

    Args:
        advances_since: an advance of this month or later stands without a contribution.
    """
    marks = {"last_run": last_run, "advances_since": advances_since.number}
    rows = connection.exec_driver_sql(AGAIN, month_parameters(month, rules) | marks)
    return [AgainRow(*row) for row in rows]


def first_marked(connection: Connection) -> Month | None:
    number = connection.exec_driver_sql("SELECT min(from_month) FROM credit_again").scalar()
    return None if number is None else Month.from_number(number)


def forget_marks(connection: Connection, through: Month, covered: Month) -> None:
    """Marks up to `through` are done; what lies between it and `covered` stays marked."""
    if through < covered:
        connection.exec_driver_sql(
            "UPDATE credit_again SET from_month = max(from_month, ?)", (through.next().number,)
        )
    else:
        connection.exec_driver_sql("DELETE FROM credit_again")


def last_run(connection: Connection) -> int:
    """The entry of the newest crediting run; 0 before the first."""
    number = connection.exec_driver_sql(
        "SELECT max(entry_id) FROM entry WHERE person_id = 0 AND kind = 'credit'"
    ).scalar()
    return int(number or 0)


def version_of_last_run(connection: Connection) -> str | None:
    """The version of the pack by which the newest run decided; None before the first."""
    version = connection.exec_driver_sql(
        "SELECT policy_version FROM entry WHERE person_id = 0 AND kind = 'credit' "
        "AND policy_version IS NOT NULL ORDER BY entry_id DESC LIMIT 1"
    ).scalar()
    return None if version is None else str(version)


def mark_everybody(connection: Connection, since: Month) -> None:
    """Mark everybody who was ever insured: the rules of `since` are no longer the same."""
    connection.exec_driver_sql(
        "INSERT INTO credit_again (person_id, from_month) "
        "SELECT DISTINCT person_id, :month FROM person_span WHERE true "
        "ON CONFLICT (person_id) DO UPDATE "
        "SET from_month = min(credit_again.from_month, excluded.from_month)",
        {"month": since.number},
    )


def set_credited_through(connection: Connection, month: Month) -> None:
    connection.exec_driver_sql(
        "UPDATE pool SET credited_through = max(coalesce(credited_through, 0), ?)", (month.number,)
    )


def insert_differences(
    connection: Connection, entry_id: int, differences: list[Difference]
) -> None:
    insert_rows(
        connection,
        "credit_difference",
        "person_id entry_id benefit_month source before_fen after_fen reason",
        [
            (d.person_id, entry_id, d.month, d.source, d.before_fen, d.after_fen, d.reason)
            for d in differences
        ],
    )
