"""A recording proxy before a real program. It changes the name and the version in the status, and nothing else."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from tests.real.programs import Pin

HOP = frozenset({"host", "connection", "content-length", "accept-encoding", "transfer-encoding", "date", "server"})


@dataclass(frozen=True)
class Exchange:
    method: str
    target: str
    body: str | None
    status: int
    answer: str


class Recorder:
    """`on_request` sees each request before it is passed on."""

    def __init__(self, pin: Pin, url: str) -> None:
        self.exchanges: list[Exchange] = []
        self.on_request: Callable[[str, str, bytes | None], None] | None = None
        self._pin, self._target = pin, urlsplit(url)
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_arguments: object) -> None:
                return

            def do_GET(self) -> None:
                owner._pass_on(self)

            do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _pass_on(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers.get("Content-Length") or 0)
        body = handler.rfile.read(length) if length else None
        if self.on_request is not None:
            self.on_request(handler.command, handler.path, body)
        status, headers, answer = self._ask(handler, body)
        if status == 200 and urlsplit(handler.path).path.endswith("/system/status"):
            answer = json.dumps(json.loads(answer) | self._told()).encode()
        told = answer.decode("utf-8", "replace")
        self.exchanges.append(Exchange(handler.command, handler.path, body and body.decode(), status, told))
        try:
            handler.send_response(status)
            for name, value in headers:
                handler.send_header(name, value)
            handler.send_header("Content-Length", str(len(answer)))
            handler.end_headers()
            handler.wfile.write(answer)
        except OSError:
            return  # whoever asked was killed

    def _ask(self, handler: BaseHTTPRequestHandler, body: bytes | None) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection(self._target.hostname or "", self._target.port, timeout=200)
        headers = {name: value for name, value in handler.headers.items() if name.lower() not in HOP}
        connection.request(handler.command, handler.path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in HOP | {"content-encoding"}]
        return answer.status, kept, content

    def _told(self) -> dict[str, str]:
        return {"appName": self._pin.name, "version": self._pin.told_version}
