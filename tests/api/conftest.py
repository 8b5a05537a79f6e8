"""Clients of the API in this process: one with the key, one without."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from stalkeer.api.app import create_api
from stalkeer.runtime import App
from stalkeer.security.keys import ApiKeys


@pytest.fixture
def keys(app: App) -> ApiKeys:
    return ApiKeys(app.database, app.secrets, app.clock)


@pytest.fixture
def api(app: App, keys: ApiKeys) -> FastAPI:
    keys.ensure()
    return create_api(app, keys)


@pytest.fixture
def client(api: FastAPI, keys: ApiKeys) -> Iterator[TestClient]:
    """Carries the API key."""
    with TestClient(api, headers={"X-Api-Key": keys.ensure()}, raise_server_exceptions=False) as opened:
        yield opened


@pytest.fixture
def stranger(api: FastAPI) -> Iterator[TestClient]:
    """Carries nothing."""
    with TestClient(api, raise_server_exceptions=False) as opened:
        yield opened
