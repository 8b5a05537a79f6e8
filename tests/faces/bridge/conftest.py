"""A program that two instances drive by themselves: their libraries, a catalogue, and the offers made of both."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

from stalkeer.app import build_security
from stalkeer.core.security.scopes import Scope
from stalkeer.demo.newznab import HttpAnswer, IndexerSettings
from stalkeer.demo.radarr import Radarr
from stalkeer.demo.sonarr import Sonarr
from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.matching.match import match_wanted
from stalkeer.jobs.native.offers import OffersReport, prepare_offers
from stalkeer.jobs.system.api_keys import make_key
from stalkeer.jobs.wanted.sync import sync_wanted
from stalkeer.model import Drive
from stalkeer.runtime import App
from stalkeer.store.db.database import open_database, sqlite_url
from stalkeer.store.library.instances import InstanceOptions
from tests.doubles.app import make_app
from tests.doubles.catalogue import Catalogue
from tests.doubles.clock import FakeClock
from tests.doubles.instances import know
from tests.doubles.server import make_server

NATIVE = InstanceOptions(drive=Drive.NATIVE)
MOVIE_CATEGORIES = (2000, 2010, 2020, 2030, 2040, 2045, 2050, 2060)
SERIES_CATEGORIES = (5030, 5040)


@dataclass
class NativeHouse:
    """The program, its instances and what both need to talk to it."""

    app: App
    radarr: Radarr
    sonarr: Sonarr
    catalogue: Catalogue
    client: TestClient
    keys: dict[str, str]

    def fetch(self, url: str) -> HttpAnswer:
        """Fetch as an instance does: no header but what its client sends."""
        parts = urlsplit(url)
        answer = self.client.get(f"{parts.path}?{parts.query}" if parts.query else parts.path)
        return HttpAnswer(answer.status_code, answer.headers.get("content-type", ""), answer.content)

    def settings(self, slug: str, key: str | None = None) -> IndexerSettings:
        is_for_movies = slug.startswith("radarr")
        categories = MOVIE_CATEGORIES if is_for_movies else SERIES_CATEGORIES
        return IndexerSettings(
            "http://testserver/newznab", "/api", key or self.keys[slug], categories, is_for_movies=is_for_movies
        )

    def scan(self) -> OffersReport:
        """Sync, match and prepare the offers, as the jobs do one after another."""
        app, run = self.app, QuietRun()
        sync_wanted(app.database, app.arrs, app.settings.wanted, run)
        match_wanted(app.matching, run)
        return prepare_offers(app.database, app.arrs, run)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, empty_file: Path) -> Iterator[NativeHouse]:
    with open_native_house(tmp_path_factory.mktemp("native"), empty_file) as opened:
        yield opened


@contextmanager
def open_native_house(folder: Path, empty_file: Path) -> Iterator[NativeHouse]:
    """Open a program over a copy of the empty database, with both instances that drive themselves."""
    shutil.copy(empty_file, folder / "stalkeer.db")
    database = open_database(sqlite_url(folder / "stalkeer.db"))
    clock = FakeClock()
    app = make_app(folder / "data", database, clock)
    with Radarr(folder / "movies") as radarr, Sonarr(folder / "tv") as sonarr:
        know(app.arrs, radarr, options=NATIVE)
        know(app.arrs, sonarr, options=NATIVE)
        security = build_security(app)
        keys = {
            slug: make_key(database, app.secrets, slug, Scope.BRIDGE, slug, clock()) for slug in ("radarr", "sonarr")
        }
        keys |= {"read": make_key(database, app.secrets, "phone", Scope.READ, None, clock())}
        keys |= {"admin": security.keys.ensure()}
        security.keys.look_again()
        with TestClient(make_server(app, security), raise_server_exceptions=False) as client:
            yield NativeHouse(app, radarr, sonarr, Catalogue(database, clock), client, keys)
    database.close()
