"""`verify` finds what is wrong in windows: each row changed by hand is one breach, named."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest

from ledger.core.errors import Refused
from ledger.policy.loader import load_pack
from tests.databases import plant
from tests.people import CHEN
from tests.shapes.test_cases import PACKS
from tests.world import World

PERSON = f"person_id = (SELECT person_id FROM person WHERE psn_no = '{CHEN.psn_no}')"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Chronic visits and a stay that share a limit, an ordinary visit, and a refund."""
    world = World(tmp_path / "world.db", load_pack(PACKS / "shared-cap"))
    world.enrol(CHEN)
    day = date(2023, 3, 1)
    world.settle(world.visit("chronic", CHEN.psn_no, day, 500_000, med_type="14"))
    stay = world.settle(world.visit("stay", CHEN.psn_no, day, 260_000, med_type="21"))
    world.settle(world.visit("ordinary", CHEN.psn_no, day, 100_000))
    world.reverse(stay, datetime(2023, 3, 2, 9))
    world.prove()
    yield world
    world.close()


BREACHES = {
    "a window holds a fen more": (
        {"verify/windows"},
        f"UPDATE accumulator SET paid_fen = paid_fen + 1 "
        f"WHERE benefit LIKE 'shared/%' AND {PERSON}",
    ),
    "a window is not kept": (
        {"verify/windows"},
        "DELETE FROM accumulator WHERE benefit LIKE 'shared/%'",
    ),
    "another benefit's year holds a fen less": (
        {"verify/windows"},
        f"UPDATE accumulator SET in_scope_fen = in_scope_fen - 1 WHERE benefit = 'chronic' "
        f"AND {PERSON}",
    ),
    "a settlement counts another amount in a window than it was": (
        {"verify/windows", "verify/window-settlement", "verify/accumulators"},
        "UPDATE settlement_window SET paid_fen = paid_fen - 1 WHERE benefit = 'chronic'",
    ),
    "a refund gives a window less back": (
        {"verify/windows", "verify/window-settlement", "verify/window-mirror"},
        "UPDATE settlement_window SET deductible_fen = deductible_fen + 1 "
        "WHERE benefit LIKE 'shared/%' AND deductible_fen < 0",
    ),
    "a refund forgets a window": (
        {"verify/windows", "verify/window-mirror"},
        "DELETE FROM settlement_window WHERE benefit LIKE 'shared/%' AND visits < 0",
    ),
    "more than the shared limit": (
        {"verify/windows", "verify/window-cap"},
        f"UPDATE accumulator SET paid_fen = 500001 WHERE benefit LIKE 'shared/%' AND {PERSON}",
    ),
}


@pytest.mark.parametrize("name", BREACHES)
def test_a_planted_breach_is_named(world: World, name: str) -> None:
    codes, *statements = BREACHES[name]
    plant(world.path, statements)
    assert set(world.breaches()) == codes


def test_parts_that_do_not_add_up_are_named(tmp_path: Path) -> None:
    world = World(tmp_path / "world.db", load_pack(PACKS / "beijing-community"))
    world.enrol(CHEN)
    world.settle(world.visit("A", CHEN.psn_no, date(2023, 3, 1), 300_000, "hospital-1"))
    world.prove()
    assert world.count("settlement_part") == 2
    plant(world.path, ["UPDATE settlement_part SET pay_fen = pay_fen + 1 WHERE position = 0"])
    assert world.breaches() == ["verify/settlement-shares"]
    world.close()


def test_windows_are_append_only(world: World) -> None:
    for statement in (
        "UPDATE settlement_window SET cut_fen = 0",
        "DELETE FROM settlement_window",
    ):
        with (
            pytest.raises(Refused),
            world.context.writing() as work,
        ):
            work.connection.exec_driver_sql(statement)


def test_a_plain_pack_keeps_no_traces(tmp_path: Path) -> None:
    world = World(tmp_path / "plain.db")
    world.enrol(CHEN)
    answer = world.settle(world.visit("A", CHEN.psn_no, date(2023, 3, 1), 300_000))
    world.reverse(answer, datetime(2023, 3, 2, 9))
    assert world.count("settlement_window") == world.count("settlement_part") == 0
    assert world.rows("SELECT DISTINCT benefit FROM accumulator") == [("outpatient",)]
    world.close()
