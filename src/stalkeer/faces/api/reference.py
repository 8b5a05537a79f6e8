"""Serve /openapi.json, and the same document at /docs as a page without scripts or content from other servers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from html import escape
from threading import Lock
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem; }
h2 { border-bottom: 1px solid; margin-top: 2.5rem; text-transform: capitalize; }
details { border: 1px solid #8886; border-radius: 6px; margin: .4rem 0; padding: .4rem .7rem; }
summary { cursor: pointer; } summary b { display: inline-block; min-width: 4.5rem; }
summary span { opacity: .75; margin-left: .6rem; }
code, pre { font: 13px ui-monospace, monospace; } pre { overflow: auto; background: #8882; padding: .6rem; }
table { border-collapse: collapse; } td { padding: .15rem .8rem .15rem 0; vertical-align: top; }
nav a { margin-right: .8rem; }
"""
Node = Mapping[str, Any]


class Reference:
    """Make the document and its page once and keep them: anybody may request them, and making one takes a second."""

    def __init__(self, document: Callable[[], Node]) -> None:
        self._document, self._lock = document, Lock()
        self._made: dict[tuple[str, str], bytes] = {}

    def document(self, base: str) -> bytes:
        return self._once("document", base, lambda: json.dumps(self._with_server(base), separators=(",", ":")))

    def page(self, base: str) -> bytes:
        return self._once("page", base, lambda: "\n".join(_page(self._document(), base)))

    def _once(self, name: str, base: str, make: Callable[[], str]) -> bytes:
        with self._lock:
            if (name, base) not in self._made:
                self._made[name, base] = make().encode()
            return self._made[name, base]

    def _with_server(self, base: str) -> Node:
        return {**self._document(), "servers": [{"url": base}]} if base else self._document()


def reference_router(document: Callable[[], Node]) -> APIRouter:
    """Return the routes of an API's reference. `document` makes the OpenAPI document."""
    router, reference = APIRouter(include_in_schema=False), Reference(document)

    @router.get("/openapi.json")
    def get_document(request: Request) -> Response:
        return Response(reference.document(_base(request)), media_type="application/json")

    @router.get("/docs")
    def get_reference(request: Request) -> Response:
        return Response(reference.page(_base(request)), media_type="text/html")

    @router.get("/docs/style.css")
    def get_style() -> Response:
        return Response(STYLE, media_type="text/css")

    return router


def _base(request: Request) -> str:
    return str(request.scope.get("root_path") or "")


def _page(document: Node, base: str) -> Iterator[str]:
    info = document["info"]
    sections: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            tag = (operation.get("tags") or ["general"])[0]
            sections.setdefault(tag, []).append("\n".join(_operation(document, path, method, operation)))
    yield f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(info["title"])} API</title>'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f'<link rel="stylesheet" href="{escape(base)}/docs/style.css"></head><body>'
    yield f"<h1>{escape(info['title'])} API {escape(info['version'])}</h1><p>{escape(info['description'])} "
    yield f'The document for programs is <a href="{escape(base)}/openapi.json">openapi.json</a>.</p>'
    yield "<nav>" + "".join(f'<a href="#{escape(tag)}">{escape(tag)}</a>' for tag in sorted(sections)) + "</nav>"
    for tag in sorted(sections):
        yield f'<h2 id="{escape(tag)}">{escape(tag)}</h2>'
        yield from sections[tag]
    yield "</body></html>"


def _operation(document: Node, path: str, method: str, operation: Node) -> Iterator[str]:
    text = str(operation.get("description") or operation.get("summary", ""))
    yield f'<details id="{escape(operation["operationId"])}"><summary><b>{method.upper()}</b> '
    yield f"<code>{escape(path)}</code><span>{escape(text.split(chr(10))[0])}</span></summary>"
    yield "".join(f"<p>{escape(part)}</p>" for part in text.split("\n\n"))
    rows = [
        _row(f"{p['name']} ({p['in']})", p.get("description", ""), p["schema"]) for p in operation.get("parameters", [])
    ]
    if rows:
        yield f"<table>{''.join(rows)}</table>"
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f"<p>Body, <code>{escape(kind)}</code>:</p>{_sample(document, content.get('schema', {}))}"
    for status, answer in operation["responses"].items():
        if str(status).startswith("2"):
            yield f"<p>{escape(str(status))} {escape(answer['description'])}</p>"
            for content in answer.get("content", {}).values():
                yield _sample(document, content.get("schema", {}))
    others = ", ".join(str(status) for status in operation["responses"] if not str(status).startswith("2"))
    yield f"<p>Problems: {escape(others)}</p></details>"


def _row(name: str, text: str, schema: Node) -> str:
    kind = schema.get("type") or ", ".join(str(part.get("type", "")) for part in schema.get("anyOf", []))
    return f"<tr><td><code>{escape(name)}</code></td><td>{escape(str(kind))}</td><td>{escape(text)}</td></tr>"


def _sample(document: Node, schema: Node) -> str:
    return f"<pre>{escape(json.dumps(_shape(document, schema, 0), indent=2))}</pre>"


def _shape(document: Node, schema: Node, depth: int) -> object:
    """Make a sample value of the schema, three levels deep."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if depth > 3:
        return "..."
    if "properties" in schema:
        return {name: _shape(document, child, depth + 1) for name, child in schema["properties"].items()}
    if schema.get("type") == "array":
        return [_shape(document, schema.get("items", {}), depth + 1)]
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    options = [part for part in schema.get("anyOf", []) if part.get("type") != "null"]
    if options:
        return _shape(document, options[0], depth)
    return schema.get("type", "anything")
