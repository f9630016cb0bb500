"""The server process."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import uvicorn
from fastapi import FastAPI

from ledger.core.errors import Refused
from ledger.core.os_errors import why


def run(app: FastAPI, host: str, port: int, tell: Callable[[str], object]) -> None:
    """Serve until the process is told to stop. `tell` gets the address, once it is served.

    There is no access log: its lines hold the numbers of people.

    Raises:
        Refused: `server/cannot-listen`.
    """
    with _listening(host, port) as listener:
        bound = listener.getsockname()[1]
        shown = f"[{host}]" if ":" in host else host
        config = uvicorn.Config(app, access_log=False, log_level="warning", server_header=False)
        address = f"http://{shown}:{bound}/api/v1/docs"
        with suppress(KeyboardInterrupt):
            _Server(config, partial(tell, f"✓ {address}")).run(sockets=[listener])


class _Server(uvicorn.Server):
    """Says that it is there when it is: from then on it hears when it is told to stop. A signal
    that comes sooner is raised wherever the interpreter stands, and in some places is lost."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], object]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise Refused(
            "server/cannot-listen", f"不能在 {host}:{port} 上监听：{why(error)}；请换 --port"
        ) from error
