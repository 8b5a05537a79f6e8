"""Answer every request with the reason while the program cannot start: its database or configuration is unusable.

Nobody can sign in without a database: only callers from local networks see the reason.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stalkeer.core.security.addresses import RequestOrigin, find_origin
from stalkeer.errors import ConfigurationError, StalkeerError, StoreUnavailable
from stalkeer.faces.http.dispatch import API_PATHS
from stalkeer.faces.http.headers import add_security_headers
from stalkeer.faces.http.problems import problem_response
from stalkeer.faces.http.security import is_local_origin
from stalkeer.faces.http.storage import RETRY_AFTER_S
from stalkeer.faces.web.assets import by_hashed_name
from stalkeer.faces.web.render import render_plain
from stalkeer.logs import get_logger
from stalkeer.runtime import App
from stalkeer.secrets import mask_text
from stalkeer.settings import Settings

STATUS = 503
GENERAL = "Stalkeer cannot start now. Its log has the reason"
# errors that may end by themselves or once the user fixes a file; after any other error, the program must be restarted
PASSING = (StoreUnavailable, ConfigurationError)
log = get_logger(__name__)


@dataclass
class TrialWait:
    """Try to build the program until it succeeds. `reason` is why the last try failed."""

    build: Callable[[], App]
    reason: StalkeerError
    app: App | None = None
    stopping: threading.Event = field(default_factory=threading.Event)

    def repeat(self, every_s: float, done: Callable[[], None]) -> None:
        """Try every `every_s` seconds, and call `done` after a success."""
        while isinstance(self.reason, PASSING) and not self.stopping.wait(every_s):
            if self.try_once():
                done()
                return

    def try_once(self) -> bool:
        try:
            self.app = self.build()
        except StalkeerError as error:
            if str(error) != str(self.reason):
                log.error("the program still cannot start", reason=str(error))
            self.reason = error
        return self.app is not None


class WaitingRoom:
    """Answer every request as an ASGI application. `reason` is called at each request."""

    def __init__(self, reason: Callable[[], StalkeerError], settings: Settings) -> None:
        self._reason, self._settings = reason, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = Headers(scope=scope)
        peer = scope["client"][0] if scope.get("client") else None
        trusted = self._settings.security.trusted_proxies
        origin = find_origin(peer, scope["scheme"], headers, trusted, scope.get("http_version", "1.1"))
        path = str(scope["path"]).removeprefix(self._settings.server.url_base)
        await self._answer(path, origin)(scope, receive, with_headers(send, origin))

    def _answer(self, path: str, origin: RequestOrigin) -> ASGIApp:
        if path == "/ping":
            return JSONResponse({"status": "Error"}, 500)
        if path == "/health":
            part = "start" if isinstance(self._reason(), ConfigurationError) else "database"
            return JSONResponse({"status": "error", "parts": {part: "error"}}, STATUS)
        asset = by_hashed_name().get(path.removeprefix("/static/"))
        if asset is not None:
            return Response(asset.content, media_type=asset.media_type)
        message = self.message_for(origin)
        if any(path == prefix or path.startswith(f"{prefix}/") for prefix in API_PATHS):
            return problem_response(STATUS, message, code="not-started", headers={"Retry-After": str(RETRY_AFTER_S)})
        html = render_plain("unavailable.html", self._settings.server.url_base, message)
        return HTMLResponse(html, STATUS, headers={"Retry-After": str(RETRY_AFTER_S), "Cache-Control": "no-store"})

    def message_for(self, origin: RequestOrigin) -> str:
        is_local = is_local_origin(origin, self._settings.security)
        return mask_text(str(self._reason())) if is_local else GENERAL


def with_headers(send: Send, origin: RequestOrigin) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            add_security_headers(MutableHeaders(scope=message), origin.scheme)
        await send(message)

    return send_with_headers
