"""A receiver of webhooks, which is also an Apprise server. It keeps what it took, and can be down or refuse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from stalkeer.demo.http import ApiRequest, JsonServer, Response


@dataclass
class Receiver:
    """`status` is the answer to every request. `taken` are the requests that got 2xx; `asked` counts all of them."""

    url: str = ""
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    taken: list[ApiRequest] = field(default_factory=list)
    asked: int = 0

    def answer(self, request: ApiRequest) -> Response:
        self.asked += 1
        if 200 <= self.status < 300:
            self.taken.append(request)
        return Response(self.status, None, self.headers)

    def header(self, name: str) -> str:
        """Return a header of the last request that it took."""
        return {key.lower(): value for key, value in self.taken[-1].headers.items()}[name.lower()]

    @property
    def documents(self) -> list[dict]:
        return [json.loads(request.body) for request in self.taken]

    @property
    def titles(self) -> list[str]:
        return [document["title"] for document in self.documents]


@contextmanager
def receiver() -> Iterator[Receiver]:
    with JsonServer() as server:
        double = Receiver(f"http://127.0.0.1:{server.port}")
        server.hook = double.answer
        yield double
