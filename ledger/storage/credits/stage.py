"""Crediting a month that no run has covered yet, said to the database for everybody at once.

`stage_month` writes into a temporary table what is due; `post_stage` turns it into transfers and
totals. The rule itself is `benefits.crediting`; a property test holds both equal.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection

from ledger.books.kinds import TRANSFER_KINDS
from ledger.core.months import Month
from ledger.policy.values import CreditingRules
from ledger.storage.books.journal import TRANSFER_COLUMNS
from ledger.storage.database.bulk import add_to_totals, for_everybody, keys, make_room
from ledger.storage.database.turns import lock_totals

# The span of the first covered day in the month (benefits run by spans without overlap): the one
# that covers the month's first day, or one that begins later where none before it touches the
# month.
FIRST_COVERED = """
    s.valid_from < :after AND s.valid_until > :first
    AND (s.valid_from <= :first OR NOT EXISTS (
        SELECT 1 FROM benefit_span AS e
        WHERE e.person_id = s.person_id
            AND e.valid_from < s.valid_from AND e.valid_until > :first))
"""

# Half up, away from zero for negative bases: division of whole numbers drops the rest.
ROUNDED = "((c.base_fen * :rate + CASE WHEN c.base_fen < 0 THEN -5000 ELSE 5000 END) / 10000)"

# Who pays contributions and who has retired are asked apart: one question for both took half as
# long again, since it sought contributions of the retired and asked every row for its status.
STAGE_EMPLOYED = f"""
    INSERT INTO temp.credit_stage (person_id, month, kind, amount_fen, shift_fen)
    SELECT person_id, :month, 'credit_employee',
        CASE plan WHEN 'pool_only' THEN 0 ELSE due END,
        CASE plan WHEN 'pool_only' THEN 0 ELSE due END - received
    FROM (
        SELECT s.person_id, s.plan,
            CAST(sum({ROUNDED}) AS BIGINT) AS due,
            CAST(sum(c.account_fen) AS BIGINT) AS received
        FROM benefit_span AS s
        CROSS JOIN contribution AS c ON c.person_id = s.person_id AND c.month = :month
        WHERE s.status = '11' AND {FIRST_COVERED}
        GROUP BY s.person_id, s.valid_from) AS covered
"""
STAGE_RETIRED = f"""
    INSERT INTO temp.credit_stage (person_id, month, kind, amount_fen, shift_fen)
    SELECT s.person_id, :month, 'credit_retiree', :flat, 0 FROM benefit_span AS s
    WHERE s.status = '12' AND (s.plan = 'combined' OR :pool_only_retiree) AND {FIRST_COVERED}
"""
# Taken out behind and not left out before: SQLite would work every row's amounts out twice.
NOTHING_DUE = (
    "DELETE FROM temp.credit_stage WHERE month = :month AND amount_fen = 0 AND shift_fen = 0"
)


class StageTotals(NamedTuple):
    """What the staged months come to."""

    transfers: int
    people: int
    credited_fen: int
    shifts: int
    """How many of the transfers move money between plans."""
    negative: int
    """How many rows are below zero: nothing to credit."""


def begin_stage(connection: Connection) -> None:
    """Empty tables for what is due, and for advances that it settles (see `storage.advances`).

    On PostgreSQL they have no key: to keep one for everybody took as long as to fill the table.
    """
    make_room(connection)
    key = "" if connection.dialect.name == "postgresql" else ", PRIMARY KEY (person_id, month)"
    for table, columns in (
        ("credit_stage", "kind TEXT, amount_fen INTEGER, shift_fen INTEGER"),
        ("advance_settled", "before_fen INTEGER, after_fen INTEGER"),
    ):
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS temp.{table}")
        connection.exec_driver_sql(
            f"CREATE TEMP TABLE {table} (person_id INTEGER, month INTEGER, {columns}{key})"
            + " WITHOUT ROWID" * bool(key)
        )


def finish_stage(connection: Connection) -> None:
    """Everything is staged: let PostgreSQL know how much, of which nobody told it."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ANALYZE pg_temp.credit_stage, pg_temp.advance_settled")


def month_parameters(month: Month, rules: CreditingRules) -> dict[str, object]:
    return {
        "month": month.number,
        "first": month.first_day,
        "after": month.next().first_day,
        "rate": rules.credit_rate_bp,
        "flat": rules.retiree_flat_fen,
        "pool_only_retiree": rules.retiree_pool_only_has_account,
    }


def stage_month(connection: Connection, month: Month, rules: CreditingRules) -> None:
    """Stage what is due to everybody for a month that no run has covered."""
    with for_everybody(connection):
        for statement in (STAGE_EMPLOYED, STAGE_RETIRED):
            connection.exec_driver_sql(statement, month_parameters(month, rules))
    forget_nothing_due(connection, month)


def forget_nothing_due(connection: Connection, month: Month) -> None:
    """Whoever has nothing coming leaves the stage."""
    connection.exec_driver_sql(NOTHING_DUE, {"month": month.number})


