"""What providers do wrong, as behaviours for `Provider.hook`. Each says where it was seen or which rule it breaks.

A behaviour is a function of an exchange that answers it; `on` decides for which requests it is used.
"""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable
from dataclasses import replace

from stalkeer.demo.content import Content, Memory
from stalkeer.demo.exchange import Exchange, MediaAnswer

Behaviour = Callable[[Exchange], None]
Hook = Callable[[Exchange], bool]


def on(behaviour: Behaviour, *, first: int | None = None, nth: int | None = None, key: str | None = None) -> Hook:
    """Use `behaviour` for requests for file bytes: the `first` so many, only the `nth`, or all; of `key` or any."""
    count = 0

    def hook(exchange: Exchange) -> bool:
        nonlocal count
        request = exchange.request
        if not request.key or exchange.answer.status in (301, 302) or key not in (None, request.key):
            return False
        count += 1
        if (first is not None and count > first) or (nth is not None and count != nth):
            return False
        behaviour(exchange)
        return True

    return hook


def script(*behaviours: Behaviour | None) -> Hook:
    """One behaviour for each request for file bytes in turn, None for the ordinary answer; then all are ordinary."""
    waiting = list(behaviours)

    def hook(exchange: Exchange) -> bool:
        if not exchange.request.key or exchange.answer.status in (301, 302) or not waiting:
            return False
        behaviour = waiting.pop(0)
        if behaviour is None:
            return False
        behaviour(exchange)
        return True

    return hook


# --- connections that end or fall silent ---------------------------------------------------------------------------


def reset_after(size: int) -> Behaviour:
    """RST in the middle of the body: an overloaded or restarted server."""

    def behave(exchange: Exchange) -> None:
        answer = exchange.answer
        exchange.send_head(answer)
        exchange.send_content(answer.content, answer.start, min(answer.stop, answer.start + size))
        exchange.wait(0.05)  # let the bytes arrive: a RST discards what is still queued
        exchange.reset()

    return behave


def cut_after(size: int) -> Behaviour:
    """An early FIN: XC_VM kills the oldest stream of a full account so (streaming.php closeConnections)."""
    return lambda exchange: exchange.deliver(cut_after=size)


def noticed_late(behaviour: Behaviour, noticing: threading.Event) -> Behaviour:
    """The server's side of a connection outlives its end until `noticing`, as on a machine that is busy."""

    def behave(exchange: Exchange) -> None:
        try:
            behaviour(exchange)
        finally:
            noticing.wait(30)

    return behave


def stall_after(size: int) -> Behaviour:
    """Silence in the middle of the body, the connection stays open."""

    def behave(exchange: Exchange) -> None:
        answer = exchange.answer
        exchange.send_head(answer)
        exchange.send_content(answer.content, answer.start, min(answer.stop, answer.start + size))
        exchange.stall()

    return behave


def trickle_after(size: int, released: threading.Event) -> Behaviour:
    """Hardly anything from the middle of the body on, until the test lets it go: nothing ends before it is seen."""

    def behave(exchange: Exchange) -> None:
        answer = exchange.answer
        exchange.send_head(answer)
        at = min(answer.stop, answer.start + size)
        exchange.send_content(answer.content, answer.start, at)
        while not released.is_set() and at + 64 < answer.stop:
            exchange.wait(0.05)
            exchange.send_content(answer.content, at, at + 64)
            at += 64
        exchange.send_content(answer.content, at, answer.stop)

    return behave


def silent(exchange: Exchange) -> None:
    """Not even headers."""
    exchange.stall()


def drip(size: int, seconds: float) -> Behaviour:
    """A few bytes at a time: slow, but alive."""

    def behave(exchange: Exchange) -> None:
        answer = exchange.answer
        exchange.send_head(answer)
        for offset in range(answer.start, answer.stop, size):
            exchange.send_content(answer.content, offset, min(answer.stop, offset + size))
            exchange.wait(seconds)

    return behave


def closed_without_answer(exchange: Exchange) -> None:
    exchange.close()


