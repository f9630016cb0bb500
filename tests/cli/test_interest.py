"""`gongji interest`, and `--on` and `--known-at` as somebody types them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli.main import app
from tests import databases
from tests.people import CHEN
from tests.world import CLOCK, World

NUMBER = str(CHEN.psn_no)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "city.db")
    world.enrol(CHEN)
    world.open_with(NUMBER, 1_000_000)
    yield world
    world.close()


def ask(world: World, *words: str, exit_code: int = 0) -> dict[str, Any]:
    database = ("--db", databases.address(world.path), "--json")
    result = CliRunner().invoke(app, [*words, *database])
    assert result.exit_code == exit_code, result.output
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def test_a_year_is_tried_then_posted_then_done(world: World) -> None:
    tried = ask(world, "interest", "2023", "--dry-run")
    posted = ask(world, "interest", "2023")
    assert tried["years"] == posted["years"]
    assert (tried["dry_run"], posted["dry_run"]) == (True, False)
    assert posted["through"] == "2023-12-31"
    assert "interest.day_basis" in posted["assumed"]
    assert ask(world, "interest", "2023")["people"] == 0


@pytest.mark.parametrize("verb", ["credit", "interest"])
def test_a_run_more_than_a_year_ahead_must_be_meant(
    world: World, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    monkeypatch.setattr("api.wiring.local_now", lambda: datetime(2024, 3, 5, 9))
    entries = world.count("entry")
    refused = ask(world, verb, "2034-03", exit_code=1)["error"]
    assert refused["code"] == "period/far-ahead"
    assert "2034-03 在一年以后（最晚到 2025-03）" in refused["message"]
    assert world.count("entry") == entries
    ask(world, verb, "2034-03", "--dry-run")
    ask(world, verb, "2025-03")
    ask(world, verb, "2034-03", "--ahead")


def test_an_accounts_interest_is_explained_with_days_rates_and_sources(world: World) -> None:
    world.settle(world.visit("V", NUMBER, date(2023, 3, 1), 0, use=1, self_paid_fen=100_000))
    answer = ask(world, "interest", "2023", "--person", NUMBER)
    first, second = answer["stretches"]
    assert (first["from"], first["to"], first["days"]) == ("2023-01-01", "2023-02-28", 59)
    assert (second["from"], second["days"]) == ("2023-03-01", 306)
    assert first["carried"] == {
        "balance": "10000.00",
        "rule": "按三个月整存整取存款利率",
        "article": "国发〔1998〕44号-计息",
        "rate": "0.0110",
        "rate_source": "人民银行存款基准利率-2015-10-24 调整",
    }
    assert (answer["exact"], answer["due"]) == ("102.177778", "102.18")
    assert (answer["posted"], answer["lacking"]) == ("0.00", "102.18")
    ask(world, "interest", "2022")
    assert ask(world, "interest", "2023")["interest_fen"] == 10_218


def test_a_run_that_counts_less_far_is_refused(world: World) -> None:
    ask(world, "interest", "2023")
    refused = ask(world, "interest", "2023-06", exit_code=1)
    assert refused["error"]["code"] == "interest/counted-further"


def test_a_period_that_is_none_is_wrong_usage(world: World) -> None:
    words = ["interest", "2023-13", "--db", databases.address(world.path)]
    assert CliRunner().invoke(app, words).exit_code == 2


def test_a_balance_is_asked_as_of_a_day_and_as_known_at_an_instant(world: World) -> None:
    before = CLOCK().isoformat()
    world.settle(world.visit("V", NUMBER, date(2023, 3, 1), 0, use=1, self_paid_fen=100_000))
    assert ask(world, "balance", NUMBER)["balc"] == "9000.00"
    assert ask(world, "balance", NUMBER, "--on", "2023-02-28")["balc"] == "10000.00"
    assert ask(world, "balance", NUMBER, "--known-at", before)["balc"] == "10000.00"
    assert ask(world, "statement", NUMBER, "--known-at", before)["closing"] == "10000.00"
    assert ask(world, "statement", NUMBER, "--on", "2023-03-01")["closing"] == "9000.00"


def test_an_export_is_written_as_known_or_says_that_it_cannot(world: World, tmp_path: Path) -> None:
    now = CLOCK().isoformat()
    known = ("--known-at", now, "--out", str(tmp_path / "book.xlsx"))
    for words in (("statement", "--person", NUMBER), ("fund-report", "--month", "2023-01")):
        assert ask(world, "export", *words, *known)["bytes"] > 0
    refused = ask(world, "export", "reconciliation", "--month", "2023-01", *known, exit_code=1)
    assert refused["error"]["code"] == "report/not-as-known"
    refused = ask(
        world, "export", "fund-report", "--month", "2023-01", "--on", "2023-01-15", exit_code=1
    )
    assert refused["error"]["code"] == "report/not-of-a-day"
