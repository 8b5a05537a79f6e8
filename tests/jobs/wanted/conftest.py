"""Both demo instances, which accept only what the real programs accept, and clients that retry without waiting."""

from __future__ import annotations

import pytest
import stamina

from stalkeer.demo.radarr import Radarr
from stalkeer.demo.sonarr import Sonarr
from tests.doubles.instances import clients


@pytest.fixture(autouse=True)
def no_waiting():
    with stamina.set_testing(True, attempts=2, cap=True):
        yield


@pytest.fixture
def arrs(database, clock):
    return clients(database, clock)


@pytest.fixture
def radarr(tmp_path):
    with Radarr(tmp_path / "movies", strict=True) as server:
        yield server
        assert server.violations == []


@pytest.fixture
def sonarr(tmp_path):
    with Sonarr(tmp_path / "tv", strict=True) as server:
        yield server
        assert server.violations == []
