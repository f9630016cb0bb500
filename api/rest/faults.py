"""Faults of a request, field by field, in the user's words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

_KNOWN = {
    "missing": ("value/missing", "这一项不能缺少"),
    "json_invalid": ("request/not-json", "请求体不是 JSON"),
    "model_attributes_type": ("request/not-an-object", "请求体应为 JSON 对象"),
    "model_type": ("request/not-an-object", "请求体应为 JSON 对象"),
    "dict_type": ("request/not-an-object", "请求体应为 JSON 对象"),
    "string_type": ("value/not-text", "应为文本"),
    "string_too_short": ("value/missing", "这一项不能为空"),
    "string_too_long": ("value/too-long", "这一项太长"),
    "string_unicode": ("value/not-text", "不是 Unicode 文本"),
    "string_pattern_mismatch": ("value/not-a-code", "含有不能用的字符"),
}
_PLACES = {"body", "query", "path", "header"}


def field_faults(errors: Iterable[Any]) -> list[dict[str, str]]:
    """Faults as `{field, code, message}`. A fault of ours carries its code as its type."""
    return [_fault(error) for error in errors]


def _fault(error: dict[str, Any]) -> dict[str, str]:
    kind = error["type"]
    if "/" in kind:
        code, message = kind, error["msg"]
    else:
        code, message = _KNOWN.get(kind, ("value/bad", "不是这一项应有的值"))
    where = error["loc"]
    if kind == "json_invalid":
        where = where[:1]
    elif len(where) > 1 and where[0] in _PLACES:
        where = where[1:]
    field = error.get("ctx", {}).get("field") or ".".join(map(str, where))
    return {"field": field, "code": code, "message": message}
