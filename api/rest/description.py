"""The OpenAPI description: what every operation may also answer, as problem details."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.rest.problems import PROBLEM

INTRODUCTION = """\
职工医保个人账户与门诊统筹的接口。金额是元的文本（"1234.50"），从不写作 JSON 数字；
字段名依国家医保信息平台接口。错误按 RFC 9457 回答，`code` 固定不变。
不属于令牌持有人的内容，与不存在的内容回答相同。

Money is text of yuan, never a JSON number. Field names follow the national interface.
Errors are problem details with a stable `code`. What is not the caller's answers exactly as if
it did not exist.
"""

PROBLEM_SCHEMA: dict[str, Any] = {
    "title": "Problem",
    "type": "object",
    "description": "RFC 9457.",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "examples": ["person/unknown"]},
        "detail": {"type": "string"},
        "article": {"type": "string", "description": "拒绝所依据的条款。"},
        "reversed_by": {"type": "string", "description": "已有的退费的结算ID。"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "message"],
                "properties": {
                    "field": {"type": "string"},
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                },
            },
        },
    },
}

_OPEN = {"503": "暂不可用 Unavailable"}
_GUARDED = {
    "401": "没有有效的令牌 No valid token",
    "403": "该令牌不能使用 Not for this token",
    "404": "不存在，或不属于令牌持有人 Not there, or not the caller's",
    "422": "请求有错，或规则不允许 Faulty or refused",
    **_OPEN,
}
_WRITING = {"409": "已经做过，内容不同 Done before, otherwise"}


def describe(app: FastAPI) -> None:
    """Let `app.openapi()` answer the description, made once."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _described(
                get_openapi(
                    title=app.title,
                    version=app.version,
                    description=INTRODUCTION,
                    routes=app.routes,
                )
            )
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way to extend it.


def _described(document: dict[str, Any]) -> dict[str, Any]:
    schemas = document["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Problem"] = PROBLEM_SCHEMA
    for path in document["paths"].values():
        for method, operation in path.items():
            answers = _GUARDED if "security" in operation else _OPEN
            if method == "post":
                answers = answers | _WRITING
            done = operation["responses"]["200"]
            if done["description"] == "Successful Response":
                done["description"] = "成功 Done"
            operation["responses"] = {"200": done} | {
                status: {
                    "description": text,
                    "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
                }
                for status, text in sorted(answers.items())
            }
    return document
