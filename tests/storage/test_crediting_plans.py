"""How SQLite reads what crediting asks: it walks the periods of benefit once, and of everything
else that grows with people and months it reads by key."""

from __future__ import annotations

import re
import sqlite3

import pytest

from ledger.storage.books import debts
from ledger.storage.credits import advances, again, stage
from tests.world import template

BIG = (
    *("contribution", "transfer", "entry", "personal_account"),
    *("account_year", "person_span", "advance_credit"),
)
MARKS = {
    "month": 202301,
    "first": "2023-01-01",
    "after": "2023-02-01",
    "rate": 200,
    "flat": 7700,
    "pool_only_retiree": 0,
    "last_run": 0,
    "advances_since": 202210,
    "oldest": 202210,
    "texts": "[]",
    "run": 1,
    "year": 2023,
    "share": 10_000,
}
STATEMENTS = {
    "stage of a month, employed": stage.STAGE_EMPLOYED,
    "stage of a month, retired": stage.STAGE_RETIRED,
    "months covered before": again.AGAIN,
    "advances, everybody": advances.STAGE_ADVANCES.format(whose=advances.EVERYBODY),
    "advances, listed employers": advances.STAGE_ADVANCES.format(whose=advances.LISTED),
    "recovery from credits": debts.STAGE_RECOVERIES,
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_nothing_big_is_read_from_end_to_end(name: str) -> None:
    statement = STATEMENTS[name]
    names = re.findall(r"(?:FROM|JOIN)\s+(\w+(?:\.\w+)?) AS (\w+)", statement)
    aliases = {alias for table, alias in names if table in BIG}
    connection = sqlite3.connect(template())
    try:
        for table, columns in (
            ("advance_stage", "person_id INTEGER PRIMARY KEY, month, base_month, base_fen, a"),
            ("recovery_stage", "person_id INTEGER PRIMARY KEY, amount_fen"),
            ("credit_stage", "person_id, month, kind, amount_fen, shift_fen"),
        ):
            connection.execute(f"CREATE TEMP TABLE {table} ({columns})")
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", MARKS)]
    finally:
        connection.close()
    scanned = {step.split()[1] for step in plan if step.startswith("SCAN ")}
    assert not scanned & aliases, plan
