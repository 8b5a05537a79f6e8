"""Small proxies on 127.0.0.1: plain HTTP requests, CONNECT tunnels and SOCKS5, on one port. They note what they saw."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit


@dataclass
class Proxy:
    """`seen` holds one line for each connection: "GET http://...", "CONNECT host:port", "SOCKS host:port"."""

    seen: list[str] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = [self._listener]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()
        return self

    def __exit__(self, *_exc: object) -> None:
        for opened in self._sockets:
            with contextlib.suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join(5)
        for opened in self._sockets:
            opened.close()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._sockets.append(client)
            self._spawn(self._serve, client)

    def _spawn(self, task: object, *arguments: object) -> None:
        thread = threading.Thread(target=task, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            first = client.recv(1)
            if first == b"\x05":
                self._socks(client)
            elif first:
                self._http(client, first)

    def _socks(self, client: socket.socket) -> None:
        offered = client.recv(client.recv(1)[0])
        if b"\x02" in offered:  # RFC 1929
            client.sendall(b"\x05\x02")
            client.recv(1)
            username, password = (client.recv(client.recv(1)[0]).decode() for _ in range(2))
            self.logins.append(f"{username}:{password}")
            client.sendall(b"\x01\x00")
        else:
            client.sendall(b"\x05\x00")
        kind = client.recv(4)[3]
        host = socket.inet_ntoa(client.recv(4)) if kind == 1 else client.recv(client.recv(1)[0]).decode()
        port = struct.unpack(">H", client.recv(2))[0]
        self.seen.append(f"SOCKS {host}:{port}")
        upstream = self._connect(host, port)
        client.sendall(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
        self._join(client, upstream)

    def _http(self, client: socket.socket, head: bytes) -> None:
        while b"\r\n\r\n" not in head:
            head += client.recv(4096)
        line, _, rest = head.partition(b"\r\n")
        method, target, _version = line.decode().split(" ")
        self.seen.append(f"{method} {target}")
        self.logins += [
            field.partition(b": ")[2].decode()
            for field in rest.split(b"\r\n")
            if field.lower().startswith(b"proxy-auth")
        ]
        if method == "CONNECT":
            host, port = target.split(":")
            upstream = self._connect(host, int(port))
            client.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
        else:
            parts = urlsplit(target)
            upstream = self._connect(parts.hostname or "", parts.port or 80)
            upstream.sendall(f"{method} {parts.path}?{parts.query} HTTP/1.1\r\n".encode() + rest)
        self._join(client, upstream)

    def _connect(self, host: str, port: int) -> socket.socket:
        upstream = socket.create_connection((host, port), 5)
        upstream.settimeout(None)
        self._sockets.append(upstream)
        return upstream

    def _join(self, client: socket.socket, upstream: socket.socket) -> None:
        self._spawn(_pump, client, upstream)
        _pump(upstream, client)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            sink.sendall(piece)
    for one in (source, sink):
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
