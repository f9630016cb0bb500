"""The same last defence in PostgreSQL: one trigger a statement, over the rows it brought.

A check per row (a foreign key, say) made a month's credit three times as slow; a statement's new
rows come as one table, and are checked at once. The message starts with the stable code that
`engine.translate` hands on.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection

from ledger.storage.database import years
from ledger.storage.database.append_only import APPEND_ONLY

# Posting shares a month, closing takes it alone: no entry slips in behind a closing. It is a lock
# on the month's number, not on its row: all desks at once would make one hot row of that.
_MONTHS = 202300
SHARE_MONTH = f"pg_advisory_xact_lock_shared({_MONTHS}, {{}}::integer)"
TAKE_MONTH = f"pg_advisory_xact_lock({_MONTHS}, {{}}::integer)"
ENTRY_CHECKS = f"""
    PERFORM {SHARE_MONTH.format("n.fiscal_month")} FROM (
        SELECT DISTINCT fiscal_month FROM new_rows ORDER BY fiscal_month) AS n;
    IF EXISTS (
        SELECT 1 FROM (SELECT DISTINCT fiscal_month FROM new_rows) AS n
        LEFT JOIN fiscal_month AS m ON m.month = n.fiscal_month AND m.status = 'open'
        WHERE m.month IS NULL)
    THEN RAISE EXCEPTION 'ledger/month-closed: the month of account is not open'; END IF;
    IF EXISTS (
        SELECT 1 FROM new_rows AS n WHERE n.reverses_entry_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM entry AS e
            WHERE e.person_id = n.person_id AND e.entry_id = n.reverses_entry_id
              AND e.person_id <> 0 AND e.reverses_entry_id IS NULL))
    THEN RAISE EXCEPTION 'ledger/not-reversible: a reversal or a run is never reversed'; END IF;
"""

# Each pass over the new rows costs, so there are two: by entry, and by pair of accounts. The zero
# keeps the entry from being looked up by its month: on a fresh database that looks as good as by
# its number, and a session that planned it so reads the whole month for each visit ever after.
TRANSFER_CHECKS = """
    IF EXISTS (
        SELECT 1 FROM (
            SELECT r.entry_id, r.fiscal_month, r.happened_on, min(r.leg) AS leg FROM new_rows AS r
            GROUP BY r.entry_id, r.fiscal_month, r.happened_on) AS n
        WHERE n.leg < 1 OR NOT EXISTS (
            SELECT 1 FROM entry AS e JOIN fiscal_month AS m ON m.month = n.fiscal_month
            WHERE e.entry_id = n.entry_id AND e.fiscal_month + 0 = n.fiscal_month
              AND e.happened_on = n.happened_on AND e.legs >= 1 AND m.status = 'open'))
    THEN RAISE EXCEPTION
        'ledger/unknown-entry: no entry of this month and day takes a leg'; END IF;
    IF EXISTS (
        SELECT 1 FROM (SELECT DISTINCT debit_account, credit_account FROM new_rows) AS n
        WHERE NOT EXISTS (SELECT 1 FROM account AS a WHERE a.code = n.debit_account)
           OR NOT EXISTS (SELECT 1 FROM account AS a WHERE a.code = n.credit_account))
    THEN RAISE EXCEPTION
        'ledger/unknown-account: the chart of accounts has no such account'; END IF;
"""

DECIDED_BY_ANOTHER = """
    IF EXISTS (
        SELECT 1 FROM new_rows AS n WHERE NOT EXISTS (
            SELECT 1 FROM proposal AS p
            WHERE p.person_id = n.person_id AND p.proposal_id = n.proposal_id
              AND p.proposed_by <> n.decided_by))
    THEN RAISE EXCEPTION 'approval/same-actor: whoever proposes does not decide'; END IF;
"""

CHECKS = {
    "entry": ENTRY_CHECKS,
    "transfer": TRANSFER_CHECKS,
    "proposal_decision": DECIDED_BY_ANOTHER,
}


# The key of entries lets one alone reverse another, whatever the year. Hardly any settlement gives
# one back, so this is asked row by row.
GIVEN_BACK_ONCE = """
    IF NOT EXISTS (
        SELECT 1 FROM entry AS e
        WHERE e.person_id = NEW.person_id AND e.entry_id = NEW.settlement_id
          AND e.reverses_entry_id = NEW.reverses_settlement_id)
    THEN RAISE EXCEPTION
        'ledger/reversed-before: a settlement is given back once, by the entry that reverses it';
    END IF;
