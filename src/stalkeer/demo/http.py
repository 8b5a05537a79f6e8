"""Run a small HTTP server on 127.0.0.1 for the demo's Radarr and Sonarr: routes, a behaviour hook, a request log."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class ApiRequest:
    """Hold a received request. `query` keeps the last value of a name; `arguments` are the parts of the path."""

    method: str
    path: str
    query: Mapping[str, str]
    repeated: Mapping[str, tuple[str, ...]]
    headers: Mapping[str, str]
    body: bytes
    arguments: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> Any:
        """Return the body as JSON. Raises Answer(400) for invalid JSON."""
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise Answer(Response(400, {"message": f"The JSON value could not be converted: {error}"})) from error

    def number(self, name: str, default: int | None = None) -> int | None:
        return int(self.query[name]) if self.query.get(name) else default

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self.query.get(name)
        return default if value is None else value.casefold() == "true"

    def numbers(self, name: str) -> tuple[int, ...]:
        return tuple(int(part) for value in self.repeated.get(name, ()) for part in value.split(",") if part)


@dataclass(frozen=True)
class Response:
    """Hold an answer. A `body` of None is empty, bytes are sent unchanged, anything else as JSON without nulls."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    hang_up: bool = False  # close the connection without an answer

    def encoded(self) -> bytes:
        if self.body is None:
            return b""
        if isinstance(self.body, bytes):
            return self.body
        return json.dumps(without_nulls(self.body), ensure_ascii=False).encode()


class Answer(Exception):  # noqa: N818 - ends a handler early with an answer, whatever its status
    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def without_nulls(value: Any) -> Any:
    """Remove nulls, as the programs do."""
    if isinstance(value, dict):
        return {key: without_nulls(part) for key, part in value.items() if part is not None}
    if isinstance(value, list | tuple):
        return [without_nulls(part) for part in value]
    return value


Hook = Callable[[ApiRequest], Response | None]
Handler = Callable[[ApiRequest], Response]


@dataclass(frozen=True)
class ApiRoute:
    """Describe a route. `path` has {name} for a number; `query` lists the known parameters with their kinds.

    `since` is the first version with the route; `newer` gives the first version with a parameter.
    """

    method: str
    path: str
    handler: Handler
    query: Mapping[str, str] = field(default_factory=dict)
    fields: frozenset[str] | None = None  # fields of the JSON body; None: the handler checks them
    since: str = ""
    newer: Mapping[str, str] = field(default_factory=dict)

    def match(self, method: str, path: str) -> Mapping[str, str] | None:
        if method != self.method:
            return None
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>\\d+)", re.escape(self.path).replace(r"\{", "{").replace(r"\}", "}"))
        found = re.fullmatch(pattern, path, re.IGNORECASE)
        return None if found is None else found.groupdict()


class JsonServer:
    """Listen while its `with` block runs. `hook` sees every request first and may answer it."""

    host: ClassVar[str] = "127.0.0.1"  # the address to listen at

    def __init__(self) -> None:
        self.hook: Hook | None = None
        self.requests: list[ApiRequest] = []
        self.clock_ahead_s = 0.0  # error of its Date header
        self.lock = threading.RLock()
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        owner = self

        class RequestHandler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                with owner._open_lock:
                    owner._open.add(self.connection)

            def finish(self) -> None:
                with owner._open_lock:
                    owner._open.discard(self.connection)
                try:
                    super().finish()
                except OSError:
                    return  # the client left first

            def handle(self) -> None:
                try:
                    super().handle()
                except OSError:
                    self.close_connection = True

            def do_GET(self) -> None:  # the library's names
                owner._serve(self)

            do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = do_GET  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:
                return  # `requests` is the log

        self._server = ThreadingHTTPServer((self.host, 0), RequestHandler, bind_and_activate=False)
        self._server.daemon_threads = True
        self._server.request_queue_size = 128
        self._server.server_bind()
        self.port = int(self._server.server_address[1])
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._server.server_activate()
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="demo-http", daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._server.server_close()
        with self._open_lock:
            connections = list(self._open)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # already gone

    def answer(self, request: ApiRequest) -> Response:
        """Return the program's answer; subclasses define it."""
        raise NotImplementedError

    def _serve(self, connection: BaseHTTPRequestHandler) -> None:
        request = _read(connection)
        with self.lock:
            self.requests.append(request)
        response = self.hook(request) if self.hook is not None else None
        if response is None:
            response = self.answer(request)
        if response.hang_up:
            connection.close_connection = True
            connection.connection.shutdown(socket.SHUT_RDWR)
            return
        _write(connection, response, time.time() + self.clock_ahead_s)


def _read(connection: BaseHTTPRequestHandler) -> ApiRequest:
    length = int(connection.headers.get("Content-Length") or 0)
    body = connection.rfile.read(length) if length else b""
    parts = urlsplit(connection.path)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    repeated: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        repeated[name] = (*repeated.get(name, ()), value)
    headers = {name.casefold(): value for name, value in connection.headers.items()}
    return ApiRequest(connection.command, parts.path, dict(pairs), repeated, headers, body)


def _write(connection: BaseHTTPRequestHandler, response: Response, now: float) -> None:
    body = response.encoded()
    connection.send_response_only(response.status)
    own = {"content-length": str(len(body)), "date": connection.date_time_string(now)}
    headers = own | {name.casefold(): v for name, v in response.headers.items()}
    if body and "content-type" not in headers:
        headers["content-type"] = "application/json; charset=utf-8"
    for name, value in headers.items():
        connection.send_header(name, value)
    connection.end_headers()
    if connection.command != "HEAD":
        connection.wfile.write(body)
