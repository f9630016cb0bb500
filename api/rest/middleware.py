"""Around every answer: headers, and a last net for errors that nobody foresaw."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.rest.problems import problem_of_unexpected

log = logging.getLogger("gongji.api")

FRAMES = 8


class Headers:
    """No answer is kept by a browser or a proxy: nearly all of them hold personal data."""

    HEADERS = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self.HEADERS]
            await send(message)

        await self._app(scope, receive, send_with_headers)


class LastNet:
    """Answers 500 for an unexpected error and logs where it was, never what it held: a message
    or a value may name a person."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def send_and_note(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        except Exception as error:
            if scope["type"] != "http":
                raise
            log.error("unexpected_error type=%s at=%s", type(error).__name__, _places(error))
            if not begun:
                await problem_of_unexpected()(scope, receive, send)


def _places(error: BaseException) -> str:
    """The innermost frames, file and line."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    return " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in reversed(frames))
