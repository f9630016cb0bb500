"""The application: routes, errors, the description, and nothing that works without a context."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from anyio import to_thread
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.rest.deps import Server
from api.rest.description import describe
from api.rest.docs import docs_page
from api.rest.problems import answer_errors
from api.rest.routes import accounts, health, reports, settlements
from api.wiring import local_now as real_local_now
from ledger.services.context import Context
from ledger.storage.migrate import head

ROOT = "/api/v1"
THREADS = 15
"""Requests at work at once: as many as the engine has connections, so that none waits in vain."""


def create_app(context: Context, local_now: Callable[[], datetime] = real_local_now) -> FastAPI:
    """The API on one database.

    Args:
        context: kept for the life of the process; each request acts on a copy in its caller's name.
        local_now: local time of the pool, naive.
    """
    app = FastAPI(
        title="Gongji 共济",
        version="v1",
        openapi_url=f"{ROOT}/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=_few_threads,
    )
    app.state.server = Server(context, local_now, head())
    for module in (accounts, settlements, reports, health):
        app.include_router(module.router, prefix=ROOT)
    answer_errors(app)
    describe(app)
    app.add_middleware(_Headers)

    @app.get(f"{ROOT}/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        return docs_page(app.openapi())

    return app


@asynccontextmanager
async def _few_threads(_app: FastAPI) -> AsyncIterator[None]:
    to_thread.current_default_thread_limiter().total_tokens = THREADS
    yield


class _Headers:
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
