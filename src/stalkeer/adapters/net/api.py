"""Send requests to a program's API with httpx2: short answers in memory, long lists as a stream.

Redirects are never followed, because a redirect could carry the key to another host. The caller gets its address.
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode
from urllib.request import getproxies, proxy_bypass

import httpcore2
import httpx2

from stalkeer.adapters.net.addresses import header_text, join_address, login_field, parse_address
from stalkeer.adapters.net.codings import PIECE, unpacked
from stalkeer.adapters.net.deadlines import Deadlines, Speed
from stalkeer.adapters.net.failures import Cause, NetworkFailure, failure_of
from stalkeer.adapters.net.sockets import Grip, addresses_of, dial

LIBRARY_ERRORS = (
    httpx2.HTTPError,
    httpx2.InvalidURL,
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.TimeoutException,
    OSError,
    ValueError,  # a field or a host name that cannot be sent
    zlib.error,
)
LARGEST = 512_000_000  # bytes of an answer in memory
Query = Mapping[str, str | int | Sequence[int]]


@dataclass(frozen=True)
class ApiAnswer:
    """Hold a complete answer. The names in `fields` are in lower case."""

    status: int
    fields: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)
    url: str = field(default="", repr=False)

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_redirect(self) -> bool:
        return 300 <= self.status < 400 and "location" in self.fields

    @property
    def location(self) -> str:
        """Return the address of a redirect; empty without one. It may contain secrets."""
        said = self.fields.get("location", "")
        return join_address(self.url, header_text(said)) if said else ""


class OpenAnswer:
    """Hold an answer with an unread body. Read it, and close it."""

    def __init__(self, response: httpx2.Response, url: str, deadlines: Deadlines) -> None:
        self._response = response
        self._url = url
        self._speed = None if deadlines.least is None else Speed(deadlines.least)

    @property
    def status(self) -> int:
        return self._response.status_code

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def fields(self) -> Mapping[str, str]:
        return self._response.headers

    def pieces(self) -> Iterator[bytes]:
        """Yield the unpacked body. Raises NetworkFailure."""
        encoding = self._response.headers.get("content-encoding")
        try:
            yield from unpacked(self._raw_pieces(), encoding)
        except LIBRARY_ERRORS as error:
            raise _failure(error, was_sent=True) from error

    def read(self) -> ApiAnswer:
        """Read the complete answer and close it."""
        content = bytearray()
        try:
            for piece in self.pieces():
                content += piece
                if len(content) > LARGEST:
                    raise NetworkFailure(
                        Cause.TOO_LARGE, f"the answer is larger than {LARGEST >> 20} MiB", was_sent=True
                    )
        finally:
            self.close()
        return ApiAnswer(self.status, dict(self.fields), bytes(content), self._url)

    def close(self) -> None:
        with contextlib.suppress(*LIBRARY_ERRORS):
            self._response.close()

    def _raw_pieces(self) -> Iterator[bytes]:
        for piece in self._response.iter_raw(PIECE if self._speed is None else None):
            if self._speed is not None:
                self._speed.note(len(piece))
            yield piece


class Api:
    """Send requests to a program. Open an instance per job and close it."""

    def __init__(
        self,
        fields: Mapping[str, str],
        deadlines: Deadlines,
        *,
        tls: ssl.SSLContext | None = None,  # only for https, because making a context is slow
        proxy: str | None = None,
    ) -> None:
        self._deadlines = deadlines
        self._ends = _Ends()
        self._http = httpx2.Client(
            headers=dict(fields),
            timeout=httpx2.Timeout(deadlines.silence_s, connect=deadlines.connect_s),
            transport=_Transport(_pool(tls, proxy, _Backend(deadlines.connect_s, self._ends))),
            follow_redirects=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def ask(self, method: str, url: str, query: Query | None = None, body: object = None) -> ApiAnswer:
        """Send a request, with `body` as JSON or as its bytes, and read the whole answer. Raises NetworkFailure."""
        return self.open(method, url, query, body).read()

    def open(self, method: str, url: str, query: Query | None = None, body: object = None) -> OpenAnswer:
        """Send a request and read the head of the answer. Raises NetworkFailure."""
        whole = f"{url}{'&' if '?' in url else '?'}{urlencode(query, doseq=True)}" if query else url
        address = parse_address(whole)
        try:
            request = self._http.build_request(
                method,
                f"{address.scheme}://{address.host_field}/",  # without path and query, which httpx2 would rewrite
                headers=login_field(address),
                json=None if isinstance(body, bytes) else body,
                content=body if isinstance(body, bytes) else None,
                extensions={"target": address.target.encode("ascii")},
            )
            with self._ends.within(self._deadlines.head_s):
                response = self._http.send(request, stream=True)
        except LIBRARY_ERRORS as error:
            raise _failure(error, was_sent=True) from error
        return OpenAnswer(response, whole, self._deadlines)


def proxy_of_environment(url: str) -> str | None:
    """Return the http proxy of the environment for an address (HTTPS_PROXY, NO_PROXY and similar variables)."""
    address = parse_address(url)
    proxies = getproxies()
    found = proxies.get(address.scheme) or proxies.get("all")
    if not found or proxy_bypass(f"{address.host}:{address.port}"):
        return None
    return found if "://" in found else f"http://{found}"


def _failure(error: Exception, *, was_sent: bool) -> NetworkFailure:
    if isinstance(error, zlib.error):
        return NetworkFailure(Cause.CODING, "the answer is packed, and damaged", was_sent=True)
    return failure_of(error, was_sent=was_sent)


class _Ends(threading.local):
    """Hold the deadline for the head that this thread waits for."""

    end: float | None = None
    has_begun = True  # whether the first bytes of the head have arrived

    @contextlib.contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        self.end, self.has_begun = time.monotonic() + seconds, False
        try:
            yield
        finally:
            self.end = None

    def cut(self, timeout_s: float | None) -> float | None:
        """Return the remaining time for a step. Raises TimeoutError where none is left."""
        if self.end is None:
            return timeout_s
        left_s = self.end - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("the head of the answer did not come in time")
        return left_s if timeout_s is None else min(timeout_s, left_s)

    def see(self, piece: bytes) -> None:
        """Check the first bytes, so that an answer in another protocol fails at once."""
        if not self.has_begun and piece:
            self.has_begun = True
            if not piece.startswith(b"HTTP/"[: len(piece)]):
                raise NetworkFailure(Cause.NOT_HTTP, "the answer is not HTTP", was_sent=True)


class _Backend(httpcore2.NetworkBackend):
    """Connect with `sockets`: look names up once and within the time limit, and use the first address that answers."""

    def __init__(self, connect_s: float, ends: _Ends) -> None:
        self._connect_s = connect_s
        self._ends = ends

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        grip = Grip()
        try:
            begun = time.monotonic()
            found = addresses_of(host.strip("[]"), self._connect_s, grip)
            left_s = max(0.1, self._connect_s - (time.monotonic() - begun))
            return _Stream(dial(found, port, left_s, grip), self._ends)
        except OSError as error:
            raise failure_of(error, was_sent=False) from error
        finally:
            grip.release()


class _Stream(httpcore2.NetworkStream):
    """Wrap a socket for httpcore2. Every step ends with the deadline of the head."""

    def __init__(self, made: socket.socket, ends: _Ends) -> None:
        self._socket = made
        self._ends = ends

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._socket.settimeout(self._ends.cut(timeout))
        piece = self._socket.recv(max_bytes)
        self._ends.see(piece)
        return piece

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        try:
            self._socket.settimeout(self._ends.cut(timeout))
            self._socket.sendall(buffer)
        except ConnectionError as error:  # an answer may still arrive, such as a refusal of the body that is being sent
            raise httpcore2.WriteError(str(error)) from error

    def close(self) -> None:
        self._socket.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        try:
            self._socket.settimeout(self._ends.cut(timeout))
            return _Stream(ssl_context.wrap_socket(self._socket, server_hostname=server_hostname), self._ends)
        except Exception as error:
            self._socket.close()
            raise failure_of(error, was_sent=False) from error

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":
            poll = select.poll()
            poll.register(self._socket, select.POLLIN)
            return bool(poll.poll(0))
        return {"socket": self._socket, "ssl_object": getattr(self._socket, "_sslobj", None)}.get(info)


def _pool(tls: ssl.SSLContext | None, proxy: str | None, backend: _Backend) -> httpcore2.ConnectionPool:
    if proxy is None:
        return httpcore2.ConnectionPool(ssl_context=tls, keepalive_expiry=5.0, network_backend=backend)
    address = parse_address(proxy)
    login = None if address.username is None else (address.username, address.password)
    return httpcore2.HTTPProxy(
        f"{address.scheme}://{address.host_field}/",
        proxy_auth=login,
        ssl_context=tls,
        keepalive_expiry=5.0,
        network_backend=backend,
    )


class _Transport(httpx2.BaseTransport):
    """Let httpx2 use our pool of connections."""

    def __init__(self, pool: httpcore2.ConnectionPool) -> None:
        self._pool = pool

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        url = request.url
        assert isinstance(request.stream, httpx2.SyncByteStream)
        answer = self._pool.handle_request(
            httpcore2.Request(
                method=request.method,
                url=httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        assert isinstance(answer.stream, Iterable)
        return httpx2.Response(
            answer.status, headers=answer.headers, stream=_Body(answer.stream), extensions=answer.extensions
        )

    def close(self) -> None:
        self._pool.close()


class _Body(httpx2.SyncByteStream):
    def __init__(self, stream: Iterable[bytes]) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream

    def close(self) -> None:
        if hasattr(self._stream, "close"):
            self._stream.close()
