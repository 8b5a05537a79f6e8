"""Handle a request and its answer on a raw socket, open to behaviour hooks."""

from __future__ import annotations

import contextlib
import http.client
import socket
import struct
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from stalkeer.demo.content import Content, Memory

CHUNK = 256 * 1024
MAX_HEAD = 64 * 1024


@dataclass
class MediaRequest:
    """Hold a received request with its outcome (`status`, `sent` body bytes), kept in `Provider.requests`.

    `key` names the requested file without the account: "/movie/7.mkv". `nth` counts the requests for that key from 1,
    `connection` the connections to the server.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    connection: int
    path: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    account: str | None = None
    key: str = ""
    nth: int = 0
    at: float = 0.0  # monotonic
    status: int | None = None
    sent: int = 0

    @property
    def range(self) -> str | None:
        return self.headers.get("range")


@dataclass(frozen=True)
class MediaAnswer:
    """Hold an answer: `content` from `start` up to `end`. `length` overrides Content-Length; -1 omits it."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    content: Content = Memory(b"")
    start: int = 0
    end: int | None = None
    length: int | None = None

    @property
    def stop(self) -> int:
        return self.content.size if self.end is None else self.end


class Closed(Exception):  # noqa: N818 - not an error: the conversation is over
    """Report that either side has closed the connection."""


@dataclass
class Exchange:
    """Hold a request without its answer yet. A hook may change the default `answer` and `deliver` it in its own way."""

    request: MediaRequest
    answer: MediaAnswer
    connection: socket.socket
    closing: threading.Event
    rate: float | None = None  # bytes/s of the body
    keeps_alive: bool = True

    def deliver(self, answer: MediaAnswer | None = None, *, cut_after: int | None = None) -> None:
        """Send `answer` (by default the well-behaved one). Close the connection after `cut_after` body bytes."""
        answer = answer or self.answer
        self.send_head(answer)
        if self.request.method == "HEAD" or answer.status == 304:
            return
        stop = answer.stop if cut_after is None else min(answer.stop, answer.start + cut_after)
        self.send_content(answer.content, answer.start, stop)
        if cut_after is not None:
            self.close()

    def send_head(self, answer: MediaAnswer) -> None:
        reason = http.client.responses.get(answer.status, "Unknown")
        headers = {"Content-Type": "text/html"} | dict(answer.headers)
        if answer.length is None:
            headers["Content-Length"] = str(answer.stop - answer.start)
        elif answer.length >= 0:
            headers["Content-Length"] = str(answer.length)
        if answer.length == -1:
            self.keeps_alive = False
        headers["Connection"] = "keep-alive" if self.keeps_alive else "close"
        lines = [f"HTTP/1.1 {answer.status} {reason}", *(f"{name}: {value}" for name, value in headers.items())]
        self.request.status = answer.status
        self.send_raw(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))

    def send_content(self, content: Content, start: int, stop: int) -> None:
        """Send body bytes at the provider's rate."""
        step = CHUNK if self.rate is None else max(1, min(CHUNK, int(self.rate / 20)))
        due = time.monotonic()
        for offset in range(start, stop, step):
            piece = content.read(offset, min(step, stop - offset))
            self.send_raw(piece)
            self.request.sent += len(piece)
            if self.rate is not None:
                due += len(piece) / self.rate
                self.wait(due - time.monotonic())

    def send_raw(self, octets: bytes) -> None:
        if self.closing.is_set():
            raise Closed
        try:
            self.connection.sendall(octets)
        except OSError as error:
            raise Closed from error

    def wait(self, seconds: float) -> None:
        """Pause, at most until the server or this connection ends."""
        if seconds > 0 and self.closing.wait(seconds):
            raise Closed

    def stall(self) -> None:
        """Send nothing more until the client or the server closes."""
        with contextlib.suppress(OSError):
            while not self.closing.is_set():
                self.connection.settimeout(0.05)
                try:
                    if not self.connection.recv(1):
                        break
                except TimeoutError:
                    continue
        raise Closed

    def close(self) -> None:
        """Close the connection in an orderly way (FIN) at any point of the body."""
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
        raise Closed

    def reset(self) -> None:
        """Close the connection with a RST, as a crashed or overloaded server does."""
        with contextlib.suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        raise Closed


def read_head(connection: socket.socket, rest: bytes) -> tuple[bytes, bytes] | None:
    """Return the next request head and the bytes after it; None when the client has closed. No request has a body."""
    while b"\r\n\r\n" not in rest:
        if len(rest) > MAX_HEAD:
            return None
        try:
            more = connection.recv(16 * 1024)
        except OSError:
            return None
        if not more:
            return None
        rest += more
    head, _, rest = rest.partition(b"\r\n\r\n")
    return head, rest


def parse_head(head: bytes, connection: int) -> MediaRequest:
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _version = (first + "  ").split(" ", 2)
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.strip().casefold()] = value.strip()
    return MediaRequest(method, target, headers, connection, at=time.monotonic())
