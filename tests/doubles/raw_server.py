"""A server that sends byte for byte what a test says, on any address of this machine, and notes what it was sent."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Mapping
from typing import Self

Reply = bytes | Callable[[socket.socket], None]


def answer(body: bytes = b"", *fields: str, status: str = "200 OK") -> bytes:
    """A whole answer that ends with its connection."""
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *fields, "", ""])
    return head.encode("latin-1") + body


def redirect(location: bytes | str, *fields: str) -> bytes:
    raw = location if isinstance(location, bytes) else location.encode()
    head = "\r\n".join(["HTTP/1.1 302 Found", "Content-Length: 0", "Connection: close", *fields]).encode()
    return head + b"\r\nLocation: " + raw + b"\r\n\r\n"


def drip(payload: bytes, every_s: float) -> Callable[[socket.socket], None]:
    """Byte after byte, for ever: the payload again and again."""

    def behave(client: socket.socket) -> None:
        while True:
            for position in range(len(payload)):
                client.sendall(payload[position : position + 1])
                time.sleep(every_s)

    return behave


class RawServer:
    """`replies` by path; a path that is not in it gets `default`."""

    def __init__(self, host: str = "127.0.0.1", default: Reply = b"") -> None:
        self.replies: dict[str, Reply] = {}
        self.default = default
        self.lines: list[str] = []  # request lines
        self.fields: list[Mapping[str, str]] = []  # in lower case
        self._listener = socket.create_server((host, 0))
        self._clients: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    @property
    def place(self) -> str:
        host, port = self._listener.getsockname()[:2]
        return f"{host}:{port}"

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://{self.place}"

    @property
    def targets(self) -> list[str]:
        return [line.split(" ")[1] for line in self.lines]

    def __enter__(self) -> Self:
        self._spawn(self._accept)
        return self

    def __exit__(self, *_error: object) -> None:
        for opened in (self._listener, *self._clients):
            with contextlib.suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join(5)
        for opened in (self._listener, *self._clients):
            opened.close()

    def _spawn(self, task: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=task, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._clients.append(client)
            self._spawn(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                piece = client.recv(65536)
                if not piece:
                    return
                head += piece
            line, *rest = head.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
            self.lines.append(line)
            self.fields.append({name.lower(): value.strip() for name, _, value in (one.partition(":") for one in rest)})
            target = line.split(" ")[1]
            reply = self.replies.get(target, self.replies.get(target.partition("?")[0], self.default))
            if callable(reply):
                reply(client)
            else:
                client.sendall(reply)
            client.shutdown(socket.SHUT_WR)
