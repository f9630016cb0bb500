"""Ports of this machine for a server of our own."""

from __future__ import annotations

import secrets
import socket

from ledger.core.errors import Refused

PORTS, TRIES = range(20_000, 32_000), 600


def new_port() -> int:
    """A free port below those that the system lends to whoever connects: clients that knock at a
    server that is down would else be lent its own port, and keep it from coming up there again.
    """
    for port in (secrets.choice(PORTS) for _ in range(TRIES)):
        if is_free(port):
            return port
    raise Refused("database/postgres-failed", "没有空闲端口")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As the server does it: connections that a killed one left do not keep the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
