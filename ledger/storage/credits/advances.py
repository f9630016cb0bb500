"""Credits before the contribution arrived (预划, 108): staged for everybody at once, and set off
when crediting covers their month.

An advance counts as credited. What a contribution makes due beyond it is posted like any credit;
what it falls short of is taken back; while none has arrived the advance stands, up to the pack's
limit (`advance.back_after_months`).
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection

from ledger.core.months import Month
from ledger.policy.values import AdvanceRules, CreditingRules
from ledger.storage.credits.stage import FIRST_COVERED, forget_nothing_due, month_parameters
from ledger.storage.database.bulk import texts

# The base is that of the newest month before it for which more came in than was returned. A
# month so old that its advance would already be taken back is none.
_BASE_MONTH = """
    (SELECT max(c.month) FROM contribution AS c WHERE c.person_id = s.person_id
        AND c.month < :month AND c.month >= :oldest AND c.base_fen > 0 AND c.kind IN ('10', '11'))
"""
STAGE_ADVANCES = f"""
    INSERT INTO temp.advance_stage (person_id, month, base_month)
    SELECT s.person_id, :month, {_BASE_MONTH}
    FROM benefit_span AS s
    JOIN person_span AS r ON r.person_id = s.person_id
        AND r.valid_from <= max(s.valid_from, :first)
        AND r.valid_until > max(s.valid_from, :first)
    WHERE {FIRST_COVERED} AND s.status = '11' AND s.plan = 'combined' AND {{whose}}
        AND NOT EXISTS (SELECT 1 FROM contribution AS c
            WHERE c.person_id = s.person_id AND c.month = :month)
        AND NOT EXISTS (SELECT 1 FROM advance_credit AS a
            WHERE a.person_id = s.person_id AND a.month = :month)
"""
# In steps: written as one statement, the month of the base would be looked up five times.
_COUNT = (
    "DELETE FROM temp.advance_stage WHERE base_month IS NULL",
    "UPDATE temp.advance_stage SET base_fen = (SELECT sum(c.base_fen) FROM contribution AS c "
    "WHERE c.person_id = advance_stage.person_id AND c.month = advance_stage.base_month)",
    "UPDATE temp.advance_stage SET amount_fen = (base_fen * :rate + 5000) / 10000",
    "DELETE FROM temp.advance_stage WHERE amount_fen <= 0",
)
EVERYBODY = "r.employer_id IS NOT NULL"
LISTED = (
    "r.employer_id IN (SELECT w.employer_id FROM json_each(:texts) AS k "
    "CROSS JOIN employer AS w ON w.employer_no = k.value)"
)


def stage_advances(
    connection: Connection, month: Month, rules: CreditingRules, advance: AdvanceRules
) -> None:
    """Stage an advance for everybody of the pack's employers whose contribution for the month
    has not arrived, into `temp.advance_stage` and `temp.credit_stage`."""
    connection.exec_driver_sql("DROP TABLE IF EXISTS temp.advance_stage")
    connection.exec_driver_sql(
        "CREATE TEMP TABLE advance_stage (person_id INTEGER PRIMARY KEY, month INTEGER, "
        "amount_fen INTEGER, base_month INTEGER, base_fen INTEGER)"
    )
    marks = month_parameters(month, rules) | {
        "oldest": month.plus(-advance.back_after_months).number,
        "texts": texts(connection, advance.employers),
    }
    whose = EVERYBODY if advance.everybody else LISTED
    connection.exec_driver_sql(STAGE_ADVANCES.format(whose=whose), marks)
    for statement in _COUNT:
        connection.exec_driver_sql(statement, {"rate": rules.credit_rate_bp})
    connection.exec_driver_sql(
        "INSERT INTO temp.credit_stage (person_id, month, kind, amount_fen, shift_fen) "
        "SELECT person_id, month, 'credit_advance', amount_fen, 0 FROM temp.advance_stage "
        "ORDER BY person_id"
    )


def insert_staged(connection: Connection, entry_id: int) -> None:
    """Keep what was advanced, except what the accounts' states kept back from the stage."""
    connection.exec_driver_sql(
        "INSERT INTO advance_credit "
        "(person_id, month, entry_id, amount_fen, base_month, base_fen) "
        "SELECT a.person_id, a.month, ?, a.amount_fen, a.base_month, a.base_fen "
        "FROM temp.credit_stage AS s CROSS JOIN temp.advance_stage AS a "
        "ON a.person_id = s.person_id ORDER BY a.person_id",
        (entry_id,),
    )


