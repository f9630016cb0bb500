"""`init` makes the schema, the chart of accounts and the pool; again, it changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.books.chart import CHART
from ledger.core.errors import Refused
from ledger.policy.loader import load_pack
from ledger.services.books.verify import verify
from ledger.services.initialise import initialise, is_initialised
from tests import databases
from tests.world import World, dump, open_context, shiyan

OTHER_POOL = Path(__file__).parent.parent / "data" / "packs" / "beijing"
TABLES = ["pool", "account", "policy_version", "fiscal_month"]


def test_a_new_database_keeps_the_pool_and_the_whole_chart(tmp_path: Path) -> None:
    context = open_context(tmp_path / "new.db", owner=True)
    assert not is_initialised(context)
    assert initialise(context) == {
        "pool": "420300",
        "name": shiyan().name,
        "pack": "420300-shiyan",
        "changed": True,
    }
    assert is_initialised(context)
    assert verify(context)["ok"]
    with context.reading() as connection:
        rows = connection.exec_driver_sql("SELECT code, name FROM account ORDER BY code").all()
        version = connection.exec_driver_sql("SELECT version FROM policy_version").scalars().all()
    assert [tuple(row) for row in rows] == sorted((a.code, a.name) for a in CHART)
    assert version == [shiyan().version]
    context.engine.dispose()


def test_again_it_changes_nothing(tmp_path: Path) -> None:
    world = World(tmp_path / "world.db")
    before = dump(world, TABLES)
    assert initialise(world.context)["changed"] is False
    assert dump(world, TABLES) == before
    world.close()


def test_an_official_code_that_the_agency_entered_stays(tmp_path: Path) -> None:
    world = World(tmp_path / "world.db")
    with world.context.writing() as work:
        work.connection.exec_driver_sql(
            "UPDATE account SET official_code = '101' WHERE code='1101'"
        )
        work.commit()
    initialise(world.context)
    assert world.rows("SELECT official_code FROM account WHERE code = '1101'") == [("101",)]
    world.close()


def test_a_database_keeps_one_pool(tmp_path: Path) -> None:
    world = World(tmp_path / "world.db")
    other = open_context(world.path, load_pack(OTHER_POOL))
    with pytest.raises(Refused) as refused:
        initialise(other)
    assert refused.value.code == "init/other-pool"
    other.engine.dispose()
    world.close()


def test_an_account_that_is_missing_is_entered_again(tmp_path: Path) -> None:
    world = World(tmp_path / "world.db")
    databases.plant(world.path, ["DELETE FROM account WHERE code = '5102'"])
    owner = open_context(world.path, owner=True)
    initialise(owner)
    owner.engine.dispose()
    assert world.count("account") == len(CHART)
    world.close()