def refuses_head(exchange: Exchange) -> None:
    """405 to HEAD: servers that know GET alone; with others a HEAD counts as a connection."""
    if exchange.request.method == "HEAD":
        status(405, Allow="GET")(exchange)
    else:
        exchange.deliver()


# --- ranges --------------------------------------------------------------------------------------------------------


def ignores_range(exchange: Exchange) -> None:
    """200 with the whole file to a Range request."""
    answer = exchange.answer
    headers = {name: value for name, value in answer.headers.items() if name != "Content-Range"}
    exchange.deliver(MediaAnswer(200, headers, answer.content))


def content_range(value: str | None) -> Behaviour:
    """A 206 whose Content-Range says something else than what follows, or nothing."""

    def behave(exchange: Exchange) -> None:
        headers = dict(exchange.answer.headers)
        headers.pop("Content-Range", None)
        if value is not None:
            headers["Content-Range"] = value
        exchange.deliver(replace(exchange.answer, headers=headers))

    return behave


def shifted_by(size: int) -> Behaviour:
    """A 206 that says the truth about starting elsewhere than asked."""

    def behave(exchange: Exchange) -> None:
        answer, total = exchange.answer, exchange.answer.content.size
        start = answer.start + size
        headers = dict(answer.headers) | {"Content-Range": f"bytes {start}-{total - 1}/{total}"}
        exchange.deliver(replace(answer, headers=headers, start=start))

    return behave


def unsatisfiable(value: str | None) -> Behaviour:
    """416 with this Content-Range: RFC 9110 says `bytes */SIZE`, XC_VM says `bytes 0-END/SIZE`."""
    headers = {} if value is None else {"Content-Range": value}
    return lambda exchange: exchange.deliver(MediaAnswer(416, headers))


def at_most(size: int) -> Behaviour:
    """A server that gives only so much of a range at a time."""

    def behave(exchange: Exchange) -> None:
        answer, total = exchange.answer, exchange.answer.content.size
        end = min(answer.stop, answer.start + size)
        headers = dict(answer.headers) | {"Content-Range": f"bytes {answer.start}-{end - 1}/{total}"}
        exchange.deliver(replace(answer, status=206, headers=headers, end=end))

    return behave


def serves(content: Content) -> Behaviour:
    """Another file than before under the same URL; ranges as asked."""

    def behave(exchange: Exchange) -> None:
        answer, size = exchange.answer, content.size
        headers = dict(answer.headers)
        if answer.status == 206:
            headers["Content-Range"] = f"bytes {answer.start}-{size - 1}/{size}"
        exchange.deliver(replace(answer, headers=headers, content=content, end=size))

    return behave


def range_as_200(exchange: Exchange) -> None:
    """200 with the range that was asked for, and its Content-Range (XC_VM `vod.php` sends one with every answer)."""
    exchange.deliver(replace(exchange.answer, status=200))


def range_as_200_untold(exchange: Exchange) -> None:
    """200 with the range that was asked for and nothing that says so."""
    headers = {name: value for name, value in exchange.answer.headers.items() if name != "Content-Range"}
    exchange.deliver(replace(exchange.answer, status=200, headers=headers))


def whole_with_range(exchange: Exchange) -> None:
    """200 with the whole file to a Range request, and `Content-Range: bytes 0-` beside it."""
    content = exchange.answer.content
    headers = dict(exchange.answer.headers) | {"Content-Range": f"bytes 0-{content.size - 1}/{content.size}"}
    exchange.deliver(MediaAnswer(200, headers, content))


def endless_range(exchange: Exchange) -> None:
    """206 that tells no total: `bytes 5-9/*` (RFC 9110, 14.4)."""
    answer = exchange.answer
    headers = dict(answer.headers) | {"Content-Range": f"bytes {answer.start}-{answer.stop - 1}/*"}
    exchange.deliver(replace(answer, status=206, headers=headers))


