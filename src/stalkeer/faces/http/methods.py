"""Answer HEAD wherever GET is answered, and an unsupported method with 405 and the methods of the path.

The router alone would list only the methods of the first route that fits, and would read `DELETE /downloads/stats` as a
request for the download `stats`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.types import Message, Receive, Scope, Send

from stalkeer.faces.http.problems import problem_response

HEAD = "stalkeer.head"  # in the scope of a request that came as HEAD


class MethodGuard:
    def __init__(self, api: FastAPI) -> None:
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = str(scope["path"]).removeprefix(str(scope.get("root_path", "")))
            methods = self._methods_of(path)
            if scope["method"] == "HEAD" and "HEAD" in methods:
                await self._api({**scope, "method": "GET", HEAD: True}, receive, _without_body(send))
                return
            if methods and scope["method"] not in methods:
                detail = f"{scope['method']} is not a method of this path; it has {', '.join(methods)}"
                headers, request_id = {"Allow": ", ".join(methods)}, scope.get("state", {}).get("request_id")
                refusal = problem_response(405, detail, headers=headers, request_id=request_id)
                await refusal(scope, receive, send)
                return
        await self._api(scope, receive, send)

    def _methods_of(self, path: str) -> Sequence[str]:
        """Return the methods of the template that fits best: the one with the fewest parameters."""
        return next((methods for pattern, methods in self._templates if pattern.fullmatch(path)), ())

    @cached_property
    def _templates(self) -> list[tuple[re.Pattern[str], list[str]]]:
        methods: dict[str, set[str]] = {}
        for route in iter_route_contexts(self._api.router.routes):
            if route.path_format is not None:
                methods.setdefault(route.path_format, set()).update(route.methods or ())
        for of_path in methods.values():
            if "GET" in of_path:
                of_path.add("HEAD")
        ordered = sorted(methods, key=lambda path: path.count("{"))
        return [(_pattern(path), sorted(methods[path])) for path in ordered]


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"\{[^}]*\}", path)
    return re.compile("[^/]+".join(re.escape(part) for part in parts))


def is_head(scope: Scope) -> bool:
    """Tell whether the client asked with HEAD, so that only the head of the answer is sent."""
    return HEAD in scope


def _without_body(send: Send) -> Send:
    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return send_head