"""
ROW_CHECKS = {"settlement": GIVEN_BACK_ONCE}

NO_MONTH_REOPENS = f"""
    PERFORM {TAKE_MONTH.format("OLD.month")};
    IF OLD.status = 'closed'
    THEN RAISE EXCEPTION 'ledger/month-closed: a closed month stays closed'; END IF;
    RETURN NEW;
"""
MONTHS_STAY = "RAISE EXCEPTION 'ledger/append-only: % on fiscal_month is refused', TG_OP;"


BY_INDEX = "SET enable_seqscan = off"
"""A session keeps the plan of its first statement. Made on a fresh, empty database it would read
tables from end to end, and go on doing so while they grow under a first load."""


OUR_TABLES = "SET search_path = public, pg_temp"
"""Whoever writes may make a table of its own for the session, called fiscal_month, say: a check
must not look into that one."""


class Trigger(NamedTuple):
    """A trigger and its function of the same name."""

    name: str
    table: str
    when: str
    body: str
    setting: str = ""

    @property
    def source(self) -> str:
        return f"\nBEGIN\n{self.body}\nRETURN NULL;\nEND\n"

    def statements(self) -> tuple[str, ...]:
        return (
            f"CREATE OR REPLACE FUNCTION {self.name}() RETURNS trigger LANGUAGE plpgsql "
            f"{self.setting} AS $${self.source}$$",
            f"DROP TRIGGER IF EXISTS {self.name} ON {self.table}",
            f"CREATE TRIGGER {self.name} {self.when} EXECUTE FUNCTION {self.name}()",
        )


def _refusing(table: str, verbs: str, body: str) -> Trigger:
    when = f"BEFORE {verbs} ON {table} FOR EACH STATEMENT"
    return Trigger(f"{table}_refuse_change", table, when, body)


def _checking(table: str, body: str) -> Trigger:
    when = f"AFTER INSERT ON {table} REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT"
    return Trigger(f"{table}_check_insert", table, when, body, f"{BY_INDEX} {OUR_TABLES}")


def triggers() -> list[Trigger]:
    """Every trigger of a PostgreSQL database. A key that exists is refused by the key itself."""
    refused = "RAISE EXCEPTION 'ledger/append-only: % on {} is refused', TG_OP;"
    return [
        *(
            _refusing(table, "UPDATE OR DELETE OR TRUNCATE", refused.format(table))
            for table in APPEND_ONLY
        ),
        *(_checking(table, body) for table, body in CHECKS.items()),
        Trigger(
            "settlement_given_back_once",
            "settlement",
            "AFTER INSERT ON settlement FOR EACH ROW WHEN (NEW.reverses_settlement_id IS NOT NULL)",
            ROW_CHECKS["settlement"],
            f"{BY_INDEX} {OUR_TABLES}",
        ),
        _refusing("fiscal_month", "DELETE OR TRUNCATE", MONTHS_STAY),
        Trigger(
            "fiscal_month_refuse_reopen",
            "fiscal_month",
            "BEFORE UPDATE ON fiscal_month FOR EACH ROW",
            NO_MONTH_REOPENS,
        ),
    ]


def install(connection: Connection, tables: Collection[str]) -> None:
    """Make every trigger anew, for the tables that exist."""
    for trigger in triggers():
        if trigger.table in tables:
            for statement in trigger.statements():
                connection.exec_driver_sql(statement)


_INSTALLED = """
    SELECT c.relname, t.tgname, p.prosrc FROM pg_trigger AS t
    JOIN pg_proc AS p ON p.oid = t.tgfoid JOIN pg_class AS c ON c.oid = t.tgrelid
    WHERE NOT t.tgisinternal AND t.tgenabled = 'O' AND t.tgparentid = 0
"""


def missing(connection: Connection) -> list[str]:
    """Triggers that are gone, switched off, or not what they were, and years without theirs."""
    rows = connection.exec_driver_sql(_INSTALLED)
    installed = {(row.relname, row.tgname): row.prosrc for row in rows}
    gone = [t.name for t in triggers() if installed.get((t.table, t.name)) != t.source]
    return gone + years.unguarded(connection)
