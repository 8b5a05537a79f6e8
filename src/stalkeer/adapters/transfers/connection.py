"""One connection that can be halted at any moment: while it is being made, while it is silent, while it delivers."""

from __future__ import annotations

import base64
import contextlib
import http.client
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import socks  # type: ignore[import-untyped]
import urllib3.exceptions
from urllib3 import HTTPResponse
from urllib3.connection import HTTPConnection, HTTPSConnection, ProxyConfig
from urllib3.util import Url, parse_url

from stalkeer.adapters.transfers.request import Limits, Tls

NETWORK_ERRORS = (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError)
FIRST_ADDRESS_S = 5.0  # a host with several addresses: an unreachable first one must not cost the whole time limit
SOCKS_VERSIONS = {
    "socks4": (socks.SOCKS4, False),
    "socks4a": (socks.SOCKS4, True),
    "socks5": (socks.SOCKS5, False),
    "socks5h": (socks.SOCKS5, True),
}


class Grip:
    """Holds on to a connection's socket, by a descriptor of its own that outlives TLS wrapping and garbage."""

    def __init__(self) -> None:
        self._held: socket.socket | None = None

    def take(self, connecting: socket.socket) -> None:
        """Hold `connecting` from now on; what was held before is let go."""
        self.release()
        self._held = socket.socket(fileno=socket.dup(connecting.fileno()))

    def shutdown(self) -> None:
        """Free whoever is blocked on the socket. From any thread, any number of times."""
        held = self._held
        if held is not None:
            with contextlib.suppress(OSError):
                held.shutdown(socket.SHUT_RDWR)

    def release(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            held.close()


@dataclass(frozen=True)
class Route:
    """How to reach servers: through which proxy, with whose certificates, how patiently."""

    proxy: str | None = field(default=None, repr=False)
    tls: Tls = Tls()
    limits: Limits = Limits()


@dataclass
class Connection:
    """One request and its answer. `close` ends both."""

    grip: Grip
    _http: _Http | _Https
    response: HTTPResponse

    def close(self) -> None:
        self.grip.shutdown()
        self.response.close()
        self._http.close()
        self.grip.release()


class _Http(HTTPConnection):
    """Connects through `dial` and reads with its own time limit once the headers are there."""

    dial: Callable[[str, int], socket.socket]
    silence_s: float

    def _new_conn(self) -> socket.socket:
        return self.dial(self._dns_host, int(self.port))

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]
        reading = self.sock
        response = super().getresponse()
        reading.settimeout(self.silence_s)
        return response


class _Https(HTTPSConnection):
    dial: Callable[[str, int], socket.socket]
    silence_s: float

    def _new_conn(self) -> socket.socket:
        return self.dial(self._dns_host, int(self.port))

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]
        reading = self.sock
        response = super().getresponse()
        reading.settimeout(self.silence_s)
        return response


def open_connection(
    url: Url, headers: Mapping[str, str], route: Route, opened: Callable[[Callable[[], None]], None]
) -> Connection:
    """Send a GET and read the answer's head. Raises one of NETWORK_ERRORS.

    `opened` is called with the means to halt, before the connection is even made.
    """
    grip = Grip()

    def hold(connecting: socket.socket) -> None:
        grip.take(connecting)
        opened(grip.shutdown)

    connection = _build(url, route)
    connection.silence_s = route.limits.silence_s
    connection.dial = _dialler(route, hold)
    try:
        connection.timeout = route.limits.connect_s
        connection.connect()
        connection.timeout = route.limits.headers_s
        connection.request(
            "GET",
            _target(url, route),
            headers=_with_proxy_login(headers, url, route),
            preload_content=False,
            decode_content=False,
        )
        return Connection(grip, connection, connection.getresponse())
    except BaseException:
        grip.shutdown()
        connection.close()
        grip.release()
        raise


