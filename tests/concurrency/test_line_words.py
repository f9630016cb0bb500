"""What changes rows by key is said on a line without JSON: of one row, and of many."""

from __future__ import annotations

from typing import cast

import pytest
from sqlalchemy import Connection

from ledger.storage.books import journal
from ledger.storage.database.changes import change_rows
from ledger.storage.visits import settlements as store
from tests import databases
from tests.people import psn_no, somebody
from tests.world import World

STATEMENTS = (
    journal.ADD_TOTALS,
    journal.ADD_YEAR_TOTALS,
    journal.OPEN_YEARS,
    journal.ADD_DEBTS,
    journal.OPEN_DEBTS,
    store.SAVE_ACCUMULATORS,
    store.ADD_USED,
)

only_postgres = pytest.mark.skipif(not databases.POSTGRES, reason="lines lead to PostgreSQL")


@pytest.mark.parametrize("statement", STATEMENTS)
@pytest.mark.parametrize("one", [True, False])
def test_nothing_of_json_is_left(statement: str, one: bool) -> None:
    from ledger.storage.database.line_words import changing

    said = changing(statement, one)
    assert "json" not in said
    assert ("unnest" in said) is not one
    assert "$1" in said


@only_postgres
@pytest.mark.parametrize("people", [1, 3])
def test_a_line_changes_what_a_connection_would(world: World, people: int) -> None:
    from ledger.storage.database.lines import line_of

    crowd = [somebody(100 + number) for number in range(3)]
    world.enrol(*crowd)
    numbers = [world.person_id(psn_no(100 + number)) for number in range(people)]
    with line_of(world.context.engine) as line:
        connection = cast(Connection, line)
        line.say("BEGIN")
        change_rows(connection, journal.OPEN_DEBTS, [(number,) for number in numbers])
        change_rows(connection, journal.ADD_DEBTS, [(n, n + 7, n % 5) for n in numbers])
        change_rows(connection, journal.ADD_DEBTS, [(n, -2, 0) for n in numbers])
        found = list(
            line.exec_driver_sql("SELECT person_id, owed_fen, settled_fen FROM debtor ORDER BY 1")
        )
    assert found == sorted((n, n + 5, n % 5) for n in numbers)
    assert world.rows("SELECT person_id FROM debtor") == []
