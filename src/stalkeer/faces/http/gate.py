"""The outermost layer of the server: every request passes it, API and pages alike.

It names the request, finds out where it comes from, refuses what is too much, too often or not encrypted, and puts the
security headers on every answer. Who may do what is decided behind it.
"""

from __future__ import annotations

import secrets as random_source
import time
from dataclasses import dataclass, field
from urllib.parse import unquote

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stalkeer.core.security.addresses import Origin, find_origin
from stalkeer.core.security.callers import SAFE_METHODS
from stalkeer.faces.http.headers import add_security_headers
from stalkeer.faces.http.problems import problem_response
from stalkeer.faces.http.security import Security
from stalkeer.jobs.system.rate_limits import Allowance
from stalkeer.logs import get_logger
from stalkeer.secrets import mask_text
from stalkeer.settings.schema import SecuritySettings

UPLOADS = ("/system/backup/restore", "/sources/upload")  # ends of paths that take a file
LOGINS = ("/login", "/setup/account")  # ends of paths whose forms are read from strangers
LARGEST_LOGIN = 16_384
TOO_LARGE = "The request is larger than security.max_body (max_upload, for a file) allows"
LONGEST_PATH = 2000
LONGEST_QUERY = 8000
log = get_logger(__name__)


class BodyTooLarge(HTTPException):
    """Raised out of `receive`, where a body without Content-Length grew too long."""

    def __init__(self) -> None:
        super().__init__(413, TOO_LARGE)


@dataclass
class _Exchange:
    """One request on its way through."""

    request_id: str
    origin: Origin
    allowances: list[Allowance] = field(default_factory=list)  # of the address, and of the key behind the gate
    status: int = 0
    started: float = field(default_factory=time.monotonic)


class Gate:
    def __init__(self, inner: ASGIApp, security: Security, url_base: str = "") -> None:
        self._inner, self._security, self._url_base = inner, security, url_base

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._inner(scope, receive, send)
            return
        exchange = self._open(scope)
        sender = _with_headers(send, exchange)
        with structlog.contextvars.bound_contextvars(request_id=exchange.request_id):
            refusal = self._refuse(scope, exchange)
            if refusal is not None:
                await refusal(scope, receive, sender)
            else:
                await self._pass(scope, receive, sender, exchange)
            _log_access(scope, exchange)

    def _open(self, scope: Scope) -> _Exchange:
        headers = Headers(scope=scope)
        peer = scope["client"][0] if scope.get("client") else None
        trusted = self._security.settings().security.trusted_proxies
        origin = find_origin(peer, scope["scheme"], headers, trusted)
        named = headers.get("x-request-id", "") if origin.is_peer_trusted else ""
        request_id = named if named.isalnum() and len(named) <= 64 else random_source.token_hex(8)
        scope["scheme"] = origin.scheme
        exchange = _Exchange(request_id, origin)
        scope.setdefault("state", {}).update(request_id=request_id, origin=origin, allowances=exchange.allowances)
        return exchange

    def _refuse(self, scope: Scope, exchange: _Exchange) -> Response | None:
        settings = self._security.settings().security
        if len(scope.get("raw_path") or b"") > LONGEST_PATH or len(scope["query_string"]) > LONGEST_QUERY:
            return problem_response(414, "The address is too long", request_id=exchange.request_id)
        if "\x00" in unquote(scope["path"]) or b"%00" in scope["query_string"]:
            return problem_response(400, "The address holds a NUL character", request_id=exchange.request_id)
        if settings.require_https and exchange.origin.scheme != "https" and not exchange.origin.is_this_machine:
            detail = "This server accepts HTTPS only (security.require_https); use https:// or its reverse proxy"
            return problem_response(403, detail, code="https-required", request_id=exchange.request_id)
        if _declared_length(scope) > self._largest_body(scope, settings):
            return _too_large(exchange)
        return self._limit(scope, exchange, settings)

    def _limit(self, scope: Scope, exchange: _Exchange, settings: SecuritySettings) -> Response | None:
        if not self._path(scope).startswith("/api/"):
            return None
        address = exchange.origin.household
        allowance = self._security.limits.spend("address", address, settings.api_limit, time.time())
        exchange.allowances.append(allowance)
        if allowance.is_allowed:
            return None
        detail = f"More than {settings.api_limit} requests a minute from {address} (security.api_limit)"
        return problem_response(429, detail, request_id=exchange.request_id)

    def _path(self, scope: Scope) -> str:
        return str(scope["path"]).removeprefix(self._url_base)

    def _largest_body(self, scope: Scope, settings: SecuritySettings) -> int:
        if scope["path"].endswith(LOGINS):
            return min(LARGEST_LOGIN, settings.max_body)
        return settings.max_upload if scope["path"].endswith(UPLOADS) else settings.max_body

    async def _pass(self, scope: Scope, receive: Receive, send: Send, exchange: _Exchange) -> None:
        limit = self._largest_body(scope, self._security.settings().security)
        try:
            await self._inner(scope, _bounded(receive, limit), send)
        except BodyTooLarge:
            if not exchange.status:
                await _too_large(exchange)(scope, receive, send)
        except Exception as error:
            # the answer, a problem document with this request id, is out already
            log.error("request failed", method=scope["method"], path=scope["path"], exc_info=error)
            if not exchange.status:
                raise


def _declared_length(scope: Scope) -> int:
    text = Headers(scope=scope).get("content-length", "0")
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def _too_large(exchange: _Exchange) -> Response:
    return problem_response(413, TOO_LARGE, request_id=exchange.request_id)


def _bounded(receive: Receive, limit: int) -> Receive:
    seen = 0

    async def receive_counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
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
            headers["x-request-id"] = exchange.request_id
            limited = [one for one in exchange.allowances if one.limit]
            if limited:
                headers.update(min(limited, key=lambda one: (one.is_allowed, one.remaining)).headers())
                headers.setdefault("cache-control", "no-store")
        await send(message)

    return send_with_headers


def _log_access(scope: Scope, exchange: _Exchange) -> None:
    is_quiet = scope["method"] in SAFE_METHODS and exchange.status < 400
    write = log.debug if is_quiet else log.info
    write(
        "request",
        method=scope["method"],
        path=mask_text(str(scope["path"])[:200]),
        status=exchange.status,
        client=str(exchange.origin.client),
        ms=round((time.monotonic() - exchange.started) * 1000),
    )
