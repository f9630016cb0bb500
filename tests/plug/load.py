"""Windows and hospitals under way: requests sent over HTTP, and which of them were answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from threading import Event, Lock, Thread
from typing import Any

import httpx

from tests.people import psn_no
from tests.plug.worker import FIRST, PEOPLE
from tests.world import PROVIDERS

HOSPITALS = [PROVIDERS[name][0] for name in ("hospital-3", "hospital-2", "hospital-1")]
REQUESTS = 40
"""That a desk sends in a round, at most."""
REFUNDED = 0.2
"""Share of the requests that give an answered visit back."""


@dataclass(slots=True)
class Request:
    """What was asked under one request id, and the answer if it came."""

    key: str
    visit_id: str
    path: str
    body: dict[str, Any]
    answer: dict[str, Any] | None = None


@dataclass(slots=True)
class Desks:
    """Some threads that ask one service until they are told to stop, or it is gone. A service
    whose database is gone answers 503: that is no answer, and asked again later."""

    address: str
    token: str
    name: str
    asked: list[Request] = field(default_factory=list)
    stopping: Event = field(default_factory=Event)
    first_answer: Event = field(default_factory=Event)
    _lock: Lock = field(default_factory=Lock)
    _threads: list[Thread] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def open(self, count: int, seed: int) -> None:
        for number in range(count):
            self._threads.append(Thread(target=self._work, args=(number, Random(seed + number))))
            self._threads[-1].start()

    def close(self) -> None:
        self.stopping.set()
        for thread in self._threads:
            thread.join(timeout=120)
            assert not thread.is_alive(), "a desk hangs"
        assert not self.faults, self.faults

    def _work(self, desk: int, rng: Random) -> None:
        mine: list[Request] = []
        with client(self.address, self.token) as line:
            for number in range(REQUESTS):
                if self.stopping.is_set():
                    return
                request = _next(f"{self.name}-{desk}-{number}", mine, rng)
                with self._lock:
                    self.asked.append(request)
                try:
                    response = send(line, request)
                except httpx.TransportError:
                    # The service is gone: this desk waits until it is opened anew.
                    return
                if response.status_code == 200:
                    request.answer = response.json()
                    mine.append(request)
                    self.first_answer.set()
                elif response.status_code == 503:
                    self.stopping.wait(0.05)
                else:
                    self.faults.append(f"{request.key}: {response.text}")


def client(address: str, token: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=address, headers=headers, timeout=90)


def send(line: httpx.Client, request: Request) -> httpx.Response:
    headers = {"Idempotency-Key": request.key}
    return line.post(request.path, json=request.body, headers=headers)


def send_again(line: httpx.Client, request: Request) -> httpx.Response:
    """Until it is answered: a server's connections to its database died with the database, and
    the first requests after that say so."""
    for _ in range(100):
        response = send(line, request)
        if response.status_code != 503:
            break
    return response


def _next(key: str, mine: list[Request], rng: Random) -> Request:
    """A visit of somebody, or now and then the refund of one of this desk's own."""
    if mine and rng.random() < REFUNDED:
        original = mine.pop(rng.randrange(len(mine)))
        if original.answer is not None and original.path == "/settlements":
            path = f"/settlements/{original.answer['setl_id']}/reversal"
            body = {"setl_time": "2023-03-05 10:00:00"}
            return Request(key, f"{original.visit_id}-R", path, body)
    cost = f"{rng.randrange(1, 90)}.{rng.randrange(100):02d}"
    body = {
        "psn_no": psn_no(FIRST + rng.randrange(PEOPLE)),
        "fixmedins_code": rng.choice(HOSPITALS),
        "mdtrt_id": key,
        "med_type": "11",
        "setl_time": f"2023-03-0{rng.randrange(1, 5)} 09:00:00",
        "medfee_sumamt": cost,
        "fulamt_ownpay_amt": "0",
        "overlmt_selfpay": "0",
        "preselfpay_amt": "0",
        "inscp_scp_amt": cost,
        "acct_used_flag": rng.choice("012"),
    }
    return Request(key, key, "/settlements", body)
