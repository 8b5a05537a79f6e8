"""The routes of both faces, and addresses for them over the sample."""

from __future__ import annotations

import re

from fastapi.routing import iter_route_contexts

from stalkeer.app import build_security
from stalkeer.runtime import App
from tests.doubles.server import shared_faces

ENDLESS = ("/events", "/live")
SAMPLE = {"name": ("radarr", "main", "admin"), "slug": ("radarr", "main")}


def routes(app: App, method: str) -> list[str]:
    """The paths that have this method. They are found once in a process: every program has the same."""
    if not _METHODS:
        for face in shared_faces(app, build_security(app)):
            for route in iter_route_contexts(face.router.routes):
                if route.path_format and not route.path_format.endswith(ENDLESS):
                    _METHODS.setdefault(route.path_format, set()).update(route.methods or ())
    return sorted(path for path, methods in _METHODS.items() if method in methods)


_METHODS: dict[str, set[str]] = {}


def addresses(path: str) -> list[str]:
    """The path with each name and number that the sample may have."""
    if "{" not in path:
        return [path]
    name = re.findall(r"\{([a-z_]+)", path)[0]
    return [re.sub(r"\{[^}]*\}", value, path) for value in SAMPLE.get(name, ("1", "main", "radarr", "movie"))]
