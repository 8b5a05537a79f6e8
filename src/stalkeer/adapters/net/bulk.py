"""Request long answers with urllib3: media files, lists, HLS segments.

A halt frees it within a moment wherever it waits.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import python_socks
import urllib3.exceptions
from urllib3 import HTTPHeaderDict, HTTPResponse
from urllib3.connection import HTTPConnection, HTTPSConnection, ProxyConfig
from urllib3.util import Url, parse_url

from stalkeer.adapters.net.addresses import HttpAddress
from stalkeer.adapters.net.deadlines import Deadline, Deadlines, Speed
from stalkeer.adapters.net.failures import Cause, NetworkFailure, failure_of
from stalkeer.adapters.net.inward import Fence, IsInside, Resolve, is_inside, look_up
from stalkeer.adapters.net.redirects import Chain
from stalkeer.adapters.net.sockets import SOCKS, Grip, SocksServer, addresses_of, dial, dial_socks, through_proxy
from stalkeer.adapters.net.tls import Tls, context_of

LIBRARY_ERRORS = (
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    python_socks.ProxyError,
    OSError,
    ValueError,  # a field or a host name that cannot be sent
)
PIECE = 1 << 18
DEFAULT_USER_AGENT = "Stalkeer/0.1"  # panels refuse an empty User-Agent


@dataclass(frozen=True)
class Route:
    """Define how to reach servers: directly, or by a proxy with http://, https://, socks4://, socks4a://, socks5:// or
    socks5h://.
    """

    proxy: str | None = field(default=None, repr=False)
    tls: Tls = Tls()


@dataclass(frozen=True)
class Question:
    """Describe a GET of `url`.

    For `listed_by`, see `inward.Fence`. `check` raises when the caller wants to stop. `opened` gets a function that
    halts the request, before each connection is made.
    """

    url: str = field(repr=False)
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)
    route: Route = Route()
    deadlines: Deadlines = Deadlines()
    https_only: bool = False
    listed_by: str = field(default="", repr=False)
    check: Callable[[], None] = lambda: None
    opened: Callable[[Callable[[], None]], None] = lambda _halt: None
    resolve: Resolve = look_up
    is_inside: IsInside = is_inside


class BulkAnswer:
    """Hold an answer that is no redirect, with an unread body. Read it, and close it."""

    def __init__(self, url: str, connection: _Connection, deadlines: Deadlines, whole: Deadline | None) -> None:
        self.url = url
        self._connection = connection
        self._response = connection.response
        self._whole = whole
        self._speed = None if deadlines.least is None else Speed(deadlines.least)

    @property
    def status(self) -> int:
        return self._response.status

    @property
    def fields(self) -> HTTPHeaderDict:
        return self._response.headers

    @property
    def is_chunked(self) -> bool:
        return "chunked" in self.fields.get("Transfer-Encoding", "").casefold()

    def read1(self, most: int) -> bytes:
        """Wait for the first byte, and return at most `most` received bytes. Empty at the end."""
        try:
            piece = self._response.read1(most, decode_content=False)
        except LIBRARY_ERRORS as error:
            raise self._failure(error) from error
        return self._noted(piece)

    def read(self, size: int) -> bytes:
        """Wait for `size` bytes; fewer only at the end."""
        try:
            piece = self._response.read(size, decode_content=False)
        except LIBRARY_ERRORS as error:
            raise self._failure(error) from error
        return self._noted(piece)

    def pieces(self) -> Iterator[bytes]:
        while piece := self.read1(PIECE):
            yield piece

    def close(self) -> None:
        if self._whole is not None:
            self._whole.cancel()
        self._connection.close()

    def _failure(self, error: Exception) -> NetworkFailure:
        if self._whole is not None:
            self._whole.check()
        return failure_of(error, was_sent=True)

    def _noted(self, piece: bytes) -> bytes:
        if self._whole is not None:
            self._whole.check()
        if self._speed is not None and piece:
            self._speed.note(len(piece))
        return piece


def ask(question: Question) -> BulkAnswer:
    """Send the request and follow redirects. Raises NetworkFailure, or the error of `check`."""
    try:
        return _follow(question)
    except NetworkFailure:
        question.check()  # raises after a halt, which otherwise looks like a failure
        raise


def _follow(question: Question) -> BulkAnswer:
    chain = Chain.begin(question.url, _with_defaults(question.fields), https_only=question.https_only)
    fence = Fence(question.listed_by, question.resolve, question.is_inside)
    end = None if question.deadlines.whole_s is None else time.monotonic() + question.deadlines.whole_s
    while True:
        question.check()
        answer = _exchange(question, chain, fence, end)
        try:
            cookies = answer.fields.getlist("Set-Cookie")
            if not chain.follow(answer.status, answer.fields.get("Location"), cookies):
                return answer
        except BaseException:
            answer.close()
            raise
        answer.close()


def _with_defaults(fields: Mapping[str, str]) -> dict[str, str]:
    given = {name: value for name, value in fields.items() if value}
    names = {name.casefold() for name in given}
    defaults = {"User-Agent": DEFAULT_USER_AGENT, "Accept": "*/*", "Accept-Encoding": "identity"}
    return {name: value for name, value in defaults.items() if name.casefold() not in names} | given


def _exchange(question: Question, chain: Chain, fence: Fence, end: float | None) -> BulkAnswer:
    """Send a single request without following redirects.

    The time limit of a short answer applies up to its last byte.
    """
    grip = Grip()
    question.opened(grip.shutdown)
    whole = None
    if end is not None:
        failure = NetworkFailure(
            Cause.TIMED_OUT,
            f"no answer in time: it was not whole within {question.deadlines.whole_s:g} s",
            was_sent=True,
        )
        whole = Deadline(end - time.monotonic(), grip.shutdown, failure).start()
    try:
        connection = _Connection.open(question, chain, fence, grip)
    except BaseException as error:
        grip.shutdown()
        grip.release()
        if whole is not None:
            whole.cancel()
            if isinstance(error, NetworkFailure):
                whole.check()
        raise
    return BulkAnswer(chain.url, connection, question.deadlines, whole)


class _Head(http.client.HTTPResponse):
    """Read an answer's head as servers really send it: after interim answers, or with `ICY` instead of HTTP."""

    def _read_status(self) -> tuple[str, int, str]:
        while True:
            version, status, reason = self._read_line()
            if status == 101 or not 100 <= status < 200:
                return version, status, reason
            while self.fp.readline(65537) not in (b"\r\n", b"\n", b""):
                pass

    def _read_line(self) -> tuple[str, int, str]:
        line = self.fp.peek(4)[:4]
        if line != b"ICY ":
            return super()._read_status()  # type: ignore[misc, no-any-return]
        said = str(self.fp.readline(65537), "iso-8859-1").split(None, 2)
        if len(said) < 2 or not said[1].isdecimal() or len(said[1]) != 3:
            raise http.client.BadStatusLine("ICY")
        return "HTTP/1.0", int(said[1]), said[2] if len(said) > 2 else ""


