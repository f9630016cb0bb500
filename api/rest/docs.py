"""A page that lists the operations, made from the OpenAPI document.

Agencies are offline: the page loads nothing, runs no script, and is one answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

from fastapi.responses import HTMLResponse

_STYLE = """
body { font: 15px/1.5 system-ui, "Noto Sans CJK SC", "Microsoft YaHei", sans-serif;
       max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1c2733; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.05rem; margin: 2.2rem 0 .3rem; }
code, .method { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .92em; }
.method { display: inline-block; min-width: 3.2rem; font-weight: 700; color: #0b5d8a; }
table { border-collapse: collapse; width: 100%; margin: .4rem 0; }
th, td { text-align: left; padding: .2rem .6rem .2rem 0; border-bottom: 1px solid #e3e8ee;
         vertical-align: top; font-weight: 400; }
th { color: #5b6b7b; } p { white-space: pre-line; margin: .3rem 0; }
nav a { margin-right: 1rem; white-space: nowrap; } a { color: #0b5d8a; }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
_METHODS = ("get", "post", "put", "patch", "delete")

Operation = tuple[str, str, dict[str, Any]]


def docs_page(document: dict[str, Any]) -> HTMLResponse:
    """The page for an OpenAPI document."""
    operations = list(_operations(document))
    info = document["info"]
    body = [
        f"<h1>{escape(info['title'])} <small>{escape(info['version'])}</small></h1>",
        f"<p>{escape(info.get('description', ''))}</p>",
        '<p><a href="openapi.json">openapi.json</a></p>',
        "<nav>",
        *(f'<a href="#{_anchor(one)}">{escape(one[2]["summary"])}</a>' for one in operations),
        "</nav>",
        *(part for one in operations for part in _section(document, one)),
    ]
    text = "".join(body)
    page = (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(info['title'])}</title><style>{_STYLE}</style></head>"
        f"<body>{text}</body></html>"
    )
    return HTMLResponse(page, headers={"Content-Security-Policy": _POLICY})


def _operations(document: dict[str, Any]) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method in _METHODS:
            if method in methods:
                yield method.upper(), path, methods[method]


def _anchor(operation: Operation) -> str:
    return escape(operation[2]["operationId"], quote=True)


def _section(document: dict[str, Any], one: Operation) -> Iterator[str]:
    method, path, operation = one
    yield f'<h2 id="{_anchor(one)}"><span class="method">{method}</span>'
    yield f" <code>{escape(path)}</code> · {escape(operation['summary'])}</h2>"
    yield f"<p>{escape(operation.get('description', ''))}</p>"
    rows = [
        (item["name"], item["in"], item.get("required", False), _about(item))
        for item in operation.get("parameters", ())
    ]
    rows += list(_body_rows(document, operation))
    if rows:
        yield "<table><tr><th>名称</th><th>位置</th><th>必填</th><th>说明</th></tr>"
        for name, place, needed, about in rows:
            yield f"<tr><td><code>{escape(name)}</code></td><td>{place}</td>"
            yield f"<td>{'是' if needed else ''}</td><td>{escape(about)}</td></tr>"
        yield "</table>"
    answers = "； ".join(
        f"{status} {answer['description']}" for status, answer in operation["responses"].items()
    )
    yield f"<p>{escape(answers)}</p>"


def _body_rows(
    document: dict[str, Any], operation: dict[str, Any]
) -> Iterator[tuple[str, str, bool, str]]:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return
    schema = _resolved(document, content["schema"])
    for name, field in schema["properties"].items():
        yield name, "body", name in schema.get("required", ()), _about(field)


def _resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """The object that a schema means: a reference, or the one of its choices that is no null."""
    for choice in schema.get("anyOf", ()):
        if "$ref" in choice:
            schema = choice
    name = schema["$ref"].rpartition("/")[2]
    resolved: dict[str, Any] = document["components"]["schemas"][name]
    return resolved


def _about(field: dict[str, Any]) -> str:
    schema = field.get("schema", field)
    choices = [schema, *schema.get("anyOf", ())]
    said = field.get("description") or next(
        (choice["description"] for choice in choices if "description" in choice), ""
    )
    example = next((choice["examples"][0] for choice in choices if "examples" in choice), None)
    options = next((choice["enum"] for choice in choices if "enum" in choice), None)
    more = [f"例 {example}"] if example else []
    more += [" | ".join(map(str, options))] if options else []
    title = field.get("title", "") if not field.get("title", "").isascii() else ""
    return "；".join(part.rstrip("。") for part in (title, said, *more) if part)
