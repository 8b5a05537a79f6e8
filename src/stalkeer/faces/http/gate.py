"""Check every request to API and pages, as the outermost layer of the server.

It gives the request an id, finds its origin, refuses requests that are too large, too frequent or not encrypted, and
adds the security headers to every answer. The guards behind it decide about access.
"""

from __future__ import annotations

import asyncio
import secrets as random_source
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import unquote

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stalkeer.core.security.addresses import RequestOrigin, find_origin
from stalkeer.core.security.callers import SAFE_METHODS
from stalkeer.errors import StoreError
from stalkeer.faces.http.dispatch import is_below
from stalkeer.faces.http.doorstep import is_known
from stalkeer.faces.http.guard import key_of
from stalkeer.faces.http.headers import add_security_headers, keep_redirect_here
from stalkeer.faces.http.problems import problem_response
from stalkeer.faces.http.security import Security
from stalkeer.jobs.system.rate_limits import RateAllowance
from stalkeer.log_floods import FloodLog
from stalkeer.logs import get_logger
from stalkeer.secrets import mask_text
from stalkeer.settings.sections.program import SecuritySettings

# routes that accept a file
UPLOADS = frozenset({"/api/v1/system/backup/restore", "/system/backup/restore", "/sources/upload"})
LOGINS = frozenset({"/login", "/setup/account"})  # routes with forms for strangers
LARGEST_LOGIN = 16_384
LOGIN_S = 20.0  # seconds for the whole form
PIECE_S = 60.0  # seconds for each piece of other bodies
PIECE = 65_536  # bytes of an answer that are sent at once
TOO_LARGE = "The request is larger than security.max_body (max_upload, for a file) allows"
LONGEST_PATH = 2000
LONGEST_QUERY = 8000
# (status, detail) -> answer, in the form that the clients of these paths read
Refuse = Callable[[int, str], Response]
NO_FORMS: Mapping[str, Refuse] = MappingProxyType({})
log = get_logger(__name__)


class BodyTooLarge(HTTPException):
    """Report a body without Content-Length that became too large. `receive` raises it."""

    def __init__(self) -> None:
        super().__init__(413, TOO_LARGE)


class BodyTooSlow(HTTPException):
    """Report a body whose rest does not arrive. `receive` raises it."""

    def __init__(self) -> None:
        super().__init__(408, "The rest of the request's body did not come; send it again")


@dataclass(frozen=True)
class BodyPace:
    """Hold the seconds that a body may take."""

    login_s: float = LOGIN_S
    piece_s: float = PIECE_S


@dataclass
class _Exchange:
    """Hold a request on its way through."""

    request_id: str
    origin: RequestOrigin
    # rate limits of the address here, and of the key behind the gate
    allowances: list[RateAllowance] = field(default_factory=list)
    status: int = 0
    started: float = field(default_factory=time.monotonic)