class _Http(HTTPConnection):
    """Connect through `dial`."""

    dial: Callable[[], socket.socket]
    response_class = _Head

    def _new_conn(self) -> socket.socket:
        return self.dial()


class _Https(HTTPSConnection):
    dial: Callable[[], socket.socket]
    response_class = _Head

    def _new_conn(self) -> socket.socket:
        return self.dial()


@dataclass
class _Connection:
    """Hold a request and its answer. `close` ends both."""

    grip: Grip
    http: _Http | _Https
    response: HTTPResponse

    @classmethod
    def open(cls, question: Question, chain: Chain, fence: Fence, grip: Grip) -> _Connection:
        """Send the request and read the answer's head."""
        limits, address = question.deadlines, chain.address
        connection: _Http | _Https | None = None
        response: HTTPResponse | None = None
        was_sent = False
        try:
            no_connection = NetworkFailure(Cause.NO_CONNECTION, f"no connection within {limits.connect_s:g} s")
            with Deadline(limits.connect_s, grip.shutdown, no_connection):
                connection = _build(address, question.route)
                connection.dial = _dialler(question, chain, fence, grip)
                connection.timeout = limits.connect_s
                connection.connect()
            was_sent = True
            no_answer = NetworkFailure(Cause.TIMED_OUT, f"no answer in time: {limits.head_s:g} s", was_sent=True)
            with Deadline(limits.head_s, grip.shutdown, no_answer):
                connection.timeout = limits.head_s
                connection.request(
                    "GET",
                    _target(address, question.route),
                    headers=_with_proxy_login(chain.request_fields(), address, question.route),
                    preload_content=False,
                    decode_content=False,
                )
                reading = connection.sock
                response = connection.getresponse()
            with contextlib.suppress(OSError):  # an empty body may already have closed the connection
                reading.settimeout(limits.silence_s)
            return cls(grip, connection, response)
        except BaseException as error:
            grip.shutdown()
            for begun in (response, connection):
                if begun is not None:
                    begun.close()
            grip.release()
            if isinstance(error, LIBRARY_ERRORS):
                raise failure_of(error, was_sent=was_sent) from error
            raise

    def close(self) -> None:
        self.grip.shutdown()
        with contextlib.suppress(*LIBRARY_ERRORS):
            self.response.close()
            self.http.close()
        self.grip.release()


