"""What is posted is never changed or deleted, by whatever statement (invariants 2 and 6)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from ledger.core.errors import Refused
from ledger.storage.database.engine import writing
from ledger.storage.database.triggers import APPEND_ONLY, installed_triggers, sqlite_triggers
from ledger.storage.tables import metadata
from tests.world import World, busy_template, copy_of

RECORDED = "2024-06-01 00:00:00"
ENTRY = (
    "INSERT {how} INTO entry (person_id, entry_id, kind, legs, happened_on, recorded_at, "
    "fiscal_month, reverses_entry_id, actor, memo) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'somebody', '')"
)
LEG = (
    "INSERT INTO transfer (person_id, entry_id, leg, kind, happened_on, fiscal_month, fund_year, "
    "debit_account, credit_account, amount_fen) VALUES (?, ?, ?, ?, ?, ?, 2023, ?, ?, ?)"
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = copy_of(busy_template(), tmp_path / "busy.db")
    yield world
    world.close()


def code_of_refusal(world: World, sql: str, *values: object) -> str:
    """The code with which the database refuses a statement; the change would else be kept."""
    with pytest.raises(Refused) as refused:
        _try(world, sql, values)
    return refused.value.code


def _try(world: World, sql: str, values: tuple[object, ...]) -> None:
    with writing(world.context.engine) as connection:
        connection.exec_driver_sql(sql, values)
        connection.commit()


def first_row(world: World, table: str) -> tuple[str, tuple[Any, ...]]:
    """A row of a table: the condition that names it, and the values of its key. Where the busy
    quarter left none, one is made up: the triggers ask about keys, not about sense."""
    key = APPEND_ONLY[table]
    rows = world.rows(f"SELECT {', '.join(key)} FROM {table} LIMIT 1")
    if not rows:
        make_up_row(world, table)
        rows = world.rows(f"SELECT {', '.join(key)} FROM {table} LIMIT 1")
    return " AND ".join(f"{column} = ?" for column in key), rows[0]


def make_up_row(world: World, table: str) -> None:
    """One row of plain values; of a column that a CHECK limits, the value stands in `CHECKED`."""
    if table == "proposal_decision":
        make_up_row(world, "proposal")
    row = {
        column.name: CHECKED.get((table, column.name), _plain(column.type.python_type))
        for column in metadata.tables[table].columns
    }
    marks = ", ".join("?" * len(row))
    _try(world, f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))


def _plain(of: type) -> object:
    return {str: "x", bool: 1, date: "2023-01-01", datetime: RECORDED}.get(of, 1)


CHECKED = {
    ("pool_transfer", "direction"): "in",
    ("pool_payment", "direction"): "paid",
    ("quota_event", "kind"): "given",
    ("person_merge", "merged_id"): 2,
    ("proposal_decision", "decision"): "approved",
    ("proposal_decision", "decided_by"): "somebody else",
}


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_update_is_refused(world: World, table: str) -> None:
    where, key = first_row(world, table)
    column = APPEND_ONLY[table][0]
    sql = f"UPDATE {table} SET {column} = {column} WHERE {where}"
    assert code_of_refusal(world, sql, *key) == "ledger/append-only"


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_update_or_replace_is_refused(world: World, table: str) -> None:
    first_row(world, table)
    column = APPEND_ONLY[table][0]
    sql = f"UPDATE OR REPLACE {table} SET {column} = {column}"
    assert code_of_refusal(world, sql) == "ledger/append-only"


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_delete_is_refused(world: World, table: str) -> None:
    where, key = first_row(world, table)
    sql = f"DELETE FROM {table} WHERE {where}"
    assert code_of_refusal(world, sql, *key) == "ledger/append-only"


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("how", ["", "OR REPLACE", "OR IGNORE"])
def test_inserting_a_key_that_exists_is_refused(world: World, table: str, how: str) -> None:
    where, key = first_row(world, table)
    sql = f"INSERT {how} INTO {table} SELECT * FROM {table} WHERE {where}"
    assert code_of_refusal(world, sql, *key) == "ledger/append-only"


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_an_upsert_is_refused(world: World, table: str) -> None:
    where, key = first_row(world, table)
    column = APPEND_ONLY[table][0]
    sql = (
        f"INSERT INTO {table} SELECT * FROM {table} WHERE {where} "
        f"ON CONFLICT DO UPDATE SET {column} = excluded.{column}"
    )
    assert code_of_refusal(world, sql, *key) == "ledger/append-only"


@pytest.mark.parametrize("how", ["", "OR REPLACE"])
def test_an_entry_is_not_reversed_twice_nor_its_reversal_replaced(world: World, how: str) -> None:
    person, reversed_entry, month, day = world.rows(
        "SELECT person_id, reverses_entry_id, 202302, happened_on FROM entry "
        "WHERE reverses_entry_id IS NOT NULL"
    )[0]
    values = (person, 1, "refund", 0, day, RECORDED, month, reversed_entry)
    code = code_of_refusal(world, ENTRY.format(how=how), *values)
    assert code == "ledger/reversed-before"
    world.prove()


@pytest.mark.parametrize("how", ["", "OR REPLACE"])
def test_a_settlement_is_not_given_back_twice_nor_its_refund_replaced(
    world: World, how: str
) -> None:
    columns = [row[1] for row in world.rows("PRAGMA table_info(settlement)")]
    others = ", ".join("1" if name == "settlement_id" else name for name in columns)
    sql = (
        f"INSERT {how} INTO settlement SELECT {others} FROM settlement "
        "WHERE reverses_settlement_id IS NOT NULL LIMIT 1"
    )
    assert code_of_refusal(world, sql) == "ledger/reversed-before"
    world.prove()


def test_a_reversal_is_not_reversed(world: World) -> None:
    person, refund = world.rows(
        "SELECT person_id, entry_id FROM entry WHERE reverses_entry_id IS NOT NULL"
    )[0]
    values = (person, 1, "refund", 0, "2023-02-03", RECORDED, 202302, refund)
    assert code_of_refusal(world, ENTRY.format(how=""), *values) == "ledger/not-reversible"


def test_a_run_is_not_reversed(world: World) -> None:
    run = world.rows("SELECT max(entry_id) FROM entry WHERE person_id = 0 AND kind = 'credit'")
    values = (0, 1, "refund", 0, "2023-02-03", RECORDED, 202302, run[0][0])
    assert code_of_refusal(world, ENTRY.format(how=""), *values) == "ledger/not-reversible"


def test_an_entry_that_is_not_there_is_not_reversed(world: World) -> None:
    values = (1, 1, "refund", 0, "2023-02-03", RECORDED, 202302, 4711)
    assert code_of_refusal(world, ENTRY.format(how=""), *values) == "ledger/not-reversible"


def test_a_closed_month_takes_no_entry(world: World) -> None:
    values = (1, 1, "settlement", 0, "2023-01-31", RECORDED, 202301, None)
    assert code_of_refusal(world, ENTRY.format(how=""), *values) == "ledger/month-closed"


def test_a_month_that_was_never_opened_takes_no_entry(world: World) -> None:
    values = (1, 1, "settlement", 0, "2030-01-31", RECORDED, 203001, None)
    assert code_of_refusal(world, ENTRY.format(how=""), *values) == "ledger/month-closed"


def test_a_closed_month_takes_no_leg(world: World) -> None:
    entry, day = world.rows(
        "SELECT entry_id, happened_on FROM entry WHERE fiscal_month = 202301 AND legs > 0"
    )[0]
    values = (0, entry, 99, "fund_to_fiscal", day, 202301, "1102", "1101", 1)
    assert code_of_refusal(world, LEG, *values) == "ledger/unknown-entry"


def test_a_leg_of_another_month_than_its_entry_is_refused(world: World) -> None:
    entry, day = _open_entry(world)
    values = (0, entry, 99, "fund_to_fiscal", day, 202303, "1102", "1101", 1)
    assert code_of_refusal(world, LEG, *values) == "ledger/unknown-entry"


def test_a_leg_of_another_day_than_its_entry_is_refused(world: World) -> None:
    entry, _day = _open_entry(world)
    values = (0, entry, 99, "fund_to_fiscal", date(2023, 2, 27), 202302, "1102", "1101", 1)
    assert code_of_refusal(world, LEG, *values) == "ledger/unknown-entry"


def test_a_leg_without_an_entry_is_refused(world: World) -> None:
    values = (0, 4711, 1, "fund_to_fiscal", "2023-02-03", 202302, "1102", "1101", 1)
    assert code_of_refusal(world, LEG, *values) == "ledger/unknown-entry"


@pytest.mark.parametrize(("debit", "credit"), [("9999", "1101"), ("1102", "9999")])
def test_a_leg_on_an_unknown_account_is_refused(world: World, debit: str, credit: str) -> None:
    entry, day = _open_entry(world)
    values = (0, entry, 99, "fund_to_fiscal", day, 202302, debit, credit, 1)
    assert code_of_refusal(world, LEG, *values) == "ledger/unknown-account"


def test_a_leg_without_money_or_with_one_account_is_refused(world: World) -> None:
    entry, day = _open_entry(world)
    for debit, credit, amount in (("1102", "1101", 0), ("1102", "1101", -1), ("1101", "1101", 1)):
        values = (0, entry, 99, "fund_to_fiscal", day, 202302, debit, credit, amount)
        assert code_of_refusal(world, LEG, *values) == "database/error"


def _open_entry(world: World) -> tuple[int, str]:
    row = world.rows(
        "SELECT entry_id, happened_on FROM entry WHERE fiscal_month = 202302 AND legs > 0"
    )[0]
    return int(row[0]), str(row[1])


def test_an_account_is_never_overdrawn(world: World) -> None:
    for change in (
        "debited_fen = credited_fen + 1",
        "held_fen = credited_fen - debited_fen + 1",
        "credited_fen = debited_fen - 1",
    ):
        sql = f"UPDATE personal_account SET {change}"
        assert code_of_refusal(world, sql) == "account/overdraft"
    sql = "UPDATE account_year SET debited_fen = credited_fen + 1"
    assert code_of_refusal(world, sql) == "account/overdraft"


def test_a_closed_month_stays_closed(world: World) -> None:
    sql = "UPDATE fiscal_month SET status = 'open' WHERE month = 202301"
    assert code_of_refusal(world, sql) == "ledger/month-closed"
    assert code_of_refusal(world, "DELETE FROM fiscal_month") == "ledger/append-only"
    sql = "INSERT OR REPLACE INTO fiscal_month (month, status) VALUES (202301, 'open')"
    assert code_of_refusal(world, sql) == "ledger/append-only"


def test_a_settlement_whose_parts_do_not_add_up_is_refused(world: World) -> None:
    columns = [row[1] for row in world.rows("PRAGMA table_info(settlement)")]
    for part in ("cash_fen", "pool_fen", "paid_first_fen"):
        changed = ", ".join(
            {"settlement_id": "1", part: f"{part} + 1", "reverses_settlement_id": "NULL"}.get(
                name, name
            )
            for name in columns
        )
        sql = f"INSERT INTO settlement SELECT {changed} FROM settlement LIMIT 1"
        assert code_of_refusal(world, sql) == "database/error"


def test_every_trigger_is_there_after_an_upgrade(world: World) -> None:
    with world.context.reading() as connection:
        installed = installed_triggers(connection)
    assert installed == {name: sql.strip() for name, sql in sqlite_triggers().items()}


def test_every_append_only_key_is_the_key_of_its_table(world: World) -> None:
    for table, key in APPEND_ONLY.items():
        info = world.rows(f"PRAGMA table_info({table})")
        primary = sorted((place, name) for _cid, name, *_rest, place in info if place)
        assert [name for _place, name in primary] == list(key), table


def test_every_table_of_money_leads_its_key_with_the_person(world: World) -> None:
    person_first = (
        "entry transfer personal_account account_year visit settlement accumulator contribution "
        "hold request inpatient_stay family_draw person_span credit_difference"
    )
    for table in person_first.split():
        info = world.rows(f"PRAGMA table_info({table})")
        first = [name for _cid, name, *_rest, place in info if place == 1]
        assert first == ["person_id"], table
