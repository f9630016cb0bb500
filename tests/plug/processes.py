"""The processes that are killed: the service, a worker on the services, commands."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from threading import Event, Thread
from typing import IO, Any

from tests.plug.city import environment, gongji

_TICKS = os.sysconf("SC_CLK_TCK")


class Process:
    """One process, its words on stdout and stderr; killed without a warning."""

    def __init__(self, words: list[str], errors: Path) -> None:
        self._errors = errors.open("a", encoding="utf-8")
        self._process = subprocess.Popen(
            words, env=environment(), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors,
        )  # fmt: skip

    @property
    def out(self) -> IO[str]:
        assert self._process.stdout is not None
        return self._process.stdout

    @property
    def _into(self) -> IO[str]:
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(timeout=60)

    def stop(self, number: signal.Signals) -> None:
        """Tell it to stop, and wait until it has."""
        self._process.send_signal(number)
        self._process.communicate(timeout=60)
        self._errors.close()

    def pause(self) -> None:
        """Let it stand still where it is."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def kill_after(self, seconds: float) -> None:
        """Once it has used so much processor time, or at its end if that comes first.

        Processor time and not the clock: how far it has come does not depend on who else works.
        """
        self.wait_for(seconds)
        self.kill()

    def wait_for(self, seconds: float) -> None:
        """Until it has used so much processor time, or has ended."""
        pause = Event()
        while self.alive and self._used() < seconds:
            pause.wait(0.002)

    def _used(self) -> float:
        try:
            stat = Path(f"/proc/{self._process.pid}/stat").read_text("utf-8")
        except (FileNotFoundError, ProcessLookupError):
            return 0
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / _TICKS

    def end(self) -> tuple[int, str]:
        """Wait for its end: exit code and what it printed."""
        printed, _ = self._process.communicate(timeout=300)
        self._errors.close()
        return self._process.returncode, printed

    def is_dead(self) -> bool:
        """Then it is put away as well."""
        if not self.alive:
            self.close()
        return not self.alive

    def close(self) -> None:
        if self.alive:
            self.kill()
        self._process.communicate()
        self._errors.close()


class Service(Process):
    """`gongji serve` on a free port. `database`: the options that name it."""

    def __init__(self, database: tuple[str, str], errors: Path) -> None:
        super().__init__(gongji("serve", "--port", "0", *database), errors)
        told = self.out.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", told)
        assert found, told + errors.read_text("utf-8")
        self.address = found[0] + "/api/v1"


class Worker(Process):
    """`tests.plug.worker`: settles one visit after another by the services themselves."""

    def __init__(self, database: str, errors: Path) -> None:
        super().__init__([sys.executable, "-m", "tests.plug.worker", database], errors)
        assert self.out.readline() == "rest\n", errors.read_text("utf-8")
        self.said: dict[str, Any] = {}

    def work(self, name: str, count: int) -> None:
        """Let it settle `count` visits, and listen meanwhile.

        A worker whose pipe is full would wait instead of work.
        """
        self.said = {}
        self._listening = Thread(target=self._listen)
        self._listening.start()
        self._into.write(f"{name} {count}\n")
        self._into.flush()

    def _listen(self) -> None:
        """`said`: request id -> its answer, None where it never came."""
        for line in self.out:
            word, *more = line.split(" ", 2)
            if not line.endswith("\n") or word == "rest\n":
                return
            if word == "ask":
                self.said[more[0].strip()] = None
            else:
                self.said[more[0]] = json.loads(more[1])

    def rest(self) -> None:
        """Until it has settled them, or is dead."""
        self._listening.join(timeout=120)
        assert not self._listening.is_alive(), "the worker hangs"


class Command(Process):
    """`gongji …`."""

    def __init__(self, database: str, *words: str, errors: Path) -> None:
        super().__init__(gongji(*words, "--json", "--db", database), errors)