def _build(address: HttpAddress, route: Route) -> _Http | _Https:
    proxy = _web_proxy(route)
    if proxy is None:
        return _https(address.host, address.port, route) if address.scheme == "https" else _http(address)
    proxy_host, proxy_port = _place(proxy)
    if address.scheme == "http" and proxy.scheme == "http":
        return _Http(proxy_host, proxy_port, proxy=proxy)
    tunnelled = _https(proxy_host, proxy_port, route, proxy)
    if address.scheme == "https":
        tunnelled.set_tunnel(address.host, address.port, headers=_login_field(proxy), scheme=proxy.scheme or "http")
    return tunnelled


def _http(address: HttpAddress) -> _Http:
    return _Http(address.host, address.port)


def _https(host: str, port: int, route: Route, proxy: Url | None = None) -> _Https:
    context = context_of(route.tls)
    config = None if proxy is None else ProxyConfig(context, False, None, None)  # noqa: FBT003 - a NamedTuple
    return _Https(host, port, ssl_context=context, proxy=proxy, proxy_config=config)


def _parsed_proxy(route: Route) -> Url | None:
    if not route.proxy:
        return None
    try:
        proxy = parse_url(route.proxy)
    except urllib3.exceptions.LocationParseError:
        proxy = Url()
    if not proxy.host or proxy.scheme not in ("http", "https", *SOCKS):
        raise NetworkFailure(Cause.PROXY, "the proxy's address cannot be read; give it as http://host:port")
    return proxy


def _web_proxy(route: Route) -> Url | None:
    proxy = _parsed_proxy(route)
    return None if proxy is None or proxy.scheme in SOCKS else proxy


def _place(proxy: Url) -> tuple[str, int]:
    usual = 443 if proxy.scheme == "https" else 80
    return (proxy.host or "").strip("[]"), proxy.port or (1080 if proxy.scheme in SOCKS else usual)


def _target(address: HttpAddress, route: Route) -> str:
    """Return the target of the request line: the full URL for an http proxy, else the path."""
    return address.url if address.scheme == "http" and _web_proxy(route) is not None else address.target


def _with_proxy_login(fields: dict[str, str], address: HttpAddress, route: Route) -> dict[str, str]:
    proxy = _web_proxy(route)
    return fields | (_login_field(proxy) if proxy is not None and address.scheme == "http" else {})


def _login_field(proxy: Url) -> dict[str, str]:
    username, password = proxy.auth_decoded
    if username is None:
        return {}
    login = base64.b64encode(f"{username}:{password or ''}".encode()).decode()
    return {"Proxy-Authorization": f"Basic {login}"}


def _dialler(question: Question, chain: Chain, fence: Fence, grip: Grip) -> Callable[[], socket.socket]:
    """Return a function that connects to the checked address, because the name may resolve to another one later."""
    address, patience_s = chain.address, question.deadlines.connect_s
    proxy = _parsed_proxy(question.route)

    def resolve(host: str) -> Sequence[str]:
        return addresses_of(host, patience_s, grip, question.resolve)

    def found() -> list[str]:
        addresses = list(resolve(address.host))
        fence.check(address, addresses, resolve)
        return addresses

    if proxy is None:
        return lambda: dial(found(), address.port, patience_s, grip)
    if proxy.scheme not in SOCKS:
        fence.check_behind_proxy(address)
        host, port = _place(proxy)
        return lambda: through_proxy(lambda: dial(addresses_of(host, patience_s, grip), port, patience_s, grip))
    host, port = _place(proxy)
    username, password = proxy.auth_decoded
    server = SocksServer(proxy.scheme or "", host, port, username, password or "")
    if server.resolves:
        fence.check_behind_proxy(address)
        return lambda: dial_socks(server, (address.host, address.port), patience_s, grip)

    def target() -> tuple[str, int]:
        return min(found(), key=lambda host: ":" in host), address.port  # IPv4 first, because most proxies have no IPv6

    return lambda: dial_socks(server, target(), patience_s, grip)
