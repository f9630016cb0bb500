"""Kill rounds. A failing one prints its seed; GONGJI_PLUG_SEED brings it back, as far as chance
in a race can be brought back."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random, SystemRandom

import pytest

from ledger.storage.database.embedded_postgres import APPLICATION, OWNER, EmbeddedPostgres
from tests.plug.city import Books
from tests.plug.rounds import Campaign
from tests.plug.servers import OUTAGES, a_server

FIXED = 20_261_122
ROUNDS = 200


def seeded(seed: int) -> Random:
    seed = int(os.environ.get("GONGJI_PLUG_SEED", seed))
    print(f"GONGJI_PLUG_SEED={seed}")
    return Random(seed)


def on_sqlite(folder: Path, rng: Random) -> Campaign:
    books = Books(f"sqlite:///{folder}/books.db")
    books.settle_in()
    return Campaign(books, folder, rng)


def on_postgres(server: EmbeddedPostgres, folder: Path, rng: Random) -> Campaign:
    books = Books(server.url(APPLICATION), server.url(OWNER))
    books.settle_in()
    outages = {name: lambda pull=pull: pull(server) for name, pull in OUTAGES.items()}
    return Campaign(books, folder, rng, outages, server.open)


def play(campaign: Campaign, victims: list[str]) -> None:
    try:
        for victim in victims:
            print(f"round {campaign.number + 1}: {victim}")
            campaign.round(victim)
        campaign.finish()
    finally:
        campaign.close()


def test_killed_processes_lose_nothing_that_was_answered_on_sqlite(tmp_path: Path) -> None:
    campaign = on_sqlite(tmp_path, seeded(FIXED))
    play(campaign, ["import", "service", "credit", "everybody"])


def test_killed_processes_and_servers_lose_nothing_that_was_answered_on_postgres(
    tmp_path: Path,
) -> None:
    with a_server() as server:
        campaign = on_postgres(server, tmp_path, seeded(FIXED))
        play(campaign, ["everything killed", "import", "stopped immediately", "everybody"])


@pytest.mark.slow
def test_two_hundred_rounds_on_sqlite(tmp_path: Path) -> None:
    campaign = on_sqlite(tmp_path, seeded(SystemRandom().randrange(1 << 30)))
    play(campaign, [campaign.rng.choice(campaign.victims) for _ in range(ROUNDS)])


@pytest.mark.slow
def test_two_hundred_rounds_on_postgres(tmp_path: Path) -> None:
    with a_server() as server:
        campaign = on_postgres(server, tmp_path, seeded(SystemRandom().randrange(1 << 30)))
        play(campaign, [campaign.rng.choice(campaign.victims) for _ in range(ROUNDS)])
