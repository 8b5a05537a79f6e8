"""Open a URL and follow its redirects by our own rules. Every resume starts here again, from the original URL.

A redirect's target is good for this one answer: panels put a token into it that lives a minute.
"""

from __future__ import annotations

import base64
import http.client
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urljoin

import urllib3.exceptions
from urllib3 import HTTPResponse
from urllib3.exceptions import LocationParseError
from urllib3.util import Url, parse_url

from stalkeer.adapters.net.public_address import Resolve, leads_inside, look_up
from stalkeer.adapters.transfers.connection import NETWORK_ERRORS, Connection, Route, open_connection
from stalkeer.adapters.transfers.request import Failed
from stalkeer.core.downloads.failures import FailureKind
from stalkeer.core.downloads.resume import Head, Validators
from stalkeer.core.downloads.retry import parse_retry_after

REDIRECTS = frozenset({301, 302, 303, 307, 308})
MAX_REDIRECTS = 10
CREDENTIALS = frozenset({"authorization", "cookie", "proxy-authorization"})
DEFAULT_USER_AGENT = "Stalkeer"  # panels turn an empty one away


class Lost(Exception):  # noqa: N818 - reported as Failed, never shown as an exception
    """The network failed: nothing is known to be wrong, except that the connection is gone."""

    def __init__(self, failure: Failed) -> None:
        super().__init__(failure.message)
        self.failure = failure


class Hopeless(Exception):  # noqa: N818
    """Connecting again at once would not help."""

    def __init__(self, failure: Failed) -> None:
        super().__init__(failure.message)
        self.failure = failure


@dataclass(frozen=True)
class Opening:
    """What to ask for. `check` raises where the transfer is to stop; `opened` gets the means to halt."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    route: Route
    https_only: bool
    check: Callable[[], None]
    opened: Callable[[Callable[[], None]], None]
    resolve: Resolve = look_up


@dataclass(frozen=True)
class Opened:
    """An answer that is no redirect: its head read, its body waiting."""

    connection: Connection
    head: Head
    url: str = field(repr=False)
    subject: str
    retry_after_s: float | None

    @property
    def response(self) -> HTTPResponse:
        return self.connection.response


def open_url(opening: Opening) -> Opened:
    """Raises Lost, Hopeless, or whatever `check` raises."""
    url = opening.url
    headers = {"User-Agent": DEFAULT_USER_AGENT, "Accept": "*/*", "Accept-Encoding": "identity"}
    headers |= {name: value for name, value in opening.headers.items() if value}
    for _hop in range(MAX_REDIRECTS + 1):
        opening.check()
        parsed = _parse(url, is_https_only=opening.https_only)
        headers = {**_basic_login(parsed), **headers}
        connection = _connect(opening, parsed, headers)
        response = connection.response
        target = response.headers.get("Location")
        if response.status not in REDIRECTS or not target:
            retry_after = parse_retry_after(response.headers.get("Retry-After"), datetime.now(UTC))
            return Opened(connection, head_of(response), url, describe(opening.url), retry_after)
        connection.close()
        before, url = url, urljoin(url, target)
        if not opening.route.proxy and leads_inside(before, url, opening.resolve):
            where = f"{describe(opening.url)} leads into your own network, to {describe(url)}; it is not followed there"
            raise Hopeless(Failed(FailureKind.TRANSIENT, where))
        headers = headers_for(url, before, headers)
    raise Hopeless(Failed(FailureKind.TRANSIENT, f"{describe(opening.url)} redirects more than {MAX_REDIRECTS} times"))


def head_of(response: HTTPResponse) -> Head:
    fields = response.headers
    length = fields.get("Content-Length", "")
    is_chunked = "chunked" in fields.get("Transfer-Encoding", "").casefold()
    validators = Validators(
        fields.get("ETag"), fields.get("Last-Modified"), fields.get("Date"), fields.get("Content-Type")
    )
    known_length = int(length) if length.isdecimal() and not is_chunked else None
    return Head(response.status, known_length, fields.get("Content-Range"), fields.get("Content-Encoding"), validators)


def describe(url: str) -> str:
    """A URL as it may be shown: host and last part of the path. What lies between is a panel's login or token."""
    try:
        parsed = parse_url(url)
    except LocationParseError:
        return "an unreadable address"
    parts = [part for part in (parsed.path or "").split("/") if part]
    last = parts[-1] if parts and "." in parts[-1] else ""
    middle = "/…/" if len(parts) > 1 else "/"
    return f"{_netloc(parsed)}{middle if last else ''}{last}"


