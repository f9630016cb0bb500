"""Everybody's balance together, now and as of a day: what the control account must say."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from ledger.services.books.read import balance_of_everybody
from tests.people import CHEN, LIN, ZHAO
from tests.world import World, busy_template, copy_of


def test_everybodys_balance_is_the_sum_of_each(tmp_path: Path) -> None:
    world = copy_of(busy_template(), tmp_path / "w.db")
    accounts, fen = balance_of_everybody(world.context, None)
    each = world.rows("SELECT credited_fen - debited_fen FROM personal_account")
    assert accounts == len(each)
    assert fen == sum(left for (left,) in each)
    world.close()


def test_as_of_a_day_only_what_happened_until_then_counts(tmp_path: Path) -> None:
    world = World(tmp_path / "w.db")
    world.enrol(CHEN, LIN, ZHAO)
    world.contribute(*(world.contribution(str(CHEN.psn_no), m, 500_000) for m in ("2023-01",)))
    world.credit("2023-01")
    world.credit("2023-03")
    first = balance_of_everybody(world.context, date(2023, 1, 31))
    assert first == (2, 10_000 + 7_700)
    assert balance_of_everybody(world.context, date(2022, 12, 31)) == (0, 0)
    assert balance_of_everybody(world.context, date(2023, 3, 31))[1] > first[1]
    world.close()
