"""A Radarr and a Sonarr on loopback that refuse what the real ones would silently ignore, and clients for them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import stamina

from stalkeer.adapters.arr.client import Address, ArrClient
from stalkeer.adapters.arr.gate import RequestGate
from stalkeer.demo.radarr import Radarr
from stalkeer.demo.sonarr import Sonarr
from stalkeer.model import InstanceKind
from tests.doubles.clock import FakeClock


@pytest.fixture(autouse=True)
def no_waiting_between_attempts() -> Iterator[None]:
    with stamina.set_testing(True, attempts=4, cap=True):
        yield


@pytest.fixture
def gate(clock: FakeClock) -> RequestGate:
    return RequestGate("test", monotonic=clock.monotonic, sleep=clock.sleep)


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
def radarr_client(radarr: Radarr, gate: RequestGate) -> Iterator[ArrClient]:
    with ArrClient(Address(InstanceKind.RADARR, "radarr", radarr.url, radarr.api_key), gate) as client:
        yield client


@pytest.fixture
def sonarr_client(sonarr: Sonarr, gate: RequestGate) -> Iterator[ArrClient]:
    with ArrClient(Address(InstanceKind.SONARR, "sonarr", sonarr.url, sonarr.api_key), gate) as client:
        yield client
