"""Pages in fewer bytes, where the browser takes them so; a stream passes as it comes."""

from __future__ import annotations

import gzip

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SMALLEST_COMPRESSED = 1000


class Compression:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        accepts = any(name == b"accept-encoding" and b"gzip" in value for name, value in scope["headers"])
        start: Message = {}

        async def out(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            if start:
                whole = not message.get("more_body", False)
                if whole and accepts:
                    message = compressed(start, message)
                await send(start)
                start = {}
            await send(message)

        await self.app(scope, receive, out)


def compressed(start: Message, message: Message) -> Message:
    """The same answer in fewer bytes, where it is text and worth it."""
    body: bytes = message.get("body", b"")
    headers = MutableHeaders(scope=start)
    is_text = headers.get("content-type", "").startswith(("text/html", "application/json", "application/manifest"))
    if len(body) < SMALLEST_COMPRESSED or not is_text or "content-encoding" in headers:
        return message
    smaller = gzip.compress(body, compresslevel=5, mtime=0)
    headers["Content-Encoding"] = "gzip"
    headers["Content-Length"] = str(len(smaller))
    headers.add_vary_header("Accept-Encoding")
    return {**message, "body": smaller}