def multipart(exchange: Exchange) -> None:
    """206 as multipart/byteranges, the form for several ranges, with heads between the bytes."""
    answer, total = exchange.answer, exchange.answer.content.size
    span = f"bytes {answer.start}-{answer.stop - 1}/{total}"
    head = f"--cut\r\nContent-Type: video/x-matroska\r\nContent-Range: {span}\r\n\r\n".encode()
    payload = head + answer.content.read(answer.start, answer.stop - answer.start) + b"\r\n--cut--\r\n"
    headers = {"Content-Type": "multipart/byteranges; boundary=cut", "Content-Range": span}
    exchange.deliver(MediaAnswer(206, headers, Memory(payload)))


def with_fields(behaviour: Behaviour, **fields: str) -> Behaviour:
    """`behaviour` with other header fields: validators that move, for example."""

    def behave(exchange: Exchange) -> None:
        headers = dict(exchange.answer.headers) | {name.replace("_", "-"): value for name, value in fields.items()}
        exchange.answer = replace(exchange.answer, headers=headers)
        behaviour(exchange)

    return behave


def claims_more(surplus: int) -> Behaviour:
    """A Content-Length that is too large; the connection ends with the file."""

    def behave(exchange: Exchange) -> None:
        answer = exchange.answer
        exchange.keeps_alive = False
        headers = {name: value for name, value in answer.headers.items() if name != "Content-Range"}
        exchange.send_head(replace(answer, headers=headers, length=answer.stop - answer.start + surplus))
        exchange.send_content(answer.content, answer.start, answer.stop)
        exchange.close()

    return behave


# --- bodies that are not what they should be -----------------------------------------------------------------------


def body(payload: bytes, content_type: str = "video/x-matroska", status: int = 200) -> Behaviour:
    """A page, a playlist or a notice in place of the file."""
    return lambda exchange: exchange.deliver(MediaAnswer(status, {"Content-Type": content_type}, Memory(payload)))


def gzipped(exchange: Exchange) -> None:
    """Compressed although `identity` was asked for (a proxy in between)."""
    packed = gzip.compress(exchange.answer.content.read(0, exchange.answer.content.size))
    exchange.deliver(MediaAnswer(200, {"Content-Encoding": "gzip"}, Memory(packed)))


def longer_than_said(extra: bytes) -> Behaviour:
    """More bytes than Content-Length."""

    def behave(exchange: Exchange) -> None:
        exchange.keeps_alive = False
        exchange.send_head(exchange.answer)
        exchange.send_content(exchange.answer.content, exchange.answer.start, exchange.answer.stop)
        exchange.send_raw(extra)
        exchange.close()

    return behave


def without_length(exchange: Exchange, *, cut: int | None = None) -> None:
    """No Content-Length, the end of the connection is the end of the file."""
    answer = exchange.answer
    headers = {name: value for name, value in answer.headers.items() if name != "Content-Range" or answer.status == 206}
    exchange.send_head(replace(answer, headers=headers, length=-1))
    stop = answer.stop if cut is None else answer.start + cut
    exchange.send_content(answer.content, answer.start, stop)
    exchange.close()


def chunked(size: int, *, ends: bool = True, garbage_after: int | None = None) -> Behaviour:
    """Transfer-Encoding: chunked; without its last chunk, or with garbage where a chunk's size should be."""

    def behave(exchange: Exchange) -> None:
        answer = exchange.answer
        headers = dict(answer.headers) | {"Transfer-Encoding": "chunked"}
        if answer.status == 200:
            headers.pop("Content-Range", None)
        exchange.send_head(replace(answer, headers=headers, length=-1))
        for offset in range(answer.start, answer.stop, size):
            if garbage_after is not None and offset - answer.start >= garbage_after:
                exchange.send_raw(b"not a size\r\n")
                exchange.close()
            piece = answer.content.read(offset, min(size, answer.stop - offset))
            exchange.send_raw(b"%x\r\n%s\r\n" % (len(piece), piece))
        if ends:
            exchange.send_raw(b"0\r\n\r\n")
        exchange.close()

    return behave


# --- statuses and redirects ----------------------------------------------------------------------------------------


def status(code: int, **headers: str) -> Behaviour:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda exchange: exchange.deliver(MediaAnswer(code, fields, Memory(b"no")))


def redirect(target: str, code: int = 302) -> Behaviour:
    return lambda exchange: exchange.deliver(MediaAnswer(code, {"Location": target}))
