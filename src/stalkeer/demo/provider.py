"""Run an IPTV/VOD provider on 127.0.0.1: playlist, account API and files, as a real panel serves them.

Under `/movie`, `/series` and `/live` it acts as a panel: accounts with `max_connections` (a new stream ends the oldest
one), a redirect to a token that is valid for a minute, `Accept-Ranges: 0-N`, no validators, and an HTML 404 for any
error. Other paths act as a web server with ETag, Last-Modified and If-Range. `hook` sees each request first and may
answer it.
"""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qsl, unquote, urlsplit

from stalkeer.demo import panel
from stalkeer.demo.content import Content, Memory, ServedFile
from stalkeer.demo.exchange import Closed, Exchange, MediaAnswer, MediaRequest, parse_head, read_head
from stalkeer.demo.panel import PanelAccount, PanelContent

Hook = Callable[[Exchange], bool | None]

NOT_FOUND = (
    b"<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<center><h1>404 Not Found</h1></center>\r\n\
<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)
TOKEN_LIFE_S = 60.0


@dataclass
class MediaConnections:
    """Count the media connections per account: the peak, the total, and those closed for exceeding the limit.

    A connection that either side has closed no longer counts, even before its thread notices. Files of the web server
    count under the name "".
    """

    peak: Counter[str] = field(default_factory=Counter)
    opened: Counter[str] = field(default_factory=Counter)
    killed: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class _Token:
    account: PanelAccount
    key: str
    range: str | None
    made: float


class Provider:
    """Listen while its `with` block runs. All its data may be changed during that time.

    `files` maps a key to a file: "/movie/7.mkv" is served to every account as /movie/USER/PASSWORD/7.mkv, any other key
    at its own path. `playlist` replaces the generated answer of /get.php. `rate` limits each body in bytes/s.
    """

    def __init__(
        self, *, redirects: bool = True, tls: ssl.SSLContext | None = None, port: int = 0, host: str = "127.0.0.1"
    ) -> None:
        self.redirects = redirects
        self.host = host
        self.files: dict[str, ServedFile] = {}
        self.accounts: dict[str, PanelAccount] = {}
        self.listing = PanelContent()
        self.playlist: Content | None = None
        self.hook: Hook | None = None
        self.rate: float | None = None
        self.requests: list[MediaRequest] = []
        self.connections = MediaConnections()
        self.monotonic: Callable[[], float] = time.monotonic
        self._tls = tls
        self._port = port
        self._lock = threading.RLock()
        self._closing = threading.Event()
        self._tokens: dict[str, _Token] = {}
        self._seen: Counter[str] = Counter()
        self._streams: dict[str, list[socket.socket]] = {}
        self._open: dict[socket.socket, threading.Thread] = {}
        self._connection_count = 0
        self._listener: socket.socket | None = None

    @property
    def port(self) -> int:
        if self._listener is None:
            raise RuntimeError("the provider does not run: use it in a with block")
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        return f"{'http' if self._tls is None else 'https'}://{self.host}:{self.port}"

    def account(self, username: str = "user", password: str = "secret", max_connections: int = 1) -> PanelAccount:  # noqa: S107
        """Open an account and return it for changes."""
        opened = PanelAccount(username, password, max_connections)
        self.accounts[username] = opened
        return opened

    def add(self, key: str, content: Content | bytes, content_type: str = "video/x-matroska") -> ServedFile:
        """Serve `content` without validators."""
        held = Memory(content) if isinstance(content, bytes) else content
        self.files[key] = ServedFile(held, content_type)
        return self.files[key]

    def playlist_url(self, account: PanelAccount) -> str:
        login = f"username={account.username}&password={account.password}"
        return f"{self.url}/get.php?{login}&type=m3u_plus&output=ts"

    def media_url(self, key: str, account: PanelAccount) -> str:
        """Return the path of "/movie/7.mkv" for `account`."""
        kind, name = key.strip("/").split("/", 1)
        return f"{self.url}/{kind}/{account.username}/{account.password}/{name}"

    def open_streams(self, username: str | None = None) -> int:
        """Count the open media connections of this account, or of all accounts."""
        with self._lock:
            names = list(self._streams) if username is None else [username]
            return sum(_is_open(stream) for name in names for stream in self._streams.get(name, []))

    def __enter__(self) -> Self:
        self._listener = socket.create_server((self.host, self._port), backlog=128)
        self._acceptor = threading.Thread(target=self._accept, name="demo-provider", daemon=True)
        self._acceptor.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        self._closing.set()
        if self._listener is not None:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._acceptor.join()
            self._listener.close()
        self.drop_all()
        for thread in list(self._open.values()):
            thread.join(timeout=5)

    def drop_all(self) -> None:
        """Cut every open connection, as a server restart does."""
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            _shut(connection)

    # --- connections ------------------------------------------------------------------------------------------

    def _accept(self) -> None:
        assert self._listener is not None
        while not self._closing.is_set():
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._connection_count += 1
                number = self._connection_count
                thread = threading.Thread(target=self._converse, args=(connection, number), daemon=True)
                self._open[connection] = thread
            thread.start()

    def _converse(self, plain: socket.socket, number: int) -> None:
        connection = plain
        try:
            if self._tls is not None:
                connection = self._tls.wrap_socket(plain, server_side=True)
            rest = b""
            while (read := read_head(connection, rest)) is not None:
                head, rest = read
                if not self._serve(connection, parse_head(head, number)):
                    break
        except (Closed, OSError):
            pass
        finally:
            _shut(connection)
            connection.close()
            with self._lock:
                self._open.pop(plain, None)

    def _serve(self, connection: socket.socket, request: MediaRequest) -> bool:
        """Answer a request. Return False when the connection ends with it."""
        parts = urlsplit(request.target)
        request.path, request.query = unquote(parts.path), dict(parse_qsl(parts.query, keep_blank_values=True))
        with self._lock:
            account, answer = self._answer(request)
            request.account = None if account is None else account.username
            self._seen[request.key] += 1
            request.nth = self._seen[request.key]
            self.requests.append(request)
        is_stream = bool(request.key) and answer.status in (200, 206) and request.method != "HEAD"
        exchange = Exchange(request, answer, connection, self._closing, self.rate if request.key else None)
        exchange.keeps_alive = request.headers.get("connection", "").casefold() != "close"
        if is_stream:
            with self._streaming(account, connection):
                self._finish(exchange)
        else:
            self._finish(exchange)
        return exchange.keeps_alive

    def _finish(self, exchange: Exchange) -> None:
        if self.hook is None or not self.hook(exchange):
            exchange.deliver()

    @contextlib.contextmanager
    def _streaming(self, account: PanelAccount | None, connection: socket.socket) -> Iterator[None]:
        """Count a stream. Beyond the account's maximum, end the oldest stream, as panels do."""
        name = "" if account is None else account.username
        most = 0 if account is None else account.max_connections - account.viewers
        with self._lock:
            streams = self._streams.setdefault(name, [])
            streams[:] = [stream for stream in streams if _is_open(stream)]
            streams.append(connection)
            self.connections.opened[name] += 1
            self.connections.peak[name] = max(self.connections.peak[name], len(streams))
            while account is not None and len(streams) > 1 and len(streams) > most and account.max_connections > 0:
                _shut(streams.pop(0))
                self.connections.killed[name] += 1
        try:
            yield
        finally:
            with self._lock:
                if connection in streams:
                    streams.remove(connection)

    # --- answers ----------------------------------------------------------------------------------------------

    def _answer(self, request: MediaRequest) -> tuple[PanelAccount | None, MediaAnswer]:
        path = request.path
        if path.endswith("/player_api.php"):
            return self._api(request)
        if path.endswith("/get.php"):
            return self._playlist(request)
        if found := re.fullmatch(r"/(movie|series|live)/([^/]+)/([^/]+)/([^/]+)", path):
            kind, username, password, name = found.groups()
            return self._media(request, self._login(username, password), f"/{kind}/{name}")
        if path.startswith("/vauth/"):
            return self._redeem(request, path.removeprefix("/vauth/"))
        request.key = path
        served = self.files.get(path)
        return None, not_found() if served is None else plain_answer(served, request)

    def _login(self, username: str | None, password: str | None) -> PanelAccount | None:
        account = self.accounts.get(username or "")
        return account if account is not None and account.password == password else None

    def _is_welcome(self, request: MediaRequest, account: PanelAccount | None) -> bool:
        return account is not None and account.status == "Active" and bool(request.headers.get("user-agent"))

    def _api(self, request: MediaRequest) -> tuple[PanelAccount | None, MediaAnswer]:
        account = self._login(request.query.get("username"), request.query.get("password"))
        if account is None:
            return None, json_answer({"user_info": {"auth": 0}})
        if "action" in request.query:
            document = panel.answer(self.listing, request.query) if account.status == "Active" else []
            return account, json_answer([] if document is None else document)
        active = self.open_streams(account.username) + account.viewers
        return account, json_answer(panel.user_info(account, active, int(time.time()), self.port))

    def _playlist(self, request: MediaRequest) -> tuple[PanelAccount | None, MediaAnswer]:
        account = self._login(request.query.get("username"), request.query.get("password"))
        if account is None or not self._is_welcome(request, account):
            return None, not_found()
        content = self.playlist
        if content is None:
            content = Memory("".join(panel.playlist(self.listing, account, self.url)).encode())
        headers = {"Content-Type": "audio/x-mpegurl", "Content-Disposition": 'attachment; filename="playlist.m3u"'}
        return account, MediaAnswer(200, headers, content)

    def _media(
        self, request: MediaRequest, account: PanelAccount | None, key: str
    ) -> tuple[PanelAccount | None, MediaAnswer]:
        request.key = key
        if account is None or not self._is_welcome(request, account) or key not in self.files:
            return account, not_found()
        if not self.redirects:
            return account, panel_answer(self.files[key], request.range)
        self._forget_old_tokens()
        token = secrets.token_urlsafe(24)
        self._tokens[token] = _Token(account, key, request.range, self.monotonic())
        return account, MediaAnswer(302, {"Location": f"{self.url}/vauth/{token}"})

    def _forget_old_tokens(self) -> None:
        now = self.monotonic()
        while self._tokens and now - next(iter(self._tokens.values())).made > TOKEN_LIFE_S:
            self._tokens.pop(next(iter(self._tokens)))

    def _redeem(self, request: MediaRequest, value: str) -> tuple[PanelAccount | None, MediaAnswer]:
        token = self._tokens.get(value)
        request.key = "" if token is None else token.key
        if (
            token is None
            or self.monotonic() - token.made > TOKEN_LIFE_S
            or not self._is_welcome(request, token.account)
        ):
            return None, not_found()
        served = self.files.get(token.key)
        return token.account, not_found() if served is None else panel_answer(served, token.range)


def not_found() -> MediaAnswer:
    return MediaAnswer(404, {"Content-Type": "text/html"}, Memory(NOT_FOUND))


def json_answer(document: panel.Document) -> MediaAnswer:

    return MediaAnswer(
        200, {"Content-Type": "application/json"}, Memory(json.dumps(document, ensure_ascii=False).encode())
    )


def panel_answer(served: ServedFile, asked: str | None) -> MediaAnswer:
    """Answer like a panel: no validators, `Accept-Ranges: 0-N`, Content-Range with 200, `bytes 0-END/SIZE` with 416."""
    size = served.content.size
    headers = {"Content-Type": served.content_type, "Accept-Ranges": f"0-{size}"}
    span = parse_range(asked, size)
    if span is None:
        headers["Content-Range"] = f"bytes 0-{size - 1}/{size}"
        return MediaAnswer(200, headers, served.content)
    start, stop = span
    if start >= size:
        headers["Content-Range"] = f"bytes 0-{size - 1}/{size}"
        return MediaAnswer(416, headers)
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    return MediaAnswer(206, headers, served.content, start, stop)


def plain_answer(served: ServedFile, request: MediaRequest) -> MediaAnswer:
    """Answer like a web server: RFC 9110 ranges with If-Range, and 304 for a matching If-None-Match."""
    size = served.content.size
    headers = {"Content-Type": served.content_type, "Accept-Ranges": "bytes"}
    if served.etag is not None:
        headers["ETag"] = served.etag
    if served.last_modified is not None:
        headers["Last-Modified"] = served.last_modified
    headers["Date"] = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())
    if served.etag is not None and request.headers.get("if-none-match") == served.etag:
        return MediaAnswer(304, headers)
    condition = request.headers.get("if-range")
    is_same = condition is None or condition in (served.etag, served.last_modified)
    span = parse_range(request.range, size) if is_same else None
    if span is None:
        return MediaAnswer(200, headers, served.content)
    start, stop = span
    if start >= size:
        return MediaAnswer(416, headers | {"Content-Range": f"bytes */{size}"})
    return MediaAnswer(
        206, headers | {"Content-Range": f"bytes {start}-{stop - 1}/{size}"}, served.content, start, stop
    )


def parse_range(asked: str | None, size: int) -> tuple[int, int] | None:
    """Parse `bytes=a-` and `bytes=a-b` into (start, stop); None for anything else, which gets the whole file."""
    found = re.fullmatch(r"bytes=(\d+)-(\d*)", asked or "")
    if found is None:
        return None
    stop = int(found[2]) + 1 if found[2] else size
    return int(found[1]), min(stop, size)


def _shut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)


def _is_open(connection: socket.socket) -> bool:
    """Tell whether both sides hold the connection open. The kernel knows before the serving thread does."""
    try:
        # the method of socket, because SSLSocket.recv takes no flags
        return socket.socket.recv(connection, 1, socket.MSG_PEEK | socket.MSG_DONTWAIT) != b""
    except (BlockingIOError, TimeoutError):
        return True  # nothing to read: the client waits for its answer
    except OSError:
        return False
