"""One server, two faces: the API answers its own paths with documents, everything else is a page."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

API_PATHS = ("/api", "/ping", "/health", "/metrics", "/docs", "/openapi.json")


class Faces:
    """Hands a request to `api` or `web`, without and with the URL base that a proxy may have left in its path."""

    def __init__(self, api: ASGIApp, web: ASGIApp, url_base: str) -> None:
        self._api, self._web, self._url_base = api, web, url_base

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._api(scope, receive, send)
            return
        scope["root_path"] = self._url_base
        path = str(scope["path"])
        if self._url_base and (path == self._url_base or path.startswith(f"{self._url_base}/")):
            path = path[len(self._url_base) :]
        is_api = any(path == prefix or path.startswith(f"{prefix}/") for prefix in API_PATHS)
        await (self._api if is_api else self._web)(scope, receive, send)
