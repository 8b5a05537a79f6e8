"""Clients of the API in this process: one with the key, one without."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from stalkeer.app import build_security
from stalkeer.faces.http.gate import Gate
from stalkeer.faces.http.security import Security
from stalkeer.jobs.system.api_keys import ApiKeys
from stalkeer.runtime import App
from tests.doubles.server import make_server

LOCAL = ("192.168.1.20", 40000)
PUBLIC = ("203.0.113.9", 40000)


@pytest.fixture
def security(app: App) -> Security:
    return build_security(app)


@pytest.fixture
def keys(security: Security) -> ApiKeys:
    return security.keys


@pytest.fixture
def server(app: App, security: Security) -> Gate:
    """The whole server as uvicorn runs it: gate, API, pages."""
    return make_server(app, security)


@pytest.fixture
def client(server: Gate, keys: ApiKeys) -> Iterator[TestClient]:
    """Carries the API key."""
    with TestClient(server, headers={"X-Api-Key": keys.ensure()}, raise_server_exceptions=False) as opened:
        yield opened


@pytest.fixture
def stranger(server: Gate) -> Iterator[TestClient]:
    """Carries nothing, and comes from a public address."""
    with TestClient(server, raise_server_exceptions=False, client=PUBLIC) as opened:
        yield opened
