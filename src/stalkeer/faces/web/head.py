"""Answer HEAD as GET without its body, as monitors and link checkers ask."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send


class HeadAsGet:
    """Give HEAD to the handler of GET. The server leaves the body out, because it knows the true method."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_stream = str(scope.get("path", "")).endswith("/live")  # it would never end
        if scope["type"] == "http" and scope["method"] == "HEAD" and not is_stream:
            scope = {**scope, "method": "GET"}
        await self._app(scope, receive, send)