def _build(url: Url, route: Route) -> _Http | _Https:
    host, port = url.host or "", url.port or (443 if url.scheme == "https" else 80)
    proxy = _web_proxy(route)
    if proxy is None:
        return _https(host, port, route) if url.scheme == "https" else _Http(host, port)
    proxy_host, proxy_port = proxy.host or "", proxy.port or (443 if proxy.scheme == "https" else 80)
    if url.scheme == "http" and proxy.scheme == "http":
        return _Http(proxy_host, proxy_port, proxy=proxy)
    tunnelled = _https(proxy_host, proxy_port, route, proxy)
    if url.scheme == "https":
        tunnelled.set_tunnel(host, port, headers=_login_header(proxy), scheme=proxy.scheme or "http")
    return tunnelled


def _https(host: str, port: int, route: Route, proxy: Url | None = None) -> _Https:
    tls = route.tls
    config = None if proxy is None else ProxyConfig(_context(tls), False, None, None)  # noqa: FBT003 - a NamedTuple
    return _Https(host, port, ssl_context=_context(tls), proxy=proxy, proxy_config=config)


def _context(tls: Tls) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=None if tls.ca_file is None else str(tls.ca_file))
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _web_proxy(route: Route) -> Url | None:
    proxy = None if route.proxy is None else parse_url(route.proxy)
    return None if proxy is None or proxy.scheme in SOCKS_VERSIONS else proxy


def _target(url: Url, route: Route) -> str:
    """An http proxy wants the whole URL of an http request; everyone else the path."""
    if _web_proxy(route) is not None and url.scheme == "http":
        return Url(url.scheme, None, url.host, url.port, url.path or "/", url.query).url
    return url.request_uri


def _with_proxy_login(headers: Mapping[str, str], url: Url, route: Route) -> dict[str, str]:
    proxy = _web_proxy(route)
    return {**headers, **(_login_header(proxy) if proxy is not None and url.scheme == "http" else {})}


def _login_header(proxy: Url) -> dict[str, str]:
    username, password = proxy.auth_decoded
    if username is None:
        return {}
    login = base64.b64encode(f"{username}:{password or ''}".encode()).decode()
    return {"Proxy-Authorization": f"Basic {login}"}


def _dialler(route: Route, hold: Callable[[socket.socket], None]) -> Callable[[str, int], socket.socket]:
    proxy = None if route.proxy is None else parse_url(route.proxy)
    patience = route.limits.connect_s
    if proxy is None or proxy.scheme not in SOCKS_VERSIONS:
        return lambda host, port: _dial(host, port, patience, hold)
    return lambda host, port: _dial_socks(proxy, (host, port), patience, hold)


def _dial(host: str, port: int, patience_s: float, hold: Callable[[socket.socket], None]) -> socket.socket:
    found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    return dial_first([(family, address) for family, _kind, _protocol, _name, address in found], patience_s, hold)


def dial_first(
    addresses: Sequence[tuple[int, Any]], patience_s: float, hold: Callable[[socket.socket], None]
) -> socket.socket:
    """Connect to the first address that answers; only the last one may use up all the patience."""
    failure = OSError("the host has no address")
    for position, (family, address) in enumerate(addresses, 1):
        is_last = position == len(addresses)
        connecting = socket.socket(family, socket.SOCK_STREAM)
        try:
            connecting.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connecting.settimeout(patience_s if is_last else min(FIRST_ADDRESS_S, patience_s / 2))
            hold(connecting)
            connecting.connect(address)
        except OSError as error:
            connecting.close()
            failure = error
        except BaseException:
            connecting.close()
            raise
        else:
            connecting.settimeout(patience_s)
            return connecting
    raise failure


def _dial_socks(
    proxy: Url, target: tuple[str, int], patience_s: float, hold: Callable[[socket.socket], None]
) -> socket.socket:
    version, resolves_there = SOCKS_VERSIONS[proxy.scheme or ""]
    username, password = proxy.auth_decoded
    host, port = (proxy.host or "").strip("[]"), proxy.port or 1080
    family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    connecting: socket.socket = socks.socksocket(family)
    try:
        connecting.set_proxy(version, host, port, resolves_there, username, password)  # type: ignore[attr-defined]
        connecting.settimeout(patience_s)
        hold(connecting)
        connecting.connect(target)
    except BaseException:
        connecting.close()
        raise
    return connecting
