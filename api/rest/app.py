"""The application: routes, errors, the description, and nothing that works without a context."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from anyio import to_thread
from fastapi import FastAPI
from fastapi.responses import HTMLResponse, RedirectResponse

from api.rest.deps import Server
from api.rest.description import describe
from api.rest.docs import docs_page
from api.rest.middleware import Headers, LastNet
from api.rest.problems import answer_errors
from api.rest.routes import accounts, health, reports, settlements
from api.wiring import local_now as real_local_now
from ledger.services.context import Context
from ledger.services.visits.shared_commit import SharedCommit
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
    app.state.server = Server(context, local_now, head(), SharedCommit(context))
    for module in (accounts, settlements, reports, health):
        app.include_router(module.router, prefix=ROOT)
    answer_errors(app)
    describe(app)
    app.add_middleware(LastNet)
    app.add_middleware(Headers)

    @app.get(f"{ROOT}/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        return docs_page(app.openapi())

    @app.get("/", include_in_schema=False)
    def front() -> RedirectResponse:
        """Until there are pages, whoever opens the server's address reads what it can do."""
        return RedirectResponse(f"{ROOT}/docs")

    return app


@asynccontextmanager
async def _few_threads(_app: FastAPI) -> AsyncIterator[None]:
    to_thread.current_default_thread_limiter().total_tokens = THREADS
    yield
