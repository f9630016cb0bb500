"""The bar that a terminal shows of anything that takes longer than a second.

It begins by itself when the second is over, also while a single statement of the database works
and nobody has anything to tell: what is not counted yet moves to and fro.
"""

from __future__ import annotations

import sys
from threading import Lock, Timer
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress as RichBar
    from rich.progress import TaskID

WAIT = 1.0
"""Seconds without a bar."""
UNNAMED = "处理中"


class ProgressBar:
    """A line per stage on stderr, from the second second on; gone when the work is done."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._stages: dict[str, tuple[int, int]] = {}
        self._bar: RichBar | None = None
        self._lines: dict[str, TaskID] = {}
        self._timer = Timer(WAIT, self._show)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        with self._lock:
            bar, self._bar = self._bar, None
            self._stages.clear()
        if bar:
            bar.stop()

    def tell(self, what: str, done: int, whole: int) -> None:
        """How far a stage is; the ones before it are then done."""
        with self._lock:
            if what not in self._stages:
                self._stages = dict.fromkeys(self._stages, (1, 1))
            self._stages[what] = (done, whole)
            self._draw()

    def _show(self) -> None:
        from rich.console import Console
        from rich.progress import Progress as RichBar
        from rich.progress import TimeElapsedColumn

        bar = RichBar(
            *RichBar.get_default_columns(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
            # What is piped on is for a program: it goes where it was sent, unwrapped.
            redirect_stdout=sys.stdout.isatty(),
        )
        with self._lock:
            if self._timer.finished.is_set():
                return
            self._bar = bar
            self._draw()
            bar.start()

    def _draw(self) -> None:
        if self._bar is None:
            return
        for what, (done, whole) in (self._stages or {UNNAMED: (0, 0)}).items():
            if what not in self._lines:
                self._lines[what] = self._bar.add_task(what, total=None)
            counted = whole if done else None
            self._bar.update(self._lines[what], completed=done, total=counted)
        if self._stages and UNNAMED in self._lines:
            self._bar.remove_task(self._lines.pop(UNNAMED))
