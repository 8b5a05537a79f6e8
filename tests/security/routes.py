"""The routes of both faces, and addresses for them over the sample."""

from __future__ import annotations

import re

from fastapi.routing import iter_route_contexts

from stalkeer.app import build_security
from stalkeer.faces.api.app import create_api
from stalkeer.faces.web.app import create_web
from stalkeer.runtime import App

ENDLESS = ("/events", "/live")
SAMPLE = {"name": ("radarr", "main", "admin"), "slug": ("radarr", "main")}


def routes(app: App, method: str) -> list[str]:
    faces = (create_api(app, build_security(app)), create_web(app))
    found = {
        route.path_format
        for face in faces
        for route in iter_route_contexts(face.router.routes)
        if route.path_format and method in (route.methods or ())
    }
    return sorted(path for path in found if not path.endswith(ENDLESS))


def addresses(path: str) -> list[str]:
    """The path with each name and number that the sample may have."""
    if "{" not in path:
        return [path]
    name = re.findall(r"\{([a-z_]+)", path)[0]
    return [re.sub(r"\{[^}]*\}", value, path) for value in SAMPLE.get(name, ("1", "main", "radarr", "movie"))]
