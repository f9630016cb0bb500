"""The bar: on a terminal, from the second second on, and never in what is piped on."""

from __future__ import annotations

import os
import pty
import sys
import time
from collections.abc import Iterator
from contextlib import closing, redirect_stderr, suppress
from io import StringIO

import pytest

from api.cli import progress
from api.cli.progress import ProgressBar


class Terminal:
    """A pseudo terminal as stderr, and what it was shown."""

    def __init__(self) -> None:
        self._ours, theirs = pty.openpty()
        os.set_blocking(self._ours, False)
        self.stderr = os.fdopen(theirs, "w", encoding="utf-8")
        self.shown = ""

    def shows(self, words: str, seconds: float = 20.0) -> bool:
        """Whether it does within so many seconds: the bar's library takes a while to load."""
        until = time.monotonic() + seconds
        while words not in self.look() and time.monotonic() < until:
            time.sleep(0.02)
        return words in self.shown

    def look(self) -> str:
        with suppress(BlockingIOError):
            self.shown += os.read(self._ours, 65536).decode(errors="replace")
        return self.shown

    def close(self) -> None:
        self.stderr.close()
        os.close(self._ours)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    monkeypatch.setattr(progress, "WAIT", 0.05)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    with closing(Terminal()) as made:
        yield made


def test_a_stage_that_tells_nothing_more_is_shown_all_the_same(terminal: Terminal) -> None:
    with redirect_stderr(terminal.stderr), ProgressBar() as bar:
        bar.tell("写入账簿", 0, 60000)
        assert terminal.shows("写入账簿")


def test_work_that_never_tells_anything_is_shown_all_the_same(terminal: Terminal) -> None:
    with redirect_stderr(terminal.stderr), ProgressBar():
        assert terminal.shows(progress.UNNAMED)


def test_a_stage_is_done_when_the_next_begins(terminal: Terminal) -> None:
    with redirect_stderr(terminal.stderr), ProgressBar() as bar:
        bar.tell("结算就诊", 50, 100)
        assert terminal.shows("50%")
        bar.tell("写入账簿", 0, 100)
        assert terminal.shows("写入账簿")
        assert terminal.shows("100%")


def test_what_is_quick_shows_nothing(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "WAIT", 1.0)
    with redirect_stderr(terminal.stderr), ProgressBar() as bar:
        bar.tell("读取文件", 1, 1)
    assert not terminal.shows("读取文件", seconds=0.2)


def test_what_is_piped_on_goes_where_it_was_sent(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = StringIO()
    monkeypatch.setattr(sys, "stdout", pipe)
    line = "一" * 300
    with redirect_stderr(terminal.stderr), ProgressBar():
        assert terminal.shows(progress.UNNAMED)
        print(line)
    assert pipe.getvalue() == line + "\n"
    assert line[:20] not in terminal.look()
