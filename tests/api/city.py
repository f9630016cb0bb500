"""A small city behind the API: who is in it, what happened, and a token for each who may ask.

Chen and Lin's child Yu belong to unit E001's family; Zhao is of unit E002 and a stranger. In
January 2023 Chen was at the first hospital, Zhao at the second, and Yu used Chen's account.
"""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from fastapi import FastAPI

from api.rest.app import create_app
from ledger.core.ids import EntryIds
from ledger.core.people import Relation
from ledger.services.tokens import create_token
from tests import databases
from tests.people import CHEN, LIN, YU_CERTNO, YU_NAME, ZHAO
from tests.world import Clock, World, code_of

ZHAO_OF_B = ZHAO._replace(employer_no="E002", employer_name="十堰样例二厂")
NOW = datetime(2023, 2, 15, 10, 30)
TODAY = NOW.date()
FIRST, SECOND = code_of("hospital-3"), code_of("hospital-2")

TOKENS = {
    "chen": ("person", CHEN.psn_no, ""),
    "zhao": ("person", ZHAO.certno, ""),
    "yu": ("person", YU_CERTNO, ""),
    "unit-a": ("employer", "E001", ""),
    "unit-b": ("employer", "E002", ""),
    "agency": ("agency", "", "window-1"),
    "other-agency": ("agency", "", "window-2"),
    "finance": ("finance", "", ""),
    "first": ("provider", FIRST, ""),
    "second": ("provider", SECOND, ""),
}
"""Who -> role, subject, label."""


class Template(NamedTuple):
    path: Path
    tokens: dict[str, str]
    settlements: tuple[str, ...]


@cache
def _template() -> Template:
    path = Path(_folder().name) / "city.db"
    world = World(path)
    world.enrol(CHEN, LIN, ZHAO_OF_B)
    world.contribute(
        world.contribution(CHEN.psn_no, "2023-01", 600_000),
        world.contribution(ZHAO.psn_no, "2023-01", 500_000),
    )
    world.credit("2023-01")
    world.open_with(CHEN.psn_no, 300_000)
    world.link(world.relation(CHEN.certno, YU_CERTNO, Relation.CHILD, user_name=YU_NAME))
    settlements = (
        _visited(world, "V-CHEN", CHEN.psn_no, 90_000, "hospital-3"),
        _visited(world, "V-ZHAO", ZHAO.psn_no, 80_000, "hospital-2"),
        _visited(world, "V-YU", None, 2_000, "hospital-3", certno=YU_CERTNO),
    )
    tokens = {who: _token(world, *given, days=30) for who, given in TOKENS.items()}
    databases.settle_down(world.context.engine)
    return Template(path, tokens, settlements)


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="gongji-city-")


def _visited(
    world: World, visit_id: str, psn_no: str | None, fen: int, at: str, **more: Any
) -> str:
    record = world.visit(visit_id, psn_no, date(2023, 1, 30), fen, at=at, use=2, **more)
    return str(world.settle(record)["setl_id"])


def _token(world: World, role: str, subject: str, label: str, days: int) -> str:
    return str(create_token(world.context, role, subject, label, days, TODAY)["token"])


class City:
    """The world, its application, and what happened in it. Made once a process, then copied."""

    def __init__(self, path: Path) -> None:
        made = _template()
        databases.copy(made.path, path)
        self.world = World(path)
        # The copy goes on where its model stopped: ids are made of the clock.
        clock = Clock(datetime(2024, 2, 1, tzinfo=UTC))
        self.world.context = replace(self.world.context, now=clock, ids=EntryIds(clock, node=2))
        self.tokens = dict(made.tokens)
        self.chen_visit, self.zhao_visit, self.yu_visit = made.settlements
        self.app = create_app(self.world.context, lambda: NOW)

    def token(self, role: str, subject: str, label: str, days: int = 30) -> str:
        return _token(self.world, role, subject, label, days)

    def ask(self, method: str, path: str, who: str | None = None, **more: Any) -> httpx.Response:
        """One request by somebody of `TOKENS`, or with a token in clear, or by nobody."""
        headers = dict(more.pop("headers", {}))
        if who is not None:
            headers["Authorization"] = f"Bearer {self.tokens.get(who, who)}"
        return send(self.app, method, f"/api/v1{path}", headers=headers, **more)

    def settle(self, who: str, key: str, body: dict[str, Any]) -> httpx.Response:
        return self.ask("POST", "/settlements", who, json=body, headers={"Idempotency-Key": key})

    def reverse(self, who: str, key: str, setl_id: str, **more: Any) -> httpx.Response:
        headers = {"Idempotency-Key": key}
        return self.ask("POST", f"/settlements/{setl_id}/reversal", who, headers=headers, **more)


def send(app: FastAPI, method: str, url: str, **more: Any) -> httpx.Response:
    """Through the application itself, without a socket; an error of ours is an answer here too."""

    async def go() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://gongji") as client:
            return await client.request(method, url, **more)

    return asyncio.run(go())


def visit(visit_id: str = "V-NEW", **changes: Any) -> dict[str, Any]:
    """A visit of Chen's at the first hospital, as its system sends it."""
    body: dict[str, Any] = {
        "psn_no": CHEN.psn_no,
        "fixmedins_code": FIRST,
        "mdtrt_id": visit_id,
        "med_type": "11",
        "setl_time": "2023-02-15 09:00:00",
        "medfee_sumamt": "812.50",
        "fulamt_ownpay_amt": "12.50",
        "overlmt_selfpay": "0",
        "preselfpay_amt": "100.0",
        "inscp_scp_amt": "700.00",
        "acct_used_flag": "1",
    }
    return body | changes