# --- when crediting covers the month of an advance ---


_ARRIVED = "SELECT 1 FROM contribution AS c WHERE c.person_id = a.person_id AND c.month = a.month"


class Advanced(NamedTuple):
    """An advance of a month that crediting covers now and to which nothing is due any more.
    `status` and `plan`: what the person counts as; None outside any period of benefit."""

    person_id: int
    month: int
    amount_fen: int
    status: str | None
    plan: str | None
    arrived: bool


def any_of(connection: Connection, month: Month) -> bool:
    found = connection.exec_driver_sql(
        "SELECT 1 FROM advance_credit WHERE month = ? LIMIT 1", (month.number,)
    ).first()
    return found is not None


def set_off(
    connection: Connection, month: Month, rules: CreditingRules, advances_since: Month
) -> list[Advanced]:
    """Take the advances of a month out of what is staged for it.

    What is left of a stage is the rest due, or, below zero, what has to be taken back. What is
    due exactly leaves the stage. The pairs are kept in `temp.advance_settled`.

    Returns:
        advances for which the month brings nothing: the contribution was returned, did not
        arrive in time (before `advances_since`), or the person is no longer credited from
        contributions.
    """
    marks = month_parameters(month, rules) | {"since": advances_since.number}
    pair = (
        "FROM advance_credit AS a CROSS JOIN temp.credit_stage AS s "
        "ON s.person_id = a.person_id AND s.month = a.month AND s.kind = 'credit_employee' "
        "WHERE a.month = :month"
    )
    rows = connection.exec_driver_sql(
        "SELECT * FROM (SELECT a.person_id, a.month, a.amount_fen, s.status, s.plan, "
        f"EXISTS ({_ARRIVED}) AS arrived FROM advance_credit AS a "
        f"LEFT JOIN benefit_span AS s ON s.person_id = a.person_id AND {FIRST_COVERED} "
        "WHERE a.month = :month AND NOT EXISTS (SELECT 1 FROM temp.credit_stage AS t "
        "WHERE t.person_id = a.person_id AND t.month = a.month AND t.kind = 'credit_employee')"
        ") WHERE status IS DISTINCT FROM '11' OR plan IS DISTINCT FROM 'combined' OR arrived "
        "OR month < :since "
        "ORDER BY person_id",
        marks,
    )
    returned = [Advanced(*row) for row in rows]
    connection.exec_driver_sql(
        "INSERT INTO temp.advance_settled (person_id, month, before_fen, after_fen) "
        f"SELECT a.person_id, a.month, a.amount_fen, s.amount_fen {pair}",
        marks,
    )
    connection.exec_driver_sql(
        "UPDATE temp.credit_stage SET amount_fen = credit_stage.amount_fen - d.before_fen "
        "FROM temp.advance_settled AS d WHERE d.month = :month "
        "AND d.person_id = credit_stage.person_id AND d.month = credit_stage.month "
        "AND credit_stage.kind = 'credit_employee'",
        marks,
    )
    forget_nothing_due(connection, month)
    return returned


def keep_reasons(connection: Connection, entry_id: int, reason: str) -> None:
    """Why a run posted more than an advance; what it took back has a difference of its own."""
    connection.exec_driver_sql(
        "INSERT INTO credit_difference "
        "(person_id, entry_id, benefit_month, source, before_fen, after_fen, reason) "
        "SELECT d.person_id, ?, d.month, 'employee', d.before_fen, d.after_fen, ? "
        "FROM temp.advance_settled AS d CROSS JOIN temp.credit_stage AS s "
        "ON s.person_id = d.person_id AND s.month = d.month AND s.amount_fen > 0 "
        "ORDER BY d.person_id",
        (entry_id, reason),
    )


def mark_expired(connection: Connection, first: Month | None, until: Month) -> None:
    """Mark people whose advance of a month in [first, until) no contribution has followed."""
    connection.exec_driver_sql(
        "INSERT INTO credit_again (person_id, from_month) "
        "SELECT a.person_id, min(a.month) FROM advance_credit AS a "
        f"WHERE a.month < :until AND a.month >= :first AND NOT EXISTS ({_ARRIVED}) "
        "GROUP BY a.person_id "
        "ON CONFLICT (person_id) DO UPDATE "
        "SET from_month = min(credit_again.from_month, excluded.from_month)",
        {"until": until.number, "first": 0 if first is None else first.number},
    )
