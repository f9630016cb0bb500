"""The file in which a PostgreSQL server says that it runs, and whether that is true.

A server that was killed leaves its file behind. Its number may meanwhile be another program's:
the server would then refuse to start for ever.
"""

from __future__ import annotations

from pathlib import Path

NAME = "postmaster.pid"

PASSING = (
    "is still in use",  # Processes of the killed server that have not noticed yet.
    "could not bind",
    "Address already in use",
)
"""What a server that could not start says, when it will be able to in a moment."""


def runs(data: Path) -> bool:
    """Is the server of this cluster alive: the process that its file names, and no other one."""
    number = process_of(data)
    return number is not None and str(data).encode() in _words_of(number)


def forget(data: Path) -> None:
    """Take the file of a dead server away.

    What its own processes still hold is not forgotten with it: the next server finds their
    shared memory by the cluster's folder and waits until they are gone.
    """
    if not runs(data):
        (data / NAME).unlink(missing_ok=True)


def process_of(data: Path) -> int | None:
    """The number of the process that the file names, dead or alive; None without a file."""
    try:
        return int((data / NAME).read_text("utf-8").splitlines()[0])
    except (FileNotFoundError, IndexError, ValueError):
        return None


def _words_of(process: int) -> list[bytes]:
    """The command line of a process; nothing for one that is dead or has ended."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return []
