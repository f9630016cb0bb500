"""The last defence: what is posted is never changed, and a closed month takes nothing.

SQLite has row triggers only. `BEFORE INSERT` refuses a key that exists, because
`INSERT OR REPLACE` deletes without firing a delete trigger. A migration that rebuilds a table
drops its triggers without a word: a test lists them after every upgrade, and `verify` too.
The text after RAISE starts with a stable code, which `engine.translate` hands on.
"""

from __future__ import annotations

from sqlalchemy import Connection, inspect

from ledger.storage.database import triggers_postgres as postgres
from ledger.storage.database.append_only import APPEND_ONLY

ENTRY_MONTH_IS_OPEN = """
    SELECT RAISE(ABORT, 'ledger/month-closed: the month of account is not open')
    WHERE NOT EXISTS (
        SELECT 1 FROM fiscal_month AS m WHERE m.month = NEW.fiscal_month AND m.status = 'open');
    SELECT RAISE(ABORT, 'ledger/reversed-before: an entry is reversed at most once')
    WHERE NEW.reverses_entry_id IS NOT NULL AND EXISTS (
        SELECT 1 FROM entry AS e
        WHERE e.person_id = NEW.person_id AND e.reverses_entry_id = NEW.reverses_entry_id);
    SELECT RAISE(ABORT, 'ledger/not-reversible: a reversal or a run is never reversed')
    WHERE NEW.reverses_entry_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM entry AS e
        WHERE e.person_id = NEW.person_id AND e.entry_id = NEW.reverses_entry_id
          AND e.person_id <> 0 AND e.reverses_entry_id IS NULL);
"""

# The plus sign keeps SQLite from looking the entry up by its month, where a month has a million.
TRANSFER_BELONGS = """
    SELECT RAISE(ABORT, 'ledger/unknown-entry: no entry of this month and day takes a leg')
    WHERE NOT EXISTS (
        SELECT 1 FROM entry AS e JOIN fiscal_month AS m ON m.month = e.fiscal_month
        WHERE e.entry_id = NEW.entry_id AND +e.fiscal_month = NEW.fiscal_month
          AND e.happened_on = NEW.happened_on AND NEW.leg >= 1 AND e.legs >= 1
          AND m.status = 'open');
    SELECT RAISE(ABORT, 'ledger/unknown-account: the chart of accounts has no such account')
    WHERE NOT EXISTS (SELECT 1 FROM account AS a WHERE a.code = NEW.debit_account)
       OR NOT EXISTS (SELECT 1 FROM account AS a WHERE a.code = NEW.credit_account);
"""

SETTLEMENT_GIVEN_BACK_ONCE = """
    SELECT RAISE(ABORT, 'ledger/reversed-before: a settlement is given back at most once')
    WHERE NEW.reverses_settlement_id IS NOT NULL AND EXISTS (
        SELECT 1 FROM settlement AS s
        WHERE s.person_id = NEW.person_id
          AND s.reverses_settlement_id = NEW.reverses_settlement_id);
"""

DECIDED_BY_ANOTHER = """
    SELECT RAISE(ABORT, 'approval/same-actor: whoever proposes does not decide')
    WHERE NOT EXISTS (
        SELECT 1 FROM proposal AS p
        WHERE p.person_id = NEW.person_id AND p.proposal_id = NEW.proposal_id
          AND p.proposed_by <> NEW.decided_by);
"""

MORE_CHECKS = {
    "proposal_decision": DECIDED_BY_ANOTHER,
    "entry": ENTRY_MONTH_IS_OPEN,
    "transfer": TRANSFER_BELONGS,
    "settlement": SETTLEMENT_GIVEN_BACK_ONCE,
}

NO_MONTH_REOPENS = """
CREATE TRIGGER fiscal_month_refuse_reopen BEFORE UPDATE ON fiscal_month
WHEN OLD.status = 'closed' BEGIN
    SELECT RAISE(ABORT, 'ledger/month-closed: a closed month stays closed');
END
"""


def _insert_trigger(table: str, key: tuple[str, ...]) -> str:
    same = " AND ".join(f"t.{column} = NEW.{column}" for column in key)
    return (
        f"CREATE TRIGGER {table}_check_insert BEFORE INSERT ON {table} BEGIN\n"
        f"    SELECT RAISE(ABORT, 'ledger/append-only: {table} has this key already')\n"
        f"    WHERE EXISTS (SELECT 1 FROM {table} AS t WHERE {same});\n"
        f"{MORE_CHECKS.get(table, '')}END"
    )


def _refuse_trigger(table: str, verb: str) -> str:
    return (
        f"CREATE TRIGGER {table}_refuse_{verb.lower()} BEFORE {verb} ON {table} BEGIN\n"
        f"    SELECT RAISE(ABORT, 'ledger/append-only: {verb} on {table} is refused');\nEND"
    )


def sqlite_triggers() -> dict[str, str]:
    """Every trigger of a SQLite database: name -> statement that makes it."""
    triggers: dict[str, str] = {}
    for table, key in APPEND_ONLY.items():
        triggers[f"{table}_check_insert"] = _insert_trigger(table, key)
        for verb in ("UPDATE", "DELETE"):
            triggers[f"{table}_refuse_{verb.lower()}"] = _refuse_trigger(table, verb)
    triggers["fiscal_month_refuse_reopen"] = NO_MONTH_REOPENS
    triggers["fiscal_month_check_insert"] = _insert_trigger("fiscal_month", ("month",))
    triggers["fiscal_month_refuse_delete"] = _refuse_trigger("fiscal_month", "DELETE")
    return triggers


def install_triggers(connection: Connection) -> None:
    """Make every trigger anew, for the tables that exist. Each migration that touches a table
    ends with this, because SQLite drops triggers together with a rebuilt table."""
    tables = set(inspect(connection).get_table_names())
    if connection.dialect.name == "postgresql":
        postgres.install(connection, tables)
        return
    for name, statement in sqlite_triggers().items():
        if statement.partition(" ON ")[2].split()[0] in tables:
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")
            connection.exec_driver_sql(statement)


def installed_triggers(connection: Connection) -> dict[str, str]:
    """Name -> statement of the triggers that the database really has."""
    rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    return {str(name): str(sql) for name, sql in rows}


def missing_triggers(connection: Connection) -> list[str]:
    """Triggers that are gone or were changed: the books are no longer guarded."""
    if connection.dialect.name == "postgresql":
        return postgres.missing(connection)
    installed = installed_triggers(connection)
    return [name for name, sql in sqlite_triggers().items() if installed.get(name) != sql.strip()]
