"""Errors as problem details (RFC 9457): our stable code, a title, the reason in Chinese.

One table from error to status. What a caller can do nothing about (a fault of the pack, of the
database, of our own) answers 500 or 503 without a word about the inside.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from api.rest.faults import field_faults
from ledger.core.errors import (
    BadValue,
    Conflict,
    GongjiError,
    NotAllowed,
    NotInForce,
    Refused,
    Unknown,
)
from ledger.storage.database.engine import translate
from ledger.storage.database.outages import MESSAGES as OUTAGES

log = logging.getLogger("gongji.api")

PROBLEM = "application/problem+json"
INTERNAL = "internal/error"
BUSY = "database/busy"

STATUS_BY_CODE = {
    "access/no-token": 401,
    "access/unknown-token": 401,
    "access/token-expired": 401,
    "access/token-revoked": 401,
    "ledger/reversed-before": 409,
    "ledger/month-closed": 409,
    "database/busy": 503,
    "database/not-initialised": 503,
    "database/not-at-head": 503,
    **dict.fromkeys(OUTAGES, 503),
    "database/unsupported": 500,
    "database/error": 500,
}
STATUS_BY_CLASS: tuple[tuple[type[GongjiError], int], ...] = (
    (NotAllowed, 403),
    (Unknown, 404),
    (Conflict, 409),
    (Refused, 422),
    (NotInForce, 422),
    (BadValue, 422),
)
"""The first that fits; any other error of ours is a fault of the server: 500."""

MEMBERS = ("article", "reversed_by")
"""What a problem says beside the standard's members, where its error knows it."""

DETAILS = {
    "database/busy": "系统正忙，请稍后用同一幂等键重试",
    "database/not-at-head": "数据库版本与程序不一致；请联系经办机构",
    **OUTAGES,
}
UNAVAILABLE = "服务暂不可用；请联系经办机构"
OWN_FAULT = "系统内部错误，已记录；请联系经办机构"
HTTP_DETAILS = {404: "没有这个地址", 405: "这个地址不支持该方法"}


class FaultyRequest(BadValue):
    """A request that lacks what only this operation needs: (field, code, message) each."""

    code = "request/faults"

    def __init__(self, faults: list[tuple[str, str, str]]) -> None:
        super().__init__(f"请求有 {len(faults)} 处错误")
        self.faults = [
            {"field": field, "code": code, "message": message} for field, code, message in faults
        ]


def status_of(error: GongjiError) -> int:
    by_class = (status for kind, status in STATUS_BY_CLASS if isinstance(error, kind))
    return STATUS_BY_CODE.get(error.code) or next(by_class, 500)


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    errors: Sequence[Mapping[str, str]] | None = None,
    more: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """A problem details answer. `errors` are the faults of a request, field by field; `more`
    holds further members, see `MEMBERS`."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
    }
    body |= {name: str(value) for name, value in (more or {}).items()}
    if errors is not None:
        body["errors"] = list(errors)
    return JSONResponse(body, status, dict(headers or {}), PROBLEM)


def problem_of(error: GongjiError) -> JSONResponse:
    """An error of ours as its answer."""
    status = status_of(error)
    if status >= 500:
        detail = DETAILS.get(error.code, UNAVAILABLE if status == 503 else OWN_FAULT)
        code = error.code if status == 503 else INTERNAL
        log.error("server_error code=%s status=%s", error.code, status)
        return problem(status, code, detail, headers={"Retry-After": "1"} if status == 503 else {})
    headers = {}
    if status == 401:
        reason = "" if error.code == "access/no-token" else ', error="invalid_token"'
        headers["WWW-Authenticate"] = f'Bearer realm="gongji"{reason}'
    return problem(
        status,
        error.code,
        error.message,
        errors=error.faults if isinstance(error, FaultyRequest) else None,
        more={name: error.data[name] for name in MEMBERS if error.data.get(name) is not None},
        headers=headers,
    )


def problem_of_unexpected() -> JSONResponse:
    """Any other error: nothing about it goes out."""
    return problem(500, INTERNAL, OWN_FAULT)


def answer_errors(app: FastAPI) -> None:
    """Let every error of `app` answer as a problem."""
    app.add_exception_handler(GongjiError, _on_ours)
    app.add_exception_handler(DBAPIError, _on_database)
    app.add_exception_handler(PoolTimeout, _on_no_connection)
    app.add_exception_handler(RequestValidationError, _on_faulty_request)
    app.add_exception_handler(HTTPException, _on_http)


async def _on_ours(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, GongjiError)
    return problem_of(error)


async def _on_database(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, DBAPIError)
    ours = translate(error)
    log.error("database_error code=%s reason=%s", ours.code, error.orig)
    return problem_of(ours)


async def _on_no_connection(_request: Request, _error: Exception) -> JSONResponse:
    return problem_of(Refused(BUSY, DETAILS[BUSY]))


async def _on_faulty_request(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    faults = field_faults(error.errors())
    return problem(422, "request/faults", f"请求有 {len(faults)} 处错误", errors=faults)


async def _on_http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    status = error.status_code
    name = HTTPStatus(status).phrase.lower().replace(" ", "-")
    detail = HTTP_DETAILS.get(status, "请求无法处理")
    return problem(status, f"http/{name}", detail, headers=error.headers)