def stage_totals(connection: Connection, months: int) -> StageTotals:
    """Counts and sum of what `months` months staged."""
    several = "DISTINCT person_id" if months > 1 else "*"
    row = connection.exec_driver_sql(
        "SELECT count(*) FILTER (WHERE amount_fen > 0) + count(*) FILTER (WHERE shift_fen <> 0), "
        f"count({several}) FILTER (WHERE amount_fen > 0), "
        "coalesce(sum(amount_fen) FILTER (WHERE amount_fen > 0), 0), "
        "count(*) FILTER (WHERE shift_fen <> 0), count(*) FILTER (WHERE amount_fen < 0) "
        "FROM temp.credit_stage"
    ).one()
    return StageTotals(*row)


def staged_negative(connection: Connection) -> list[tuple[int, int, int, int]]:
    """(person, month, advanced, fen) where more was returned than paid, or less arrived than was
    advanced: nothing to credit, so a claw-back."""
    rows = connection.exec_driver_sql(
        "SELECT s.person_id, s.month, coalesce(d.before_fen, 0), s.amount_fen "
        "FROM temp.credit_stage AS s LEFT JOIN temp.advance_settled AS d "
        "ON d.person_id = s.person_id AND d.month = s.month WHERE s.amount_fen < 0"
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def staged_of(connection: Connection, people: Iterable[int]) -> list[tuple[int, int]]:
    """(person, fen) that the staged months bring to these people."""
    rows = connection.exec_driver_sql(
        "SELECT s.person_id, sum(s.amount_fen) FROM json_each(:keys) AS w "
        "CROSS JOIN temp.credit_stage AS s ON s.person_id = w.value "
        "WHERE s.amount_fen > 0 GROUP BY s.person_id",
        {"keys": keys(people)},
    )
    return [(row[0], row[1]) for row in rows]


def post_stage(
    connection: Connection,
    entry_id: int,
    happened_on: date,
    fiscal_month: Month,
    months: tuple[Month, Month],
    shifts: bool,
) -> None:
    """Write the staged credits as legs of one entry and add them to the running totals.

    Args:
        months: the first and the last that are staged.
        shifts: does the stage move money between plans?
    """
    first, last = months
    common = {
        "entry": entry_id,
        "day": happened_on,
        "fiscal": fiscal_month.number,
        "year": happened_on.year,
        "first": first.year * 12 + first.month,
    }
    # An advance comes from the same account as an employee's credit, which it stands for.
    credit = "CASE kind WHEN 'credit_retiree' THEN '{1}' ELSE '{0}' END"
    employee, retiree = TRANSFER_KINDS["credit_employee"], TRANSFER_KINDS["credit_retiree"]
    _post_legs(
        connection,
        common,
        ("kind", credit.format(employee.debit, retiree.debit), f"'{employee.credit}'"),
        "amount_fen",
        0,
    )
    for kind, amount in (("plan_to_account", "shift_fen"), ("plan_to_pool", "-shift_fen")):
        if not shifts:
            break
        scheme = TRANSFER_KINDS[kind]
        columns = (f"'{kind}'", f"'{scheme.debit}'", f"'{scheme.credit}'")
        _post_legs(connection, common, columns, amount, 1)
    _add_totals(connection, common, first == last)


def _post_legs(
    connection: Connection,
    common: dict[str, object],
    columns: tuple[str, str, str],
    amount: str,
    offset: int,
) -> None:
    """One pass in the order of the key. Each month has two numbers for its legs: one for the
    credit, one for a shift of plan. `columns`: SQL of kind, debit and credit account."""
    kind, debit, credit = columns
    connection.exec_driver_sql(
        f"INSERT INTO transfer ({', '.join(TRANSFER_COLUMNS.split())}) "
        f"SELECT person_id, :entry, "
        f"((month / 100) * 12 + month % 100 - :first) * 2 + 1 + {offset}, {kind}, :day, :fiscal, "
        f":year, month, {debit}, {credit}, {amount}, NULL, NULL "
        f"FROM temp.credit_stage WHERE {amount} > 0 ORDER BY person_id, month",
        common,
    )


def _add_totals(connection: Connection, common: dict[str, object], one_month: bool) -> None:
    credited = "FROM temp.credit_stage WHERE amount_fen > 0"
    if one_month:
        amounts = f"SELECT person_id, amount_fen AS credited_fen {credited}"
    else:
        amounts = (
            "SELECT person_id, CAST(sum(amount_fen) AS BIGINT) AS credited_fen "
            f"{credited} GROUP BY person_id"
        )
    lock_totals(connection)
    add_to_totals(
        connection,
        "personal_account",
        "person_id",
        "credited_fen",
        amounts,
        {"debited_fen": "0", "held_fen": "0", "status": "'open'", "opened_on": ":day"},
        {"day": common["day"]},
    )
    add_to_totals(
        connection,
        "account_year",
        "person_id year",
        "credited_fen",
        f"SELECT person_id, :year AS year, credited_fen FROM ({amounts}) AS c",
        {"debited_fen": "0"},
        {"year": common["year"]},
    )


def first_covered_day(connection: Connection) -> date | None:
    """The first day on which anybody has benefits."""
    day = connection.exec_driver_sql("SELECT min(valid_from) FROM benefit_span").scalar()
    return None if day is None else date.fromisoformat(day)


def leg_number_after_stage(first: Month, last: Month) -> int:
    """The first number free for a correction's legs, beyond those of staged months."""
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    return max(months, 0) * 2 + 1
