"""Dispatch requests to three faces: the API and the bridge for Radarr and Sonarr have their own paths, all other paths
are pages.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

API_PATHS = ("/api", "/ping", "/health", "/metrics", "/docs", "/openapi.json")
BRIDGE_PATHS = ("/newznab", "/sabnzbd")


class Faces:
    """Dispatch a request to its face, with or without the URL base, which some proxies leave in the path."""

    def __init__(self, api: ASGIApp, web: ASGIApp, bridge: ASGIApp, url_base: str) -> None:
        self._api, self._web, self._bridge, self._url_base = api, web, bridge, url_base

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._api(scope, receive, send)
            return
        scope["root_path"] = self._url_base
        path = str(scope["path"])
        if self._url_base and (path == self._url_base or path.startswith(f"{self._url_base}/")):
            path = path[len(self._url_base) :]
        await self._face_of(path)(scope, receive, send)

    def _face_of(self, path: str) -> ASGIApp:
        if is_below(path, API_PATHS):
            return self._api
        return self._bridge if is_below(path, BRIDGE_PATHS) else self._web


def is_below(path: str, prefixes: tuple[str, ...]) -> bool:
    return any(path == prefix or path.startswith(f"{prefix}/") for prefix in prefixes)