def _netloc(url: Url) -> str:
    return f"{url.host or ''}:{url.port}" if url.port else url.host or ""


def _parse(url: str, *, is_https_only: bool) -> Url:
    try:
        parsed = parse_url(url)
    except LocationParseError:
        raise Hopeless(Failed(FailureKind.TRANSIENT, "the address cannot be read as a URL")) from None
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise Hopeless(
            Failed(
                FailureKind.TRANSIENT, f"the address leads to {parsed.scheme or 'no'}://, only http and https are used"
            )
        )
    if is_https_only and parsed.scheme != "https":
        raise Hopeless(
            Failed(FailureKind.TRANSIENT, f"{describe(url)} is not https, and downloads.https_only allows nothing else")
        )
    return parsed


def _connect(opening: Opening, url: Url, headers: Mapping[str, str]) -> Connection:
    subject = describe(url.url)
    try:
        return open_connection(url, headers, opening.route, opening.opened)
    except NETWORK_ERRORS as error:
        opening.check()
        cause = root_cause(error)
        if isinstance(cause, ssl.SSLCertVerificationError):
            message = f"{subject} shows a certificate that cannot be trusted ({cause.verify_message})"
            raise Hopeless(Failed(FailureKind.TRANSIENT, message)) from error
        raise Lost(Failed(FailureKind.TRANSIENT, f"{subject}: {explain(cause)}")) from error


def root_cause(error: BaseException) -> BaseException:
    """urllib3 wraps what happened, at times twice."""
    inner = error.__cause__ or (error.args[-1] if error.args and isinstance(error.args[-1], BaseException) else None)
    return error if inner is None else root_cause(inner)


def explain(error: BaseException) -> str:
    """A network error in the user's words; never its text where that could carry an address."""
    for kind, words in (
        (TimeoutError, "no answer in time"),
        (urllib3.exceptions.TimeoutError, "no answer in time"),
        (ConnectionRefusedError, "the server refuses connections"),
        (ConnectionResetError, "the server reset the connection"),
        (socket.gaierror, "the name cannot be resolved"),
        (ssl.SSLError, "the TLS connection failed"),
        (http.client.RemoteDisconnected, "the server closed the connection without an answer"),
        (http.client.IncompleteRead, "the connection ended in the middle of the file"),
        (urllib3.exceptions.IncompleteRead, "the connection ended in the middle of the file"),
        (http.client.HTTPException, "the answer is not HTTP"),
        (urllib3.exceptions.ProxyError, "the proxy failed"),
    ):
        if isinstance(error, kind):
            return words
    reason = error.strerror if isinstance(error, OSError) else None
    return f"the connection failed ({reason or type(error).__name__})"


def _basic_login(url: Url) -> dict[str, str]:
    username, password = url.auth_decoded
    if username is None:
        return {}
    return {"Authorization": "Basic " + base64.b64encode(f"{username}:{password or ''}".encode()).decode()}


def headers_for(url: str, before: str, headers: Mapping[str, str]) -> dict[str, str]:
    """Credentials go to the host they were meant for, that of `before`, and never from https to http."""
    origins = []
    for one in (url, before):
        try:
            parsed = parse_url(one)
        except LocationParseError:
            return dict(headers)  # goes nowhere: `open_url` refuses it
        origins.append((parsed.scheme, parsed.host, parsed.port))
    if origins[0] == origins[1]:
        return dict(headers)
    return {name: value for name, value in headers.items() if name.casefold() not in CREDENTIALS}
