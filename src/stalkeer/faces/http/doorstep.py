"""Run the guard of a route before the request's body is read.

FastAPI reads a whole body before it calls the first dependency, so strangers could fill memory and disk with uploads
that are refused afterwards. A route is guarded if the guard is among its dependencies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from re import Pattern

from fastapi import FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

Guard = Callable[[Request], object]


def guard_bodies(face: FastAPI, guard: Guard) -> None:
    """Call `guard` early for each request with a body, where its route has `guard` among its dependencies.

    FastAPI calls the dependency again later: `guard` stores its outcome in the request's state. The exception handlers
    of `face` answer its errors in both cases.
    """
    face.router.middleware_stack = Doorstep(face, face.router.middleware_stack, guard)


class Doorstep:
    def __init__(self, face: FastAPI, inner: ASGIApp, guard: Guard) -> None:
        self._face, self._inner, self._guard = face, inner, guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and brings_body(scope) and self._is_guarded(scope):
            await run_in_threadpool(self._guard, Request(scope))  # the guard reads the database
        await self._inner(scope, receive, send)

    def _is_guarded(self, scope: Scope) -> bool:
        path = str(scope["path"]).removeprefix(str(scope.get("root_path", "")))
        return any(scope["method"] in methods and pattern.match(path) for pattern, methods in self._guarded)

    @cached_property
    def _guarded(self) -> list[tuple[Pattern[str], set[str]]]:
        return [
            (route.path_regex, route.methods or set())
            for route in iter_route_contexts(self._face.router.routes)
            if (dependant := getattr(route, "dependant", None)) and depends_on(dependant, self._guard)
        ]


def brings_body(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"


def depends_on(dependant: Dependant, guard: Guard) -> bool:
    return dependant.call is guard or any(depends_on(dependency, guard) for dependency in dependant.dependencies)


def is_known(state: Mapping[str, object]) -> bool:
    """Tell from a request's state whether a guard has admitted its sender, to the API or to the pages."""
    return state.get("admitted") is not None or "user" in state
