"""The whole server for a test. Its routes are built once: that takes as long as a hundred requests."""

from __future__ import annotations

from copy import copy

from fastapi import FastAPI
from starlette.datastructures import State

from stalkeer.app import join_faces
from stalkeer.faces.api.app import create_api
from stalkeer.faces.http.gate import Gate
from stalkeer.faces.http.security import Security
from stalkeer.faces.web.app import create_web
from stalkeer.runtime import App


def make_server(app: App, security: Security) -> Gate:
    """What `app.build_server` builds, over the routes of the tests before; nothing else is shared between servers."""
    api, web = (copy(face) for face in shared_faces(app, security))
    for face in (api, web):
        face.state = State({"app": app, "security": security})
    return join_faces(api, web, security)


def shared_faces(app: App, security: Security) -> tuple[FastAPI, FastAPI]:
    """API and pages with their routes: every program has the same. What reads `app` is built by the first test."""
    if not _FACES:
        _FACES.extend((create_api(app, security), create_web(app)))
    api, web = _FACES
    return api, web


_FACES: list[FastAPI] = []