class Gate:
    """Wrap the application.

    `forms` are the answers to refused requests below these paths. Everywhere else they are problem documents.
    """

    def __init__(
        self,
        inner: ASGIApp,
        security: Security,
        url_base: str = "",
        pace: BodyPace | None = None,
        forms: Mapping[str, Refuse] = NO_FORMS,
    ) -> None:
        self._inner, self._security, self._url_base, self._forms = inner, security, url_base, forms
        self._pace, self._flood = pace or BodyPace(), FloodLog()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._inner(scope, receive, send)
            return
        exchange = self._open(scope)
        sender = _with_headers(send, exchange)
        with structlog.contextvars.bound_contextvars(request_id=exchange.request_id):
            refusal = self._refuse(scope, exchange) or await self._limit(scope, exchange)
            if refusal is not None:
                await refusal(scope, receive, sender)
            else:
                await self._pass(scope, receive, sender, exchange)
            self._log_access(scope, exchange)

    def _open(self, scope: Scope) -> _Exchange:
        headers = Headers(scope=scope)
        peer = scope["client"][0] if scope.get("client") else None
        trusted = self._security.settings().security.trusted_proxies
        origin = find_origin(peer, scope["scheme"], headers, trusted, scope.get("http_version", "1.1"))
        named = headers.get("x-request-id", "") if origin.is_peer_trusted else ""
        request_id = named if named.isalnum() and len(named) <= 64 else random_source.token_hex(8)
        scope["scheme"] = origin.scheme
        exchange = _Exchange(request_id, origin)
        scope.setdefault("state", {}).update(request_id=request_id, origin=origin, allowances=exchange.allowances)
        return exchange

    def _refuse(self, scope: Scope, exchange: _Exchange) -> Response | None:
        settings = self._security.settings().security
        if len(scope.get("raw_path") or b"") > LONGEST_PATH or len(scope["query_string"]) > LONGEST_QUERY:
            return self._refusal(scope, exchange, 414, "The address is too long")
        if "\x00" in unquote(scope["path"]) or b"%00" in scope["query_string"]:
            return self._refusal(scope, exchange, 400, "The address holds a NUL character")
        if settings.require_https and exchange.origin.scheme != "https" and not exchange.origin.is_this_machine:
            detail = "This server accepts HTTPS only (security.require_https); use https:// or its reverse proxy"
            detail = ". ".join(part for part in (detail, exchange.origin.proxy_hint) if part)
            return self._refusal(scope, exchange, 403, detail, code="https-required")
        if _declared_length(scope) > self._largest_body(scope, settings):
            return self._refusal(scope, exchange, 413, TOO_LARGE)
        return None

    def _refusal(
        self, scope: Scope, exchange: _Exchange, status: int, detail: str, *, code: str | None = None
    ) -> Response:
        path = self._path(scope)
        refuse = next((form for prefix, form in self._forms.items() if is_below(path, (prefix,))), None)
        if refuse is not None:
            return refuse(status, detail)
        return problem_response(status, detail, code=code, request_id=exchange.request_id)

    async def _limit(self, scope: Scope, exchange: _Exchange) -> Response | None:
        """Limit the requests of an address.

        Requests with a key have a separate limit, so that strangers behind the same address cannot lock them out.
        """
        if not self._path(scope).startswith("/api/"):
            return None
        limit, address = self._security.settings().security.api_limit, exchange.origin.household
        allowance = self._security.limits.spend("address", address, limit, time.time())
        if not allowance.is_allowed and await run_in_threadpool(self._has_key, Request(scope)):
            return None
        exchange.allowances.append(allowance)
        if allowance.is_allowed:
            return None
        detail = f"More than {limit} requests a minute from {address} (security.api_limit)"
        return problem_response(429, detail, request_id=exchange.request_id)

    def _has_key(self, request: Request) -> bool:
        key = key_of(request)
        try:
            return key is not None and self._security.keys.find(key) is not None
        except StoreError:
            return False

    def _path(self, scope: Scope) -> str:
        return str(scope["path"]).removeprefix(self._url_base)

    def _largest_body(self, scope: Scope, settings: SecuritySettings) -> int:
        path = self._path(scope)
        if path in LOGINS:
            return min(LARGEST_LOGIN, settings.max_body)
        return settings.max_upload if path in UPLOADS else settings.max_body

    async def _pass(self, scope: Scope, receive: Receive, send: Send, exchange: _Exchange) -> None:
        limit = self._largest_body(scope, self._security.settings().security)
        deadline = time.monotonic() + self._pace.login_s if self._path(scope) in LOGINS else None
        try:
            await self._inner(scope, _bounded(receive, limit, self._pace.piece_s, deadline), send)
        except (BodyTooLarge, BodyTooSlow) as error:
            if not exchange.status:
                refusal = self._refusal(scope, exchange, error.status_code, str(error.detail))
                await refusal(scope, receive, send)
        except Exception as error:
            # the client already has its answer, a problem document with this request id
            log.error("request failed", method=scope["method"], path=scope["path"], exc_info=error)
            if not exchange.status:
                raise

    def _log_access(self, scope: Scope, exchange: _Exchange) -> None:
        """Log requests that change something or are refused.

        After the first few, only count the refused ones and those of strangers.
        """
        is_quiet = scope["method"] in SAFE_METHODS and exchange.status < 400
        is_stranger = not is_known(scope["state"])
        more = {}
        if not is_quiet and (is_stranger or 400 <= exchange.status < 500):
            is_shown, hidden = self._flood.may_show("strangers" if is_stranger else "refused")
            if not is_shown:
                return
            more = {"hidden_before": hidden} if hidden else {}
        write = log.debug if is_quiet else log.info
        write(
            "request",
            method=scope["method"],
            path=mask_text(str(scope["path"])[:200]),
            status=exchange.status,
            client=str(exchange.origin.client),
            ms=round((time.monotonic() - exchange.started) * 1000),
            **more,
        )


def _declared_length(scope: Scope) -> int:
    text = Headers(scope=scope).get("content-length", "0")
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def _bounded(receive: Receive, limit: int, piece_s: float, deadline: float | None) -> Receive:
    """Limit the size of the body and the time for it. The time after the body is not limited."""
    seen, is_read = 0, False

    async def receive_counted() -> Message:
        nonlocal seen, is_read
        if is_read:
            return await receive()
        left = piece_s if deadline is None else min(piece_s, max(0.0, deadline - time.monotonic()))
        try:
            message = await asyncio.wait_for(receive(), left)
        except TimeoutError:
            raise BodyTooSlow() from None
        seen += len(message.get("body", b""))
        is_read = message["type"] != "http.request" or not message.get("more_body", False)
        if seen > limit:
            raise BodyTooLarge()
        return message

    return receive_counted


def _with_headers(send: Send, exchange: _Exchange) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            exchange.status = message["status"]
            headers = MutableHeaders(scope=message)
            add_security_headers(headers, exchange.origin.scheme)
            keep_redirect_here(headers)
            headers["x-request-id"] = exchange.request_id
            limited = [allowance for allowance in exchange.allowances if allowance.limit]
            if limited:
                headers.update(
                    min(limited, key=lambda allowance: (allowance.is_allowed, allowance.remaining)).headers()
                )
                headers.setdefault("cache-control", "no-store")
        for piece in _pieces(message):
            await send(piece)

    return send_with_headers


def _pieces(message: Message) -> Iterator[Message]:
    """Send a large answer in pieces. A piece takes memory only once the client has read the pieces before it."""
    body = message.get("body", b"")
    if message["type"] != "http.response.body" or len(body) <= PIECE:
        yield message
        return
    for start in range(0, len(body), PIECE):
        is_last = start + PIECE >= len(body) and not message.get("more_body", False)
        yield {**message, "body": body[start : start + PIECE], "more_body": not is_last}
