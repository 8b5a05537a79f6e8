"""Build the bridge: the routes of the indexer and of the download client, and their common parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from starlette.applications import Starlette
from starlette.responses import Response

from stalkeer.faces.bridge import newznab, sabnzbd
from stalkeer.faces.http.security import Security
from stalkeer.jobs.native.indexer import Indexer
from stalkeer.runtime import App

# how the gate answers requests that do not reach the routes, in the form of each part
REFUSALS: Mapping[str, Callable[[int, str], Response]] = {
    "/newznab": newznab.refuse,
    "/sabnzbd": sabnzbd.refuse,
}


def create_bridge(app: App, security: Security) -> Starlette:
    """Return the ASGI application of `/newznab` and `/sabnzbd`; each answers errors in its own form."""
    bridge = Starlette(routes=[*newznab.routes, *sabnzbd.routes])
    bridge.state.app, bridge.state.security = app, security
    bridge.state.indexer = Indexer(app.database, app.arrs, app.engine)
    return bridge
