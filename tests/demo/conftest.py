"""The demo's Radarr and Sonarr, strict, and a plain client that knows nothing of our own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from stalkeer.demo.arr import ArrServer
from stalkeer.demo.radarr import Radarr
from stalkeer.demo.sonarr import Sonarr


class Reply(NamedTuple):
    status: int
    body: object


class Caller:
    def __init__(self, server: ArrServer) -> None:
        self.server = server

    def __call__(self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None) -> Reply:
        payload = None if body is None else json.dumps(body).encode()
        headers = {"X-Api-Key": self.server.api_key} if headers is None else headers
        request = Request(f"{self.server.url}{path}", payload, headers, method=method)
        try:
            with urlopen(request, timeout=10) as answer:
                octets = answer.read()
                return Reply(answer.status, json.loads(octets) if octets[:1] in (b"{", b"[") else octets)
        except HTTPError as error:
            with error:
                octets = error.read()
            return Reply(error.code, json.loads(octets) if octets[:1] in (b"{", b"[") else octets)

    def get(self, path: str):
        return self("GET", f"/api/v3/{path}").body

    def run(self, name: str, **arguments: object) -> dict:
        """Issue a command and wait for its end."""
        started = self("POST", "/api/v3/command", {"name": name, **arguments}).body
        assert self.server.commands.get(started["id"]).done.wait(10)
        return self.get(f"command/{started['id']}")


@pytest.fixture
def radarr(tmp_path: Path) -> Iterator[Radarr]:
    (tmp_path / "movies").mkdir()
    with Radarr(tmp_path / "movies", strict=True) as server:
        yield server


@pytest.fixture
def sonarr(tmp_path: Path) -> Iterator[Sonarr]:
    (tmp_path / "tv").mkdir()
    with Sonarr(tmp_path / "tv", strict=True) as server:
        yield server


@pytest.fixture
def ask_radarr(radarr: Radarr) -> Caller:
    return Caller(radarr)


@pytest.fixture
def ask_sonarr(sonarr: Sonarr) -> Caller:
    return Caller(sonarr)
